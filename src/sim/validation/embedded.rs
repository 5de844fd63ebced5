//! Objects inside custom objects: their kind, version and metadata.

use super::findings::{Findings, Path};
use super::{meta, names};
use serde_json::{Value, json};

/// What is wrong with the kind, the version and the metadata of an object inside another.
pub(in crate::sim) fn embedded(object: &Value, path: &Path, found: &mut Findings) {
    for field in ["apiVersion", "kind"] {
        if object.get(field).is_none() {
            found.required(&path.child(field), "");
        }
    }
    for field in ["apiVersion", "kind"] {
        let at = path.child(field);
        match object.get(field) {
            None => {}
            Some(Value::String(text)) if text.is_empty() => found.invalid(&at, "", "must not be empty"),
            Some(Value::String(version)) if field == "apiVersion" && version.matches('/').count() > 1 => {
                let detail = format!("unexpected GroupVersion string: {version}");
                found.invalid(&at, version.as_str(), &detail);
            }
            Some(Value::String(_)) if field == "apiVersion" => {}
            Some(Value::String(kind)) => {
                let wrong = names::old_label(&kind.to_lowercase());
                if !wrong.is_empty() {
                    let detail =
                        format!("may have mixed case, but should otherwise match: {}", wrong.join(","));
                    found.invalid(&at, kind.as_str(), &detail);
                }
            }
            Some(other) => found.invalid(&at, other.clone(), "must be a string"),
        }
    }
    if object.get("metadata").is_some() {
        metadata(object, &path.child("metadata"), found);
    }
}

fn metadata(object: &Value, path: &Path, found: &mut Findings) {
    let mut inner = json!({"metadata": object["metadata"]});
    if inner["metadata"]["name"].as_str().unwrap_or_default().is_empty() {
        inner["metadata"]["name"] = json!("fakename");
    }
    let mut own = Findings::default();
    meta::inside(&inner, &mut own);
    let base = path.to_string();
    let moved = own.into_inner().into_iter().map(|mut violation| {
        violation.field = violation.field.replacen("metadata", &base, 1);
        violation
    });
    found.extend(moved.collect());
}
