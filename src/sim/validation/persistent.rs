//! What persistent volumes may say, and what of them never changes.

use super::findings::{Findings, Path, same};
use super::{affinity, claim, internal, source};
use crate::sim::amount;
use crate::sim::look::{list, map, plain, text};
use serde_json::{Map, Value, json};

/// A PersistentVolume.
pub(super) fn volume(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    modes(&path, spec, found);
    capacity(&path.child("capacity"), map(spec, "/capacity"), found);
    let policies = ["Delete", "Recycle", "Retain"];
    let policy = text(spec, "/persistentVolumeReclaimPolicy");
    found.one_of_if_any(&path.child("persistentVolumeReclaimPolicy"), policy, &policies);
    let placed = reach(&path.child("nodeAffinity"), spec, found);
    source::persistent(&path, spec, text(object, "/metadata/name"), placed, found);
    recycled(&path, spec, found);
    claim::class(&path.child("storageClassName"), text(spec, "/storageClassName"), found);
    claim::volume_mode(&path, spec, found);
    attributes(&path, spec, found);
}

/// A volume that an attachment describes itself: it is one of CSI's, and no claim is bound to it.
pub(super) fn inline(path: &Path, spec: &Value, found: &mut Findings) {
    let context = "in the context of inline volumes";
    let unfit = format!("may not be specified {context}");
    if spec["claimRef"].is_object() {
        found.forbidden(&path.child("claimRef"), &unfit);
    }
    if map(spec, "/capacity").is_some_and(|capacity| !capacity.is_empty()) {
        found.forbidden(&path.child("capacity"), &unfit);
    }
    if !spec["csi"].is_object() {
        found.required(&path.child("csi"), &format!("has to be specified {context}"));
    }
    modes(path, spec, found);
    if !matches!(text(spec, "/persistentVolumeReclaimPolicy"), "" | "Retain") {
        let detail = format!("may only be Retain {context}");
        found.forbidden(&path.child("persistentVolumeReclaimPolicy"), &detail);
    }
    if spec["nodeAffinity"].is_object() {
        found.forbidden(&path.child("nodeAffinity"), &unfit);
    }
    source::persistent(path, spec, "", false, found);
    recycled(path, spec, found);
    if !text(spec, "/storageClassName").is_empty() {
        found.forbidden(&path.child("storageClassName"), &unfit);
    }
    if !matches!(text(spec, "/volumeMode"), "" | "Filesystem") {
        found.forbidden(
            &path.child("volumeMode"),
            &format!("may not specify volumeMode other than Filesystem {context}"),
        );
    }
}

fn modes(path: &Path, spec: &Value, found: &mut Findings) {
    if list(spec, "/accessModes").is_empty() {
        found.required(&path.child("accessModes"), "");
    }
    claim::modes(&path.child("accessModes"), spec, found);
}

/// The root of a node is not emptied for the next claim.
fn recycled(path: &Path, spec: &Value, found: &mut Findings) {
    let root = text(spec, "/hostPath/path");
    if spec["hostPath"].is_object()
        && root.split('/').all(|part| matches!(part, "" | "."))
        && root.starts_with('/')
        && text(spec, "/persistentVolumeReclaimPolicy") == "Recycle"
    {
        let detail = "may not be 'recycle' for a hostPath mount of '/'";
        found.forbidden(&path.child("persistentVolumeReclaimPolicy"), detail);
    }
}

/// The class of attributes, which volumes of CSI have alone.
fn attributes(path: &Path, spec: &Value, found: &mut Findings) {
    if let Some(class) = spec.get("volumeAttributesClassName").and_then(Value::as_str) {
        let at = path.child("volumeAttributesClassName");
        match class {
            "" => found.required(&at, "an empty string is disallowed"),
            class => claim::class(&at, class, found),
        }
        if !spec["csi"].is_object() {
            let detail = "has to be specified when using volumeAttributesClassName";
            found.required(&path.child("csi"), detail);
        }
    }
}

fn capacity(path: &Path, capacity: Option<&Map<String, Value>>, found: &mut Findings) {
    let empty = Map::new();
    let held = capacity.unwrap_or(&empty);
    if held.is_empty() {
        found.required(path, "");
    }
    if held.len() != 1 || !held.contains_key("storage") {
        let printed = capacity.map_or(Value::Null, |held| Value::Object(held.clone()));
        found.unsupported_printed(path, &printed.to_string(), &["storage"]);
    }
    for (key, amount) in held {
        let Some(nanos) = amount::nanos(&plain(amount)) else { continue };
        let at = path.key(key);
        if nanos < 0 {
            let whole = i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MIN);
            found.invalid(&at, whole, "must be a valid resource quantity");
        }
        if nanos <= 0 {
            found.invalid(&at, plain(amount), "must be greater than zero");
        }
    }
}

/// Which nodes reach the volume; whether it says so at all.
fn reach(path: &Path, spec: &Value, found: &mut Findings) -> bool {
    let Some(affinity) = spec.get("nodeAffinity").filter(|affinity| affinity.is_object()) else {
        return false;
    };
    match affinity.get("required").filter(|required| required.is_object()) {
        Some(required) => affinity::node_selector(&path.child("required"), required, found),
        None => found.required(&path.child("required"), "must specify required node constraints"),
    }
    true
}

/// What of a volume never changes: where it is, whether it is a directory or a device, and which nodes reach it.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    let empty = json!({});
    let (before, after) = (old.get("spec").unwrap_or(&empty), new.get("spec").unwrap_or(&empty));
    let mut mended = after.clone();
    let secret = "controllerExpandSecretRef";
    if before["csi"].is_object() && before["csi"].get(secret).is_none() && mended["csi"].is_object() {
        mended["csi"].as_object_mut().map(|csi| csi.remove(secret));
    }
    let kind = "PersistentVolumeSource";
    let (was, is) = (internal::print(kind, before), internal::print(kind, &mended));
    if was != is {
        let detail = "spec.persistentvolumesource is immutable after creation";
        let changed = internal::difference(kind, before, &mended);
        found.forbidden(&Path::new("spec.persistentvolumesource"), &format!("{detail}\n{changed}"));
    }
    let key = "volumeMode";
    found.immutable(&Path::of(key), before.get(key), after.get(key));
    let key = "nodeAffinity";
    if before.get(key).is_some_and(Value::is_object) && !same(before.get(key), after.get(key)) {
        let printed = match after.get(key) {
            Some(affinity) => internal::print("VolumeNodeAffinity", affinity),
            None => "null".to_owned(),
        };
        let detail = "field is immutable, except for updating from beta label to GA";
        found.invalid_printed(&Path::of(key), &printed, detail);
    }
    let key = "volumeAttributesClassName";
    if before.get(key).is_some_and(Value::is_string) && after.get(key).is_none_or(Value::is_null) {
        found.forbidden(&Path::new("spec").child(key), "update from non-nil value to nil is forbidden");
    }
}
