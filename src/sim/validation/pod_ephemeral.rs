//! What may change of the containers that debug a pod: more of them come, and none goes or becomes another.

use super::findings::{Findings, Path, same};
use super::{internal, pod_annotations};
use crate::sim::look::{list, text};
use serde_json::Value;

/// The change of a pod through its subresource `ephemeralcontainers`.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    pod_annotations::update(old, new, found);
    let path = Path::new("spec.ephemeralContainers");
    let after = list(new, "/spec/ephemeralContainers");
    for before in list(old, "/spec/ephemeralContainers") {
        let name = text(before, "/name");
        match after.iter().rfind(|now| now["name"] == name) {
            None => {
                let detail = format!("existing ephemeral containers {name:?} may not be removed\n");
                found.forbidden(&path, &detail);
            }
            Some(now) if !same(Some(before), Some(now)) => {
                let changed = internal::difference("EphemeralContainer", before, now);
                let detail = format!("existing ephemeral containers {name:?} may not be changed\n{changed}");
                found.forbidden(&path, &detail);
            }
            Some(_) => {}
        }
    }
}
