//! How kube-apiserver prints its internal types in messages: Go's field names in Go's order, with the zero value
//! of every field that is not set. The types are data (`internal.json`): `GoName jsonName shape`, where a shape is
//! `s`, `i`, `b`, `q` for what has a zero value, `*` for what prints as null when it is not set, `?` for what does
//! not print then, with `[]` and a type name where the type is known.

use crate::sim::look::plain;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static TYPES: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let text = include_str!("internal.json");
    serde_json::from_str(text).expect("internal.json is part of the program and valid")
});

/// A `core.PodTemplateSpec`: the fields of its metadata stand beside `Spec`.
pub(super) fn pod_template(template: &Value) -> String {
    let metadata = fields("ObjectMeta", template.get("metadata").unwrap_or(&Value::Null));
    let spec = hoisted(template.get("spec").unwrap_or(&Value::Null));
    let parts: Vec<String> =
        metadata.into_iter().chain([format!("\"Spec\":{}", print("PodSpec", &spec))]).collect();
    format!("{{{}}}", parts.join(","))
}

/// A value of one of the types of `internal.json`.
pub(super) fn print(kind: &str, value: &Value) -> String {
    format!("{{{}}}", fields(kind, value).join(","))
}

/// What changed between two specs, field by field.
pub(super) fn difference(kind: &str, old: &Value, new: &Value) -> String {
    let empty = serde_json::Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let mut lines = vec![format!("  {kind}{{")];
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (was, is) = (old.get(key), new.get(key));
        if !super::findings::same(was, is) {
            let mut field = key.clone();
            field[..1].make_ascii_uppercase();
            let show = |value: Option<&Value>| value.map_or_else(|| "nil".to_owned(), Value::to_string);
            lines.push(format!("- \t{field}: {},", show(was)));
            lines.push(format!("+ \t{field}: {},", show(is)));
        }
    }
    lines.push("  }\n".to_owned());
    lines.join("\n")
}

/// Internally the security context of a pod also holds what concerns the namespaces of the host.
fn hoisted(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if spec.get("securityContext").is_some_and(Value::is_object) {
        for key in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
            if let Some(value) = spec.get(key).cloned() {
                spec["securityContext"][key] = value;
            }
        }
    }
    spec
}

fn fields(kind: &str, value: &Value) -> Vec<String> {
    let rows = TYPES.get(kind).map(Vec::as_slice).unwrap_or_default();
    rows.iter().filter_map(|row| field(row, value)).collect()
}

fn field(row: &str, holder: &Value) -> Option<String> {
    let mut words = row.split(' ');
    let (name, key, shape) = (words.next()?, words.next()?, words.next()?);
    let value = holder.get(key).filter(|value| !is_unset(value));
    let printed = match (shape, value) {
        (shape, None) if shape.starts_with('?') => return None,
        ("s", None) => "\"\"".to_owned(),
        ("i", None) => "0".to_owned(),
        ("b", None) => "false".to_owned(),
        ("q", None) => "\"0\"".to_owned(),
        ("q", Some(value)) => Value::from(plain(value)).to_string(),
        ("s" | "i" | "b" | "*" | "?", Some(value)) => value.to_string(),
        (shape, value) => nested(shape, value),
    };
    Some(format!("{name:?}:{printed}"))
}

fn nested(shape: &str, value: Option<&Value>) -> String {
    let shape = shape.trim_start_matches('?');
    if let Some(kind) = shape.strip_prefix("[]") {
        return match value.and_then(Value::as_array) {
            Some(list) => {
                let items: Vec<String> = list.iter().map(|item| print(kind, item)).collect();
                format!("[{}]", items.join(","))
            }
            None => "null".to_owned(),
        };
    }
    match (shape.strip_prefix('*'), value) {
        (Some(_), None) => "null".to_owned(),
        (Some(kind), Some(value)) => print(kind, value),
        (None, value) => print(shape, value.unwrap_or(&Value::Null)),
    }
}

/// Lists and maps that are empty print as not set; an empty struct that is pointed to does not.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_internal_type_prints_every_field_in_go_order() {
        let port = json!({"containerPort": 80, "protocol": "TCP"});
        let printed = r#"{"Name":"","HostPort":0,"ContainerPort":80,"Protocol":"TCP","HostIP":""}"#;
        assert_eq!(print("ContainerPort", &port), printed);
        let selector =
            json!({"matchExpressions": [{"key": "a", "operator": "Exists"}], "matchLabels": {"b": "c"}});
        let printed = r#"{"matchLabels":{"b":"c"},"matchExpressions":[{"key":"a","operator":"Exists"}]}"#;
        assert_eq!(print("LabelSelector", &selector), printed);
    }

    #[test]
    fn every_type_that_is_named_is_known() {
        for (kind, rows) in TYPES.iter() {
            for row in rows {
                let shape =
                    row.rsplit(' ').next().expect("three words").trim_start_matches(['?', '*', '[', ']']);
                let known = matches!(shape, "" | "s" | "i" | "b" | "q") || TYPES.contains_key(shape);
                assert!(known, "{kind}: {row}");
            }
        }
    }
}
