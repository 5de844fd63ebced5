//! What is known of a statement before it is carried out: the types of its parameters and of the columns of its answer.

use super::evaluate::Frame;
use super::statement::{Aggregate, Expr, Function, Given, Item, Operator, Select, Sign, Work};
use super::table::Table;
use super::{Around, Database, Description, SqlError, Type};
use crate::clock::Moment;

/// What a statement takes and gives.
pub(super) fn describe(database: &Database, work: &Work) -> Result<Description, SqlError> {
    let around = nothing_around();
    let mut hints = Hints::default();
    let columns = match work {
        Work::Select(select) => {
            let table = select.from.as_ref().map(|(relation, _)| database.table(relation)).transpose()?;
            let frame = frame(&around, table.as_ref(), select);
            for expr in select.expressions() {
                hints.walk(expr, None, frame)?;
            }
            for count in select.limit.iter().chain(&select.offset) {
                hints.walk(count, Some(Type::Int8), frame)?;
            }
            Some(columns(&select.items, frame)?)
        }
        Work::Insert { table, columns: named, rows, returning } => {
            let table = database.table(table)?;
            let frame = Frame { table: Some(&table), ..Frame::bare(&around) };
            for row in rows {
                for (at, given) in row.iter().enumerate() {
                    let column = match named.get(at) {
                        Some(column) => Some(table.column(column)?),
                        None => named.is_empty().then_some(at),
                    };
                    let kind = column.and_then(|at| table.columns.get(at)).map(|column| column.kind);
                    hints.given(given, kind, frame)?;
                }
            }
            returned(returning, frame)?
        }
        Work::Update { table, set, filter, returning } => {
            let table = database.table(table)?;
            let frame = Frame { table: Some(&table), ..Frame::bare(&around) };
            for (column, given) in set {
                hints.given(given, Some(table.columns[table.column(column)?].kind), frame)?;
            }
            if let Some(filter) = filter {
                hints.walk(filter, Some(Type::Bool), frame)?;
            }
            returned(returning, frame)?
        }
        Work::Delete { table, filter, returning } => {
            let table = database.table(table)?;
            let frame = Frame { table: Some(&table), ..Frame::bare(&around) };
            if let Some(filter) = filter {
                hints.walk(filter, Some(Type::Bool), frame)?;
            }
            returned(returning, frame)?
        }
        Work::Show { setting } => Some(vec![(setting.clone(), Type::Text)]),
        Work::Define(_) | Work::Set { .. } => None,
    };
    Ok(Description { parameters: hints.types(), columns })
}

/// What nothing is known of yet.
fn nothing_around() -> Around {
    Around { parameters: Vec::new(), now: Moment::default(), user: String::new(), database: String::new() }
}

fn frame<'a>(around: &'a Around, table: Option<&'a Table>, select: &'a Select) -> Frame<'a> {
    let called = select.from.as_ref().and_then(|(_, alias)| alias.as_deref());
    Frame { table, called, ..Frame::bare(around) }
}

fn returned(returning: &[Item], frame: Frame<'_>) -> Result<Option<Vec<(String, Type)>>, SqlError> {
    if returning.is_empty() { Ok(None) } else { columns(returning, frame).map(Some) }
}

/// The names and types of the columns of an answer.
pub(super) fn columns(items: &[Item], frame: Frame<'_>) -> Result<Vec<(String, Type)>, SqlError> {
    let mut columns = Vec::new();
    for item in items {
        match item {
            Item::All => {
                let all = frame.table.into_iter().flat_map(|table| table.columns.iter());
                columns.extend(all.map(|column| (column.name.clone(), column.kind)));
            }
            Item::Expr { expr, alias } => {
                let name = alias.clone().unwrap_or_else(|| name(expr).to_owned());
                columns.push((name, kind(expr, frame)?));
            }
        }
    }
    Ok(columns)
}

/// What a column of an answer is called that has no name.
fn name(expr: &Expr) -> &str {
    match expr {
        Expr::Column { name, .. } => name,
        Expr::Aggregate { aggregate, .. } => match aggregate {
            Aggregate::Count => "count",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
            Aggregate::Sum => "sum",
        },
        Expr::Call { function, .. } => match function {
            Function::Length => "length",
            Function::OctetLength => "octet_length",
            Function::Lower => "lower",
            Function::Upper => "upper",
            Function::Left => "left",
            Function::Right => "right",
            Function::Coalesce => "coalesce",
            Function::Now => "now",
            Function::Version => "version",
            Function::CurrentDatabase => "current_database",
            Function::CurrentUser => "current_user",
            Function::CurrentSchema => "current_schema",
            Function::ToTimestamp => "to_timestamp",
        },
        Expr::Cast { expr, .. } => name(expr),
        Expr::Case { .. } => "case",
        Expr::Constant(_)
        | Expr::Parameter(_)
        | Expr::Not(_)
        | Expr::Negative(_)
        | Expr::Pair { .. }
        | Expr::IsNull { .. }
        | Expr::Is { .. }
        | Expr::Among { .. }
        | Expr::Like { .. } => "?column?",
    }
}

