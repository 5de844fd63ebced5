//! How values compare: which are equal, and which comes first.

use super::value::{List, ListKind, Map, Value};
use std::cmp::Ordering;

impl Value {
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
    fn equals(&self, other: &Map) -> bool {
        self.entries.len() == other.entries.len()
            && self.undeclared == other.undeclared
            && self
                .entries
                .iter()
                .all(|(key, value)| other.entries.get(key).is_some_and(|other| value.equals(other)))
    }
}
