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

/// Drops what decoding into Kubernetes' types does not keep: nulls, empty lists, and empty maps of the metadata.
pub(crate) fn prune(object: &mut Value) {
    drop_absent(object);
    let metadata = metadata(object);
    for field in ["labels", "annotations"] {
        if metadata.get(field).and_then(Value::as_object).is_some_and(Map::is_empty) {
            metadata.remove(field);
        }
    }
    metadata.remove("selfLink");
    for field in ["namespace", "generateName", "uid", "resourceVersion", "name"] {
        if metadata.get(field) == Some(&json!("")) {
            metadata.remove(field);
        }
    }
}

fn drop_absent(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, inner| !inner.is_null() && inner.as_array().is_none_or(|list| !list.is_empty()));
            map.iter_mut()
                .filter(|(key, _)| *key != "managedFields")
                .for_each(|(_, inner)| drop_absent(inner));
        }
        Value::Array(list) => list.iter_mut().for_each(drop_absent),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_not_kept() {
        let mut object = json!({
            "metadata": {"name": "x", "labels": {}, "creationTimestamp": null, "finalizers": []},
            "spec": {"emptyDir": {}, "args": [], "deep": [{"a": null}]},
        });
        prune(&mut object);
        assert_eq!(object, json!({"metadata": {"name": "x"}, "spec": {"emptyDir": {}, "deep": [{}]}}));
    }
}
