//! Values on the wire, in PostgreSQL's text and binary forms.

use crate::clock::Moment;
use crate::database::{Answer, SqlError, Type, Value};
use bytes::{BufMut, BytesMut};
use pgwire::api::Type as WireType;
use pgwire::api::portal::Format;
use pgwire::api::results::{FieldFormat, FieldInfo};
use pgwire::error::{ErrorInfo, PgWireError};
use pgwire::messages::data::DataRow;

/// 2000-01-01, from which PostgreSQL counts microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// An error as clients are told it.
pub(super) fn refusal(error: &SqlError) -> ErrorInfo {
    let mut info = ErrorInfo::new("ERROR".to_owned(), error.code().to_owned(), error.to_string());
    info.severity_nonlocalized = Some("ERROR".to_owned());
    info.detail = error.detail().map(str::to_owned);
    info.position = error.position().map(|position| position.to_string());
    info
}

/// What a client did that the protocol does not allow.
pub(super) fn violation(told: &str) -> PgWireError {
    PgWireError::UserError(Box::new(ErrorInfo::new("ERROR".to_owned(), "08P01".to_owned(), told.to_owned())))
}

/// The type by which clients know a type.
pub(super) fn wire_type(kind: Type) -> WireType {
    match kind {
        Type::Bool => WireType::BOOL,
        Type::Int2 => WireType::INT2,
        Type::Int4 => WireType::INT4,
        Type::Int8 => WireType::INT8,
        Type::Text => WireType::TEXT,
        Type::Varchar(_) => WireType::VARCHAR,
        Type::Timestamptz => WireType::TIMESTAMPTZ,
    }
}

/// The columns of an answer, each in the format that was asked for.
pub(super) fn fields(columns: &[(String, Type)], format: &Format) -> Result<Vec<FieldInfo>, PgWireError> {
    if let Format::Individual(codes) = format
        && codes.len() != columns.len()
    {
        let told = format!(
            "bind message has {} result formats but query has {} columns",
            codes.len(),
            columns.len()
        );
        return Err(violation(&told));
    }
    let field = |(at, (name, kind)): (usize, &(String, Type))| {
        let (size, modifier) = match kind {
            Type::Bool => (1, -1),
            Type::Int2 => (2, -1),
            Type::Int4 => (4, -1),
            Type::Int8 | Type::Timestamptz => (8, -1),
            Type::Varchar(Some(most)) => (-1, i32::try_from(*most).map_or(-1, |most| most.saturating_add(4))),
            Type::Text | Type::Varchar(None) => (-1, -1),
        };
        let field = FieldInfo::new(name.clone(), None, None, wire_type(*kind), format.format_for(at));
        field.with_type_size(size).with_type_modifier(modifier)
    };
    Ok(columns.iter().enumerate().map(field).collect())
}

/// The rows of an answer.
pub(super) fn rows(answer: &Answer, fields: &[FieldInfo]) -> Vec<DataRow> {
    let kinds: Vec<Type> = answer.columns.iter().flatten().map(|(_, kind)| *kind).collect();
    let row = |row: &std::sync::Arc<[Value]>| {
        let mut data = BytesMut::new();
        for ((value, kind), field) in row.iter().zip(&kinds).zip(fields) {
            match value {
                Value::Null => data.put_i32(-1),
                value => {
                    let start = data.len();
                    data.put_i32(0);
                    put(value, *kind, field.format(), &mut data);
                    let length = u32::try_from(data.len() - start - 4).unwrap_or_default();
                    data[start..start + 4].copy_from_slice(&length.to_be_bytes());
                }
            }
        }
        DataRow::new(data, i16::try_from(kinds.len()).unwrap_or_default())
    };
    answer.rows.iter().map(row).collect()
}

fn put(value: &Value, kind: Type, format: FieldFormat, data: &mut BytesMut) {
    match (value, kind, format) {
        (Value::Int(number), Type::Int2, FieldFormat::Binary) => {
            data.put_i16(i16::try_from(*number).unwrap_or_default());
        }
        (Value::Int(number), Type::Int4, FieldFormat::Binary) => {
            data.put_i32(i32::try_from(*number).unwrap_or_default());
        }
        (Value::Int(number), Type::Int8, FieldFormat::Binary) => data.put_i64(*number),
        (Value::Bool(held), Type::Bool, FieldFormat::Binary) => data.put_u8(u8::from(*held)),
        (Value::Time(moment), Type::Timestamptz, FieldFormat::Binary) => {
            data.put_i64(moment.as_micros().saturating_sub(EPOCH));
        }
        (value, _, FieldFormat::Text | FieldFormat::Binary) => data.put_slice(value.text().as_bytes()),
    }
}

/// The value of a parameter.
pub(super) fn parameter(bytes: &[u8], kind: Type, format: FieldFormat) -> Result<Value, PgWireError> {
    let unreadable = || violation("incorrect binary data format in bind parameter");
    if format == FieldFormat::Text || matches!(kind, Type::Text | Type::Varchar(_)) {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| violation("invalid byte sequence for encoding \"UTF8\""))?;
        return kind.read(text).map_err(|error| PgWireError::UserError(Box::new(refusal(&error))));
    }
    let number = match bytes {
        [a] => i64::from(*a),
        [a, b] => i64::from(i16::from_be_bytes([*a, *b])),
        [a, b, c, d] => i64::from(i32::from_be_bytes([*a, *b, *c, *d])),
        [a, b, c, d, e, f, g, h] => i64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
        _ => return Err(unreadable()),
    };
    Ok(match kind {
        Type::Bool => Value::Bool(number != 0),
        Type::Timestamptz => Value::Time(Moment::from_micros(number.saturating_add(EPOCH))),
        Type::Int2 | Type::Int4 | Type::Int8 => Value::Int(number),
        Type::Text | Type::Varchar(_) => return Err(unreadable()),
    })
}
