//! What can be asked of the database, lowered from the text of SQL: nothing stands here that is not carried out.

use super::{Type, Value};

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    /// Where a transaction begins or ends, which is the matter of who has begun it.
    Bound(Bound),
    /// What is asked of the tables.
    Work(Work),
}

/// An end of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Begin { tag: &'static str },
    Commit,
    Rollback,
}

/// What is asked of the tables.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Work {
    Select(Box<Select>),
    Insert {
        table: Relation,
        columns: Vec<String>,
        rows: Vec<Vec<Given>>,
        returning: Vec<Item>,
    },
    Update {
        table: Relation,
        set: Vec<(String, Given)>,
        filter: Option<Expr>,
        returning: Vec<Item>,
    },
    Delete {
        table: Relation,
        filter: Option<Expr>,
        returning: Vec<Item>,
    },
    Define(Define),
    /// A setting of the session, which changes nothing of what is answered.
    Set {
        tag: &'static str,
    },
    Show {
        setting: String,
    },
}

/// What makes and changes tables.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Define {
    Truncate {
        tables: Vec<Relation>,
    },
    CreateTable {
        table: Relation,
        columns: Vec<Definition>,
        keys: Vec<Key>,
        unless_there: bool,
    },
    CreateIndex {
        name: Option<String>,
        table: Relation,
        columns: Vec<String>,
        unique: bool,
    },
    DropTable {
        tables: Vec<Relation>,
        if_there: bool,
    },
    /// What changes nothing here, but needs its tables: rights, and security by row, do not bind the owner.
    Right {
        tag: &'static str,
        tables: Vec<Relation>,
    },
    Alter {
        table: Relation,
        changes: Vec<Alteration>,
        if_there: bool,
    },
}

/// A table by its name, and its schema where it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) schema: Option<String>,
    pub(super) name: String,
}

/// A value that a row is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    Default,
    Value(Expr),
}

/// A column of a new table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) required: bool,
    pub(super) default: Option<Expr>,
}

/// A key of a new table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) name: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) primary: bool,
}

/// One change of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Alteration {
    Add { column: Definition, unless_there: bool },
    Drop { column: String, if_there: bool },
    RenameColumn { from: String, to: String },
    Rename { to: String },
    RowSecurity,
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Select {
    pub(super) items: Vec<Item>,
    pub(super) from: Option<(Relation, Option<String>)>,
    pub(super) filter: Option<Expr>,
    pub(super) groups: Vec<Expr>,
    pub(super) having: Option<Expr>,
    pub(super) distinct: bool,
    pub(super) order: Vec<Order>,
    pub(super) limit: Option<Expr>,
    pub(super) offset: Option<Expr>,
}

/// One column of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    All,
    Expr { expr: Expr, alias: Option<String> },
}

/// By what rows are ordered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) expr: Expr,
    pub(super) descending: bool,
    pub(super) nothing_first: bool,
}

/// What has a value for a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Constant(Value),
    /// `$1` is 0.
    Parameter(usize),
    Column {
        table: Option<String>,
        name: String,
    },
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Pair {
        left: Box<Expr>,
        operator: Operator,
        right: Box<Expr>,
    },
    IsNull {
        expr: Box<Expr>,
        negated: bool,
    },
    Is {
        expr: Box<Expr>,
        truth: bool,
        negated: bool,
    },
    Among {
        expr: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    Like {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        any_case: bool,
        negated: bool,
    },
    Cast {
        expr: Box<Expr>,
        to: Type,
    },
    Call {
        function: Function,
        arguments: Vec<Expr>,
    },
    /// An aggregate of an expression, or of rows.
    Aggregate {
        aggregate: Aggregate,
        of: Option<Box<Expr>>,
        distinct: bool,
    },
    Case {
        cases: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
}

/// Between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Reckons(Sign),
    Joined,
    Matches { any_case: bool, negated: bool },
}

/// Between two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Times,
    Divided,
    Rest,
}

/// Functions of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    OctetLength,
    Lower,
    Upper,
    Left,
    Right,
    Coalesce,
    Now,
    Version,
    CurrentDatabase,
    CurrentUser,
    CurrentSchema,
    ToTimestamp,
}

/// Functions of many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Count,
    Min,
    Max,
    Sum,
}
