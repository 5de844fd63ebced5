//! Why a statement was refused: PostgreSQL's SQLSTATE, its message and its detail, as clients show them.

/// A statement that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The text is no SQL.
    #[error("syntax error at {at}")]
    Syntax {
        /// `end of input`, or `or near "FORM"`.
        at: String,
        /// Where in the text, in letters from 1.
        position: Option<usize>,
    },
    /// It is SQL that this database does not carry out.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// It has more words than are read.
    #[error("statement too complex")]
    TooComplex,
    /// There is no such table.
    #[error("relation \"{0}\" does not exist")]
    NoTable(String),
    /// There is no such column.
    #[error("column \"{0}\" does not exist")]
    NoColumn(String),
    /// A table has no such column.
    #[error("column \"{column}\" of relation \"{table}\" does not exist")]
    NoColumnOf {
        /// The column.
        column: String,
        /// The table.
        table: String,
    },
    /// There is no such function with such arguments.
    #[error("function {0} does not exist")]
    NoFunction(String),
    /// There is no such operator between such types.
    #[error("operator does not exist: {0}")]
    NoOperator(String),
    /// There is no such parameter `$n`.
    #[error("there is no parameter ${0}")]
    NoParameter(usize),
    /// The name is taken.
    #[error("relation \"{0}\" already exists")]
    TableExists(String),
    /// The name is taken in its table.
    #[error("column \"{column}\" of relation \"{table}\" already exists")]
    ColumnExists {
        /// The column.
        column: String,
        /// The table.
        table: String,
    },
    /// A column is named twice.
    #[error("column \"{0}\" specified more than once")]
    NamedTwice(String),
    /// Two rows would have the same key.
    #[error("duplicate key value violates unique constraint \"{constraint}\"")]
    Duplicate {
        /// The constraint.
        constraint: String,
        /// `Key (key, namespace)=(a, b) already exists.`
        detail: String,
    },
    /// A column must have a value.
    #[error("null value in column \"{column}\" of relation \"{table}\" violates not-null constraint")]
    Null {
        /// The column.
        column: String,
        /// The table.
        table: String,
    },
    /// A text is longer than its column takes.
    #[error("value too long for type character varying({0})")]
    TooLong(u32),
    /// A text says no value of a type.
    #[error("invalid input syntax for type {type_name}: \"{text}\"")]
    Unreadable {
        /// The type.
        type_name: &'static str,
        /// The text.
        text: String,
    },
    /// A number is larger than its type.
    #[error("{0} out of range")]
    OutOfRange(&'static str),
    /// A number was divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A value of one type stands where another is needed.
    #[error("{0}")]
    Mismatch(String),
    /// A column stands beside an aggregate without being grouped by.
    #[error("column \"{0}\" must appear in the GROUP BY clause or be used in an aggregate function")]
    NotGrouped(String),
    /// An aggregate stands where there are no groups.
    #[error("aggregate functions are not allowed in {0}")]
    Misplaced(&'static str),
    /// Rows and columns of an INSERT do not fit.
    #[error("INSERT has more {0} than {1}")]
    Uneven(&'static str, &'static str),
    /// A prepared statement must be one statement.
    #[error("cannot insert multiple commands into a prepared statement")]
    Several,
    /// The transaction has failed and takes nothing but its end.
    #[error("current transaction is aborted, commands ignored until end of transaction block")]
    Aborted,
    /// What the transaction has read is not there any more.
    #[error("could not serialize access: the database was made what it had been before")]
    Gone,
}

impl SqlError {
    /// The SQLSTATE.
    pub fn code(&self) -> &'static str {
        match self {
            SqlError::Syntax { .. } | SqlError::Several | SqlError::Uneven(..) => "42601",
            SqlError::Unsupported(_) => "0A000",
            SqlError::TooComplex => "54001",
            SqlError::NoTable(_) => "42P01",
            SqlError::NoColumn(_) | SqlError::NoColumnOf { .. } => "42703",
            SqlError::NoFunction(_) | SqlError::NoOperator(_) => "42883",
            SqlError::NoParameter(_) => "42P02",
            SqlError::TableExists(_) => "42P07",
            SqlError::ColumnExists { .. } | SqlError::NamedTwice(_) => "42701",
            SqlError::Duplicate { .. } => "23505",
            SqlError::Null { .. } => "23502",
            SqlError::TooLong(_) => "22001",
            SqlError::Unreadable { .. } => "22P02",
            SqlError::OutOfRange(_) => "22003",
            SqlError::DivisionByZero => "22012",
            SqlError::Mismatch(_) => "42804",
            SqlError::NotGrouped(_) | SqlError::Misplaced(_) => "42803",
            SqlError::Aborted => "25P02",
            SqlError::Gone => "40001",
        }
    }

    /// What clients show below the message.
    pub fn detail(&self) -> Option<&str> {
        match self {
            SqlError::Duplicate { detail, .. } => Some(detail),
            SqlError::Syntax { .. }
            | SqlError::Unsupported(_)
            | SqlError::TooComplex
            | SqlError::NoTable(_)
            | SqlError::NoColumn(_)
            | SqlError::NoColumnOf { .. }
            | SqlError::NoFunction(_)
            | SqlError::NoOperator(_)
            | SqlError::NoParameter(_)
            | SqlError::TableExists(_)
            | SqlError::ColumnExists { .. }
            | SqlError::NamedTwice(_)
            | SqlError::Null { .. }
            | SqlError::TooLong(_)
            | SqlError::Unreadable { .. }
            | SqlError::OutOfRange(_)
            | SqlError::DivisionByZero
            | SqlError::Mismatch(_)
            | SqlError::NotGrouped(_)
            | SqlError::Misplaced(_)
            | SqlError::Uneven(..)
            | SqlError::Several
            | SqlError::Aborted
            | SqlError::Gone => None,
        }
    }

    /// Where in the text of the statement, in letters from 1.
    pub fn position(&self) -> Option<usize> {
        if let SqlError::Syntax { position, .. } = self { *position } else { None }
    }
}
