//! Values and the types of columns: how a text becomes a value, how a value is put into a column, how it is printed.

use super::SqlError;
use crate::clock::Moment;
use std::cmp::Ordering;
use std::sync::Arc;

/// What stands in one column of one row. Long texts are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// `t` or `f`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(Arc<str>),
    /// A moment.
    Time(Moment),
}

/// The type of a column or of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `boolean`
    Bool,
    /// `smallint`
    Int2,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `text`
    Text,
    /// `character varying(n)`, at most so many letters.
    Varchar(Option<u32>),
    /// `timestamp with time zone`
    Timestamptz,
}

impl Type {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Type::Bool => "boolean",
            Type::Int2 => "smallint",
            Type::Int4 => "integer",
            Type::Int8 => "bigint",
            Type::Text => "text",
            Type::Varchar(_) => "character varying",
            Type::Timestamptz => "timestamp with time zone",
        }
    }

    /// Whether values of the two can be compared.
    pub(super) fn goes_with(self, other: Type) -> bool {
        self.family() == other.family()
    }

    fn family(self) -> u8 {
        match self {
            Type::Bool => 0,
            Type::Int2 | Type::Int4 | Type::Int8 => 1,
            Type::Text | Type::Varchar(_) => 2,
            Type::Timestamptz => 3,
        }
    }

    /// The value that a text says, as PostgreSQL reads input.
    ///
    /// # Errors
    /// Where it says none.
    pub fn read(self, text: &str) -> Result<Value, SqlError> {
        let unreadable = || SqlError::Unreadable { type_name: self.name(), text: text.to_owned() };
        let word = text.trim();
        match self {
            Type::Bool => match word.to_ascii_lowercase().as_str() {
                "t" | "true" | "y" | "yes" | "on" | "1" => Ok(Value::Bool(true)),
                "f" | "false" | "n" | "no" | "off" | "0" => Ok(Value::Bool(false)),
                _ => Err(unreadable()),
            },
            Type::Int2 | Type::Int4 | Type::Int8 => {
                let number = word.parse::<i64>().map_err(|_| unreadable())?;
                self.within(number)
            }
            Type::Text | Type::Varchar(_) => Ok(Value::Text(text.into())),
            Type::Timestamptz => moment(word).map(Value::Time).ok_or_else(unreadable),
        }
    }

    /// The number, where this type can hold it.
    fn within(self, number: i64) -> Result<Value, SqlError> {
        let held = match self {
            Type::Int2 => i16::try_from(number).is_ok(),
            Type::Int4 => i32::try_from(number).is_ok(),
            Type::Int8 | Type::Bool | Type::Text | Type::Varchar(_) | Type::Timestamptz => true,
        };
        if held { Ok(Value::Int(number)) } else { Err(SqlError::OutOfRange(self.name())) }
    }

    /// A value as a column of this type holds it; a text becomes what it says.
    pub(super) fn take(self, value: Value) -> Result<Value, SqlError> {
        match (self, value) {
            (_, Value::Null) => Ok(Value::Null),
            (Type::Varchar(Some(most)), value) => {
                let text = value.text();
                if text.chars().count() > most as usize {
                    return Err(SqlError::TooLong(most));
                }
                Ok(Value::Text(text))
            }
            (Type::Text | Type::Varchar(None), value) => Ok(Value::Text(value.text())),
            (_, Value::Text(text)) => self.read(&text),
            (Type::Int2 | Type::Int4 | Type::Int8, Value::Int(number)) => self.within(number),
            (Type::Bool, value @ Value::Bool(_)) | (Type::Timestamptz, value @ Value::Time(_)) => Ok(value),
            (wanted, value) => {
                let (wanted, given) = (wanted.name(), value.type_of().map_or("unknown", Type::name));
                Err(SqlError::Mismatch(format!("expression is of type {given}, expected {wanted}")))
            }
        }
    }
}

impl Value {
    /// The type of a value by itself.
    pub(super) fn type_of(&self) -> Option<Type> {
        match self {
            Value::Null => None,
            Value::Bool(_) => Some(Type::Bool),
            Value::Int(_) => Some(Type::Int8),
            Value::Text(_) => Some(Type::Text),
            Value::Time(_) => Some(Type::Timestamptz),
        }
    }

