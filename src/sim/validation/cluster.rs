//! What namespaces, leases, runtime classes and revisions may say, and what of them never changes.

use super::findings::{Findings, Path, same};
use super::{affinity, amounts, internal, meta, names};
use crate::sim::look::{list, map, text};
use serde_json::{Value, json};

/// A new Namespace.
pub(super) fn namespace(object: &Value, found: &mut Findings) {
    let path = Path::new("spec.finalizers");
    for finalizer in list(object, "/spec/finalizers").iter().filter_map(Value::as_str) {
        found.invalid_each(&path, finalizer, names::qualified(finalizer));
        if !finalizer.contains('/') && !meta::STANDARD_FINALIZERS.contains(&finalizer) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            found.invalid(&path, finalizer, detail);
        }
    }
}

/// The finalizers of a Namespace, as they are written by whoever has done its part.
pub(super) fn finalized(object: &Value, found: &mut Findings) {
    let path = Path::new("spec.finalizers");
    for (index, finalizer) in list(object, "/spec/finalizers").iter().enumerate() {
        let (at, finalizer) = (path.index(index), finalizer.as_str().unwrap_or_default());
        found.invalid_each(&at, finalizer, names::qualified(finalizer));
        if !finalizer.contains('/') && !meta::STANDARD_FINALIZERS.contains(&finalizer) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            found.invalid(&at, finalizer, detail);
        }
    }
}

/// A Lease.
pub(super) fn lease(object: &Value, found: &mut Findings) {
    let (path, spec) = (Path::new("spec"), object.get("spec").unwrap_or(&Value::Null));
    let count = |key: &str| spec.get(key).and_then(Value::as_i64);
    if let Some(seconds) = count("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        found.invalid(&path.child("leaseDurationSeconds"), seconds, "must be greater than 0");
    }
    if let Some(transitions) = count("leaseTransitions").filter(|transitions| *transitions < 0) {
        let detail = "must be greater than or equal to 0";
        found.invalid(&path.child("leaseTransitions"), transitions, detail);
    }
    let strategy = spec.get("strategy").and_then(Value::as_str);
    if let Some(strategy) = strategy {
        let at = path.child("strategy.strategy");
        match strategy.contains('/') {
            true => found.invalid_each(&at, strategy, names::qualified(strategy)),
            false if strategy != "OldestEmulationVersion" => {
                found.unsupported(&at, strategy, &["OldestEmulationVersion"]);
            }
            false => {}
        }
    }
    if !text(spec, "/preferredHolder").is_empty() && strategy.is_none_or(str::is_empty) {
        let detail = "may only be specified if `strategy` is defined";
        found.forbidden(&path.child("preferredHolder"), detail);
    }
}

/// A RuntimeClass.
pub(super) fn runtime_class(object: &Value, found: &mut Findings) {
    match text(object, "/handler") {
        "" => found.required(&Path::new("handler"), ""),
        handler => found.invalid_each(&Path::new("handler"), handler, names::label(handler)),
    }
    if let Some(fixed) = object.pointer("/overhead/podFixed") {
        let limits = json!({"limits": fixed});
        amounts::requirements(&Path::new("overhead"), amounts::Of::Container, &limits, &[], found);
    }
    let path = Path::new("scheduling");
    meta::labels(&path.child("nodeSelector"), map(object, "/scheduling/nodeSelector"), found);
    let (at, tolerations) = (path.child("tolerations"), list(object, "/scheduling/tolerations"));
    affinity::tolerations(&at, tolerations, found);
    let key = |t: &Value| {
        ["key", "operator", "value", "effect"].map(|field| text(t, &format!("/{field}")).to_owned())
    };
    for (index, toleration) in tolerations.iter().enumerate() {
        if tolerations[..index].iter().any(|before| key(before) == key(toleration)) {
            let printed = internal::print("Toleration", toleration);
            found.duplicate_printed(&at.index(index), &printed, "");
        }
    }
}

/// What of a RuntimeClass never changes.
pub(super) fn runtime_class_update(old: &Value, new: &Value, found: &mut Findings) {
    if text(old, "/handler") != text(new, "/handler") {
        found.invalid(&Path::new("handler"), text(new, "/handler"), "field is immutable");
    }
}

/// A ControllerRevision.
pub(super) fn revision(object: &Value, is_new: bool, found: &mut Findings) {
    found.nonnegative(&Path::new("revision"), object.get("revision"));
    if !is_new {
        return;
    }
    match object.get("data") {
        None | Some(Value::Null) => found.required(&Path::new("data"), "data is mandatory"),
        Some(Value::Object(_)) => {}
        Some(_other) => found.required(&Path::new("data"), "data must be a valid JSON object"),
    }
}

/// What of a ControllerRevision never changes.
pub(super) fn revision_update(old: &Value, new: &Value, found: &mut Findings) {
    if !same(old.get("data"), new.get("data")) {
        let shown = new.get("data").cloned().unwrap_or(Value::Null);
        found.invalid(&Path::new("data"), shown, "field is immutable");
    }
}
