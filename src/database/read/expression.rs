//! Reads expressions.

use super::super::statement::{Aggregate, Expr, Function, Operator, Sign};
use super::super::{SqlError, Value};
use super::{define, name, none, parts, unsupported};
use sqlparser::ast::{
    self, BinaryOperator, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArguments, InTarget,
    UnaryOperator,
};

/// How deep an expression may be nested: what is deeper could not be walked through on the stack of a thread.
const DEPTH: usize = 100;

pub(super) fn read(expr: &ast::Expr) -> Result<Expr, SqlError> {
    inside(expr, 0)
}

/// Reads an expression that lies so deep in others.
fn inside(expr: &ast::Expr, depth: usize) -> Result<Expr, SqlError> {
    use ast::Expr as Sql;
    if depth > DEPTH {
        return Err(SqlError::TooComplex);
    }
    let depth = depth + 1;
    let read = |expr| inside(expr, depth);
    let boxed = |expr| inside(expr, depth).map(Box::new);
    let pair = |left, operator, right| Ok(both(inside(left, depth)?, operator, inside(right, depth)?));
    let truth = |expr, truth, negated| Ok(Expr::Is { expr: boxed(expr)?, truth, negated });
    match expr {
        Sql::Identifier(ident) => Ok(column_or_keyword(ident)),
        Sql::CompoundIdentifier(parts) => {
            let mut parts: Vec<String> = parts.iter().map(name).collect();
            let name = parts.pop().unwrap_or_default();
            Ok(Expr::Column { table: parts.pop(), name })
        }
        Sql::Nested(inner) => read(inner),
        Sql::Value(value) => constant(&value.value),
        Sql::TypedString(typed) => {
            let expr = Box::new(constant(&typed.value.value)?);
            Ok(Expr::Cast { expr, to: define::kind(&typed.data_type)? })
        }
        Sql::IsNull(expr) => Ok(Expr::IsNull { expr: boxed(expr)?, negated: false }),
        Sql::IsNotNull(expr) => Ok(Expr::IsNull { expr: boxed(expr)?, negated: true }),
        Sql::IsTrue(expr) => truth(expr, true, false),
        Sql::IsNotTrue(expr) => truth(expr, true, true),
        Sql::IsFalse(expr) => truth(expr, false, false),
        Sql::IsNotFalse(expr) => truth(expr, false, true),
        Sql::In { expr, target: InTarget::List(list), negated, .. } => {
            let list = list.iter().map(read).collect::<Result<_, _>>()?;
            Ok(Expr::Among { expr: boxed(expr)?, list, negated: *negated })
        }
        Sql::Between { expr, negated, low, high } => {
            let from = pair(expr, Operator::GreaterOrEqual, low)?;
            let to = pair(expr, Operator::LessOrEqual, high)?;
            let between = both(from, Operator::And, to);
            Ok(if *negated { Expr::Not(Box::new(between)) } else { between })
        }
        Sql::BinaryOp { left, op, right } => pair(left, operator(op)?, right),
        Sql::UnaryOp { op, expr } => match op {
            UnaryOperator::Not => Ok(Expr::Not(boxed(expr)?)),
            UnaryOperator::Minus => Ok(Expr::Negative(boxed(expr)?)),
            UnaryOperator::Plus => read(expr),
            other => Err(unsupported(format!("the operator {other}"))),
        },
        Sql::Like { negated, any: false, expr, pattern, escape_char: None } => Ok(Expr::Like {
            expr: boxed(expr)?,
            pattern: boxed(pattern)?,
            any_case: false,
            negated: *negated,
        }),
        Sql::ILike { negated, any: false, expr, pattern, escape_char: None } => {
            Ok(Expr::Like { expr: boxed(expr)?, pattern: boxed(pattern)?, any_case: true, negated: *negated })
        }
        Sql::Cast { expr, data_type, format: None, .. } => {
            Ok(Expr::Cast { expr: boxed(expr)?, to: define::kind(data_type)? })
        }
        Sql::Case { operand, conditions, else_result, .. } => {
            let cases = conditions.iter().map(|case| {
                let when = match operand {
                    Some(operand) => pair(operand, Operator::Equal, &case.condition)?,
                    None => read(&case.condition)?,
                };
                Ok((when, read(&case.result)?))
            });
            let otherwise = else_result.as_deref().map(boxed).transpose()?;
            Ok(Expr::Case { cases: cases.collect::<Result<_, SqlError>>()?, otherwise })
        }
        Sql::Function(function) => call(function, depth),
        other => Err(unsupported(other)),
    }
}

fn both(left: Expr, operator: Operator, right: Expr) -> Expr {
    Expr::Pair { left: Box::new(left), operator, right: Box::new(right) }
}

/// Some functions are called without parentheses.
fn column_or_keyword(ident: &ast::Ident) -> Expr {
    let column = name(ident);
    let function = match (ident.quote_style, column.as_str()) {
        (None, "current_user" | "session_user" | "user") => Function::CurrentUser,
        (None, "current_catalog") => Function::CurrentDatabase,
        (None, "current_schema") => Function::CurrentSchema,
        (None, "current_timestamp") => Function::Now,
        (_, _) => return Expr::Column { table: None, name: column },
    };
    Expr::Call { function, arguments: Vec::new() }
}

