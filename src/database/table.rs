//! One table as a value: its columns, its keys, its rows in the order in which they were written. A copy costs nothing.

use super::{SqlError, Type, Value};
use imbl::OrdMap;
use std::sync::Arc;

/// The values of one row, in the order of the columns.
pub(super) type Row = Arc<[Value]>;

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
}

/// Columns whose values no two rows share.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unique {
    pub(super) constraint: String,
    pub(super) columns: Vec<usize>,
    pub(super) primary: bool,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Arc<Vec<Column>>,
    pub(super) uniques: Arc<Vec<Unique>>,
    rows: OrdMap<u64, Row>,
    /// The number of the next row: a row that is changed comes last.
    next: u64,
}

impl Table {
    pub(super) fn new(name: String, columns: Vec<Column>, uniques: Vec<Unique>) -> Table {
        let (columns, uniques) = (Arc::new(columns), Arc::new(uniques));
        Table { name, columns, uniques, rows: OrdMap::new(), next: 0 }
    }

    /// The rows with their numbers.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, &Row)> {
        self.rows.iter().map(|(number, row)| (*number, row))
    }

    /// The row that was written last.
    pub(super) fn newest(&self) -> Option<&Row> {
        self.rows.values().next_back()
    }

    pub(super) fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|held| held.name == column)
    }

    /// The same, where the column must be there.
    pub(super) fn column(&self, column: &str) -> Result<usize, SqlError> {
        let (table, name) = (self.name.clone(), column.to_owned());
        self.position(column).ok_or(SqlError::NoColumnOf { column: name, table })
    }

    /// Writes a row down as a new one.
    pub(super) fn add(&mut self, values: Vec<Value>) -> Result<(), SqlError> {
        let row = self.checked(values)?;
        self.rows.insert(self.next, row);
        self.next += 1;
        Ok(())
    }

    /// Writes another row in place of one.
    pub(super) fn change(&mut self, number: u64, values: Vec<Value>) -> Result<(), SqlError> {
        let before = self.rows.remove(&number);
        let row = self.checked(values).inspect_err(|_| {
            // The statement fails as a whole; the row is put back for those who look at the message's table.
            if let Some(before) = before {
                self.rows.insert(number, before);
            }
        })?;
        self.rows.insert(self.next, row);
        self.next += 1;
        Ok(())
    }

    pub(super) fn remove(&mut self, number: u64) {
        self.rows.remove(&number);
    }

    pub(super) fn clear(&mut self) {
        self.rows = OrdMap::new();
    }

    /// Puts another set of columns in place; `of` makes each row anew.
    pub(super) fn reshape(
        &mut self,
        columns: Vec<Column>,
        uniques: Vec<Unique>,
        of: impl Fn(&Row) -> Vec<Value>,
    ) -> Result<(), SqlError> {
        let old = std::mem::replace(self, Table::new(self.name.clone(), columns, uniques));
        for (_, row) in old.rows() {
            self.add(of(row))?;
        }
        Ok(())
    }

    /// The values as the columns hold them, where no column and no key says no.
    fn checked(&self, values: Vec<Value>) -> Result<Row, SqlError> {
        let mut row = Vec::with_capacity(values.len());
        for (column, value) in self.columns.iter().zip(values) {
            let value = column.kind.take(value).map_err(|error| match error {
                SqlError::Mismatch(told) => SqlError::Mismatch(format!("column \"{}\": {told}", column.name)),
                other => other,
            })?;
            if column.required && value == Value::Null {
                return Err(SqlError::Null { column: column.name.clone(), table: self.name.clone() });
            }
            row.push(value);
        }
        for unique in self.uniques.iter() {
            self.refuse_double(unique, &row)?;
        }
        Ok(row.into())
    }

    fn refuse_double(&self, unique: &Unique, row: &[Value]) -> Result<(), SqlError> {
        let nothing = unique.columns.iter().any(|at| row[*at] == Value::Null);
        let same = |held: &Row| unique.columns.iter().all(|at| held[*at] == row[*at]);
        if nothing || !self.rows.values().any(same) {
            return Ok(());
        }
        let names: Vec<&str> = unique.columns.iter().map(|at| self.columns[*at].name.as_str()).collect();
        let values: Vec<Arc<str>> = unique.columns.iter().map(|at| row[*at].text()).collect();
        let detail = format!("Key ({})=({}) already exists.", names.join(", "), values.join(", "));
        Err(SqlError::Duplicate { constraint: unique.constraint.clone(), detail })
    }
}
