//! Carries out what makes and changes tables.

use super::evaluate::Frame;
use super::statement::{Alteration, Define, Definition, Key, Relation};
use super::table::{Column, Row, Table, Unique};
use super::{Answer, Around, Database, SqlError, Value};

pub(super) fn carry_out(
    database: &mut Database,
    define: &Define,
    around: &Around,
) -> Result<Answer, SqlError> {
    match define {
        Define::CreateTable { table, columns, keys, unless_there } => {
            if database.table(table).is_err() || !unless_there {
                create(database, table, columns, keys, around)?;
            }
            Ok(Answer::done("CREATE TABLE"))
        }
        Define::CreateIndex { name, table, columns, unique } => {
            index(database, name.as_deref(), table, columns, *unique)?;
            Ok(Answer::done("CREATE INDEX"))
        }
        Define::DropTable { tables, if_there } => {
            for table in tables {
                match (database.table(table), *if_there) {
                    (Ok(held), _) => database.tables.remove(&held.name),
                    (Err(_), true) => None,
                    (Err(_), false) => {
                        return Err(SqlError::NoTable(table.shown()));
                    }
                };
            }
            Ok(Answer::done("DROP TABLE"))
        }
        Define::Truncate { tables } => {
            for table in tables {
                database.own(table)?.clear();
            }
            Ok(Answer::done("TRUNCATE TABLE"))
        }
        Define::Right { tag, tables } => {
            for table in tables {
                database.table(table)?;
            }
            Ok(Answer::done(tag))
        }
        Define::Alter { table, changes, if_there } => {
            if database.table(table).is_err() && *if_there {
                return Ok(Answer::done("ALTER TABLE"));
            }
            for change in changes {
                alter(database, table, change, around)?;
            }
            Ok(Answer::done("ALTER TABLE"))
        }
    }
}

fn create(
    database: &mut Database,
    relation: &Relation,
    definitions: &[Definition],
    keys: &[Key],
    around: &Around,
) -> Result<(), SqlError> {
    if database.table(relation).is_ok() {
        return Err(SqlError::TableExists(relation.name.clone()));
    }
    let mut columns: Vec<Column> = Vec::new();
    for definition in definitions {
        if columns.iter().any(|column| column.name == definition.name) {
            return Err(SqlError::NamedTwice(definition.name.clone()));
        }
        columns.push(column(definition, around)?);
    }
    let mut table = Table::new(relation.name.clone(), columns, Vec::new());
    let mut columns = table.columns.to_vec();
    let mut uniques = Vec::new();
    for key in keys {
        let places: Vec<usize> = key
            .columns
            .iter()
            .map(|named| table.position(named).ok_or_else(|| missing_in_key(named)))
            .collect::<Result<_, _>>()?;
        if key.primary {
            for place in &places {
                columns[*place].required = true;
            }
        }
        let constraint = key.name.clone().unwrap_or_else(|| match key.primary {
            true => format!("{}_pkey", relation.name),
            false => format!("{}_{}_key", relation.name, key.columns.join("_")),
        });
        uniques.push(Unique { constraint, columns: places, primary: key.primary });
    }
    table.reshape(columns, uniques, |row| row.to_vec())?;
    database.tables.insert(relation.name.clone(), table);
    Ok(())
}

fn missing_in_key(column: &str) -> SqlError {
    SqlError::NoColumn(column.to_owned())
}

fn column(definition: &Definition, around: &Around) -> Result<Column, SqlError> {
    let default =
        definition.default.as_ref().map(|default| Frame::bare(around).value(default)).transpose()?;
    let default = default.map(|value| definition.kind.take(value)).transpose()?;
    let Definition { name, kind, required, .. } = definition;
    Ok(Column { name: name.clone(), kind: *kind, required: *required, default })
}

/// An index makes nothing faster here; a unique one is a rule.
fn index(
    database: &mut Database,
    name: Option<&str>,
    relation: &Relation,
    columns: &[String],
    unique: bool,
) -> Result<(), SqlError> {
    let table = database.own(relation)?;
    let places =
        columns.iter().map(|column| table.position(column).ok_or_else(|| SqlError::NoColumn(column.clone())));
    let places: Vec<usize> = places.collect::<Result<_, _>>()?;
    if unique {
        let constraint =
            name.map_or_else(|| format!("{}_{}_idx", table.name, columns.join("_")), str::to_owned);
        let mut uniques = table.uniques.to_vec();
        uniques.push(Unique { constraint, columns: places, primary: false });
        table.reshape(table.columns.to_vec(), uniques, |row| row.to_vec())?;
    }
    Ok(())
}

fn alter(
    database: &mut Database,
    relation: &Relation,
    change: &Alteration,
    around: &Around,
) -> Result<(), SqlError> {
    let table = database.own(relation)?;
    let mut columns = table.columns.to_vec();
    let uniques = table.uniques.to_vec();
    match change {
        Alteration::RowSecurity => Ok(()),
        Alteration::Add { column: definition, unless_there } => {
            if table.position(&definition.name).is_some() {
                let (column, table) = (definition.name.clone(), table.name.clone());
                return if *unless_there { Ok(()) } else { Err(SqlError::ColumnExists { column, table }) };
            }
            let added = column(definition, around)?;
            let value = added.default.clone().unwrap_or(Value::Null);
            columns.push(added);
            table.reshape(columns, uniques, |row| row.iter().cloned().chain([value.clone()]).collect())
        }
        Alteration::Drop { column, if_there } => {
            let place = match (table.column(column), *if_there) {
                (Ok(place), _) => place,
                (Err(_), true) => return Ok(()),
                (Err(error), false) => return Err(error),
            };
            columns.remove(place);
            let kept = uniques.into_iter().filter(|unique| !unique.columns.contains(&place));
            let moved = kept.map(|unique| Unique {
                columns: unique.columns.iter().map(|at| at - usize::from(*at > place)).collect(),
                ..unique
            });
            let without = |row: &Row| {
                let rest = row.iter().enumerate().filter(|(at, _)| *at != place);
                rest.map(|(_, value)| value.clone()).collect()
            };
            table.reshape(columns, moved.collect(), without)
        }
        Alteration::RenameColumn { from, to } => {
            columns[table.column(from)?].name.clone_from(to);
            table.reshape(columns, uniques, |row| row.to_vec())
        }
        Alteration::Rename { to } => {
            let mut renamed = table.clone();
            renamed.name.clone_from(to);
            if database.tables.contains_key(to) {
                return Err(SqlError::TableExists(to.clone()));
            }
            database.tables.remove(&relation.name);
            database.tables.insert(to.clone(), renamed);
            Ok(())
        }
    }
}
