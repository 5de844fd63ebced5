//! A small PostgreSQL as a value: tables, and the statements that Helm's SQL driver and people with a client send. A copy
//! costs nothing, so a cluster that is forked takes its database along. How statements come in is not its matter.

mod catalogue;
mod change;
mod define;
mod evaluate;
mod failure;
mod infer;
mod read;
mod select;
mod session;
mod statement;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use failure::SqlError;
pub use session::{Session, Status};
pub use value::{Type, Value};

use crate::clock::Moment;
use imbl::OrdMap;
use statement::{Bound, Define, Relation, Statement, Work};
use std::collections::BTreeMap;
use std::sync::Arc;
use table::Table;

/// All tables of one database, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Database {
    tables: OrdMap<String, Table>,
}

/// Statements that were read once and can be carried out again and again.
#[derive(Clone, Debug)]
pub struct Script {
    statements: Vec<Statement>,
}

/// What is around a statement.
#[derive(Clone, Debug)]
pub struct Around {
    /// The values of `$1`, `$2`, ….
    pub parameters: Vec<Value>,
    /// The time.
    pub now: Moment,
    /// Who asks.
    pub user: String,
    /// What they call the database.
    pub database: String,
}

/// What a statement takes and gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The types of its parameters.
    pub parameters: Vec<Type>,
    /// The columns of its answer; `None` where it gives no rows.
    pub columns: Option<Vec<(String, Type)>>,
}

/// What a statement came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was done: `SELECT`, `INSERT 0`, `CREATE TABLE`.
    pub command: String,
    /// How many rows it was about, where it was about rows.
    pub count: Option<usize>,
    /// The columns; `None` where it gives no rows.
    pub columns: Option<Vec<(String, Type)>>,
    /// The rows.
    pub rows: Vec<Arc<[Value]>>,
}

impl Answer {
    fn done(command: &str) -> Answer {
        Answer { command: command.to_owned(), count: None, columns: None, rows: Vec::new() }
    }

    fn counted(command: &str, count: usize) -> Answer {
        Answer { count: Some(count), ..Answer::done(command) }
    }
}

impl Script {
    /// Reads the statements of a text.
    ///
    /// # Errors
    /// Where it is no SQL, or asks for what this database does not carry out.
    pub fn read(text: &str) -> Result<Script, SqlError> {
        Ok(Script { statements: read::statements(text)? })
    }

    /// Whether it may change tables, so that nobody else may do so meanwhile.
    pub fn writes(&self) -> bool {
        self.statements.iter().any(Statement::writes)
    }

    /// Whether it is one statement, as what is prepared must be.
    ///
    /// # Errors
    /// Where it is more than one.
    pub fn alone(self) -> Result<Script, SqlError> {
        if self.statements.len() > 1 { Err(SqlError::Several) } else { Ok(self) }
    }

    /// Whether it is the end of a transaction, and so allowed in one that has failed.
    fn ends(&self) -> bool {
        matches!(self.statements.as_slice(), [Statement::Bound(Bound::Commit | Bound::Rollback)])
    }
}

impl Statement {
    fn writes(&self) -> bool {
        match self {
            Statement::Bound(_) => false,
            Statement::Work(work) => work.writes(),
        }
    }
}

impl Work {
    fn writes(&self) -> bool {
        match self {
            Work::Insert { .. } | Work::Update { .. } | Work::Delete { .. } => true,
            Work::Define(define) => !matches!(define, Define::Right { .. }),
            Work::Select(_) | Work::Set { .. } | Work::Show { .. } => false,
        }
    }
}

impl Database {
    /// What one statement takes and gives.
    ///
    /// # Errors
    /// Where it names what is not there.
    pub fn describe(&self, script: &Script) -> Result<Description, SqlError> {
        match script.statements.first() {
            Some(Statement::Work(work)) => infer::describe(self, work),
            Some(Statement::Bound(_)) | None => Ok(Description::default()),
        }
    }

    /// Whether nothing was written between the two.
    pub fn is_same(&self, other: &Database) -> bool {
        self.tables.ptr_eq(&other.tables)
    }

    /// The rows of a table as maps from column to value, in the order in which they were written.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = BTreeMap<&str, &Value>> {
        self.tables.get(table).into_iter().flat_map(|table| {
            table.rows().map(|(_, row)| {
                table.columns.iter().map(|column| column.name.as_str()).zip(row.iter()).collect()
            })
        })
    }

    /// Carries out a statement that is about tables; where it fails, nothing has changed.
    fn carry_out(&mut self, work: &Work, around: &Around) -> Result<Answer, SqlError> {
        infer::describe(self, work)?;
        let mut draft = self.clone();
        let answer = match work {
            Work::Select(select) => select::answer(&draft, select, around)?,
            Work::Insert { table, columns, rows, returning } => {
                change::insert(&mut draft, table, (columns, rows), returning, around)?
            }
            Work::Update { table, set, filter, returning } => {
                change::update(&mut draft, table, (set, filter.as_ref()), returning, around)?
            }
            Work::Delete { table, filter, returning } => {
                change::delete(&mut draft, table, filter.as_ref(), returning, around)?
            }
            Work::Define(define) => define::carry_out(&mut draft, define, around)?,
            Work::Set { tag } => Answer::done(tag),
            Work::Show { setting } => {
                let value = Value::Text(catalogue::setting(setting)?.into());
                let columns = Some(vec![(setting.clone(), Type::Text)]);
                Answer { columns, rows: vec![[value].into()], ..Answer::done("SHOW") }
            }
        };
        *self = draft;
        Ok(answer)
    }

    /// A table, or a view of what tables there are.
    fn table(&self, relation: &Relation) -> Result<Table, SqlError> {
        let found = match relation.schema.as_deref() {
            None | Some("public") => self.tables.get(&relation.name).cloned(),
            Some(schema) => catalogue::view(self, schema, &relation.name)?,
        };
        found.ok_or_else(|| SqlError::NoTable(relation.shown()))
    }

    /// A table that can be changed.
    fn own(&mut self, relation: &Relation) -> Result<&mut Table, SqlError> {
        let missing = || SqlError::NoTable(relation.shown());
        match relation.schema.as_deref() {
            None | Some("public") => self.tables.get_mut(&relation.name).ok_or_else(missing),
            Some(_) => Err(missing()),
        }
    }
}

impl Relation {
    fn shown(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }
}
