//! JSON patch, merge patch and strategic merge patch on plain documents. Knows no objects: names, versions and
//! ownership of fields are looked after by whoever writes the result.

mod directive;
mod order;
mod rfc6902;
mod strategic;

use super::schema::Type;
use serde_json::Value;

/// Why a patch could not be applied; the text is what kube-apiserver says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The patch is not of the form that its media type asks for: kube-apiserver answers 400 with this text.
    #[error("{0}")]
    Malformed(String),
    /// The patch is longer than kube-apiserver allows: it answers 413 with this text.
    #[error("{0}")]
    TooLarge(String),
    /// The patch does not fit the document: kube-apiserver answers 422, and keeps the text for itself (`the server
    /// rejected our request due to an error in our request`).
    #[error("{0}")]
    Invalid(String),
    /// The patch is contradictory: kube-apiserver answers 500 with this text.
    #[error("{0}")]
    Contradictory(String),
}

/// RFC 6902.
pub fn json(document: &Value, patch: &Value) -> Result<Value, PatchError> {
    rfc6902::apply(document, patch)
}

/// RFC 7386, as Go's library has it: what takes the place of nothing, of a list or of a scalar loses the nulls of all
/// objects in it, those in lists included; what takes the place of an object is taken as it is.
pub fn merge(document: &Value, patch: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (document, patch) else {
        return if document.is_object() { patch.clone() } else { without_nulls(patch) };
    };
    let mut merged = old.clone();
    for (name, value) in new {
        match (value, old.get(name)) {
            (Value::Null, _) => drop(merged.remove(name)),
            (value, held) => {
                merged.insert(name.clone(), merge(held.unwrap_or(&Value::Null), value));
            }
        }
    }
    Value::Object(merged)
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let held = members.iter().filter(|(_, member)| !member.is_null());
            Value::Object(held.map(|(name, member)| (name.clone(), without_nulls(member))).collect())
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Kubernetes' strategic merge patch, by the patch strategies and merge keys of `ty`.
pub fn strategic(ty: &Type, document: &Value, patch: &Value) -> Result<Value, PatchError> {
    strategic::apply(ty.shape(), document, patch)
}

/// How Go's decoder names the JSON type of a value.
pub(in crate::sim) fn go_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value as Go's `%v` prints it: `map[image:x name:y]`.
pub(in crate::sim) fn go_print(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_print).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}:{}", go_print(value))).collect();
            format!("map[{}]", members.join(" "))
        }
    }
}
