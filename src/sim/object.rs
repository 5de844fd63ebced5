//! Reading and writing the metadata of a stored object, and the shape in which absent things are kept: absent.

use serde_json::{Map, Value, json};

/// A text of the metadata; empty where there is none.
pub(crate) fn meta<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// The name of an object; empty where it has none.
pub(crate) fn name(object: &Value) -> &str {
    meta(object, "name")
}

/// Whether the object is on its way out.
pub(crate) fn is_terminating(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// The finalizers that still hold the object.
pub(crate) fn finalizers(object: &Value) -> Vec<String> {
    let list = object["metadata"]["finalizers"].as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Sets the finalizers; none at all removes the field.
pub(crate) fn set_finalizers(object: &mut Value, finalizers: &[String]) {
    set_meta(object, "finalizers", if finalizers.is_empty() { Value::Null } else { json!(finalizers) });
}

/// The metadata as a map, made where it is missing or is something else.
pub(crate) fn metadata(object: &mut Value) -> &mut Map<String, Value> {
    if !object.is_object() {
        *object = json!({});
    }
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    object["metadata"].as_object_mut().expect("it was made an object just above")
}

/// Sets one field of the metadata; `null` removes it.
pub(crate) fn set_meta(object: &mut Value, field: &str, value: Value) {
    let metadata = metadata(object);
    if value.is_null() {
        metadata.remove(field);
    } else {
        metadata.insert(field.to_owned(), value);
    }
}

/// Copies a top-level field, or removes it where the source has none.
pub(crate) fn carry(from: &Value, to: &mut Value, field: &str) {
    let target = to.as_object_mut().expect("objects are maps");
    match from.get(field) {
        Some(value) => target.insert(field.to_owned(), value.clone()),
        None => target.remove(field),
    };
}

/// Drops empty labels, annotations, finalizers and texts of the metadata, which Go's types leave out.
pub(crate) fn tidy_metadata(object: &mut Value) {
    let metadata = metadata(object);
    metadata.retain(|_, value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    });
}

/// A label selector as text: `a=b,c in (d,e)`.
pub(crate) fn selector_text(selector: &Value) -> Option<String> {
    let labels = selector
        .get("matchLabels")
        .or_else(|| selector.get("matchExpressions").is_none().then_some(selector));
    let equal = labels.and_then(Value::as_object).into_iter().flatten();
    let mut parts: Vec<String> =
        equal.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = expression["key"].as_str().unwrap_or_default();
        let values = expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut values: Vec<&str> = values.collect();
        values.sort_unstable();
        parts.push(match expression["operator"].as_str().unwrap_or_default() {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.sort();
    (!parts.is_empty()).then(|| parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_metadata_is_not_kept() {
        let mut object = json!({
            "metadata": {"name": "x", "labels": {}, "creationTimestamp": null, "finalizers": [], "uid": ""},
            "spec": {"emptyDir": {}},
        });
        tidy_metadata(&mut object);
        assert_eq!(object, json!({"metadata": {"name": "x"}, "spec": {"emptyDir": {}}}));
    }
}
