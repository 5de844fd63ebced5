//! What volumes, claims of volumes, quotas and storage drivers are warned of.

use super::super::findings::Path;
use super::{entries, is_annotated, nodes, pod};
use crate::sim::amount;
use crate::sim::look::{self, list, map, plain, text};
use serde_json::Value;

const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// Sizes that are asked for and are no whole number of bytes.
pub(super) fn sizes(path: &Path, spec: &Value, found: &mut Vec<String>) {
    for kind in ["requests", "limits"] {
        let held = look::at(spec, &format!("/resources/{kind}"));
        pod::fraction(&path.child("resources").child(kind), held, "storage", found);
    }
}

/// A PersistentVolumeClaim.
pub(super) fn claim(object: &Value, found: &mut Vec<String>) {
    if is_annotated(object, BETA_CLASS) {
        found.push(format!(
            "metadata.annotations[{BETA_CLASS}]: deprecated since v1.8; use \"storageClassName\" attribute instead"
        ));
    }
    sizes(&Path::new("spec"), object.get("spec").unwrap_or(&Value::Null), found);
}

/// The claims of a StatefulSet, and its history. A changed one says `below` which field of a claim it means.
pub(super) fn templates(object: &Value, below: &str, found: &mut Vec<String>) {
    for (at, claim) in entries(&Path::root(), "spec.volumeClaimTemplates", object) {
        sizes(&Path::of(&format!("{at}{below}")), claim.get("spec").unwrap_or(&Value::Null), found);
    }
    let kept = look::at(object, "/spec/revisionHistoryLimit").and_then(Value::as_i64);
    if kept.is_some_and(|kept| kept < 0) {
        found.push(
            "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
                .to_owned(),
        );
    }
}

/// Drivers of volumes that are no more.
const OLD_SOURCES: [(&str, &str); 6] = [
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

/// A PersistentVolume.
pub(super) fn volume(object: &Value, found: &mut Vec<String>) {
    let old = [
        (BETA_CLASS, "deprecated since v1.8; use \"storageClassName\" attribute instead"),
        (
            "volume.beta.kubernetes.io/mount-options",
            "deprecated since v1.31; use \"mountOptions\" attribute instead",
        ),
    ];
    for (key, why) in old.iter().filter(|(key, _)| is_annotated(object, key)) {
        found.push(format!("metadata.annotations[{key}]: {why}"));
    }
    if text(object, "/spec/persistentVolumeReclaimPolicy") == "Recycle" {
        found.push(
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended \
             approach is to use dynamic provisioning."
                .to_owned(),
        );
    }
    for (at, term) in entries(&Path::root(), "spec.nodeAffinity.required.nodeSelectorTerms", object) {
        nodes::term(&at, term, false, found);
    }
    for (source, why) in OLD_SOURCES {
        if look::at(object, &format!("/spec/{source}")).is_some_and(Value::is_object) {
            let shown = if source == "storageos" { "storageOS" } else { source };
            found.push(format!("spec.{shown}: {why}"));
        }
    }
}

/// A ResourceQuota that gives more to ask for than to use.
pub(super) fn quota(object: &Value, found: &mut Vec<String>) {
    let Some(hard) = map(object, "/spec/hard") else { return };
    for resource in ["cpu", "memory", "storage", "ephemeral-storage"] {
        let bare = matches!(resource, "cpu" | "memory").then(|| resource.to_owned());
        let asked = [Some(format!("requests.{resource}")), bare];
        let asked = asked.into_iter().flatten().find_map(|key| Some((hard.get(&key).map(plain)?, key)));
        let key = format!("limits.{resource}");
        let (Some((request, asked)), Some(limit)) = (asked, hard.get(&key).map(plain)) else { continue };
        if amount::nanos(&request) > amount::nanos(&limit) {
            found.push(format!("ResourceQuota {asked} ({request}) should be less than {key} ({limit})"));
        }
    }
}

/// A CSIDriver that asks for tokens anew, and does not say where they are to stand.
pub(super) fn driver(object: &Value, old: &Value, found: &mut Vec<String>) {
    let tokens = list(object, "/spec/tokenRequests");
    let unsaid = look::at(object, "/spec/serviceAccountTokenInSecrets").is_none_or(Value::is_null);
    if !tokens.is_empty() && unsaid && tokens != list(old, "/spec/tokenRequests") {
        found.push(
            "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent \
             possible logging of tokens in volume attributes"
                .to_owned(),
        );
    }
}
