//! Functions of texts: those of the language, of its `strings` extension, and the regular expressions of Kubernetes.
//! Places are counted in code points.

use super::{Answer, made, template, whole};
use crate::sim::expression::Failure;
use crate::sim::expression::value::Value;
use regex::Regex;

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    let [Value::String(text), rest @ ..] = args else { return joined(name, args) };
    match (name, rest) {
        ("contains", [Value::String(part)]) => made(Value::Bool(text.contains(&**part))),
        ("startsWith", [Value::String(part)]) => made(Value::Bool(text.starts_with(&**part))),
        ("endsWith", [Value::String(part)]) => made(Value::Bool(text.ends_with(&**part))),
        ("matches", [Value::String(pattern)]) => {
            Some(expression(pattern).map(|pattern| Value::Bool(pattern.is_match(text))))
        }
        ("find", [Value::String(pattern)]) => Some(
            illegal(pattern)
                .map(|pattern| Value::text(pattern.find(text).map_or("", |found| found.as_str()))),
        ),
        ("findAll", [Value::String(pattern)]) => Some(find_all(text, pattern, -1)),
        ("findAll", [Value::String(pattern), Value::Int(most)]) => Some(find_all(text, pattern, *most)),
        ("charAt", [Value::Int(place)]) => Some(char_at(text, *place)),
        ("indexOf" | "lastIndexOf", [Value::String(part)]) => Some(index(name, text, part, None)),
        ("indexOf" | "lastIndexOf", [Value::String(part), Value::Int(from)]) => {
            Some(index(name, text, part, Some(*from)))
        }
        ("lowerAscii", []) => made(Value::text(&text.to_ascii_lowercase())),
        ("upperAscii", []) => made(Value::text(&text.to_ascii_uppercase())),
        ("trim", []) => made(Value::text(text.trim())),
        ("replace", [Value::String(part), Value::String(with)]) => {
            made(Value::text(&text.replace(&**part, with)))
        }
        ("replace", [Value::String(part), Value::String(with), Value::Int(most)]) => {
            made(Value::text(&match usize::try_from(*most) {
                Ok(most) => text.replacen(&**part, with, most),
                Err(_) => text.replace(&**part, with),
            }))
        }
        ("split", [Value::String(by)]) => made(split(text, by, -1)),
        ("split", [Value::String(by), Value::Int(most)]) => made(split(text, by, *most)),
        ("substring", [Value::Int(from)]) => Some(substring(text, *from, None)),
        ("substring", [Value::Int(from), Value::Int(to)]) => Some(substring(text, *from, Some(*to))),
        ("format", [Value::List(args)]) => Some(template::fill(text, &args.items)),
        ("strings.quote", []) => made(Value::text(&quoted(text))),
        _ => None,
    }
}

fn joined(name: &str, args: &[Value]) -> Answer {
    let (list, by) = match (name, args) {
        ("join", [Value::List(list)]) => (list, ""),
        ("join", [Value::List(list), Value::String(by)]) => (list, &**by),
        _ => return None,
    };
    let text = |item: &Value| match item {
        Value::String(text) => Ok(text.to_string()),
        _ => Err(Failure::overload()),
    };
    Some(list.items.iter().map(text).collect::<Result<Vec<_>, _>>().map(|all| Value::text(&all.join(by))))
}

fn expression(pattern: &str) -> Result<Regex, Failure> {
    Regex::new(pattern).map_err(|_| {
        Failure::said(format!("error parsing regexp: invalid or unsupported syntax: `{pattern}`"))
    })
}

fn illegal(pattern: &str) -> Result<Regex, Failure> {
    expression(pattern).map_err(|failure| Failure::said(format!("Illegal regex: {failure}")))
}

fn find_all(text: &str, pattern: &str, most: i64) -> Result<Value, Failure> {
    let pattern = illegal(pattern)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    Ok(Value::list(pattern.find_iter(text).take(most).map(|found| Value::text(found.as_str())).collect()))
}

fn out_of_range(place: i64) -> Failure {
    Failure::said(format!("index out of range: {place}"))
}

fn char_at(text: &str, place: i64) -> Result<Value, Failure> {
    let index = usize::try_from(place).map_err(|_| out_of_range(place))?;
    match text.chars().nth(index) {
        Some(c) => Ok(Value::text(&c.to_string())),
        None if index == text.chars().count() => Ok(Value::text("")),
        None => Err(out_of_range(place)),
    }
}

fn index(name: &str, text: &str, part: &str, from: Option<i64>) -> Result<Value, Failure> {
    let length = text.chars().count();
    let last = name == "lastIndexOf";
    let start = match from {
        None => {
            if last {
                length
            } else {
                0
            }
        }
        Some(from) => match usize::try_from(from) {
            Ok(from) if from <= length => from,
            Ok(_) => return Ok(Value::Int(-1)),
            Err(_) => return Err(out_of_range(from)),
        },
    };
    let byte = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(byte, _)| byte);
    let found = if last {
        let end = byte(start).saturating_add(part.len()).min(text.len());
        text.get(..end).and_then(|head| head.rfind(part))
    } else {
        let begin = byte(start);
        text[begin..].find(part).map(|found| found + begin)
    };
    Ok(found.map_or(Value::Int(-1), |byte| whole(text[..byte].chars().count())))
}

fn split(text: &str, by: &str, most: i64) -> Value {
    let chars = || text.chars().map(|c| c.to_string()).collect::<Vec<_>>();
    let parts: Vec<String> = match (usize::try_from(most), by) {
        (Ok(0), _) => Vec::new(),
        (Err(_), "") => chars(),
        (Ok(most), "") => {
            let mut parts = chars();
            if parts.len() > most {
                let rest = parts.split_off(most - 1).concat();
                parts.push(rest);
            }
            parts
        }
        (Err(_), by) => text.split(by).map(str::to_owned).collect(),
        (Ok(most), by) => text.splitn(most, by).map(str::to_owned).collect(),
    };
    Value::list(parts.iter().map(|part| Value::text(part)).collect())
}

fn substring(text: &str, from: i64, to: Option<i64>) -> Result<Value, Failure> {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let end = to.unwrap_or(length);
    if to.is_some() && from > end {
        return Err(Failure::said(format!("invalid substring range. start: {from}, end: {end}")));
    }
    if from < 0 || from > length {
        return Err(out_of_range(from));
    }
    if end > length {
        return Err(out_of_range(end));
    }
    let (skip, take) = (usize::try_from(from), usize::try_from(end - from));
    let taken: String = text.chars().skip(skip.unwrap_or(0)).take(take.unwrap_or(0)).collect();
    Ok(Value::text(&taken))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