    /// As PostgreSQL prints it; empty for nothing.
    pub fn text(&self) -> Arc<str> {
        match self {
            Value::Null => "".into(),
            Value::Bool(true) => "t".into(),
            Value::Bool(false) => "f".into(),
            Value::Int(number) => number.to_string().into(),
            Value::Text(text) => text.clone(),
            Value::Time(moment) => printed(*moment).into(),
        }
    }

    /// Compares with a value that is of the same type, or a text that says one; `None` where one is nothing.
    pub(super) fn compare(&self, other: &Value) -> Result<Option<Ordering>, SqlError> {
        Ok(Some(match (self, other) {
            (Value::Null, _) | (_, Value::Null) => return Ok(None),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Time(a), Value::Time(b)) => a.cmp(b),
            (Value::Text(text), typed) => return typed.said(text)?.compare(typed),
            (typed, Value::Text(text)) => return typed.compare(&typed.said(text)?),
            (a, b) => {
                let name = |value: &Value| value.type_of().map_or("unknown", Type::name);
                return Err(SqlError::NoOperator(format!("{} = {}", name(a), name(b))));
            }
        }))
    }

    /// What a text says as a value of the same type as this one.
    fn said(&self, text: &str) -> Result<Value, SqlError> {
        match (self, self.type_of().unwrap_or(Type::Text).read(text)) {
            (Value::Int(number), Err(SqlError::Unreadable { text, .. }))
                if i32::try_from(*number).is_ok() =>
            {
                Err(SqlError::Unreadable { type_name: Type::Int4.name(), text })
            }
            (_, read) => read,
        }
    }

    /// The order in which rows are sorted: nothing comes last.
    pub(super) fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            (a, b) => a.compare(b).ok().flatten().unwrap_or(Ordering::Equal),
        }
    }
}

/// `2026-11-28 16:30:19.738765+00`: without the fraction where there is none.
fn printed(moment: Moment) -> String {
    let text = moment.rfc3339_micros().replace('T', " ");
    let text = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    format!("{text}+00")
}

/// Reads what `printed` writes, RFC 3339, and a day or a time without a zone, which is UTC.
fn moment(text: &str) -> Option<Moment> {
    let text = match text.strip_suffix(" UTC") {
        Some(bare) => bare,
        None => text,
    };
    let stamp = text.replacen(' ', "T", 1);
    let day = if stamp.contains('T') { stamp } else { format!("{stamp}T00:00:00") };
    let (_, time) = day.split_once('T')?;
    let zone = time.find(['+', '-', 'Z']);
    let whole = match zone {
        Some(_) => day.clone(),
        None => format!("{day}Z"),
    };
    Moment::parse(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_printed_as_postgresql_does() {
        for (text, printed) in [
            ("2026-11-28 16:30:19.738765+00", "2026-11-28 16:30:19.738765+00"),
            ("2026-11-28T16:30:19.5Z", "2026-11-28 16:30:19.5+00"),
            ("2026-11-28 16:30:20+02", "2026-11-28 14:30:20+00"),
            ("2026-11-28 16:30:20", "2026-11-28 16:30:20+00"),
            ("2026-11-28", "2026-11-28 00:00:00+00"),
        ] {
            let read = Type::Timestamptz.read(text).expect(text);
            assert_eq!(&*read.text(), printed);
        }
        assert!(Type::Timestamptz.read("soon").is_err());
    }

    #[test]
    fn a_column_takes_what_fits() {
        assert_eq!(Type::Int4.take(Value::Text("12".into())), Ok(Value::Int(12)));
        assert_eq!(Type::Int2.take(Value::Int(40_000)), Err(SqlError::OutOfRange("smallint")));
        assert_eq!(Type::Varchar(Some(2)).take(Value::Text("abc".into())), Err(SqlError::TooLong(2)));
        assert_eq!(Type::Text.take(Value::Int(1)), Ok(Value::Text("1".into())));
        assert!(Type::Bool.take(Value::Int(1)).is_err());
    }
}
