//! What kube-apiserver refuses about the content of an object, and what it resets before it stores one.

use serde_json::Value;

/// One thing wrong with an object, as a cause of a 422 names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// `FieldValueInvalid`, `FieldValueRequired`, …: the reason of the cause.
    pub reason: &'static str,
    /// `spec.template.spec.containers[0].image`.
    pub field: String,
    /// `Required value`, `Invalid value: "x": must …`: the message of the cause.
    pub message: String,
}

/// Puts a new object into the state in which it is stored: no status, generation 1, and what its kind asks for.
pub fn prepare_create(_group: &str, _kind: &str, _object: &mut Value) {}

/// The same for a changed object: status kept from `old`, generation counted up when the spec changed.
pub fn prepare_update(_group: &str, _kind: &str, _old: &Value, _object: &mut Value) {}

/// What is wrong with a new object.
pub fn create(_group: &str, _kind: &str, _object: &Value) -> Vec<Violation> {
    Vec::new()
}

/// What is wrong with a changed object, immutable fields included.
pub fn update(_group: &str, _kind: &str, _old: &Value, _object: &Value) -> Vec<Violation> {
    Vec::new()
}
