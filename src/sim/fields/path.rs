//! One step of a path to a field, in the words of `FieldsV1` and of messages.

use serde_json::{Map, Value};
use std::fmt;

/// A step: into a field, to the item of a list with these keys or of this value, or to an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// `f:NAME`
    Field(Box<str>),
    /// `k:JSON`, the keys sorted.
    Key(Box<str>),
    /// `v:JSON`
    Value(Box<str>),
    /// `i:NUMBER`
    Index(usize),
}

impl Step {
    pub(super) fn field(name: &str) -> Step {
        Step::Field(name.into())
    }

    pub(super) fn key(keys: Map<String, Value>) -> Step {
        Step::Key(Value::Object(keys).to_string().into())
    }

    pub(super) fn value(value: &Value) -> Step {
        Step::Value(value.to_string().into())
    }

    /// Reads a key of `FieldsV1`; `None` where it is none.
    pub(super) fn parse(text: &str) -> Option<Step> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Step::field(rest)),
            "k" => Some(Step::key(serde_json::from_str(rest).ok()?)),
            "v" => Some(Step::value(&serde_json::from_str(rest).ok()?)),
            "i" => Some(Step::Index(rest.parse().ok()?)),
            _ => None,
        }
    }

    /// The key of `FieldsV1` for this step.
    pub(super) fn encode(&self) -> String {
        match self {
            Step::Field(name) => format!("f:{name}"),
            Step::Key(keys) => format!("k:{keys}"),
            Step::Value(value) => format!("v:{value}"),
            Step::Index(index) => format!("i:{index}"),
        }
    }
}

/// As messages print a step: `.name`, `[name="a"]`, `[="x"]`, `[3]`.
impl fmt::Display for Step {
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
