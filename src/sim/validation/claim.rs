//! What claims of storage may say, alone and in templates, and what of them never changes.

use super::findings::{Findings, Path, same};
use super::{amounts, claim_template, internal, names, selectors};
use crate::sim::amount;
use crate::sim::look::{list, map, plain, text};
use serde_json::{Value, json};

/// Where the class of a claim was named before it had a field of its own.
const OLD_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// A PersistentVolumeClaim; `old` is what it was, of a changed one.
pub(super) fn claim(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let has_group = |field: &str| {
        old.is_some_and(|old| old.pointer(&format!("/spec/{field}/apiGroup")).is_some_and(Value::is_string))
    };
    let any_group = has_group("dataSource") || has_group("dataSourceRef");
    spec(&Path::new("spec"), object.get("spec").unwrap_or(&Value::Null), any_group, found);
}

/// The template of a claim, as pods and StatefulSets hold it.
pub(super) fn template(path: &Path, template: &Value, found: &mut Findings) {
    claim_template::metadata(&path.child("metadata"), template, found);
    spec(&path.child("spec"), template.get("spec").unwrap_or(&Value::Null), false, found);
}

/// The spec of a claim; `any_group` leaves the groups of what it is made of alone.
pub(super) fn spec(path: &Path, spec: &Value, any_group: bool, found: &mut Findings) {
    if list(spec, "/accessModes").is_empty() {
        found.required(&path.child("accessModes"), "at least 1 access mode is required");
    }
    selectors::selector(&path.child("selector"), spec.get("selector"), found);
    modes(&path.child("accessModes"), spec, found);
    let at = path.child("resources").key("storage");
    match spec.pointer("/resources/requests/storage") {
        None => found.required(&at, ""),
        Some(amount) if amount::nanos(&plain(amount)).is_some_and(|amount| amount <= 0) => {
            found.invalid(&at, plain(amount), "must be greater than zero");
        }
        Some(amount) => amounts::amount(&at, "storage", amount, found),
    }
    class(&path.child("storageClassName"), text(spec, "/storageClassName"), found);
    volume_mode(path, spec, found);
    sources(path, spec, any_group, found);
    class(&path.child("volumeAttributesClassName"), text(spec, "/volumeAttributesClassName"), found);
}

/// The name of a class, where one is given.
pub(super) fn class(path: &Path, name: &str, found: &mut Findings) {
    if !name.is_empty() {
        found.invalid_each(path, name, names::subdomain(name));
    }
}

/// How a volume may be mounted.
pub(super) fn modes(path: &Path, spec: &Value, found: &mut Findings) {
    let given: Vec<&str> = list(spec, "/accessModes").iter().filter_map(Value::as_str).collect();
    for mode in given.iter().filter(|mode| !MODES.contains(mode)) {
        found.unsupported(path, mode, &MODES);
    }
    let other = given.iter().any(|mode| MODES[..3].contains(mode));
    if other && given.contains(&"ReadWriteOncePod") {
        found.forbidden(path, "may not use ReadWriteOncePod with other access modes");
    }
}

/// Whether a volume is a directory or a device.
pub(super) fn volume_mode(path: &Path, spec: &Value, found: &mut Findings) {
    if let Some(mode) = spec.get("volumeMode").and_then(Value::as_str)
        && !matches!(mode, "Block" | "Filesystem")
    {
        found.unsupported(&path.child("volumeMode"), mode, &["Block", "Filesystem"]);
    }
}

fn sources(path: &Path, spec: &Value, any_group: bool, found: &mut Findings) {
    let given = |key: &str| spec.get(key).filter(|source| source.is_object());
    for key in ["dataSource", "dataSourceRef"] {
        let Some(source) = given(key) else { continue };
        let at = path.child(key);
        found.needs(&at, source, &["name", "kind"]);
        let (group, kind) = (text(source, "/apiGroup"), text(source, "/kind"));
        if group.is_empty() && kind != "PersistentVolumeClaim" {
            let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            found.invalid(&at, kind, detail);
        }
        if !group.is_empty() && !any_group {
            found.invalid_each(&at.child("apiGroup"), group, names::subdomain(group));
        }
        let namespace = text(source, "/namespace");
        if key == "dataSourceRef" && !namespace.is_empty() {
            found.invalid_each(&at.child("namespace"), namespace, names::label(namespace));
        }
    }
    let (Some(source), Some(reference)) = (given("dataSource"), given("dataSourceRef")) else { return };
    let elsewhere = !text(reference, "/namespace").is_empty();
    let alike = ["apiGroup", "kind", "name"].iter().all(|key| source.get(*key) == reference.get(*key));
    let detail = match (elsewhere, alike) {
        (true, _) => "may not be specified when dataSourceRef.namespace is specified",
        (false, false) => "must match dataSourceRef",
        (false, true) => return,
    };
    found.invalid_printed(path, "{}", detail);
}

