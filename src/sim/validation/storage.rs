//! What claims, volumes and storage classes may say, and what of them never changes.

use super::findings::{Findings, Path, same};
use super::{internal, names, quantity};
use crate::sim::look::{list, map, plain, text};
use serde_json::Value;

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// A PersistentVolumeClaim.
pub(super) fn claim(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    modes(&path, spec, "at least 1 access mode is required", found);
    match spec.pointer("/resources/requests/storage") {
        None => found.required(&path.child("resources").key("storage"), ""),
        Some(amount) => more_than_nothing(&path.child("resources").key("storage"), amount, found),
    }
    let class = text(spec, "/storageClassName");
    if !class.is_empty() {
        found.invalid_each(&path.child("storageClassName"), class, names::subdomain(class));
    }
    volume_mode(&path, spec, found);
}

fn modes(path: &Path, spec: &Value, none: &str, found: &mut Findings) {
    let given = list(spec, "/accessModes");
    let at = path.child("accessModes");
    if given.is_empty() {
        found.required(&at, none);
    }
    for mode in given.iter().filter_map(Value::as_str).filter(|mode| !MODES.contains(mode)) {
        found.unsupported(&at, mode, &MODES);
    }
    if given.len() > 1 && given.iter().any(|mode| mode.as_str() == Some("ReadWriteOncePod")) {
        found.forbidden(&at, "may not use ReadWriteOncePod with other access modes");
    }
}

fn volume_mode(path: &Path, spec: &Value, found: &mut Findings) {
    let mode = text(spec, "/volumeMode");
    if !matches!(mode, "" | "Block" | "Filesystem") {
        found.unsupported(&path.child("volumeMode"), mode, &["Block", "Filesystem"]);
    }
}

fn more_than_nothing(path: &Path, amount: &Value, found: &mut Findings) {
    if quantity::nanos(&plain(amount)).is_some_and(|amount| amount <= 0) {
        found.invalid(path, plain(amount), "must be greater than zero");
    }
}

/// A PersistentVolume.
pub(super) fn volume(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    modes(&path, spec, "", found);
    match map(spec, "/capacity") {
        Some(capacity) if capacity.contains_key("storage") => {
            more_than_nothing(&path.child("capacity").key("storage"), &capacity["storage"], found);
        }
        Some(_) | None => found.required(&path.child("capacity"), ""),
    }
    let policies = ["Delete", "Recycle", "Retain"];
    let policy = text(spec, "/persistentVolumeReclaimPolicy");
    if !policies.contains(&policy) {
        found.unsupported(&path.child("persistentVolumeReclaimPolicy"), policy, &policies);
    }
    volume_mode(&path, spec, found);
}

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

/// What of a claim never changes: everything but the size, which never shrinks, and the class of its attributes.
pub(super) fn claim_update(old: &Value, new: &Value, found: &mut Findings) {
    let empty = Value::Null;
    let (before, after) = (old.get("spec").unwrap_or(&empty), new.get("spec").unwrap_or(&empty));
    let mut mended = after.clone();
    let bound = text(old, "/status/phase") == "Bound";
    let binding = text(before, "/volumeName").is_empty();
    for (key, free) in [
        ("resources", bound),
        ("volumeAttributesClassName", bound),
        ("volumeName", binding),
        ("storageClassName", false),
    ] {
        if free && mended.is_object() {
            mended[key] = before.get(key).cloned().unwrap_or(Value::Null);
        }
    }
    if !same(Some(before), Some(&mended)) {
        let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
                      bound claims";
        let changed = internal::difference("PersistentVolumeClaimSpec", before, &mended);
        found.forbidden(&Path::new("spec"), &format!("{detail}\n{changed}"));
    }
    let size = |spec: &Value| spec.pointer("/resources/requests/storage").map(plain);
    let amount = |spec: &Value| size(spec).as_deref().and_then(quantity::nanos);
    if bound && amount(after) < amount(before) {
        let at = Path::new("spec.resources.requests.storage");
        found.forbidden(&at, "field can not be less than status.capacity");
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
