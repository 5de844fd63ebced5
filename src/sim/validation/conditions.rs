//! Conditions of the common type (`metav1.Condition`), as the statuses of some kinds have them.

use super::findings::{Findings, Path};
use super::names;
use crate::sim::look::{list, text};
use serde_json::Value;

/// How long a reason and a message may be.
const LONGEST: (usize, usize) = (1024, 32 * 1024);

/// What is wrong with the conditions at `pointer`.
pub(super) fn check(path: &Path, object: &Value, pointer: &str, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, condition) in list(object, pointer).iter().enumerate() {
        let kind = text(condition, "/type");
        if taken.contains(&kind) {
            found.duplicate(&path.index(index).child("type"), kind);
        }
        taken.push(kind);
        self::condition(&path.index(index), condition, found);
    }
}

fn condition(path: &Path, condition: &Value, found: &mut Findings) {
    let (kind, status) = (text(condition, "/type"), text(condition, "/status"));
    found.invalid_each(&path.child("type"), kind, names::qualified(kind));
    let statuses = ["False", "True", "Unknown"];
    if !statuses.contains(&status) {
        found.unsupported(&path.child("status"), status, &statuses);
    }
    if let Some(seen) = condition.get("observedGeneration").and_then(Value::as_i64).filter(|seen| *seen < 0) {
        found.invalid(&path.child("observedGeneration"), seen, "must be greater than or equal to zero");
    }
    if text(condition, "/lastTransitionTime").is_empty() {
        found.required(&path.child("lastTransitionTime"), "");
    }
    let (reason, message) = (text(condition, "/reason"), text(condition, "/message"));
    if reason.is_empty() {
        found.required(&path.child("reason"), "");
    } else if !is_reason(reason) {
        let detail = "a condition reason must start with alphabetic character, optionally followed by a string of \
            alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or \
            'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is \
            '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";
        found.invalid(&path.child("reason"), reason, detail);
    }
    for (field, text, most) in [("reason", reason, LONGEST.0), ("message", message, LONGEST.1)] {
        if text.len() > most {
            found.too_long(&path.child(field), most);
        }
    }
}

fn is_reason(reason: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    reason.starts_with(|c: char| c.is_ascii_alphabetic())
        && reason.ends_with(word)
        && reason.chars().all(|c| word(c) || matches!(c, ',' | ':'))
}
