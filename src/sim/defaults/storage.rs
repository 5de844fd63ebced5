//! Defaults of claims, volumes and storage classes.

use super::gaps::{at, fill, fill_zero, is_bare, object};
use super::volume::remote;
use serde_json::{Map, Value, json};

/// PersistentVolumeClaim, also as a claim template of a StatefulSet.
pub(super) fn claim(claim: &mut Value) {
    if let Some(spec) = object(claim, "spec") {
        claim_spec(spec);
    }
    if let Some(status) = object(claim, "status") {
        fill_zero(status, "phase", "Pending");
    }
}

/// The spec of a claim, also of an ephemeral volume.
pub(super) fn claim_spec(spec: &mut Value) {
    fill(spec, "resources", Map::new());
    fill(spec, "volumeMode", "Filesystem");
}

/// PersistentVolume.
pub(super) fn volume(volume: &mut Value) {
    if let Some(spec) = object(volume, "spec") {
        fill_zero(spec, "persistentVolumeReclaimPolicy", "Retain");
        fill(spec, "volumeMode", "Filesystem");
        source(spec);
    }
    if let Some(status) = object(volume, "status") {
        fill_zero(status, "phase", "Pending");
    }
}

/// Where a volume is.
fn source(spec: &mut Value) {
    if let Some(path) = at(spec, "hostPath") {
        fill(path, "type", "");
    }
    remote(spec);
}

/// StorageClass.
pub(super) fn class(class: &mut Value) {
    fill(class, "reclaimPolicy", "Delete");
    fill(class, "volumeBindingMode", "Immediate");
}

/// CSIDriver.
pub(super) fn driver(driver: &mut Value) {
    let Some(spec) = object(driver, "spec") else { return };
    fill(spec, "attachRequired", true);
    for key in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
        fill(spec, key, false);
    }
    fill(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    if is_bare(spec, "volumeLifecycleModes") {
        spec["volumeLifecycleModes"] = json!(["Persistent"]);
    }
}

/// VolumeAttachment.
pub(super) fn attachment(attachment: &mut Value) {
    if let Some(spec) = attachment.pointer_mut("/spec/source/inlineVolumeSpec") {
        source(spec);
    }
    if let Some(status) = object(attachment, "status") {
        fill(status, "attached", false);
    }
}
