//! Filling gaps in JSON objects: what counts as unset for a field of a Go struct, and how a default gets there.
//! Knows no kind.

use serde_json::{Map, Value};

/// Sets `key` where it is absent or null: the rule for pointers, lists and maps.
pub(super) fn fill(object: &mut Value, key: &str, default: impl Into<Value>) {
    if let Some(map) = object.as_object_mut()
        && map.get(key).is_none_or(Value::is_null)
    {
        map.insert(key.to_owned(), default.into());
    }
}

/// Sets `key` where it is absent, null or the zero value: the rule for plain strings and numbers.
pub(super) fn fill_zero(object: &mut Value, key: &str, default: impl Into<Value>) {
    if is_zero(object.get(key)) && object.is_object() {
        object[key] = default.into();
    }
}

/// Sets `key` to null where it is absent: how a list without `omitempty` prints.
pub(super) fn fill_null(object: &mut Value, key: &str) {
    if let Some(map) = object.as_object_mut() {
        map.entry(key).or_insert(Value::Null);
    }
}

/// Whether Go would hold the zero value of a string or number here.
pub(super) fn is_zero(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Number(number)) => number.as_i64() == Some(0),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => false,
    }
}

/// The object at `key`, made when it is absent or null; `None` where something else stands there.
pub(super) fn object<'a>(holder: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    fill(holder, key, Map::new());
    at(holder, key)
}

/// The object at `key`, when there is one.
pub(super) fn at<'a>(holder: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    holder.get_mut(key).filter(|value| value.is_object())
}

/// The object at the end of a path, when there is one.
pub(super) fn path<'a>(holder: &'a mut Value, keys: &[&str]) -> Option<&'a mut Value> {
    keys.iter().try_fold(holder, |here, key| at(here, key))
}

/// The objects of the list at `key`; none where there is no list.
pub(super) fn items<'a>(holder: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = holder.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter(|value| value.is_object())
}

/// The text at `key`; empty where there is none.
pub(super) fn text<'a>(holder: &'a Value, key: &str) -> &'a str {
    holder.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the list or map at `key` is absent or has nothing in it.
pub(super) fn is_bare(holder: &Value, key: &str) -> bool {
    match holder.get(key) {
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::String(_) | Value::Number(_) | Value::Bool(_)) => false,
        Some(Value::Null) | None => true,
    }
}
