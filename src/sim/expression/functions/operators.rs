//! Operators: comparison, arithmetic, membership, places of lists and maps, and what optional values answer.

use super::{Answer, made, time, whole};
use crate::sim::expression::Failure;
use crate::sim::expression::value::{Key, Value};
use std::cmp::Ordering;
use std::sync::Arc;

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    match (name, args) {
        ("_==_", [one, other]) => made(Value::Bool(one.equals(other))),
        ("_!=_", [one, other]) => made(Value::Bool(!one.equals(other))),
        ("_<_", [one, other]) => Some(ordered(one, other, Ordering::is_lt)),
        ("_<=_", [one, other]) => Some(ordered(one, other, Ordering::is_le)),
        ("_>_", [one, other]) => Some(ordered(one, other, Ordering::is_gt)),
        ("_>=_", [one, other]) => Some(ordered(one, other, Ordering::is_ge)),
        ("!_", [Value::Bool(truth)]) => made(Value::Bool(!truth)),
        ("@in", [one, Value::List(list)]) => {
            made(Value::Bool(list.items.iter().any(|item| item.equals(one))))
        }
        ("@in", [key, Value::Map(map)]) => {
            made(Value::Bool(Key::of(key).is_some_and(|key| map.entries.contains_key(&key))))
        }
        ("_[_]", [held, place]) => Some(at(held, place)),
        ("_[?_]", [held, place]) => Some(Ok(maybe(held, place))),
        ("size", [held @ (Value::String(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_))]) => {
            made(whole(held.size().unwrap_or_default()))
        }
        ("-_", [Value::Int(number)]) => Some(checked(number.checked_neg().map(Value::Int))),
        ("-_", [Value::Double(number)]) => made(Value::Double(-number)),
        ("optional.of", [value]) => made(Value::optional(Some(value.clone()))),
        ("optional.none", []) => made(Value::Optional(None)),
        ("optional.ofNonZeroValue", [value]) => {
            made(Value::optional(Some(value.clone()).filter(|value| !value.is_zero())))
        }
        ("hasValue", [Value::Optional(inner)]) => made(Value::Bool(inner.is_some())),
        ("value", [Value::Optional(inner)]) => Some(match inner {
            Some(inner) => Ok((**inner).clone()),
            None => Err(Failure::said("optional.none() dereference")),
        }),
        ("_+_" | "_-_" | "_*_" | "_/_" | "_%_", [one, other]) => Some(arithmetic(name, one, other)),
        ("size", _) => Some(Err(Failure::said("no such overload: size"))),
        ("!_" | "-_" | "@in", _) => Some(Err(Failure::overload())),
        _ => None,
    }
}

fn ordered(one: &Value, other: &Value, holds: fn(Ordering) -> bool) -> Result<Value, Failure> {
    match one.compare(other) {
        Ok(Some(order)) => Ok(Value::Bool(holds(order))),
        // What is no number is neither less nor more than one.
        Ok(None) => Ok(Value::Bool(false)),
        Err(()) => Err(Failure::overload()),
    }
}

fn checked(number: Option<Value>) -> Result<Value, Failure> {
    number.ok_or_else(|| Failure::said("integer overflow"))
}

fn arithmetic(name: &str, one: &Value, other: &Value) -> Result<Value, Failure> {
    match (one, other) {
        (Value::Int(a), Value::Int(b)) => whole_numbers(name, *a, *b),
        (Value::Uint(a), Value::Uint(b)) => unsigned(name, *a, *b),
        (Value::Double(a), Value::Double(b)) => match name {
            "_+_" => Ok(Value::Double(a + b)),
            "_-_" => Ok(Value::Double(a - b)),
            "_*_" => Ok(Value::Double(a * b)),
            "_/_" => Ok(Value::Double(a / b)),
            _ => Err(Failure::overload()),
        },
        (Value::String(a), Value::String(b)) if name == "_+_" => Ok(Value::String(format!("{a}{b}").into())),
        (Value::Bytes(a), Value::Bytes(b)) if name == "_+_" => {
            Ok(Value::Bytes([&a[..], &b[..]].concat().into()))
        }
        (Value::List(a), Value::List(b)) if name == "_+_" => Ok(Value::List(Arc::new(a.plus(b)))),
        _ => time::arithmetic(name, one, other).unwrap_or_else(|| Err(Failure::overload())),
    }
}

fn whole_numbers(name: &str, one: i64, other: i64) -> Result<Value, Failure> {
    let made = match name {
        "_+_" => one.checked_add(other),
        "_-_" => one.checked_sub(other),
        "_*_" => one.checked_mul(other),
        "_/_" if other == 0 => return Err(Failure::said("division by zero")),
        "_/_" => one.checked_div(other),
        _ if other == 0 => return Err(Failure::said("modulus by zero")),
        _ => one.checked_rem(other),
    };
    checked(made.map(Value::Int))
}

fn unsigned(name: &str, one: u64, other: u64) -> Result<Value, Failure> {
    let made = match name {
        "_+_" => one.checked_add(other),
        "_-_" => one.checked_sub(other),
        "_*_" => one.checked_mul(other),
        "_/_" if other == 0 => return Err(Failure::said("division by zero")),
        "_/_" => one.checked_div(other),
        _ if other == 0 => return Err(Failure::said("modulus by zero")),
        _ => one.checked_rem(other),
    };
    made.map(Value::Uint).ok_or_else(|| Failure::said("unsigned integer overflow"))
}

/// `held[place]`.
fn at(held: &Value, place: &Value) -> Result<Value, Failure> {
    match held {
        Value::Optional(inner) => {
            Ok(inner.as_deref().map_or(Value::Optional(None), |held| maybe(held, place)))
        }
        Value::List(list) => {
            let Some(Key::Int(number)) = Key::of(place) else {
                let why = format!("unsupported index type '{}' in list", place.type_name());
                return Err(Failure::said(why));
            };
            let found = usize::try_from(number).ok().and_then(|index| list.items.get(index));
            found.cloned().ok_or_else(|| Failure::said(format!("index out of bounds: {number}")))
        }
        Value::Map(map) => {
            let found = Key::of(place).and_then(|key| map.entries.get(&key));
            found.cloned().ok_or_else(|| Failure::said(format!("no such key: {}", super::shown(place))))
        }
        _ => Err(Failure::overload()),
    }
}

/// `held[?place]`.
fn maybe(held: &Value, place: &Value) -> Value {
    match held {
        Value::Optional(None) => Value::Optional(None),
        Value::Optional(Some(held)) => maybe(held, place),
        held => Value::optional(at(held, place).ok()),
    }
}
