//! What is reset in a custom object before it is stored, and what is wrong with a new or changed one.

use super::definition::Version;
use super::invariants;
use super::rules::{self, Judgement};
use super::values;
use crate::sim::object::{carry, set_meta};
use crate::sim::resources::Resource;
use crate::sim::validation::{self, Findings, Path, Violation};
use serde_json::{Value, json};

/// Puts a new object into the state in which it is stored.
pub(in crate::sim) fn prepare_create(version: &Version, object: &mut Value) {
    if let Some(members) = object.as_object_mut().filter(|_| version.status) {
        members.remove("status");
    }
    set_meta(object, "generation", json!(1));
}

/// Puts a changed object into the state in which it is stored: everything but metadata counts as a generation.
pub(in crate::sim) fn prepare_update(version: &Version, old: &Value, object: &mut Value) {
    if version.status {
        carry(old, object, "status");
    }
    let before = old["metadata"]["generation"].as_i64().unwrap_or(0);
    let changed = |one: &Value, other: &Value| {
        let members = one.as_object().into_iter().flatten();
        let mut rest = members.filter(|(name, _)| *name != "metadata" && *name != "apiVersion");
        rest.any(|(name, value)| other.get(name) != Some(value))
    };
    let counted = before + i64::from(changed(old, object) || changed(object, old));
    set_meta(object, "generation", json!(counted));
}

/// What is wrong with a new object.
pub(in crate::sim) fn create(of: &Resource, version: &Version, object: &Value) -> Judgement {
    let wrong = mistaken(of, object);
    if !wrong.is_empty() {
        return Judgement { violations: wrong, warnings: Vec::new() };
    }
    let mut found = validation::create(&of.group, &of.kind, object);
    found.extend(values::validate(version.schema(), object, None, ""));
    if let Some(scale) = &version.scale {
        invariants::scale_spec(scale, object, &mut found);
        invariants::scale_status(scale, object, &mut found);
    }
    found.extend(resources(version, object));
    found.extend(lists(version, object));
    by_rules(version, None, object, found)
}

/// What is wrong with a changed object.
pub(in crate::sim) fn update(of: &Resource, version: &Version, old: &Value, object: &Value) -> Judgement {
    let wrong = mistaken(of, object);
    if !wrong.is_empty() {
        return Judgement { violations: wrong, warnings: Vec::new() };
    }
    let mut found = validation::update(&of.group, &of.kind, old, object);
    found.extend(values::validate(version.schema(), object, Some(old), ""));
    if let Some(scale) = &version.scale {
        invariants::scale_spec(scale, object, &mut found);
        invariants::scale_status(scale, object, &mut found);
    }
    found.extend(resources(version, object));
    if lists(version, old).is_empty() {
        found.extend(lists(version, object));
    }
    by_rules(version, Some(old), object, found)
}

/// What is wrong with a changed status.
pub(in crate::sim) fn status(version: &Version, old: &Value, object: &Value) -> Judgement {
    let mut found = Vec::new();
    if let (Some(status), Some(schema)) = (object.get("status"), version.schema().property("status")) {
        found.extend(values::validate(schema, status, old.get("status"), "status"));
    }
    if let Some(scale) = &version.scale {
        invariants::scale_status(scale, object, &mut found);
    }
    if lists(version, old).is_empty() {
        found.extend(lists(version, object));
    }
    by_rules(version, Some(old), object, found)
}

/// What was found, and what the rules of the schema say; they are not asked about an object whose form is wrong.
fn by_rules(version: &Version, old: Option<&Value>, object: &Value, mut found: Vec<Violation>) -> Judgement {
    let Some(rules) = version.rules() else { return Judgement { violations: found, warnings: Vec::new() } };
    let blocking = [
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    ];
    if found.iter().any(|violation| blocking.contains(&violation.reason)) {
        let message = "Invalid value: null: some validation rules were not checked because the object was invalid; correct \
                       the existing errors to complete validation";
        let (reason, field) = ("FieldValueInvalid", "<nil>".to_owned());
        found.push(Violation { reason, field, message: message.to_owned() });
        return Judgement { violations: found, warnings: Vec::new() };
    }
    let judgement = rules::judge(rules, version.schema(), old, object);
    found.extend(judgement.violations);
    Judgement { violations: found, ..judgement }
}

fn mistaken(of: &Resource, object: &Value) -> Vec<Violation> {
    let kind = object["kind"].as_str().unwrap_or_default();
    if kind == of.kind {
        return Vec::new();
    }
    let message = format!("Invalid value: {kind:?}: must be {}", of.kind);
    vec![Violation { reason: "FieldValueInvalid", field: "kind".to_owned(), message }]
}

fn lists(version: &Version, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    invariants::lists(version.schema(), object, &Path::root(), &mut found);
    found.into_inner()
}

fn resources(version: &Version, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    invariants::resources(version.schema(), object, &Path::root(), false, &mut found);
    found.into_inner()
}

/// What is said of finalizers that a write adds and whose names may be somebody else's too.
pub(in crate::sim) fn finalizer_warnings(old: Option<&Value>, object: &Value) -> Vec<String> {
    let held = |object: &Value| crate::sim::object::finalizers(object);
    let before = old.map(held).unwrap_or_default();
    let mut added: Vec<String> = held(object).into_iter().filter(|name| !before.contains(name)).collect();
    added.sort();
    added.dedup();
    let mut told = Vec::new();
    for name in added {
        for message in validation::qualified(&name) {
            told.push(format!("metadata.finalizers: {name:?}: {message}"));
        }
        let standard = ["orphan", "foregroundDeletion", "kubernetes"].contains(&name.as_str());
        if !name.contains('/') && !standard {
            let path = if name.contains('.') { " including a path (/)" } else { "" };
            told.push(format!(
                "metadata.finalizers: {name:?}: prefer a domain-qualified finalizer name{path} to avoid \
                 accidental conflicts with other finalizer writers"
            ));
        }
    }
    told
}
