//! Defaults of a pod's volumes, one source at a time.

use super::container::{pull_policy, references};
use super::gaps::{at, fill, fill_zero, is_bare, items, object, path, text};
use super::storage;
use serde_json::{Map, Value, json};

/// Fills in one volume of a pod; a volume without a source becomes an `emptyDir`.
pub(super) fn volume(volume: &mut Value) {
    let bare = volume.as_object().is_some_and(|map| map.iter().all(|(key, v)| key == "name" || v.is_null()));
    if bare {
        volume["emptyDir"] = json!({});
    }
    for key in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = at(volume, key) {
            fill(source, "defaultMode", 0o644);
            items(source, "items").for_each(references);
        }
    }
    if let Some(projected) = at(volume, "projected") {
        projection(projected);
    }
    if let Some(path) = at(volume, "hostPath") {
        fill(path, "type", "");
    }
    if let Some(image) = at(volume, "image") {
        let policy = pull_policy(text(image, "reference"));
        fill_zero(image, "pullPolicy", policy);
    }
    if let Some(claim) = path(volume, &["ephemeral", "volumeClaimTemplate"]) {
        fill(claim, "metadata", Map::new());
        if let Some(spec) = object(claim, "spec") {
            storage::claim_spec(spec);
        }
    }
    remote(volume);
}

fn projection(projected: &mut Value) {
    if is_bare(projected, "sources") {
        projected["sources"] = Value::Null;
    }
    for source in items(projected, "sources") {
        if let Some(token) = at(source, "serviceAccountToken") {
            fill(token, "expirationSeconds", 3600);
        }
        if let Some(downward) = at(source, "downwardAPI") {
            items(downward, "items").for_each(references);
        }
    }
}

/// Sources that live outside the cluster.
pub(super) fn remote(volume: &mut Value) {
    if let Some(iscsi) = at(volume, "iscsi") {
        fill_zero(iscsi, "iscsiInterface", "default");
    }
    if let Some(rbd) = at(volume, "rbd") {
        fill_zero(rbd, "pool", "rbd");
        fill_zero(rbd, "user", "admin");
        fill_zero(rbd, "keyring", "/etc/ceph/keyring");
    }
    if let Some(disk) = at(volume, "azureDisk") {
        fill(disk, "cachingMode", "ReadWrite");
        fill(disk, "kind", "Shared");
        fill(disk, "fsType", "ext4");
        fill(disk, "readOnly", false);
    }
    if let Some(scale) = at(volume, "scaleIO") {
        fill_zero(scale, "storageMode", "ThinProvisioned");
        fill_zero(scale, "fsType", "xfs");
    }
}
