//! What of a Job never changes; while it is suspended and never ran, where its pods may run and what they ask for does.

use super::findings::{Findings, Path, same};
use super::internal;
use crate::sim::look::{is_true, list, text};
use serde_json::{Value, json};

/// The change of a Job's spec.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    let path = Path::new("spec");
    let field = |object: &Value, key: &str| object.get("spec").and_then(|spec| spec.get(key)).cloned();
    completions(&path.child("completions"), old, new, found);
    let (was, is) = (field(old, "selector"), field(new, "selector"));
    found.immutable(&path.child("selector"), was.as_ref(), is.as_ref());
    template(old, new, found);
    for (key, kind) in [
        ("completionMode", ""),
        ("podFailurePolicy", "PodFailurePolicy"),
        ("backoffLimitPerIndex", ""),
        ("managedBy", ""),
        ("successPolicy", "SuccessPolicy"),
    ] {
        let given = |value: Option<Value>| value.filter(|value| !value.is_null());
        let (was, is) = (given(field(old, key)), given(field(new, key)));
        // A policy without rules is a policy.
        if was.is_some() == is.is_some() && same(was.as_ref(), is.as_ref()) {
            continue;
        }
        let printed = match is {
            None => "null".to_owned(),
            Some(is) if is.is_object() => internal::print(kind, &is),
            Some(is) => is.to_string(),
        };
        found.invalid_printed(&path.child(key), &printed, "field is immutable");
    }
}

fn completions(path: &Path, old: &Value, new: &Value, found: &mut Findings) {
    let (was, is) = (old.pointer("/spec/completions"), new.pointer("/spec/completions"));
    if text(new, "/spec/completionMode") != "Indexed" {
        return found.immutable(path, was, is);
    }
    let Some(is) = is.filter(|is| !is.is_null() && was != Some(*is)) else { return };
    if Some(is) != new.pointer("/spec/parallelism") {
        found.invalid(path, is.clone(), "can only be modified in tandem with spec.parallelism");
    }
}

fn template(old: &Value, new: &Value, found: &mut Findings) {
    let part = |object: &Value| object.pointer("/spec/template").cloned().unwrap_or(json!({}));
    let (mut before, after) = (part(old), part(new));
    let suspended = is_true(old, "/spec/suspend");
    if suspended && text(old, "/status/startTime").is_empty() {
        mend(&mut before, &after);
        for key in ["containers", "initContainers"] {
            let pointer = format!("/spec/{key}");
            let new = list(&after, &pointer).to_vec();
            let held =
                before.pointer_mut(&pointer).and_then(Value::as_array_mut).filter(|h| h.len() == new.len());
            for (held, new) in held.into_iter().flatten().zip(new) {
                if held["name"] == new["name"] {
                    held["resources"] = new["resources"].clone();
                }
            }
        }
        if !same(before.get("spec"), after.get("spec")) {
            let printed = internal::pod_spec(&after["spec"]);
            found.invalid_printed(&Path::new("spec.template.spec"), &printed, "field is immutable");
        }
        return;
    }
    if !same(Some(&before), Some(&after)) {
        let printed = internal::pod_template(&after);
        found.invalid_printed(&Path::new("spec.template"), &printed, "field is immutable");
    }
}

/// Takes over where the pods of a Job that has not run may run.
fn mend(before: &mut Value, after: &Value) {
    let nodes =
        |template: &Value| template.pointer("/spec/affinity/nodeAffinity").cloned().unwrap_or(Value::Null);
    let is_there = |template: &Value| template.pointer("/spec/affinity").is_some_and(Value::is_object);
    match (is_there(before), is_there(after)) {
        (true, after_has) => {
            before["spec"]["affinity"]["nodeAffinity"] = nodes(after);
            let bare =
                before["spec"]["affinity"].as_object().is_some_and(|held| held.values().all(Value::is_null));
            if !after_has && bare {
                before["spec"]["affinity"] = Value::Null;
            }
        }
        (false, true) => before["spec"]["affinity"] = json!({"nodeAffinity": nodes(after)}),
        (false, false) => {}
    }
    for (part, keys) in [
        ("spec", ["nodeSelector", "tolerations", "schedulingGates"].as_slice()),
        ("metadata", ["annotations", "labels"].as_slice()),
    ] {
        for key in keys {
            before[part][*key] = after[part].get(*key).cloned().unwrap_or(Value::Null);
        }
    }
}
