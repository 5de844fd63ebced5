//! What an expression comes to for one row, or for a group of rows.

use super::statement::{Aggregate, Expr, Function, Operator, Sign};
use super::table::{Row, Table};
use super::{Around, SqlError, Type, Value};
use crate::clock::Moment;
use regex::RegexBuilder;
use std::cmp::Ordering;
use std::sync::Arc;

/// What is said of the server.
pub(super) const VERSION: &str =
    concat!("PostgreSQL 15.0 (helmdrill ", env!("CARGO_PKG_VERSION"), ": a part of it, in memory)");

/// What an expression looks at.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) around: &'a Around,
    pub(super) table: Option<&'a Table>,
    /// What the table is called by here.
    pub(super) called: Option<&'a str>,
    pub(super) row: &'a [Value],
    /// The rows that aggregates are of.
    pub(super) group: Option<&'a [Row]>,
}

impl<'a> Frame<'a> {
    /// A frame without a row.
    pub(super) fn bare(around: &'a Around) -> Frame<'a> {
        Frame { around, table: None, called: None, row: &[], group: None }
    }

    /// An error about a column with the name of its table, as PostgreSQL has it.
    pub(super) fn qualified(&self, error: SqlError) -> SqlError {
        let table = self.called.or(self.table.map(|table| table.name.as_str()));
        match (error, table) {
            (SqlError::NotGrouped(column), Some(table)) => SqlError::NotGrouped(format!("{table}.{column}")),
            (other, _) => other,
        }
    }

    /// Where a column stands in the row.
    pub(super) fn column(&self, table: Option<&str>, name: &str) -> Result<usize, SqlError> {
        if let Some(wanted) = table {
            let known = self.called.or(self.table.map(|table| table.name.as_str()));
            if known != Some(wanted) {
                return Err(SqlError::NoTable(wanted.to_owned()));
            }
        }
        let found = self.table.and_then(|table| table.position(name));
        found.ok_or_else(|| SqlError::NoColumn(name.to_owned()))
    }

    /// Whether a condition holds; what is unknown does not.
    pub(super) fn holds(&self, filter: Option<&Expr>) -> Result<bool, SqlError> {
        match filter {
            None => Ok(true),
            Some(filter) => Ok(self.truth(filter)? == Some(true)),
        }
    }

    fn truth(&self, expr: &Expr) -> Result<Option<bool>, SqlError> {
        match Type::Bool.take(self.value(expr)?) {
            Ok(Value::Bool(truth)) => Ok(Some(truth)),
            Ok(Value::Null | Value::Int(_) | Value::Text(_) | Value::Time(_)) => Ok(None),
            Err(SqlError::Mismatch(told)) => Err(SqlError::Mismatch(format!("argument of WHERE: {told}"))),
            Err(error) => Err(error),
        }
    }

    /// What it comes to.
    pub(super) fn value(&self, expr: &Expr) -> Result<Value, SqlError> {
        let truth = |truth: Option<bool>| truth.map_or(Value::Null, Value::Bool);
        Ok(match expr {
            Expr::Constant(value) => value.clone(),
            Expr::Parameter(at) => {
                self.around.parameters.get(*at).cloned().ok_or(SqlError::NoParameter(at + 1))?
            }
            Expr::Column { table, name } => {
                let at = self.column(table.as_deref(), name)?;
                // A group of no rows has no row to look at.
                self.row.get(at).cloned().unwrap_or(Value::Null)
            }
            Expr::Not(inner) => truth(self.truth(inner)?.map(|held| !held)),
            Expr::Negative(inner) => match Type::Int8.take(self.value(inner)?)? {
                Value::Int(number) => Value::Int(number.checked_neg().ok_or(SqlError::OutOfRange("bigint"))?),
                other => other,
            },
            Expr::Pair { left, operator, right } => self.pair(left, *operator, right)?,
            Expr::IsNull { expr, negated } => Value::Bool((self.value(expr)? == Value::Null) != *negated),
            Expr::Is { expr, truth, negated } => Value::Bool((self.truth(expr)? == Some(*truth)) != *negated),
            Expr::Among { expr, list, negated } => {
                truth(self.among(expr, list)?.map(|held| held != *negated))
            }
            Expr::Like { expr, pattern, any_case, negated } => {
                match (self.value(expr)?, self.value(pattern)?) {
                    (Value::Null, _) | (_, Value::Null) => Value::Null,
                    (text, pattern) => {
                        let matched = matches(&text.text(), &like(&pattern.text()), *any_case)?;
                        Value::Bool(matched != *negated)
                    }
                }
            }
            Expr::Cast { expr, to } => match (to, self.value(expr)?) {
                (_, Value::Null) => Value::Null,
                (Type::Varchar(Some(most)), value) => {
                    Value::Text(value.text().chars().take(*most as usize).collect::<String>().into())
                }
                (Type::Int2 | Type::Int4 | Type::Int8, Value::Bool(held)) => Value::Int(i64::from(held)),
                (Type::Text | Type::Varchar(None), Value::Bool(held)) => Value::Text(held.to_string().into()),
                (to, value) => to.take(value)?,
            },
            Expr::Call { function, arguments } => self.call(*function, arguments)?,
            Expr::Aggregate { aggregate, of, distinct } => {
                self.aggregate(*aggregate, of.as_deref(), *distinct)?
            }
            Expr::Case { cases, otherwise } => {
                for (when, then) in cases {
                    if self.truth(when)? == Some(true) {
                        return self.value(then);
                    }
                }
                otherwise.as_deref().map_or(Ok(Value::Null), |otherwise| self.value(otherwise))?
            }
        })
    }

    fn pair(&self, left: &Expr, operator: Operator, right: &Expr) -> Result<Value, SqlError> {
        let compared = |holds: fn(Ordering) -> bool| {
            let order = self.value(left)?.compare(&self.value(right)?)?;
            Ok(order.map_or(Value::Null, |order| Value::Bool(holds(order))))
        };
        match operator {
            Operator::And | Operator::Or => {
                let decides = operator == Operator::Or;
                let first = self.truth(left)?;
                if first == Some(decides) {
                    return Ok(Value::Bool(decides));
                }
                let second = self.truth(right)?;
                let known = first.is_some() && second.is_some();
                Ok(match (second == Some(decides), known) {
                    (true, _) => Value::Bool(decides),
                    (false, true) => Value::Bool(!decides),
                    (false, false) => Value::Null,
                })
            }
            Operator::Equal => compared(Ordering::is_eq),
            Operator::Unequal => compared(Ordering::is_ne),
            Operator::Less => compared(Ordering::is_lt),
            Operator::LessOrEqual => compared(Ordering::is_le),
            Operator::Greater => compared(Ordering::is_gt),
            Operator::GreaterOrEqual => compared(Ordering::is_ge),
            Operator::Joined => Ok(match (self.value(left)?, self.value(right)?) {
                (Value::Null, _) | (_, Value::Null) => Value::Null,
                (a, b) => Value::Text(format!("{}{}", a.text(), b.text()).into()),
            }),
            Operator::Matches { any_case, negated } => Ok(match (self.value(left)?, self.value(right)?) {
                (Value::Null, _) | (_, Value::Null) => Value::Null,
                (text, pattern) => Value::Bool(matches(&text.text(), &pattern.text(), any_case)? != negated),
            }),
            Operator::Reckons(sign) => {
                let (a, b) = (Type::Int8.take(self.value(left)?)?, Type::Int8.take(self.value(right)?)?);
                let (Value::Int(a), Value::Int(b)) = (a, b) else { return Ok(Value::Null) };
                reckoned(a, sign, b)
            }
        }
    }

    fn among(&self, expr: &Expr, list: &[Expr]) -> Result<Option<bool>, SqlError> {
        let value = self.value(expr)?;
        let mut unknown = false;
        for one in list {
            match value.compare(&self.value(one)?)? {
                Some(Ordering::Equal) => return Ok(Some(true)),
                Some(Ordering::Less | Ordering::Greater) => {}
                None => unknown = true,
            }
        }
        Ok((!unknown).then_some(false))
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Result<Value, SqlError> {
        let text = |text: &str| Value::Text(text.into());
        let of_text = |make: &dyn Fn(Arc<str>) -> Value| match self.value(&arguments[0])? {
            Value::Null => Ok(Value::Null),
            value => Ok(make(value.text())),
        };
        match function {
            Function::Length => of_text(&|held| number(held.chars().count())),
            Function::OctetLength => of_text(&|held| number(held.len())),
            Function::Lower => of_text(&|held| text(&held.to_lowercase())),
            Function::Upper => of_text(&|held| text(&held.to_uppercase())),
            Function::Left | Function::Right => {
                let Value::Int(count) = Type::Int4.take(self.value(&arguments[1])?)? else {
                    return Ok(Value::Null);
                };
                of_text(&|held| text(&part(&held, count, function == Function::Right)))
            }
            Function::Coalesce => {
                for argument in arguments {
                    let value = self.value(argument)?;
                    if value != Value::Null {
                        return Ok(value);
                    }
                }
                Ok(Value::Null)
            }
            Function::Now => Ok(Value::Time(self.around.now)),
            Function::Version => Ok(text(VERSION)),
            Function::CurrentDatabase => Ok(text(&self.around.database)),
            Function::CurrentUser => Ok(text(&self.around.user)),
            Function::CurrentSchema => Ok(text("public")),
            Function::ToTimestamp => Ok(match Type::Int8.take(self.value(&arguments[0])?)? {
                Value::Int(seconds) => {
                    let micros = seconds.checked_mul(1_000_000).ok_or(SqlError::OutOfRange("timestamp"))?;
                    Value::Time(Moment::from_micros(micros))
                }
                other => other,
            }),
        }
    }

    fn aggregate(&self, aggregate: Aggregate, of: Option<&Expr>, distinct: bool) -> Result<Value, SqlError> {
        let Some(group) = self.group else { return Err(SqlError::Misplaced("WHERE")) };
        let Some(of) = of else { return Ok(number(group.len())) };
        let mut values: Vec<Value> = Vec::new();
        for row in group {
            let value = Frame { row, group: None, ..*self }.value(of)?;
            if value != Value::Null && !(distinct && values.contains(&value)) {
                values.push(value);
            }
        }
        Ok(match aggregate {
            Aggregate::Count => number(values.len()),
            Aggregate::Min => values.into_iter().min_by(Value::order).unwrap_or(Value::Null),
            Aggregate::Max => values.into_iter().max_by(Value::order).unwrap_or(Value::Null),
            Aggregate::Sum if values.is_empty() => Value::Null,
            Aggregate::Sum => {
                let mut sum = 0_i64;
                for value in values {
                    if let Value::Int(number) = Type::Int8.take(value)? {
                        sum = sum.checked_add(number).ok_or(SqlError::OutOfRange("bigint"))?;
                    }
                }
                Value::Int(sum)
            }
        })
    }
}

fn number(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn reckoned(a: i64, sign: Sign, b: i64) -> Result<Value, SqlError> {
    let result = match sign {
        Sign::Divided | Sign::Rest if b == 0 => return Err(SqlError::DivisionByZero),
        Sign::Plus => a.checked_add(b),
        Sign::Minus => a.checked_sub(b),
        Sign::Times => a.checked_mul(b),
        Sign::Divided => a.checked_div(b),
        Sign::Rest => a.checked_rem(b),
    };
    result.map(Value::Int).ok_or(SqlError::OutOfRange("bigint"))
}

/// The first so many letters, or the last; all but so many where the count is below zero.
fn part(text: &str, count: i64, last: bool) -> String {
    let all = text.chars().count();
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let kept = if count < 0 { all.saturating_sub(wanted) } else { wanted.min(all) };
    if last { text.chars().skip(all - kept).collect() } else { text.chars().take(kept).collect() }
}

/// The regular expression of a pattern with `%` and `_`.
fn like(pattern: &str) -> String {
    let mut expression = String::from("(?s)^");
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            '\\' => expression.push_str(&regex::escape(&letters.next().unwrap_or('\\').to_string())),
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    expression.push('$');
    expression
}

fn matches(text: &str, expression: &str, any_case: bool) -> Result<bool, SqlError> {
    let built = RegexBuilder::new(expression).case_insensitive(any_case).build();
    let unreadable = || SqlError::Unreadable { type_name: "regular expression", text: expression.to_owned() };
    Ok(built.map_err(|_| unreadable())?.is_match(text))
}