/// The type of an expression.
fn kind(expr: &Expr, frame: Frame<'_>) -> Result<Type, SqlError> {
    Ok(match expr {
        Expr::Constant(super::Value::Int(number)) if i32::try_from(*number).is_ok() => Type::Int4,
        Expr::Constant(value) => value.type_of().unwrap_or(Type::Text),
        Expr::Parameter(_) => Type::Text,
        Expr::Column { table, name } => {
            let at = frame.column(table.as_deref(), name)?;
            frame.table.map_or(Type::Text, |table| table.columns[at].kind)
        }
        Expr::Not(_) | Expr::IsNull { .. } | Expr::Is { .. } | Expr::Among { .. } | Expr::Like { .. } => {
            Type::Bool
        }
        Expr::Negative(inner) => kind(inner, frame)?,
        Expr::Pair { left, operator, right } => match operator {
            Operator::Reckons(_) => match (kind(left, frame)?, kind(right, frame)?) {
                (Type::Int4 | Type::Int2, Type::Int4 | Type::Int2) => Type::Int4,
                (_, _) => Type::Int8,
            },
            Operator::Joined => Type::Text,
            Operator::And
            | Operator::Or
            | Operator::Equal
            | Operator::Unequal
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Matches { .. } => Type::Bool,
        },
        Expr::Cast { to, .. } => *to,
        Expr::Call { function, arguments } => match function {
            Function::Length | Function::OctetLength => Type::Int4,
            Function::Coalesce => kind(&arguments[0], frame)?,
            Function::Now | Function::ToTimestamp => Type::Timestamptz,
            Function::Lower
            | Function::Upper
            | Function::Left
            | Function::Right
            | Function::Version
            | Function::CurrentDatabase
            | Function::CurrentUser
            | Function::CurrentSchema => Type::Text,
        },
        Expr::Aggregate { aggregate, of, .. } => match (aggregate, of) {
            (Aggregate::Min | Aggregate::Max, Some(of)) => kind(of, frame)?,
            (Aggregate::Count | Aggregate::Min | Aggregate::Max | Aggregate::Sum, _) => Type::Int8,
        },
        Expr::Case { cases, otherwise } => match (cases.first(), otherwise) {
            (Some((_, then)), _) => kind(then, frame)?,
            (None, Some(otherwise)) => kind(otherwise, frame)?,
            (None, None) => Type::Text,
        },
    })
}

/// What is known of parameters by what they stand beside.
#[derive(Default)]
struct Hints {
    known: Vec<Option<Type>>,
}

impl Hints {
    fn types(self) -> Vec<Type> {
        self.known.into_iter().map(|kind| kind.unwrap_or(Type::Text)).collect()
    }

    fn given(&mut self, given: &Given, wanted: Option<Type>, frame: Frame<'_>) -> Result<(), SqlError> {
        match given {
            Given::Default => Ok(()),
            Given::Value(expr) => self.walk(expr, wanted, frame),
        }
    }

    fn walk(&mut self, expr: &Expr, wanted: Option<Type>, frame: Frame<'_>) -> Result<(), SqlError> {
        match expr {
            Expr::Parameter(at) => {
                if self.known.len() <= *at {
                    self.known.resize(at + 1, None);
                }
                if self.known[*at].is_none() {
                    self.known[*at] = wanted;
                }
                Ok(())
            }
            Expr::Pair { left, right, operator } => {
                let compares = !matches!(operator, Operator::And | Operator::Or);
                let (of_left, of_right) = (known(left, frame)?, known(right, frame)?);
                if let (true, Some(a), Some(b)) = (compares, of_left, of_right)
                    && *operator != Operator::Joined
                    && !a.goes_with(b)
                    && !is_literal(left)
                    && !is_literal(right)
                {
                    let (a, b) = (a.name(), b.name());
                    return Err(SqlError::NoOperator(format!("{a} {} {b}", sign(*operator))));
                }
                self.walk(left, of_right.filter(|_| compares), frame)?;
                self.walk(right, of_left.filter(|_| compares), frame)
            }
            Expr::Among { expr, list, .. } => {
                let kind = known(expr, frame)?;
                self.walk(expr, None, frame)?;
                list.iter().try_for_each(|one| self.walk(one, kind, frame))
            }
            Expr::Cast { expr, to } => self.walk(expr, Some(*to), frame),
            Expr::Call { function: Function::ToTimestamp, arguments } => {
                arguments.iter().try_for_each(|one| self.walk(one, Some(Type::Int8), frame))
            }
            Expr::Constant(_)
            | Expr::Column { .. }
            | Expr::Not(_)
            | Expr::Negative(_)
            | Expr::IsNull { .. }
            | Expr::Is { .. }
            | Expr::Like { .. }
            | Expr::Call { .. }
            | Expr::Aggregate { .. }
            | Expr::Case { .. } => {
                known(expr, frame)?;
                expr.children().into_iter().try_for_each(|child| self.walk(child, None, frame))
            }
        }
    }
}

/// Whether it says itself what type it is to be taken as.
fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Constant(super::Value::Text(_) | super::Value::Null))
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::Unequal => "<>",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Reckons(Sign::Plus) => "+",
        Operator::Reckons(Sign::Minus) => "-",
        Operator::Reckons(Sign::Times) => "*",
        Operator::Reckons(Sign::Divided) => "/",
        Operator::Reckons(Sign::Rest) => "%",
        Operator::Joined => "||",
        Operator::Matches { .. } => "~",
        Operator::And => "AND",
        Operator::Or => "OR",
    }
}

/// The type of an expression; `None` for a parameter.
fn known(expr: &Expr, frame: Frame<'_>) -> Result<Option<Type>, SqlError> {
    if matches!(expr, Expr::Parameter(_)) { Ok(None) } else { kind(expr, frame).map(Some) }
}
