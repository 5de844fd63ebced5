//! Carries out what changes rows.

use super::evaluate::Frame;
use super::statement::{Expr, Given, Item, Relation};
use super::table::{Row, Table};
use super::{Answer, Around, Database, SqlError, Value, infer, select};

/// Columns that were named, and the rows that were given.
type Rows<'a> = (&'a [String], &'a [Vec<Given>]);
/// What rows are to be given, and which.
type Changes<'a> = (&'a [(String, Given)], Option<&'a Expr>);

pub(super) fn insert(
    database: &mut Database,
    relation: &Relation,
    (columns, rows): Rows<'_>,
    returning: &[Item],
    around: &Around,
) -> Result<Answer, SqlError> {
    let table = database.own(relation)?;
    let places: Vec<usize> = match columns.is_empty() {
        true => (0..table.columns.len()).collect(),
        false => columns.iter().map(|column| table.column(column)).collect::<Result<_, _>>()?,
    };
    if let Some((_, twice)) = columns.iter().enumerate().find(|(at, column)| columns[..*at].contains(column))
    {
        return Err(SqlError::NamedTwice(twice.clone()));
    }
    let mut written = Vec::new();
    for given in rows {
        if given.len() > places.len() {
            return Err(SqlError::Uneven("expressions", "target columns"));
        }
        if given.len() < places.len() && !columns.is_empty() {
            return Err(SqlError::Uneven("target columns", "expressions"));
        }
        let default = |at: usize| table.columns[at].default.clone().unwrap_or(Value::Null);
        let mut values: Vec<Value> = (0..table.columns.len()).map(default).collect();
        for (place, given) in places.iter().zip(given) {
            if let Given::Value(expr) = given {
                values[*place] = Frame::bare(around).value(expr)?;
            }
        }
        table.add(values)?;
        written.extend(table.newest().cloned());
    }
    told("INSERT 0", table, &written, returning, around)
}

pub(super) fn update(
    database: &mut Database,
    relation: &Relation,
    (set, filter): Changes<'_>,
    returning: &[Item],
    around: &Around,
) -> Result<Answer, SqlError> {
    let table = database.own(relation)?;
    let before = table.clone();
    let mut written = Vec::new();
    for (number, row) in before.rows() {
        let frame = Frame { table: Some(&before), row, ..Frame::bare(around) };
        if !frame.holds(filter)? {
            continue;
        }
        let mut values = row.to_vec();
        for (column, given) in set {
            let place = before.column(column)?;
            values[place] = match given {
                Given::Default => before.columns[place].default.clone().unwrap_or(Value::Null),
                Given::Value(expr) => frame.value(expr)?,
            };
        }
        table.change(number, values)?;
        written.extend(table.newest().cloned());
    }
    told("UPDATE", table, &written, returning, around)
}

pub(super) fn delete(
    database: &mut Database,
    relation: &Relation,
    filter: Option<&Expr>,
    returning: &[Item],
    around: &Around,
) -> Result<Answer, SqlError> {
    let table = database.own(relation)?;
    let before = table.clone();
    let mut gone = Vec::new();
    for (number, row) in before.rows() {
        let frame = Frame { table: Some(&before), row, ..Frame::bare(around) };
        if frame.holds(filter)? {
            table.remove(number);
            gone.push(row.clone());
        }
    }
    told("DELETE", table, &gone, returning, around)
}

/// How many rows it were, and what of them was asked for.
fn told(
    command: &str,
    table: &Table,
    rows: &[Row],
    returning: &[Item],
    around: &Around,
) -> Result<Answer, SqlError> {
    if returning.is_empty() {
        return Ok(Answer::counted(command, rows.len()));
    }
    let bare = Frame { table: Some(table), ..Frame::bare(around) };
    let columns = Some(infer::columns(returning, bare)?);
    let picked = rows.iter().map(|row| select::picked(returning, Frame { row, ..bare }));
    Ok(Answer { columns, rows: picked.collect::<Result<_, _>>()?, ..Answer::counted(command, rows.len()) })
}