fn constant(value: &ast::Value) -> Result<Expr, SqlError> {
    use ast::Value as Sql;
    Ok(Expr::Constant(match value {
        Sql::Null => Value::Null,
        Sql::Boolean(held) => Value::Bool(*held),
        Sql::Number(digits, _) => {
            Value::Int(digits.parse().map_err(|_| unsupported(format!("the number {digits}")))?)
        }
        Sql::SingleQuotedString(text)
        | Sql::EscapedStringLiteral(text)
        | Sql::UnicodeStringLiteral(text)
        | Sql::NationalStringLiteral(text) => Value::Text(text.as_str().into()),
        Sql::DollarQuotedString(quoted) => Value::Text(quoted.value.as_str().into()),
        Sql::Placeholder(word) => {
            let number = word.strip_prefix('$').and_then(|digits| digits.parse::<u16>().ok());
            return match number {
                Some(number) if number > 0 => Ok(Expr::Parameter(usize::from(number) - 1)),
                Some(_) | None => Err(SqlError::Syntax { at: format!("or near \"{word}\""), position: None }),
            };
        }
        other => return Err(unsupported(other)),
    }))
}

fn operator(op: &BinaryOperator) -> Result<Operator, SqlError> {
    let matches = |any_case, negated| Operator::Matches { any_case, negated };
    Ok(match op {
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::Unequal,
        BinaryOperator::Lt => Operator::Less,
        BinaryOperator::LtEq => Operator::LessOrEqual,
        BinaryOperator::Gt => Operator::Greater,
        BinaryOperator::GtEq => Operator::GreaterOrEqual,
        BinaryOperator::Plus => Operator::Reckons(Sign::Plus),
        BinaryOperator::Minus => Operator::Reckons(Sign::Minus),
        BinaryOperator::Multiply => Operator::Reckons(Sign::Times),
        BinaryOperator::Divide => Operator::Reckons(Sign::Divided),
        BinaryOperator::Modulo => Operator::Reckons(Sign::Rest),
        BinaryOperator::StringConcat => Operator::Joined,
        BinaryOperator::PGRegexMatch => matches(false, false),
        BinaryOperator::PGRegexIMatch => matches(true, false),
        BinaryOperator::PGRegexNotMatch => matches(false, true),
        BinaryOperator::PGRegexNotIMatch => matches(true, true),
        other => return Err(unsupported(format!("the operator {other}"))),
    })
}

fn call(function: &ast::Function, depth: usize) -> Result<Expr, SqlError> {
    none(function.over.is_some() || function.filter.is_some(), "windows and FILTER")?;
    let called = parts(&function.name)?.pop().unwrap_or_default();
    let mut distinct = false;
    let mut rows = false;
    let mut arguments = Vec::new();
    match &function.args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(_) => return Err(unsupported(function)),
        FunctionArguments::List(list) => {
            distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
            none(!list.clauses.is_empty(), "ORDER BY inside of a function")?;
            for argument in &list.args {
                match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => arguments.push(inside(expr, depth)?),
                    FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => rows = true,
                    other => return Err(unsupported(other)),
                }
            }
        }
    }
    let aggregate = match called.as_str() {
        "count" => Some(Aggregate::Count),
        "min" => Some(Aggregate::Min),
        "max" => Some(Aggregate::Max),
        "sum" => Some(Aggregate::Sum),
        _ => None,
    };
    let unknown = || {
        SqlError::NoFunction(format!(
            "{called}({})",
            "unknown, ".repeat(arguments.len()).trim_end_matches(", ")
        ))
    };
    if let Some(aggregate) = aggregate {
        return match (arguments.len(), rows) {
            (0, true) if aggregate == Aggregate::Count => {
                Ok(Expr::Aggregate { aggregate, of: None, distinct: false })
            }
            (1, false) => {
                let of = arguments.pop().map(Box::new);
                Ok(Expr::Aggregate { aggregate, of, distinct })
            }
            (_, _) => Err(unknown()),
        };
    }
    let (function, takes) = match called.as_str() {
        "length" | "char_length" | "character_length" => (Function::Length, 1..=1),
        "octet_length" => (Function::OctetLength, 1..=1),
        "lower" => (Function::Lower, 1..=1),
        "upper" => (Function::Upper, 1..=1),
        "left" => (Function::Left, 2..=2),
        "right" => (Function::Right, 2..=2),
        "coalesce" => (Function::Coalesce, 1..=usize::MAX),
        "now" | "current_timestamp" | "transaction_timestamp" => (Function::Now, 0..=0),
        "version" => (Function::Version, 0..=0),
        "current_database" | "current_catalog" => (Function::CurrentDatabase, 0..=0),
        "current_user" | "session_user" | "user" => (Function::CurrentUser, 0..=0),
        "current_schema" => (Function::CurrentSchema, 0..=0),
        "to_timestamp" => (Function::ToTimestamp, 1..=1),
        _ => return Err(unknown()),
    };
    match takes.contains(&arguments.len()) && !rows {
        true => Ok(Expr::Call { function, arguments }),
        false => Err(unknown()),
    }
}
