//! Conversions between types, and `type` itself.

use super::{Answer, made, time};
use crate::sim::expression::Failure;
use crate::sim::expression::value::Value;

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    let [value] = args else { return None };
    let converted = match name {
        "dyn" => return made(value.clone()),
        "type" => return made(Value::Type(value.type_name().into())),
        "bool" => truth(value),
        "bytes" => match value {
            Value::Bytes(_) => Some(Ok(value.clone())),
            Value::String(text) => Some(Ok(Value::Bytes(text.as_bytes().into()))),
            _ => None,
        },
        "double" => double(value),
        "int" => int(value),
        "uint" => uint(value),
        "string" => string(value),
        "duration" => time::to_duration(value),
        "timestamp" => time::to_timestamp(value),
        _ => return None,
    };
    Some(converted.unwrap_or_else(|| {
        let why = format!("type conversion error from '{}' to '{name}'", value.type_name());
        Err(Failure::said(why))
    }))
}

fn truth(value: &Value) -> Answer {
    match value {
        Value::Bool(_) => made(value.clone()),
        Value::String(text) => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => made(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => made(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    }
}

fn double(value: &Value) -> Answer {
    match value {
        Value::Double(_) => made(value.clone()),
        Value::Int(number) => made(Value::Double(*number as f64)),
        Value::Uint(number) => made(Value::Double(*number as f64)),
        Value::String(text) => text.parse().ok().map(|number| Ok(Value::Double(number))),
        _ => None,
    }
}

fn int(value: &Value) -> Answer {
    let overflow = || Failure::said("integer overflow");
    match value {
        Value::Int(_) => made(value.clone()),
        Value::Uint(number) => Some(i64::try_from(*number).map(Value::Int).map_err(|_| overflow())),
        Value::Double(number) => {
            let fits = number.is_finite() && number.abs() < 9_223_372_036_854_775_808.0;
            Some(if fits { Ok(Value::Int(*number as i64)) } else { Err(overflow()) })
        }
        Value::String(text) => text.parse().ok().map(|number| Ok(Value::Int(number))),
        Value::Timestamp(time) => made(Value::Int(time.as_second())),
        Value::Duration(duration) => {
            Some(i64::try_from(duration.as_nanos()).map(Value::Int).map_err(|_| overflow()))
        }
        _ => None,
    }
}

fn uint(value: &Value) -> Answer {
    let overflow = || Failure::said("unsigned integer overflow");
    match value {
        Value::Uint(_) => made(value.clone()),
        Value::Int(number) => Some(u64::try_from(*number).map(Value::Uint).map_err(|_| overflow())),
        Value::Double(number) => {
            let fits = *number >= 0.0 && *number < 18_446_744_073_709_551_616.0;
            Some(if fits { Ok(Value::Uint(*number as u64)) } else { Err(overflow()) })
        }
        Value::String(text) => text.parse().ok().map(|number| Ok(Value::Uint(number))),
        _ => None,
    }
}

fn string(value: &Value) -> Answer {
    match value {
        Value::Bytes(bytes) => Some(match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::text(text)),
            Err(_) => Err(Failure::said("invalid UTF-8 in bytes, cannot convert to string")),
        }),
        Value::String(_)
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Double(_)
        | Value::Duration(_)
        | Value::Timestamp(_)
        | Value::Ip(_)
        | Value::Cidr(_) => made(Value::text(&shown(value))),
        _ => None,
    }
}

/// A value as text.
pub(in crate::sim::expression) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => real(*number),
        Value::String(text) | Value::Type(text) | Value::Unfit(text) => text.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Duration(duration) => time::seconds(*duration),
        Value::Timestamp(time) => time::written(*time),
        Value::List(list) => {
            let items: Vec<String> = list.items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entry = |(key, value): (&crate::sim::expression::value::Key, &Value)| {
                format!("{}: {}", shown(&key.value()), shown(value))
            };
            let entries: Vec<String> = map.entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Optional(Some(inner)) => format!("optional({})", shown(inner)),
        Value::Optional(None) => "optional.none()".to_owned(),
        Value::Quantity(amount) => amount.to_string(),
        Value::Semver(version) => version.to_string(),
        Value::Url(url) => url.to_string(),
        Value::Ip(address) => address.to_string(),
        Value::Cidr(cidr) => cidr.to_string(),
        Value::Format(format) => format.name.to_owned(),
        Value::Check(_) | Value::Decision(_) => value.type_name().to_owned(),
    }
}

/// A number as Go's `%g` writes it.
fn real(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let written = format!("{number:e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number.is_nan() || (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
