//! What becomes of a volume whose claim is gone.

use super::super::View;
use super::super::call::{self, Work, resource};
use super::super::object::{terminating, text, uid};
use super::PROVISIONED;
use super::phases::{phase, tell_once};
use crate::snapshot::Object;
use serde_json::{Value, json};

/// What becomes of a volume by itself: available at first, released or deleted when its claim is gone.
pub(super) fn reclaim(view: &View<'_>, volume: &Object, work: &mut Work) {
    let claim = &volume["spec"]["claimRef"];
    let held = text(volume, "/status/phase");
    if claim.is_null() || text(claim, "/uid").is_empty() {
        if held != "Available" {
            phase(view, resource::VOLUMES, volume, "Available", work);
        }
        return;
    }
    let holder = view.find(resource::CLAIMS, text(claim, "/namespace"), text(claim, "/name"));
    let lost = holder.is_none_or(|holder| uid(holder) != text(claim, "/uid"));
    if !lost {
        return;
    }
    if !matches!(held, "Released" | "Failed") {
        phase(view, resource::VOLUMES, volume, "Released", work);
    } else if !terminating(volume) && text(volume, "/spec/persistentVolumeReclaimPolicy") == "Delete" {
        match undeletable(volume) {
            None => work.call(call::delete(resource::VOLUMES, volume, None)),
            Some(why) if held != "Failed" => {
                let mut status = volume["status"].clone();
                status["phase"] = json!("Failed");
                status["message"] = json!(why);
                status["lastPhaseTransitionTime"] = json!(view.now.rfc3339());
                work.call(call::update_status(resource::VOLUMES, volume, status));
                tell_once(view, volume, "Warning", "VolumeFailedDelete", &why, work);
            }
            Some(_) => {}
        }
    }
}

/// Why nobody deletes what a released volume stands for; volumes that were provisioned are deleted by who made them.
fn undeletable(volume: &Value) -> Option<String> {
    let path = volume.pointer("/spec/hostPath/path").and_then(Value::as_str)?;
    let made = volume["metadata"]["annotations"].get(PROVISIONED).is_some();
    let deletable = made || path.strip_prefix("/tmp/").is_some_and(|rest| !rest.is_empty());
    (!deletable).then(|| format!("host_path deleter only supports /tmp/.+ but received provided {path}"))
}
