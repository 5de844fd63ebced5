//! Reads what makes and changes tables.

use super::super::statement::{Alteration, Define, Definition, Key};
use super::super::{SqlError, Type};
use super::{expression, name, none, relation, unsupported};
use sqlparser::ast::{
    self, AlterTableOperation, CharacterLength, ColumnDef, ColumnOption, DataType, IndexColumn,
    RenameTableNameKind, TableConstraint, TimezoneInfo,
};

pub(super) fn create_table(table: &ast::CreateTable) -> Result<Define, SqlError> {
    none(table.temporary, "temporary tables")?;
    none(table.query.is_some() || table.like.is_some(), "CREATE TABLE … AS and LIKE")?;
    none(table.inherits.is_some() || table.partition_by.is_some(), "INHERITS and PARTITION BY")?;
    let mut keys = Vec::new();
    let mut columns = Vec::new();
    for definition in &table.columns {
        columns.push(column(definition, &mut keys)?);
    }
    for constraint in &table.constraints {
        keys.push(match constraint {
            TableConstraint::PrimaryKey(key) => {
                Key { name: key.name.as_ref().map(name), columns: indexed(&key.columns)?, primary: true }
            }
            TableConstraint::Unique(key) => {
                Key { name: key.name.as_ref().map(name), columns: indexed(&key.columns)?, primary: false }
            }
            other => return Err(unsupported(other)),
        });
    }
    let unless_there = table.if_not_exists;
    Ok(Define::CreateTable { table: relation(&table.name)?, columns, keys, unless_there })
}

fn column(definition: &ColumnDef, keys: &mut Vec<Key>) -> Result<Definition, SqlError> {
    let column = name(&definition.name);
    let (mut required, mut default) = (false, None);
    for option in &definition.options {
        let mut key = |primary| {
            let name = option.name.as_ref().map(name);
            keys.push(Key { name, columns: vec![column.clone()], primary });
        };
        match &option.option {
            ColumnOption::Null => {}
            ColumnOption::NotNull => required = true,
            ColumnOption::Default(expr) => default = Some(expression::read(expr)?),
            ColumnOption::PrimaryKey(_) => key(true),
            ColumnOption::Unique(_) => key(false),
            other => return Err(unsupported(other)),
        }
    }
    Ok(Definition { name: column, kind: kind(&definition.data_type)?, required, default })
}

/// The type that a name means.
pub(super) fn kind(data_type: &DataType) -> Result<Type, SqlError> {
    Ok(match data_type {
        DataType::Text => Type::Text,
        DataType::Varchar(length) | DataType::CharacterVarying(length) => Type::Varchar(match length {
            None => None,
            Some(CharacterLength::IntegerLength { length, .. }) => {
                Some(u32::try_from(*length).unwrap_or(u32::MAX))
            }
            Some(CharacterLength::Max) => return Err(unsupported(data_type)),
        }),
        DataType::SmallInt(_) | DataType::Int2(_) => Type::Int2,
        DataType::Int(_) | DataType::Integer(_) | DataType::Int4(_) => Type::Int4,
        DataType::BigInt(_) | DataType::Int8(_) => Type::Int8,
        DataType::Bool | DataType::Boolean => Type::Bool,
        DataType::Timestamp(_, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz) => Type::Timestamptz,
        other => return Err(unsupported(format!("type {other}"))),
    })
}

pub(super) fn create_index(index: &ast::CreateIndex) -> Result<Define, SqlError> {
    none(index.predicate.is_some(), "partial indexes")?;
    let name = index.name.as_ref().map(relation).transpose()?.map(|relation| relation.name);
    let (table, unique) = (relation(&index.table_name)?, index.unique);
    Ok(Define::CreateIndex { name, table, columns: indexed(&index.columns)?, unique })
}

/// The columns of an index or a key.
fn indexed(columns: &[IndexColumn]) -> Result<Vec<String>, SqlError> {
    let column = |indexed: &IndexColumn| match &indexed.column.expr {
        ast::Expr::Identifier(ident) => Ok(name(ident)),
        other => Err(unsupported(format!("an index on {other}"))),
    };
    columns.iter().map(column).collect()
}

pub(super) fn alter(alter: &ast::AlterTable) -> Result<Define, SqlError> {
    let changes = alter.operations.iter().map(alteration).collect::<Result<Vec<_>, _>>()?;
    let changes = changes.into_iter().flatten().collect();
    Ok(Define::Alter { table: relation(&alter.name)?, changes, if_there: alter.if_exists })
}

fn alteration(operation: &AlterTableOperation) -> Result<Vec<Alteration>, SqlError> {
    Ok(match operation {
        AlterTableOperation::AddColumn { if_not_exists, column_def, .. } => {
            let mut keys = Vec::new();
            let column = column(column_def, &mut keys)?;
            none(!keys.is_empty(), "ADD COLUMN with a key")?;
            vec![Alteration::Add { column, unless_there: *if_not_exists }]
        }
        AlterTableOperation::DropColumn { column_names, if_exists, .. } => {
            let drop = |column| Alteration::Drop { column: name(column), if_there: *if_exists };
            column_names.iter().map(drop).collect()
        }
        AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
            vec![Alteration::RenameColumn { from: name(old_column_name), to: name(new_column_name) }]
        }
        AlterTableOperation::RenameTable { table_name: RenameTableNameKind::To(to) } => {
            vec![Alteration::Rename { to: relation(to)?.name }]
        }
        AlterTableOperation::EnableRowLevelSecurity
        | AlterTableOperation::DisableRowLevelSecurity
        | AlterTableOperation::ForceRowLevelSecurity
        | AlterTableOperation::NoForceRowLevelSecurity => vec![Alteration::RowSecurity],
        other => return Err(unsupported(format!("ALTER TABLE … {other}"))),
    })
}
