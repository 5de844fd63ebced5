//! What the database says of itself: which tables and columns there are, and settings that clients ask for.

use super::table::{Column, Table};
use super::{Database, SqlError, Type, Value};

/// A view of the tables, by its schema and name.
pub(super) fn view(database: &Database, schema: &str, name: &str) -> Result<Option<Table>, SqlError> {
    let text = |text: &str| Value::Text(text.into());
    let (columns, rows): (&[&str], Vec<Vec<Value>>) = match (schema, name) {
        ("information_schema", "tables") => {
            let row = |table: &Table| ["helm", "public", &table.name, "BASE TABLE"].map(text).to_vec();
            let columns = &["table_catalog", "table_schema", "table_name", "table_type"];
            (columns, database.tables.values().map(row).collect())
        }
        ("information_schema", "columns") => {
            let columns = &[
                "table_schema",
                "table_name",
                "column_name",
                "ordinal_position",
                "column_default",
                "is_nullable",
                "data_type",
                "character_maximum_length",
            ];
            (columns, database.tables.values().flat_map(of_columns).collect())
        }
        ("pg_catalog", "pg_tables") => {
            let row = |table: &Table| ["public", &table.name, "helm"].map(text).to_vec();
            (&["schemaname", "tablename", "tableowner"], database.tables.values().map(row).collect())
        }
        ("information_schema" | "pg_catalog", other) => {
            return Err(SqlError::Unsupported(format!(
                "{schema}.{other}; information_schema.tables, information_schema.columns and pg_catalog.pg_tables \
                 are there"
            )));
        }
        (_, _) => return Ok(None),
    };
    let numbers = ["ordinal_position", "character_maximum_length"];
    let columns = columns.iter().map(|column| Column {
        name: (*column).to_owned(),
        kind: if numbers.contains(column) { Type::Int4 } else { Type::Text },
        required: false,
        default: None,
    });
    let mut table = Table::new(name.to_owned(), columns.collect(), Vec::new());
    rows.into_iter().try_for_each(|row| table.add(row))?;
    Ok(Some(table))
}

fn of_columns(table: &Table) -> Vec<Vec<Value>> {
    let text = |text: &str| Value::Text(text.into());
    let row = |(at, column): (usize, &Column)| {
        let most = match column.kind {
            Type::Varchar(Some(most)) => Value::Int(i64::from(most)),
            Type::Varchar(None)
            | Type::Bool
            | Type::Int2
            | Type::Int4
            | Type::Int8
            | Type::Text
            | Type::Timestamptz => Value::Null,
        };
        vec![
            text("public"),
            text(&table.name),
            text(&column.name),
            Value::Int(i64::try_from(at + 1).unwrap_or(i64::MAX)),
            column.default.as_ref().map_or(Value::Null, |default| Value::Text(default.text())),
            text(if column.required { "NO" } else { "YES" }),
            text(column.kind.name()),
            most,
        ]
    };
    table.columns.iter().enumerate().map(row).collect()
}

/// The value of a setting.
pub(super) fn setting(name: &str) -> Result<&'static str, SqlError> {
    Ok(match name {
        "server_version" => "15.0",
        "server_encoding" | "client_encoding" => "UTF8",
        "timezone" | "time_zone" => "UTC",
        "search_path" => "public",
        "transaction_isolation" | "transaction_isolation_level" => "read committed",
        "standard_conforming_strings" | "integer_datetimes" => "on",
        "datestyle" => "ISO, MDY",
        other => return Err(SqlError::Unsupported(format!("SHOW {other}"))),
    })
}
