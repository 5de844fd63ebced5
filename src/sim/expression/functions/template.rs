//! `'%s has %d'.format([…])`.

use super::convert;
use crate::sim::expression::Failure;
use crate::sim::expression::value::Value;

/// Fills a template with its arguments.
pub(super) fn fill(template: &str, args: &[Value]) -> Result<Value, Failure> {
    let mut made = String::new();
    let mut rest = template.chars().peekable();
    let mut used = 0;
    while let Some(c) = rest.next() {
        if c != '%' {
            made.push(c);
            continue;
        }
        if rest.peek() == Some(&'%') {
            rest.next();
            made.push('%');
            continue;
        }
        let mut places = None;
        if rest.peek() == Some(&'.') {
            rest.next();
            let mut digits = String::new();
            while let Some(digit) = rest.peek().filter(|c| c.is_ascii_digit()) {
                digits.push(*digit);
                rest.next();
            }
            places = digits.parse::<usize>().ok();
        }
        let Some(verb) = rest.next() else {
            return Err(Failure::said("unexpected end of format string"));
        };
        let Some(arg) = args.get(used) else {
            return Err(Failure::said(format!("index {used} out of range")));
        };
        used += 1;
        made.push_str(&clause(verb, places, arg)?);
    }
    Ok(Value::text(&made))
}

fn clause(verb: char, places: Option<usize>, arg: &Value) -> Result<String, Failure> {
    let unfit = |what: &str| {
        let given = arg.type_name();
        Failure::said(format!("error during formatting: {what} clause can only be used on {}, was given {given}", takes(verb)))
    };
    match (verb, arg) {
        ('s', Value::Type(name)) => Ok(name.to_string()),
        ('s', Value::List(_) | Value::Map(_)) => Ok(nested(arg)),
        ('s', arg) => Ok(convert::shown(arg)),
        ('d', Value::Int(_) | Value::Uint(_)) => Ok(convert::shown(arg)),
        ('d', Value::Double(number)) if !number.is_finite() => Ok(convert::shown(arg)),
        ('d', _) => Err(unfit("decimal")),
        ('f', arg) => real(arg).map(|number| format!("{number:.*}", places.unwrap_or(6))).ok_or_else(|| unfit("fixed-point")),
        ('e', arg) => real(arg).map(|number| scientific(number, places.unwrap_or(6))).ok_or_else(|| unfit("scientific")),
        ('b', Value::Int(number)) => Ok(signed(*number, |n| format!("{n:b}"))),
        ('b', Value::Uint(number)) => Ok(format!("{number:b}")),
        ('b', Value::Bool(truth)) => Ok(u8::from(*truth).to_string()),
        ('b', _) => Err(unfit("binary")),
        ('o', Value::Int(number)) => Ok(signed(*number, |n| format!("{n:o}"))),
        ('o', Value::Uint(number)) => Ok(format!("{number:o}")),
        ('o', _) => Err(unfit("octal")),
        ('x' | 'X', arg) => {
            let hex = match arg {
                Value::Int(number) => signed(*number, |n| format!("{n:x}")),
                Value::Uint(number) => format!("{number:x}"),
                Value::String(text) => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
                Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
                _ => return Err(unfit("hex")),
            };
            Ok(if verb == 'X' { hex.to_uppercase() } else { hex })
        }
        (other, _) => {
            Err(Failure::said(format!("could not parse formatting clause: unrecognized formatting clause \"{other}\"")))
        }
    }
}

fn takes(verb: char) -> &'static str {
    match verb {
        'd' | 'o' => "integers",
        'f' | 'e' => "doubles",
        'b' => "integers and bools",
        _ => "integers, byte buffers, and strings",
    }
}

fn real(arg: &Value) -> Option<f64> {
    match arg {
        Value::Double(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::Uint(number) => Some(*number as f64),
        _ => None,
    }
}

fn signed(number: i64, write: impl Fn(u64) -> String) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", write(number.unsigned_abs()))
}

fn scientific(number: f64, places: usize) -> String {
    let written = format!("{number:.places$e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A value inside of a list or map: texts are quoted, and what is no literal of its own is written as a call.
fn nested(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("b{:?}", String::from_utf8_lossy(bytes)),
        Value::Double(number) if number.is_finite() => format!("{number:.6}"),
        Value::Timestamp(_) => format!("timestamp({:?})", convert::shown(value)),
        Value::Duration(_) => format!("duration({:?})", convert::shown(value)),
        Value::List(list) => {
            let items: Vec<String> = list.items.iter().map(nested).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries = map.entries.iter();
            let shown: Vec<String> =
                entries.map(|(key, value)| format!("{}: {}", nested(&key.value()), nested(value))).collect();
            format!("{{{}}}", shown.join(", "))
        }
        other => convert::shown(other),
    }
}
