//! Printing a JSON document as the YAML that kube-apiserver answers: keys sorted, lists not indented below their key.

use serde_json::Value;
use std::collections::BTreeMap;

/// Lines that are longer are folded.
const WIDTH: usize = 80;

/// The document as YAML, with a line end.
pub(super) fn print(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block(value, 0, &mut out),
        Value::Array(list) if !list.is_empty() => block(value, 0, &mut out),
        scalar => {
            out += &flow(scalar);
            out.push('\n');
        }
    }
    out
}

fn is_block(value: &Value) -> bool {
    value.as_object().is_some_and(|map| !map.is_empty())
        || value.as_array().is_some_and(|list| !list.is_empty())
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (at, (key, inner)) in map.iter().collect::<BTreeMap<_, _>>().into_iter().enumerate() {
                if at > 0 || !out.ends_with("- ") {
                    *out += &pad;
                }
                *out += &text(key);
                out.push(':');
                entry(inner, if inner.is_array() { depth } else { depth + 1 }, out);
            }
        }
        Value::Array(list) => {
            for (at, inner) in list.iter().enumerate() {
                if at > 0 || !out.ends_with("- ") {
                    *out += &pad;
                }
                out.push('-');
                if is_block(inner) {
                    out.push(' ');
                    block(inner, depth + 1, out);
                } else {
                    entry(inner, depth + 1, out);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => *out += &flow(value),
    }
}

/// What follows a key or a dash: a block on the next lines, or a scalar on this one.
fn entry(value: &Value, depth: usize, out: &mut String) {
    if is_block(value) {
        out.push('\n');
        return block(value, depth, out);
    }
    out.push(' ');
    match value.as_str() {
        Some(lines) if is_literal(lines) => literal(lines, depth, out),
        _ => {
            let line = out.rsplit('\n').next().unwrap_or_default();
            *out += &folded(&flow(value), line.chars().count(), depth);
            out.push('\n');
        }
    }
}

/// A scalar that begins in a column, folded at the first single space behind the eightieth column of each line, as Go's
/// writer folds it.
fn folded(scalar: &str, mut column: usize, depth: usize) -> String {
    let pad = "  ".repeat(depth);
    let quote = scalar.chars().next().filter(|first| matches!(first, '\'' | '"'));
    let last = scalar.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(scalar.len());
    let (mut after_space, mut rest) = (false, scalar.chars().enumerate().peekable());
    while let Some((at, c)) = rest.next() {
        let more = rest.peek().is_some_and(|(_, next)| *next == ' ');
        let inside = quote.is_none() || (at > 1 && at + 1 < last);
        if c == ' ' && !after_space && column > WIDTH && inside && (!more || quote == Some('"')) {
            out.push('\n');
            out += &pad;
            column = pad.len();
            if more {
                out.push('\\');
                column += 1;
            }
        } else {
            out.push(c);
            column += 1;
        }
        after_space = c == ' ';
    }
    out
}

fn is_literal(text: &str) -> bool {
    text.contains('\n') && !text.starts_with([' ', '\n']) && !text.contains(['\t', '\r'])
}

/// A text of several lines as a literal block.
fn literal(text: &str, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    let body = text.trim_end_matches('\n');
    *out += match text.len() - body.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    };
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            *out += &pad;
            *out += line;
        }
        out.push('\n');
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        Value::String(word) => text(word),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A string, quoted where plain it would mean something else.
fn text(word: &str) -> String {
    let plain = !word.is_empty()
        && !reads_as_other(word)
        && !word.starts_with(|c: char| "-?:,[]{}#&*!|>'\"%@` ".contains(c) && !(c == '-' && is_dashed(word)))
        && !word.ends_with([' ', ':'])
        && !word.contains(": ")
        && !word.contains(" #")
        && !word.chars().any(char::is_control);
    match plain {
        true => word.to_owned(),
        false if word.chars().any(char::is_control) || reads_as_other(word) || word.is_empty() => {
            Value::String(word.to_owned()).to_string()
        }
        false => format!("'{}'", word.replace('\'', "''")),
    }
}

fn is_dashed(word: &str) -> bool {
    word.chars().nth(1).is_some_and(|c| c != ' ')
}

/// Whether YAML would read this plain word as a null, a boolean, a number or a time.
fn reads_as_other(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let known = ["null", "~", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let numeric = word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && word.replace('_', "").parse::<f64>().is_ok();
    let based = ["0x", "0o", "0b"]
        .iter()
        .any(|p| lower.strip_prefix(p).is_some_and(|d| u64::from_str_radix(d, 16).is_ok()));
    let date = word.len() >= 10
        && word.is_char_boundary(10)
        && word[..10]
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    known.contains(&lower.as_str()) || numeric || based || date
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_print_as_kube_apiserver_prints_them() {
        let document = json!({
            "kind": "ConfigMap",
            "data": {"a": "1", "b": "x\ny\n", "c": "", "d": "true", "e": "a: b"},
            "metadata": {"list": [{"b": 1, "a": {".": {}}}, "s", []], "at": "2026-11-22T11:26:45Z", "none": {}},
        });
        assert_eq!(
            print(&document),
            "data:\n  a: \"1\"\n  b: |\n    x\n    y\n  c: \"\"\n  d: \"true\"\n  e: 'a: b'\nkind: ConfigMap\n\
             metadata:\n  at: \"2026-11-22T11:26:45Z\"\n  list:\n  - a:\n      .: {}\n    b: 1\n  - s\n  - []\n  none: {}\n"
        );
    }

    #[test]
    fn long_lines_are_folded_at_a_space_behind_the_eightieth_column() {
        let long = ["word"; 20].join(" ");
        let folded = format!("{}\n{}", ["word"; 16].join(" "), ["word"; 4].join(" "));
        assert_eq!(print(&json!({ "a": long })), format!("a: {}\n", folded.replace('\n', "\n  ")));
        let quoted = format!("a: '{}'\n", format!("{folded}: 'x'").replace('\'', "''").replace('\n', "\n  "));
        assert_eq!(print(&json!({"a": format!("{long}: 'x'")})), quoted);
        let unbroken = "x".repeat(100);
        assert_eq!(print(&json!([format!("{unbroken}  y z")])), format!("- {unbroken}  y\n  z\n"));
    }
}
