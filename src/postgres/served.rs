//! A database among many clients: one lock, one writer at a time, and word of every change to whoever keeps a record.

use crate::database::{Answer, Around, Database, Description, Script, Session, SqlError, Status};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

use super::Now;

/// Hears of each change, before and after, while nobody else can make one.
pub type News = Box<dyn Fn(&Database, &Database) + Send + Sync>;

/// A database that clients share.
pub struct Served {
    state: Mutex<State>,
    /// Held by the client that has written what it has not committed: others who want to write wait for it.
    writing: Arc<tokio::sync::Mutex<()>>,
    news: News,
    now: Now,
}

#[derive(Debug, Default)]
struct State {
    database: Database,
    /// How often it was made what it had been before: what was begun in an earlier life cannot be committed.
    lives: u32,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").finish_non_exhaustive()
    }
}

/// What one client has begun.
#[derive(Debug, Default)]
pub(super) struct Seat {
    session: Session,
    writing: Option<OwnedMutexGuard<()>>,
    life: u32,
}

impl Seat {
    /// The transaction has failed, where there is one, and holds nobody up any more.
    pub(super) fn spoil(&mut self) {
        self.session.fail();
        self.writing = None;
    }
}

/// What a text came to: the answers, why it went on no further, and where the client stands now.
pub(super) type Outcome = (Vec<Answer>, Option<SqlError>, Status);

impl Served {
    /// Serves a database.
    pub fn new(database: Database, news: News, now: Now) -> Arc<Served> {
        let state = Mutex::new(State { database, lives: 0 });
        Arc::new(Served { state, writing: Arc::default(), news, now })
    }

    /// What is committed.
    pub fn database(&self) -> Database {
        self.state().database.clone()
    }

    /// Makes it what it was. Nobody hears of it as a change: it has not happened.
    pub fn turn_back(&self, database: &Database) {
        let mut state = self.state();
        state.database = database.clone();
        state.lives += 1;
    }

    /// What a text takes and gives, as the client would see it now.
    pub(super) fn describe(&self, seat: &mut Seat, script: &Script) -> Result<Description, SqlError> {
        let state = self.state();
        seat.session.describe(&state.database, script)
    }

    /// Carries a text out for a client.
    pub(super) async fn run(&self, seat: &mut Seat, script: &Script, around: Around) -> Outcome {
        if script.writes() && seat.writing.is_none() && seat.session.status() != Status::Failed {
            seat.writing = Some(self.writing.clone().lock_owned().await);
        }
        let outcome = self.run_alone(seat, script, around);
        if !seat.session.holds_draft() {
            seat.writing = None;
        }
        outcome
    }

    fn run_alone(&self, seat: &mut Seat, script: &Script, around: Around) -> Outcome {
        let mut state = self.state();
        if seat.life != state.lives {
            seat.life = state.lives;
            if seat.session.holds_draft() {
                seat.session.fail();
                return (Vec::new(), Some(SqlError::Gone), seat.session.status());
            }
        }
        let before = state.database.clone();
        let around = Around { now: (self.now)(), ..around };
        let (answers, error) = seat.session.run(&mut state.database, script, &around);
        if !before.is_same(&state.database) {
            (self.news)(&before, &state.database);
        }
        (answers, error, seat.session.status())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use std::sync::atomic::{AtomicUsize, Ordering};

    async fn typed(served: &Served, seat: &mut Seat, text: &str) -> String {
        let around = Around {
            parameters: Vec::new(),
            now: Moment::default(),
            user: String::new(),
            database: String::new(),
        };
        let (answers, error, status) = served.run(seat, &Script::read(text).expect(text), around).await;
        let told = answers.last().map(|answer| format!("{} {:?}", answer.command, answer.count));
        error.map_or(told.unwrap_or_default(), |error| format!("{} {status:?}", error.code()))
    }

    fn serving() -> (Arc<Served>, Arc<AtomicUsize>) {
        let changes = Arc::new(AtomicUsize::new(0));
        let counted = changes.clone();
        let news: News = Box::new(move |_, _| {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        (Served::new(Database::default(), news, Arc::new(Moment::default)), changes)
    }

    #[tokio::test]
    async fn who_wants_to_write_waits_for_who_has_written_and_is_not_done() {
        let (served, changes) = serving();
        let (mut first, mut second) = (Seat::default(), Seat::default());
        typed(&served, &mut first, "create table t (n integer)").await;
        typed(&served, &mut first, "begin; insert into t values (1)").await;
        assert_eq!(typed(&served, &mut second, "select * from t").await, "SELECT Some(0)");
        let others = served.clone();
        let waiting =
            tokio::spawn(async move { typed(&others, &mut second, "update t set n = n + 1").await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        assert_eq!(typed(&served, &mut first, "commit").await, "COMMIT None");
        assert_eq!(waiting.await.expect("it ends"), "UPDATE Some(1)");
        assert_eq!(changes.load(Ordering::SeqCst), 3, "made, filled, changed");
    }

    #[tokio::test]
    async fn who_leaves_has_written_nothing_that_was_not_committed() {
        let (served, _) = serving();
        let (mut first, mut second) = (Seat::default(), Seat::default());
        typed(&served, &mut first, "create table t (n integer)").await;
        typed(&served, &mut first, "begin; insert into t values (1)").await;
        drop(first);
        assert_eq!(typed(&served, &mut second, "delete from t").await, "DELETE Some(0)");
    }

    #[tokio::test]
    async fn what_was_begun_before_a_rewind_is_gone_with_it() {
        let (served, _) = serving();
        let mut seat = Seat::default();
        typed(&served, &mut seat, "create table t (n integer)").await;
        let before = served.database();
        typed(&served, &mut seat, "begin; insert into t values (1)").await;
        served.turn_back(&before);
        assert_eq!(typed(&served, &mut seat, "insert into t values (2)").await, "40001 Failed");
        assert_eq!(typed(&served, &mut seat, "rollback").await, "ROLLBACK None");
        assert_eq!(typed(&served, &mut seat, "select * from t").await, "SELECT Some(0)");
    }
}
