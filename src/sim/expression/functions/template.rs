//! `'%s has %d'.format([…])`.

use super::convert;
use crate::sim::expression::Failure;
use crate::sim::expression::types::Type;
use crate::sim::expression::value::Value;

/// A piece of a template.
enum Piece {
    Text(String),
    /// A verb, and how many places after the point are asked for.
    Clause(char, Option<usize>),
}

/// Fills a template with its arguments.
pub(super) fn fill(template: &str, args: &[Value]) -> Result<Value, Failure> {
    let mut made = String::new();
    let mut used = 0;
    for piece in pieces(template).map_err(Failure::Said)? {
        match piece {
            Piece::Text(text) => made.push_str(&text),
            Piece::Clause(verb, places) => {
                let arg = args.get(used).ok_or_else(|| Failure::said(out_of_range(used)))?;
                made.push_str(&clause(verb, places, arg)?);
                used += 1;
            }
        }
    }
    Ok(Value::text(&made))
}

fn out_of_range(index: usize) -> String {
    format!("index {index} out of range")
}

/// What is wrong with a template and the arguments that are written down for it.
pub(in crate::sim::expression) enum Mistake {
    /// The template itself, or how many arguments there are.
    Template(String),
    /// There are too few arguments.
    List(String),
    /// An argument is of a type that its clause does not take.
    Argument(usize, String),
}

/// The first mistake in a template that gets arguments of these types.
pub(in crate::sim::expression) fn mistake(template: &str, types: &[&Type]) -> Option<Mistake> {
    let pieces = match pieces(template) {
        Ok(pieces) => pieces,
        Err(why) => return Some(Mistake::Template(why)),
    };
    let verbs = pieces.iter().filter_map(|piece| match piece {
        Piece::Clause(verb, _) => Some(*verb),
        Piece::Text(_) => None,
    });
    let mut count = 0;
    for (index, verb) in verbs.enumerate() {
        let Some(given) = types.get(index) else { return Some(Mistake::List(out_of_range(index))) };
        if !takes(verb, given) {
            return Some(Mistake::Argument(
                index,
                format!("error during formatting: {}", unfit(verb, &given.to_string())),
            ));
        }
        count += 1;
    }
    let given = types.len();
    let why = format!("too many arguments supplied to string.format (expected {count}, got {given})");
    (given > count).then_some(Mistake::Template(why))
}

/// Whether a clause takes an argument of a type, as far as that is known before.
fn takes(verb: char, of: &Type) -> bool {
    match (verb, of) {
        (_, Type::Dyn | Type::Error | Type::Variable(_)) | ('s' | 'e', _) => true,
        ('d' | 'o', of) => matches!(of, Type::Int | Type::Uint),
        ('f', of) => *of == Type::Double,
        ('b', of) => matches!(of, Type::Int | Type::Uint | Type::Bool),
        (_, of) => matches!(of, Type::Int | Type::Uint | Type::String | Type::Bytes),
    }
}

fn unfit(verb: char, given: &str) -> String {
    let what = match verb {
        'd' => "decimal clause can only be used on integers",
        'o' => "octal clause can only be used on integers",
        'f' => "fixed-point clause can only be used on doubles",
        'e' => "scientific clause can only be used on doubles",
        'b' => "only integers and bools can be formatted as binary",
        _ => "only integers, byte buffers, and strings can be formatted as hex",
    };
    format!("{what}, was given {given}")
}

/// Takes a template apart; `Err` with what is wrong with it.
fn pieces(template: &str) -> Result<Vec<Piece>, String> {
    let mut made = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let broken =
            |why: &str| format!("could not parse formatting clause: error while parsing precision: {why}");
        let (places, after) = match after.strip_prefix('.') {
            None => (None, after),
            Some(after) => {
                let end = after.find(|c: char| !c.is_ascii_digit());
                let end = end.ok_or_else(|| broken("could not find end of precision specifier"))?;
                let (digits, after) = after.split_at(end);
                let places = digits.parse().map_err(|_| {
                    let why = format!("strconv.Atoi: parsing {digits:?}: invalid syntax");
                    broken(&format!("error while converting precision to integer: {why}"))
                })?;
                (Some(places), after)
            }
        };
        let verb = after.chars().next().ok_or_else(|| "unexpected end of string".to_owned())?;
        if !"sdfebxXo".contains(verb) {
            return Err(format!(
                "could not parse formatting clause: unrecognized formatting clause \"{verb}\""
            ));
        }
        made.push(Piece::Text(std::mem::take(&mut text)));
        made.push(Piece::Clause(verb, places));
        rest = &after[verb.len_utf8()..];
    }
    text.push_str(rest);
    made.push(Piece::Text(text));
    Ok(made)
}

fn clause(verb: char, places: Option<usize>, arg: &Value) -> Result<String, Failure> {
    let told = || Failure::said(format!("error during formatting: {}", unfit(verb, arg.type_name())));
    let written = match (verb, arg) {
        ('s', Value::List(_) | Value::Map(_)) => Some(nested(arg)),
        ('s', arg) => Some(convert::shown(arg)),
        ('d', Value::Int(_) | Value::Uint(_)) => Some(convert::shown(arg)),
        ('d', Value::Double(number)) if !number.is_finite() => Some(convert::shown(arg)),
        ('f', arg) => real(arg).map(|number| format!("{number:.*}", places.unwrap_or(6))),
        ('e', arg) => real(arg).map(scientific),
        ('b', Value::Int(number)) => Some(signed(*number, |n| format!("{n:b}"))),
        ('b', Value::Uint(number)) => Some(format!("{number:b}")),
        ('b', Value::Bool(truth)) => Some(u8::from(*truth).to_string()),
        ('o', Value::Int(number)) => Some(signed(*number, |n| format!("{n:o}"))),
        ('o', Value::Uint(number)) => Some(format!("{number:o}")),
        ('x' | 'X', arg) => {
            let hex = match arg {
                Value::Int(number) => Some(signed(*number, |n| format!("{n:x}"))),
                Value::Uint(number) => Some(format!("{number:x}")),
                Value::String(text) => Some(text.bytes().map(|byte| format!("{byte:02x}")).collect()),
                Value::Bytes(bytes) => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
                _ => None,
            };
            hex.map(|hex: String| if verb == 'X' { hex.to_uppercase() } else { hex })
        }
        _ => None,
    };
    written.ok_or_else(told)
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

/// A number with six digits and a power of ten; how many are asked for does not matter.
fn scientific(number: f64) -> String {
    let written = format!("{number:.6e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // The power is written as a text of its own.
    let raised = |c: char| match c.to_digit(10) {
        Some(digit) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize],
        None => '⁻',
    };
    let sign = if exponent < 0 { "-" } else { "" };
    let power: String = format!("{sign}{:02}", exponent.abs()).chars().map(raised).collect();
    format!("{digits}×10{power}")
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
                entries.map(|(key, value)| format!("{}:{}", nested(&key.value()), nested(value))).collect();
            format!("{{{}}}", shown.join(", "))
        }
        other => convert::shown(other),
    }
}
