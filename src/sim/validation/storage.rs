//! What storage classes may say, and what of them never changes.

use super::findings::{Findings, Path, same};
use crate::sim::look::text;
use serde_json::Value;

/// A StorageClass.
pub(super) fn class(object: &Value, found: &mut Findings) {
    if text(object, "/provisioner").is_empty() {
        found.required(&Path::new("provisioner"), "");
    }
    for (key, supported) in [
        ("reclaimPolicy", ["Delete", "Retain"]),
        ("volumeBindingMode", ["Immediate", "WaitForFirstConsumer"]),
    ] {
        let given = text(object, &format!("/{key}"));
        if !given.is_empty() && !supported.contains(&given) {
            found.unsupported(&Path::new(key), given, &supported);
        }
    }
}

/// What of a StorageClass never changes.
pub(super) fn class_update(old: &Value, new: &Value, found: &mut Findings) {
    for key in ["parameters", "provisioner"] {
        if !same(old.get(key), new.get(key)) {
            found.forbidden(&Path::new(key), &format!("updates to {key} are forbidden."));
        }
    }
    if !same(old.get("reclaimPolicy"), new.get("reclaimPolicy")) {
        found.forbidden(&Path::new("reclaimPolicy"), "updates to reclaimPolicy are forbidden.");
    }
    let key = "volumeBindingMode";
    found.immutable(&Path::new(key), old.get(key), new.get(key));
}
