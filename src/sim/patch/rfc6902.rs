//! JSON patch: reading the operations, and applying all of them or none, with the leniencies of the Go library that
//! kube-apiserver uses: what is absent in an object reads as null, and indices count from the end when negative.

use super::{PatchError, go_name};
use serde_json::Value;

/// kube-apiserver's limit on the operations of one JSON patch.
const LIMIT: usize = 10_000;

pub(super) fn apply(document: &Value, patch: &Value) -> Result<Value, PatchError> {
    let operations = read(patch)?;
    if operations.len() > LIMIT {
        let text = "The allowed maximum operations in a JSON patch is";
        return Err(PatchError::TooLarge(format!("{text} {LIMIT}, got {}", operations.len())));
    }
    let mut patched = document.clone();
    for operation in operations {
        step(&mut patched, operation).ok_or_else(|| PatchError::Invalid(operation.to_string()))?;
    }
    Ok(patched)
}

/// The operations, whose words must be texts.
fn read(patch: &Value) -> Result<&[Value], PatchError> {
    let refused = |found: &Value, place: &str| {
        let found = go_name(found);
        Err(PatchError::Malformed(format!(
            "error decoding patch: json: cannot unmarshal {found} into Go {place}"
        )))
    };
    let operations = match patch {
        Value::Array(operations) => operations,
        Value::Null => return Ok(&[]),
        other => return refused(other, "value of type []handlers.jsonPatchOp"),
    };
    for operation in operations {
        let members = match operation {
            Value::Object(members) => members,
            Value::Null => continue,
            other => return refused(other, "value of type handlers.jsonPatchOp"),
        };
        for word in ["op", "path", "from"] {
            if let Some(odd) = members.get(word).filter(|value| !value.is_string() && !value.is_null()) {
                return refused(odd, &format!("struct field jsonPatchOp.{word} of type string"));
            }
        }
    }
    Ok(operations)
}

/// Carries out one operation; `None` where it does not fit.
fn step(document: &mut Value, operation: &Value) -> Option<()> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let path = text("path");
    let value = || operation.get("value").cloned().unwrap_or_default();
    match text("op")? {
        "add" => add(document, path?, value()),
        "remove" => remove(document, path?).map(drop),
        "replace" => replace(document, path?, value()),
        "move" => {
            let moved = remove(document, text("from")?)?;
            add(document, path?, moved)
        }
        "copy" => {
            let copied = get(document, text("from")?)?.cloned().unwrap_or_default();
            add(document, path?, copied)
        }
        "test" => {
            let found = get(document, path?)?.cloned().unwrap_or_default();
            (found == value()).then_some(())
        }
        _ => None,
    }
}

/// The object or list that a pointer ends in, and the last step. The text before the first `/` does not count.
fn container<'a>(document: &'a mut Value, pointer: &str) -> Option<(&'a mut Value, String)> {
    let mut steps: Vec<String> =
        pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let last = steps.pop()?;
    let mut at = document;
    for step in steps {
        at = match at {
            Value::Object(members) => members.get_mut(&step)?,
            Value::Array(items) => {
                let index = index(&step, items.len())?;
                items.get_mut(index)?
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
    }
    (at.is_object() || at.is_array()).then_some((at, last))
}

/// The place in a list of `length` items that a step names.
fn index(step: &str, length: usize) -> Option<usize> {
    let index: i64 = step.parse().ok()?;
    let index = if index < 0 { index + i64::try_from(length).ok()? } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}

/// The value at a pointer; the inner `None` where an object has no such member.
fn get<'a>(document: &'a mut Value, pointer: &str) -> Option<Option<&'a Value>> {
    let (container, last) = container(document, pointer)?;
    match container {
        Value::Array(items) => {
            let index = index(&last, items.len())?;
            Some(items.get(index))
        }
        other => Some(other.get(&last)),
    }
}

fn add(document: &mut Value, pointer: &str, value: Value) -> Option<()> {
    match container(document, pointer)? {
        (Value::Array(items), last) => {
            let place = if last == "-" { items.len() } else { index(&last, items.len() + 1)? };
            items.insert(place, value);
        }
        (other, last) => drop(other.as_object_mut()?.insert(last, value)),
    }
    Some(())
}

fn remove(document: &mut Value, pointer: &str) -> Option<Value> {
    match container(document, pointer)? {
        (Value::Array(items), last) => {
            let place = index(&last, items.len())?;
            Some(items.remove(place))
        }
        (other, last) => other.as_object_mut()?.remove(&last),
    }
}

fn replace(document: &mut Value, pointer: &str, value: Value) -> Option<()> {
    // The whole may be replaced, and in no other way be reached.
    if pointer.is_empty() {
        return (value.is_object() || value.is_array()).then(|| *document = value);
    }
    match container(document, pointer)? {
        (Value::Array(items), last) => {
            let place = index(&last, items.len())?;
            items[place] = value;
        }
        (other, last) => drop(other.as_object_mut()?.insert(last, value)),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_apply_in_order_or_not_at_all() {
        let document = json!({"data": {"a": "1", "b": "2"}, "list": [1, 2]});
        let patched = apply(
            &document,
            &json!([{"op": "replace", "path": "/data/a", "value": "9"}, {"op": "remove", "path": "/data/b"},
                {"op": "add", "path": "/list/-", "value": 3}, {"op": "test", "path": "/list/2", "value": 3},
                {"op": "move", "from": "/list/0", "path": "/first"}]),
        );
        assert_eq!(patched, Ok(json!({"data": {"a": "9"}, "list": [2, 3], "first": 1})));
        for bad in [
            json!([{"op": "test", "path": "/data/a", "value": "8"}]),
            json!([{"op": "remove", "path": "/data/zz"}]),
            json!([{"op": "explode", "path": "/data"}]),
            json!([{"op": "add", "path": "/x/y/z", "value": 1}]),
            json!([{"op": "replace", "path": "/list/7", "value": 1}]),
            json!([{"op": "add", "path": "", "value": {}}]),
            json!([{"path": "/data"}]),
        ] {
            assert!(matches!(apply(&document, &bad), Err(PatchError::Invalid(_))), "{bad}");
        }
        for bad in [json!({}), json!([7]), json!([{"op": 5, "path": "/a"}])] {
            assert!(matches!(apply(&document, &bad), Err(PatchError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn what_is_absent_in_an_object_reads_as_null() {
        let document = json!({"data": {"a": "1"}, "list": [1, 2]});
        let patched = apply(
            &document,
            &json!([{"op": "replace", "path": "/data/new", "value": "9"}, {"op": "test", "path": "/none", "value": null},
                {"op": "add", "path": "/data/null"}, {"op": "copy", "from": "/data/x", "path": "/data/y"},
                {"op": "remove", "path": "/list/-1"}, {"op": "add", "path": "loose/x", "value": 1}]),
        );
        let expected = json!({"data": {"a": "1", "new": "9", "null": null, "y": null}, "list": [1], "x": 1});
        assert_eq!(patched, Ok(expected));
    }
}