/// What of a claim never changes: everything but the size, which never shrinks, and the class of its attributes.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    let noted = |claim: &Value| {
        let notes = map(claim, "/metadata/annotations");
        notes.and_then(|notes| notes.get(OLD_CLASS)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let upgraded = old.pointer("/spec/storageClassName").is_none()
        && !noted(old).is_empty()
        && text(new, "/spec/storageClassName") == noted(old)
        && (noted(new).is_empty() || noted(new) == noted(old));
    if !upgraded && noted(old) != noted(new) {
        let at = Path::new("metadata.annotations").child(OLD_CLASS);
        found.invalid(&at, noted(new), "field is immutable");
    }
    let empty = json!({});
    let (before, after) = (old.get("spec").unwrap_or(&empty), new.get("spec").unwrap_or(&empty));
    let mut mended = after.clone();
    let mut held = before.clone();
    let bound = text(new, "/status/phase") == "Bound";
    if text(before, "/volumeName").is_empty() {
        held["volumeName"] = after.get("volumeName").cloned().unwrap_or(Value::Null);
    }
    if before.get("storageClassName").is_none_or(Value::is_null) {
        mended["storageClassName"] = Value::Null;
    }
    if bound && mended.pointer("/resources/requests").is_some_and(Value::is_object) {
        let size = before.pointer("/resources/requests/storage").cloned().unwrap_or(Value::Null);
        mended["resources"]["requests"]["storage"] = size;
    }
    if bound {
        let key = "volumeAttributesClassName";
        mended[key] = before.get(key).cloned().unwrap_or(Value::Null);
    }
    if !same(Some(&held), Some(&mended)) {
        let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
                      bound claims";
        let changed = internal::difference("PersistentVolumeClaimSpec", &held, &mended);
        found.forbidden(&Path::new("spec"), &format!("{detail}\n{changed}"));
    }
    let amount = |value: Option<&Value>| value.map(plain).as_deref().and_then(amount::nanos).unwrap_or(0);
    let size = |spec: &Value| amount(spec.pointer("/resources/requests/storage"));
    if size(after) < size(before) && size(after) <= amount(old.pointer("/status/capacity/storage")) {
        let at = Path::new("spec.resources.requests.storage");
        found.forbidden(&at, "field can not be less than status.capacity");
    }
    let key = "volumeMode";
    found.immutable(&Path::of(key), before.get(key), after.get(key));
    let current = old.pointer("/status/currentVolumeAttributesClassName").is_some_and(Value::is_string);
    let key = "volumeAttributesClassName";
    if before.get(key) != after.get(key) && current {
        let at = Path::new("spec.volumeAttributesClassName");
        let which = match after.get(key).and_then(Value::as_str) {
            None => "nil",
            Some("") => "empty string",
            Some(_) => return,
        };
        let detail =
            format!("update to {which} is forbidden when status.currentVolumeAttributesClassName is not nil");
        found.forbidden(&at, &detail);
    }
}

/// How far the change of an amount has come.
const RESIZES: [&str; 5] = [
    "ControllerResizeInProgress",
    "ControllerResizeInfeasible",
    "NodeResizeInProgress",
    "NodeResizeInfeasible",
    "NodeResizePending",
];

/// What the status of a claim may say.
pub(super) fn status(object: &Value, found: &mut Findings) {
    let at = Path::new("status.capacity");
    for (key, amount) in map(object, "/status/capacity").into_iter().flatten() {
        basic(&at.key(key), amount, found);
    }
    let at = Path::new("status.allocatedResourceStatuses");
    for (key, resize) in map(object, "/status/allocatedResourceStatuses").into_iter().flatten() {
        resource(&at, key, found);
        if !resize.as_str().is_some_and(|resize| RESIZES.contains(&resize)) {
            found.unsupported(&at, key, &RESIZES);
        }
    }
    let at = Path::new("status.allocatedResources");
    for (key, amount) in map(object, "/status/allocatedResources").into_iter().flatten() {
        if resource(&at, key, found) && basic(&at.key(key), amount, found) {
            amounts::amount(&at.key(key), "storage", amount, found);
        }
    }
}

/// An amount that is none below nothing; whether it is.
fn basic(path: &Path, amount: &Value, found: &mut Findings) -> bool {
    let below = amount::nanos(&plain(amount)).filter(|nanos| *nanos < 0);
    if let Some(nanos) = below {
        let whole = i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MIN);
        found.invalid(path, whole, "must be a valid resource quantity");
    }
    below.is_none()
}

/// The name of what is given to a claim: of Kubernetes' own there is storage alone. Whether it is one.
fn resource(path: &Path, name: &str, found: &mut Findings) -> bool {
    let wrong = names::qualified(name);
    let is_other = wrong.is_empty() && amounts::is_native(name) && name != "storage";
    if is_other {
        found.unsupported(path, name, &["storage"]);
    }
    let fits = wrong.is_empty() && !is_other;
    found.invalid_each(path, name, wrong);
    fits
}
