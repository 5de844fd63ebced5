//! Values of expressions: how they compare, and what JSON they come from.

use super::functions::{Check, Cidr, Decision, NamedFormat, Semver, Url};
use super::types::Type;
use crate::sim::amount::Amount;
use jiff::{SignedDuration, Timestamp};
use std::cmp::Ordering;
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

    /// The number that it is, where it is one.
    fn number(&self) -> Option<Number> {
        match self {
            Value::Int(number) => Some(Number::Whole(i128::from(*number))),
            Value::Uint(number) => Some(Number::Whole(i128::from(*number))),
            Value::Double(number) => Some(Number::Real(*number)),
            _ => None,
        }
    }

    /// Whether the two are equal; values of different types are not, numbers aside.
    pub(super) fn equals(&self, other: &Value) -> bool {
        if let (Some(one), Some(other)) = (self.number(), other.number()) {
            return one.compare(other) == Some(Ordering::Equal);
        }
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::String(a), Value::String(b)) | (Value::Type(a), Value::Type(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::Duration(a), Value::Duration(b)) => a == b,
            (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
            (Value::List(a), Value::List(b)) => a.equals(b),
            (Value::Map(a), Value::Map(b)) => a.equals(b),
            (Value::Optional(a), Value::Optional(b)) => match (a, b) {
                (Some(a), Some(b)) => a.equals(b),
                (a, b) => a.is_none() && b.is_none(),
            },
            (Value::Quantity(a), Value::Quantity(b)) => a == b,
            (Value::Semver(a), Value::Semver(b)) => a.compare(b) == Ordering::Equal,
            (Value::Url(a), Value::Url(b)) => a == b,
            (Value::Ip(a), Value::Ip(b)) => a == b,
            (Value::Cidr(a), Value::Cidr(b)) => a == b,
            (Value::Format(a), Value::Format(b)) => std::ptr::eq(*a, *b),
            (Value::Check(a), Value::Check(b)) => a == b,
            (Value::Decision(a), Value::Decision(b)) => a == b,
            _ => false,
        }
    }

    /// Which of the two comes first; `None` where that is no question, or where one is no number at all.
    pub(super) fn compare(&self, other: &Value) -> Result<Option<Ordering>, ()> {
        if let (Some(one), Some(other)) = (self.number(), other.number()) {
            return Ok(one.compare(other));
        }
        Ok(Some(match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
            (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
            _ => return Err(()),
        }))
    }
}

/// A number, whatever its type.
#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(&b)),
            (Number::Real(a), Number::Real(b)) => a.partial_cmp(&b),
            (Number::Whole(a), Number::Real(b)) => against(a, b),
            (Number::Real(a), Number::Whole(b)) => against(b, a).map(Ordering::reverse),
        }
    }
}

fn against(whole: i128, real: f64) -> Option<Ordering> {
    if real.is_nan() {
        return None;
    }
    // Every 64-bit number is far within these bounds.
    let floor = real.floor().clamp(-1e30, 1e30) as i128;
    Some(whole.cmp(&floor).then(if real > real.floor() { Ordering::Less } else { Ordering::Equal }))
}

impl List {
    fn equals(&self, other: &List) -> bool {
        if self.items.len() != other.items.len() {
            return false;
        }
        let found = |item: &Value| self.items.iter().any(|own| own.equals(item));
        match &self.kind {
            ListKind::Atomic => self.items.iter().zip(&other.items).all(|(a, b)| a.equals(b)),
            ListKind::Set | ListKind::Map(_) => other.items.iter().all(found),
        }
    }

    /// What this list and another one are together.
    pub(super) fn plus(&self, other: &List) -> List {
        let mut items = self.items.clone();
        for item in &other.items {
            let place = match &self.kind {
                ListKind::Atomic => None,
                ListKind::Set => items.iter().position(|own| own.equals(item)),
                ListKind::Map(keys) => items.iter().position(|own| same_keys(keys, own, item)),
            };
            match place {
                Some(place) => items[place] = item.clone(),
                None => items.push(item.clone()),
            }
        }
        List { items, kind: self.kind.clone() }
    }
}

fn same_keys(keys: &[String], one: &Value, other: &Value) -> bool {
    let (Value::Map(one), Value::Map(other)) = (one, other) else { return false };
    keys.iter().all(|key| match (one.get(key), other.get(key)) {
        (Some(a), Some(b)) => a.equals(b),
        (a, b) => a.is_none() && b.is_none(),
    })
}

impl Map {
    /// An entry whose key is a text.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(&Key::String(name.into()))
    }

    fn equals(&self, other: &Map) -> bool {
        self.entries.len() == other.entries.len()
            && self.undeclared == other.undeclared
            && self
                .entries
                .iter()
                .all(|(key, value)| other.entries.get(key).is_some_and(|other| value.equals(other)))
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
