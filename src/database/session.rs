//! What one client has begun: its transaction, which others do not see until it is committed.

use super::statement::{Bound, Statement};
use super::{Answer, Around, Database, Description, Script, SqlError};

/// One client's place in a transaction.
#[derive(Clone, Debug, Default)]
pub struct Session {
    open: Option<Open>,
}

/// A transaction that was begun.
#[derive(Clone, Debug)]
struct Open {
    /// What it has made of the tables, once it has written.
    draft: Option<Database>,
    failed: bool,
    /// Whether a text of several statements has begun it, and not BEGIN.
    implied: bool,
}

/// Where a client stands, as it is told after each statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// In no transaction.
    Idle,
    /// In one.
    Open,
    /// In one that has failed.
    Failed,
}

impl Session {
    /// Where it stands.
    pub fn status(&self) -> Status {
        match &self.open {
            Some(open) if open.failed => Status::Failed,
            Some(open) if !open.implied => Status::Open,
            Some(_) | None => Status::Idle,
        }
    }

    /// Whether it has written what it has not committed.
    pub fn holds_draft(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.draft.is_some())
    }

    /// What a statement takes and gives, as this client would see it now.
    ///
    /// # Errors
    /// Where it names what is not there, or the transaction has failed.
    pub fn describe(&mut self, committed: &Database, script: &Script) -> Result<Description, SqlError> {
        if self.status() == Status::Failed && !script.ends() {
            return Err(SqlError::Aborted);
        }
        let seen = self.open.as_ref().and_then(|open| open.draft.as_ref()).unwrap_or(committed);
        let described = seen.describe(script);
        if described.is_err() {
            self.fail();
        }
        described
    }

    /// Carries statements out, one after another; those of one text stand or fall together. What was answered before one
    /// failed is given too.
    pub fn run(
        &mut self,
        committed: &mut Database,
        script: &Script,
        around: &Around,
    ) -> (Vec<Answer>, Option<SqlError>) {
        if script.statements.len() > 1 && self.open.is_none() {
            self.open = Some(Open { draft: None, failed: false, implied: true });
        }
        let mut answers = Vec::new();
        for statement in &script.statements {
            match self.one(committed, statement, around) {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    self.fail();
                    return (answers, Some(error));
                }
            }
        }
        if let Some(open) = self.open.take_if(|open| open.implied) {
            publish(committed, open);
        }
        (answers, None)
    }

    /// What goes wrong ends a transaction that was not begun by BEGIN, and spoils one that was.
    pub fn fail(&mut self) {
        self.open.take_if(|open| open.implied);
        if let Some(open) = &mut self.open {
            open.failed = true;
            open.draft = None;
        }
    }

    fn one(
        &mut self,
        committed: &mut Database,
        statement: &Statement,
        around: &Around,
    ) -> Result<Answer, SqlError> {
        match statement {
            Statement::Bound(bound) => self.bound(committed, *bound),
            Statement::Work(work) => match &mut self.open {
                None => committed.carry_out(work, around),
                Some(open) if open.failed => Err(SqlError::Aborted),
                Some(open) => match (&mut open.draft, work.writes()) {
                    (Some(draft), _) => draft.carry_out(work, around),
                    (draft @ None, true) => draft.insert(committed.clone()).carry_out(work, around),
                    (None, false) => committed.carry_out(work, around),
                },
            },
        }
    }

    fn bound(&mut self, committed: &mut Database, bound: Bound) -> Result<Answer, SqlError> {
        match bound {
            Bound::Begin { tag } => {
                if self.status() == Status::Failed {
                    return Err(SqlError::Aborted);
                }
                let open = self.open.get_or_insert(Open { draft: None, failed: false, implied: false });
                open.implied = false;
                Ok(Answer::done(tag))
            }
            Bound::Commit => match self.open.take() {
                Some(open) if open.failed => Ok(Answer::done("ROLLBACK")),
                Some(open) => {
                    publish(committed, open);
                    Ok(Answer::done("COMMIT"))
                }
                None => Ok(Answer::done("COMMIT")),
            },
            Bound::Rollback => {
                self.open = None;
                Ok(Answer::done("ROLLBACK"))
            }
        }
    }
}

fn publish(committed: &mut Database, open: Open) {
    if let Some(draft) = open.draft {
        *committed = draft;
    }
}
