//! Fields that a type does not have: finding them for strict decoding, dropping them as a server does.

use super::graph::{Shape, Type, View};
use serde_json::Value;

/// What strict decoding says of the fields that `ty` does not have, each as `unknown field "spec.foo"`, in the
/// order of the document's keys. [`super::strict()`] tells them in the order of the text and finds duplicates too.
pub fn unknown_fields(ty: &Type, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(ty.shape(), value, &mut String::new(), &mut found);
    found
}

fn walk(shape: Shape<'_>, value: &Value, path: &mut String, found: &mut Vec<String>) {
    let before = path.len();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                push_name(path, name);
                match (shape.member(name), shape.view()) {
                    (Some(inner), _) => walk(inner, member, path, found),
                    (None, View::Struct(false)) => found.push(format!("unknown field \"{path}\"")),
                    (None, _) => {}
                }
                path.truncate(before);
            }
        }
        Value::Array(items) => {
            if let View::List(inner, _) = shape.view() {
                for (index, item) in items.iter().enumerate() {
                    path.push_str(&format!("[{index}]"));
                    walk(inner, item, path, found);
                    path.truncate(before);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Appends `.name`, or `name` at the root.
pub(super) fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

/// Drops the fields that `ty` does not have, as kube-apiserver does on built-in kinds and structural schemas.
pub fn prune(ty: &Type, value: &mut Value) {
    prune_at(ty.shape(), value);
}

fn prune_at(shape: Shape<'_>, value: &mut Value) {
    match value {
        Value::Object(members) => {
            if matches!(shape.view(), View::Struct(false)) {
                members.retain(|name, _| shape.field(name).is_some());
            }
            for (name, member) in members.iter_mut() {
                if let Some(inner) = shape.member(name) {
                    prune_at(inner, member);
                }
            }
        }
        Value::Array(items) => {
            if let View::List(inner, _) = shape.view() {
                items.iter_mut().for_each(|item| prune_at(inner, item));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::schema;
    use serde_json::json;

    #[test]
    fn unknown_fields_are_told_by_their_path_and_pruned() {
        let ty = schema::of("apps", "v1", "Deployment").expect("recorded");
        let mut object = json!({"kind": "Deployment", "bogus": 1, "metadata": {"labels": {"any": "x"}},
            "spec": {"template": {"spec": {"containers": [{"name": "a"}, {"name": "b", "imagee": "x"}]}}}});
        let told = unknown_fields(ty, &object);
        let expected =
            ["unknown field \"bogus\"", "unknown field \"spec.template.spec.containers[1].imagee\""];
        assert_eq!(told, expected);
        prune(ty, &mut object);
        assert!(unknown_fields(ty, &object).is_empty());
        assert_eq!(object["metadata"]["labels"]["any"], "x");
    }
}
