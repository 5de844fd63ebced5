//! What a custom object must hold to beside the types of its fields: sets and maps in lists, objects inside the object,
//! and the fields that its scale is read from.

use super::definition::Scale;
use super::schema::Schema;
use crate::sim::validation::{Findings, Path, Violation, embedded};
use serde_json::{Map, Value, json};

/// Items that a set or a map in a list has twice.
pub(super) fn lists(schema: Schema<'_>, value: &Value, path: &Path, found: &mut Findings) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (schema.property(name), schema.member(name)) {
                    (Some(inner), _) => lists(inner, member, &path.child(name), found),
                    (None, Some(inner)) => lists(inner, member, &path.key(name), found),
                    (None, None) => {}
                }
            }
        }
        Value::Array(items) => {
            match schema.list_type() {
                "set" => {
                    for index in repeated(items) {
                        found.duplicate(&path.index(index), items[index].clone());
                    }
                }
                "map" => keyed(schema, items, path, found),
                _atomic => {}
            }
            if let Some(inner) = schema.items() {
                for (index, item) in items.iter().enumerate() {
                    lists(inner, item, &path.index(index), found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Where each value that was there before comes for the second time.
fn repeated(items: &[Value]) -> Vec<usize> {
    let second = |index: &usize| items[..*index].iter().filter(|item| **item == items[*index]).count() == 1;
    (0..items.len()).filter(second).collect()
}

fn keyed(schema: Schema<'_>, items: &[Value], path: &Path, found: &mut Findings) {
    for (index, item) in items.iter().enumerate() {
        if !item.is_object() && !item.is_null() {
            let detail = "must be an object for an array of list-type map";
            return found.invalid(&path.index(index), item.clone(), detail);
        }
    }
    let key_of = |item: &Value| {
        let parts = schema.list_keys().filter_map(|key| Some((key.to_owned(), item.get(key)?.clone())));
        Value::Object(parts.collect::<Map<_, _>>())
    };
    let keys: Vec<Value> = items.iter().map(key_of).collect();
    for index in repeated(&keys) {
        found.duplicate(&path.index(index), keys[index].clone());
    }
}

/// Objects inside the object: their kind, version and metadata.
pub(super) fn resources(schema: Schema<'_>, value: &Value, path: &Path, inside: bool, found: &mut Findings) {
    match value {
        Value::Object(members) => {
            if inside && schema.embedded() {
                embedded(value, path, found);
            }
            for (name, member) in members {
                match (schema.property(name), schema.member(name)) {
                    (Some(inner), _) => resources(inner, member, &path.child(name), true, found),
                    (None, Some(inner)) => resources(inner, member, &path.key(name), true, found),
                    (None, None) => {}
                }
            }
        }
        Value::Array(items) => {
            if let Some(inner) = schema.items() {
                for (index, item) in items.iter().enumerate() {
                    resources(inner, item, &path.index(index), true, found);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The replicas that a changed spec asks for.
pub(super) fn scale_spec(scale: &Scale, object: &Value, found: &mut Vec<Violation>) {
    replicas(&scale.spec, object, found);
}

/// The replicas and the selector that a changed status tells.
pub(super) fn scale_status(scale: &Scale, object: &Value, found: &mut Vec<Violation>) {
    replicas(&scale.status, object, found);
    if let Some(path) = &scale.selector
        && let Some(value) = at(object, path).filter(|value| !value.is_string())
    {
        let why = accessor(path, value, "string");
        found.push(invalid(path, &json!(""), &why));
    }
}

fn replicas(path: &str, object: &Value, found: &mut Vec<Violation>) {
    let Some(value) = at(object, path) else { return };
    match value.as_i64() {
        None => found.push(invalid(path, &json!(0), &accessor(path, value, "int64"))),
        Some(count) if count < 0 => found.push(invalid(path, value, "should be a non-negative integer")),
        Some(count) if count > i64::from(i32::MAX) => {
            let why = format!("should be less than or equal to {}", i32::MAX);
            found.push(invalid(path, value, &why));
        }
        Some(_) => {}
    }
}

fn accessor(path: &str, value: &Value, wanted: &str) -> String {
    let shown = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let given = match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    };
    format!("{path} accessor error: {shown} is of the type {given}, expected {wanted}")
}

fn invalid(path: &str, value: &Value, why: &str) -> Violation {
    Violation {
        reason: "FieldValueInvalid",
        field: path.to_owned(),
        message: format!("Invalid value: {value}: {why}"),
    }
}

/// What a path of fields (`.spec.replicas`) leads to.
pub(in crate::sim) fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let steps = path.trim_start_matches('.').split('.');
    steps.into_iter().try_fold(object, |here, step| here.get(step))
}
