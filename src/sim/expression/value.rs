//! Values of expressions, and what JSON they come from. How they compare is the matter of `compare`.

use super::functions::{Check, Cidr, Decision, NamedFormat, Semver, Url};
use super::typing::Type;
use crate::sim::amount::Amount;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A value.
#[derive(Clone, Debug)]
pub(in crate::sim) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    Duration(SignedDuration),
    Timestamp(Timestamp),
    List(Arc<List>),
    Map(Arc<Map>),
    Optional(Option<Arc<Value>>),
    /// A type, by its name.
    Type(Arc<str>),
    Quantity(Amount),
    Semver(Arc<Semver>),
    Url(Arc<Url>),
    Ip(IpAddr),
    Cidr(Cidr),
    Format(&'static NamedFormat),
    /// A question to the authorizer that is still being put.
    Check(Arc<Check>),
    Decision(Arc<Decision>),
    /// Data that does not fit its schema, or a variable that could not be evaluated: an error for whoever reads it.
    Unfit(Arc<str>),
}

/// The items of a list, and how it is told from another one.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct List {
    pub(in crate::sim) items: Vec<Value>,
    pub(in crate::sim) kind: ListKind,
}

/// The `x-kubernetes-list-type` of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) enum ListKind {
    /// Equal as a whole, in order.
    #[default]
    Atomic,
    /// Without an order; added to, it is a union.
    Set,
    /// Items told by these fields; added to, those with the same keys are replaced.
    Map(Vec<String>),
}

/// The entries of a map or the fields of an object.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Map {
    pub(in crate::sim) entries: BTreeMap<Key, Value>,
    /// What an object holds beside its declared fields: seen by no expression, but two objects that differ in it differ.
    pub(in crate::sim) undeclared: serde_json::Map<String, serde_json::Value>,
}

/// A key of a map. A whole number is the same key whatever its type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sim) enum Key {
    Bool(bool),
    Int(i128),
    String(Arc<str>),
}

impl Value {
    /// A text.
    pub(in crate::sim) fn text(text: &str) -> Value {
        Value::String(text.into())
    }

    /// A list that is equal to another one as a whole.
    pub(in crate::sim) fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(List { items, kind: ListKind::Atomic }))
    }

    /// A map from texts.
    pub(in crate::sim) fn map(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
        let entries = entries.into_iter().map(|(name, value)| (Key::String(name.into()), value)).collect();
        Value::Map(Arc::new(Map { entries, undeclared: serde_json::Map::new() }))
    }

    /// Something that may be missing.
    pub(super) fn optional(value: Option<Value>) -> Value {
        Value::Optional(value.map(Arc::new))
    }

    /// JSON for which there is no schema.
    pub(in crate::sim) fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(truth) => Value::Bool(*truth),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Value::Int(whole),
                None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Value::text(text),
            serde_json::Value::Array(items) => Value::list(items.iter().map(Value::from_json).collect()),
            serde_json::Value::Object(members) => {
                Value::map(members.iter().map(|(name, value)| (name.clone(), Value::from_json(value))))
            }
        }
    }

    /// The name of its type, as `type()` gives it.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::String(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::Duration(_) => "google.protobuf.Duration",
            Value::Timestamp(_) => "google.protobuf.Timestamp",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Optional(_) => "optional_type",
            Value::Type(_) => "type",
            Value::Quantity(_) => "kubernetes.Quantity",
            Value::Semver(_) => "kubernetes.Semver",
            Value::Url(_) => "kubernetes.URL",
            Value::Ip(_) => "net.IP",
            Value::Cidr(_) => "net.CIDR",
            Value::Format(_) => "kubernetes.NamedFormat",
            Value::Check(check) => check.type_name(),
            Value::Decision(_) => "kubernetes.authorization.Decision",
            Value::Unfit(_) => "error",
        }
    }

    /// How large it is, where it has a size.
    pub(super) fn size(&self) -> Option<usize> {
        match self {
            Value::String(text) => Some(text.chars().count()),
            Value::Bytes(bytes) => Some(bytes.len()),
            Value::List(list) => Some(list.items.len()),
            Value::Map(map) => Some(map.entries.len() + map.undeclared.len()),
            Value::Optional(Some(inner)) => inner.size(),
            _ => None,
        }
    }

    /// Whether it is what a field of its type is that nobody set.
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) => true,
            Value::Double(number) => *number == 0.0,
            Value::Duration(duration) => duration.is_zero(),
            Value::Timestamp(time) => *time == Timestamp::UNIX_EPOCH,
            Value::Optional(inner) => inner.is_none(),
            other => other.size() == Some(0),
        }
    }
}

impl Map {
    /// An entry whose key is a text.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(&Key::String(name.into()))
    }
}

impl Key {
    /// The key that a value is, where it can be one.
    pub(super) fn of(value: &Value) -> Option<Key> {
        match value {
            Value::Bool(truth) => Some(Key::Bool(*truth)),
            Value::Int(number) => Some(Key::Int(i128::from(*number))),
            Value::Uint(number) => Some(Key::Int(i128::from(*number))),
            Value::Double(number) if number.fract() == 0.0 && number.abs() < 1e19 => {
                Some(Key::Int(*number as i128))
            }
            Value::String(text) => Some(Key::String(text.clone())),
            _ => None,
        }
    }

    /// The value that it is.
    pub(super) fn value(&self) -> Value {
        match self {
            Key::Bool(truth) => Value::Bool(*truth),
            Key::Int(number) => i64::try_from(*number)
                .map_or_else(|_| Value::Uint(u64::try_from(*number).unwrap_or(u64::MAX)), Value::Int),
            Key::String(text) => Value::String(text.clone()),
        }
    }
}

/// The value that the name of a type is.
pub(super) fn type_value(of: &Type) -> Value {
    Value::Type(match of {
        Type::Null => "null_type".into(),
        Type::Duration => "google.protobuf.Duration".into(),
        Type::Timestamp => "google.protobuf.Timestamp".into(),
        Type::List(_) => "list".into(),
        Type::Map(..) => "map".into(),
        Type::Optional(_) => "optional_type".into(),
        Type::Kind(_) => "type".into(),
        other => other.to_string().into(),
    })
}
