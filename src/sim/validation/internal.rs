//! How kube-apiserver prints its internal types in messages: Go's field names in Go's order, with the zero value
//! of every field that is not set. The types are data (`internal.json`): `GoName jsonName shape`, where a shape is
//! `s`, `i`, `b`, `q` for what has a zero value, `*` for what prints as null when it is not set, `?` for what does
//! not print then, with `[]` and a type name where the type is known; `~` before a type name says that its fields
//! stand among those of the type that holds it.

use super::unified;
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
    let mut shown = template.get("metadata").filter(|metadata| metadata.is_object()).cloned();
    let shown = shown.get_or_insert_with(|| serde_json::json!({}));
    shown["spec"] = hoisted(template.get("spec").unwrap_or(&Value::Null));
    print("PodTemplateSpec", shown)
}

/// A `core.PodSpec`.
pub(super) fn pod_spec(spec: &Value) -> String {
    print("PodSpec", &hoisted(spec))
}

/// A value of one of the types of `internal.json`.
pub(super) fn print(kind: &str, value: &Value) -> String {
    format!("{{{}}}", fields(kind, value).join(","))
}

/// What changed between two values of a type of `internal.json`, as kube-apiserver v1.36 tells it: a unified diff of
/// both as indented JSON.
pub(super) fn difference(kind: &str, old: &Value, new: &Value) -> String {
    let shown = |value: &Value| {
        let value = if kind == "PodSpec" { hoisted(value) } else { value.clone() };
        indented(&print(kind, &value)) + "\n"
    };
    let (from, to) = (shown(old), shown(new));
    unified::diff(&from, &to)
}

/// JSON as `json.MarshalIndent` of Go writes it with one space a level.
fn indented(json: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    let mut before = ' ';
    for c in json.chars() {
        let closes = matches!(c, '}' | ']');
        if !quoted && closes {
            depth = depth.saturating_sub(1);
        }
        let opened = matches!(before, '{' | '[') && !quoted;
        if !quoted && (opened != closes || before == ',') {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', depth));
        }
        match c {
            '<' | '>' | '&' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
        if !quoted && c == ':' {
            out.push(' ');
        }
        if !quoted && matches!(c, '{' | '[') {
            depth += 1;
        }
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && c == '\\' && !escaped;
        // A bracket at the end of a text opens nothing.
        before = if quoted { ' ' } else { c };
    }
    out
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
    let embedded = |row: &str| row.strip_prefix("- - ~").map(|kind| fields(kind, value));
    rows.iter().flat_map(|row| embedded(row).unwrap_or_else(|| Vec::from_iter(field(row, value)))).collect()
}

fn field(row: &str, holder: &Value) -> Option<String> {
    let mut words = row.split(' ');
    let (name, key, shape) = (words.next()?, words.next()?, words.next()?);
    let value = holder.get(key).filter(|value| !value.is_null());
    let printed = match (shape, value) {
        (shape, None) if shape.starts_with('?') => return None,
        // What is left out when it is nothing is left out when nothing is in it.
        ("?", Some(value)) if is_bare(value) => return None,
        (shape, Some(value)) if shape.starts_with("?[]") && is_bare(value) => return None,
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

fn is_bare(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(|map| map.is_empty())
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
    fn what_changed_is_told_as_a_unified_diff_of_indented_json() {
        let claim = |size: &str| {
            json!({
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}},
                "volumeMode": "Filesystem"
            })
        };
        insta::assert_snapshot!(difference("PersistentVolumeClaimSpec", &claim("1Gi"), &claim("2Gi")), @r#"
        @@ -6,7 +6,7 @@
          "Resources": {
           "Limits": null,
           "Requests": {
        -   "storage": "1Gi"
        +   "storage": "2Gi"
           }
          },
          "VolumeName": "",
        "#);
        assert_eq!(
            indented(r#"{"a":[],"b":{},"c":"{[,\":<","d":[1,{"e":2}]}"#),
            "{\n \"a\": [],\n \"b\": {},\n \"c\": \"{[,\\\":\\u003c\",\n \"d\": [\n  1,\n  {\n   \"e\": 2\n  }\n ]\n}"
        );
    }

    #[test]
    fn every_type_that_is_named_is_known() {
        for (kind, rows) in TYPES.iter() {
            for row in rows {
                let shape = row
                    .rsplit(' ')
                    .next()
                    .expect("three words")
                    .trim_start_matches(['?', '*', '~', '[', ']']);
                let known = matches!(shape, "" | "s" | "i" | "b" | "q") || TYPES.contains_key(shape);
                assert!(known, "{kind}: {row}");
            }
        }
    }
}
