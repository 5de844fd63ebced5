//! JSON as Go's encoder writes it: `<`, `>`, `&` and the line separators of Unicode escaped in texts, numbers in Go's
//! forms, and the lines of a document that is meant for eyes.

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Writes a value whose members need no order of their own.
pub(super) fn write(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    value.serialize(&mut Serializer::with_formatter(out, AsGo)).expect("JSON values are written to memory");
}

/// What was written, as text.
pub(super) fn text(written: Vec<u8>) -> String {
    String::from_utf8(written).expect("JSON is UTF-8")
}

struct AsGo;

impl Formatter for AsGo {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let special = rest[at..].chars().next().unwrap_or_default();
            write!(out, "{}\\u{:04x}", &rest[..at], u32::from(special))?;
            rest = &rest[at + special.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }

    /// Go writes exponents below a millionth and from 1e21 on, with their sign.
    fn write_f64<W: Write + ?Sized>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        let size = value.abs();
        if size == 0.0 || (1e-6..1e21).contains(&size) {
            return write!(out, "{value}");
        }
        let text = format!("{value:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => write!(out, "{digits}e+{exponent}"),
            Some(_) | None => out.write_all(text.as_bytes()),
        }
    }
}

/// The same document in lines, two spaces a level, empty objects and lists as they are.
pub fn in_lines(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, &byte) in text.iter().enumerate() {
        if quoted {
            out.push(byte);
            (quoted, escaped) = (byte != b'"' || escaped, byte == b'\\' && !escaped);
            continue;
        }
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                if !matches!(text.get(at + 1), Some(b'}' | b']')) {
                    depth += 1;
                    new_line(depth, &mut out);
                }
            }
            b'}' | b']' => {
                if !matches!(out.last(), Some(b'{' | b'[')) {
                    depth -= 1;
                    new_line(depth, &mut out);
                }
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                new_line(depth, &mut out);
            }
            b':' => out.extend_from_slice(b": "),
            other => {
                quoted = other == b'"';
                out.push(other);
            }
        }
    }
    out
}

fn new_line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', depth * 2));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn texts_and_numbers_are_written_as_go_writes_them() {
        for (value, expected) in [
            (json!("a<b>&c\u{2028}\"\n"), r#""a\u003cb\u003e\u0026c\u2028\"\n""#),
            (json!(1.5), "1.5"),
            (json!(2.0), "2"),
            (json!(1e21), "1e+21"),
            (json!(1.5e-7), "1.5e-7"),
            (json!({"<": [1, -2, null, true]}), r#"{"\u003c":[1,-2,null,true]}"#),
        ] {
            let mut out = Vec::new();
            write(&value, &mut out);
            assert_eq!(text(out), expected);
        }
    }

    #[test]
    fn lines_hold_the_same_document_as_serde_prints() {
        for value in [
            json!({}),
            json!([]),
            json!({"a": {}, "b": [], "c": [1, {"d": "x\\\"{[,:"}], "e": {"f": [[], [{}]]}}),
            json!("plain"),
        ] {
            let lines = text(in_lines(value.to_string().as_bytes()));
            assert_eq!(lines, serde_json::to_string_pretty(&value).expect("JSON"));
            assert_eq!(serde_json::from_str::<Value>(&lines).expect("JSON"), value);
        }
    }
}
