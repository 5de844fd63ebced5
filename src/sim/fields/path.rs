//! One step of a path to a field, in the words of `FieldsV1` and of messages.

use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// A step: into a field, to the item of a list with these keys or of this value, or to an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step<'a> {
    /// `f:NAME`
    Field(Cow<'a, str>),
    /// `k:JSON`, the keys sorted.
    Key(Cow<'a, str>),
    /// `v:JSON`
    Value(Cow<'a, str>),
    /// `i:NUMBER`
    Index(usize),
}

impl<'a> Step<'a> {
    pub(super) fn field(name: &'a str) -> Step<'a> {
        Step::Field(Cow::Borrowed(name))
    }

    /// The step to the item that has these values for its keys.
    pub(super) fn key(keys: &mut [(&str, &Value)]) -> Step<'a> {
        keys.sort_unstable_by_key(|(name, _)| *name);
        let mut text = String::with_capacity(32);
        for (at, (name, value)) in keys.iter().enumerate() {
            text.push(if at == 0 { '{' } else { ',' });
            push_text(&mut text, name);
            text.push(':');
            push_json(&mut text, value);
        }
        text.push('}');
        Step::Key(text.into())
    }

    pub(super) fn value(value: &Value) -> Step<'a> {
        let mut text = String::new();
        push_json(&mut text, value);
        Step::Value(text.into())
    }

    /// Reads a key of `FieldsV1`; `None` where it is none.
    pub(super) fn parse(text: &'a str) -> Option<Step<'a>> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Step::field(rest)),
            "k" if are_written_plainly(rest) => Some(Step::Key(rest.into())),
            "k" => {
                let keys: Map<String, Value> = serde_json::from_str(rest).ok()?;
                Some(Step::Key(Value::Object(keys).to_string().into()))
            }
            "v" if end_of_scalar(rest) == Some("") => Some(Step::Value(rest.into())),
            "v" => Some(Step::value(&serde_json::from_str(rest).ok()?)),
            "i" => Some(Step::Index(rest.parse().ok()?)),
            _ => None,
        }
    }

    /// The key of `FieldsV1` for this step.
    pub(super) fn encode(&self) -> String {
        let (kind, rest) = match self {
            Step::Field(name) => ("f:", name),
            Step::Key(keys) => ("k:", keys),
            Step::Value(value) => ("v:", value),
            Step::Index(index) => return format!("i:{index}"),
        };
        let mut text = String::with_capacity(kind.len() + rest.len());
        text.push_str(kind);
        text.push_str(rest);
        text
    }

    /// The same step for longer than what it was read from.
    pub(super) fn into_owned(self) -> Step<'static> {
        let owned = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        match self {
            Step::Field(name) => Step::Field(owned(name)),
            Step::Key(keys) => Step::Key(owned(keys)),
            Step::Value(value) => Step::Value(owned(value)),
            Step::Index(index) => Step::Index(index),
        }
    }
}

/// Appends a value as JSON.
fn push_json(to: &mut String, value: &Value) {
    match value {
        Value::String(text) => push_text(to, text),
        value => to.push_str(&value.to_string()),
    }
}

/// Appends a text as JSON has it.
fn push_text(to: &mut String, text: &str) {
    if text.bytes().all(is_plain) {
        to.push('"');
        to.push_str(text);
        to.push('"');
    } else {
        to.push_str(&Value::from(text).to_string());
    }
}

/// Whether JSON writes a byte of a text as it is.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

/// Whether keys stand as they would be written here: in order, without blanks and escapes. Most do, since they were.
fn are_written_plainly(keys: &str) -> bool {
    let (mut rest, mut last, mut opening) = (keys, "", '{');
    loop {
        let Some(inner) = rest.strip_prefix(opening) else { return false };
        let Some(value) = end_of_scalar(inner).and_then(|after| after.strip_prefix(':')) else {
            return false;
        };
        // Without the quote at its end, which would count in the order.
        let name = &inner[..inner.len() - value.len() - 2];
        if !name.starts_with('"') || name <= last {
            return false;
        }
        match end_of_scalar(value) {
            Some("}") => return true,
            Some(more) => (rest, last, opening) = (more, name, ','),
            None => return false,
        }
    }
}

/// What follows a text without escapes, a small whole number or a truth value; `None` where something else stands.
fn end_of_scalar(json: &str) -> Option<&str> {
    if let Some(text) = json.strip_prefix('"') {
        let end = text.bytes().position(|byte| !is_plain(byte))?;
        return text[end..].strip_prefix('"');
    }
    let digits = json.bytes().take_while(u8::is_ascii_digit).count();
    match digits {
        0 => json.strip_prefix("true").or_else(|| json.strip_prefix("false")),
        // A fraction or an exponent may follow, and nothing is written with zeros before it.
        1..=15 => {
            let rest = &json[digits..];
            let whole = !rest.starts_with(['.', 'e', 'E']) && (digits == 1 || !json.starts_with('0'));
            whole.then_some(rest)
        }
        _ => None,
    }
}

/// As messages print a step: `.name`, `[name="a"]`, `[="x"]`, `[3]`.
impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Key(keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let keys: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, "[{}]", keys.join(","))
            }
            Step::Value(value) => write!(f, "[={value}]"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn steps_are_read_in_the_form_in_which_they_are_written() {
        let read = |text: &str| Step::parse(text).map(|step| step.encode());
        for text in [
            r#"k:{"name":"a"}"#,
            r#"k:{"containerPort":80,"protocol":"TCP"}"#,
            r#"k:{"a":0,"b":true,"c":"é: x"}"#,
            r#"k:{"a":"\"\n"}"#,
            r#"v:"a""#,
            r#"v:"\\""#,
            "v:12",
            "v:false",
            "v:null",
            "k:{}",
            "f:a:b",
            "i:3",
        ] {
            assert_eq!(read(text).as_deref(), Some(text));
        }
        for (text, expected) in [
            (r#"k:{ "b" : 1, "a":"x" }"#, r#"k:{"a":"x","b":1}"#),
            (r#"k:{"a":1,"a":2}"#, r#"k:{"a":2}"#),
            (r#"k:{"a":"\u0041"}"#, r#"k:{"a":"A"}"#),
            ("v: \"a\"", r#"v:"a""#),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["k:{\"a\"}", "k:{\"a\":01}", "k:[1]", "k:{1:2}", "v:", "v:01", "v:a", "i:x", "x:1", "f"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_written_in_order() {
        let (name, port, odd) = (json!("a"), json!(80), json!("\"\n"));
        let key = Step::key(&mut [("port", &port), ("name", &name)]);
        assert_eq!(key, Step::parse(r#"k:{"name":"a","port":80}"#).expect("a key"));
        assert_eq!(Step::key(&mut [("a", &odd)]).encode(), r#"k:{"a":"\"\n"}"#);
    }
}
