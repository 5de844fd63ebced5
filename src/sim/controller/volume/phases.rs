//! What is said of claims and volumes: their phase, and the events that tell why it is so.

use super::super::View;
use super::super::call::{self, Resource, Work, resource};
use super::super::event::Event;
use super::super::object::{namespace, text};
use super::NAME;
use crate::snapshot::Object;
use serde_json::json;
use std::time::Duration;

/// So often all claims are looked at (`--pvclaimbinder-sync-period`).
const RESYNC: Duration = Duration::from_secs(15);

/// Tells of a claim why it is not bound, and again each time that all claims are looked at.
pub(super) fn tell_again(
    view: &View<'_>,
    claim: &Object,
    kind: &str,
    reason: &str,
    message: &str,
    work: &mut Work,
) {
    let event = match kind {
        "Warning" => Event::warning(NAME, claim, reason, message.to_owned()),
        _ => Event::normal(NAME, claim, reason, message.to_owned()),
    };
    let due = view.recorders.told(&event).map_or(view.now, |told| told.after(RESYNC));
    if view.now < due {
        return work.wake_at(due);
    }
    work.tell(event);
    work.wake_at(view.now.after(RESYNC));
}

/// Tells something of an object unless it was told before.
pub(super) fn tell_once(
    view: &View<'_>,
    of: &Object,
    kind: &str,
    reason: &str,
    message: &str,
    work: &mut Work,
) {
    let space = if namespace(of).is_empty() { "default" } else { namespace(of) };
    let mut told = view.within(resource::EVENTS, space);
    let same = |event: &&Object| {
        event["involvedObject"]["uid"] == of["metadata"]["uid"]
            && event["reason"] == reason
            && event["message"] == message
    };
    if told.any(|event| same(&event)) {
        return;
    }
    work.tell(match kind {
        "Warning" => Event::warning(NAME, of, reason, message.to_owned()),
        _ => Event::normal(NAME, of, reason, message.to_owned()),
    });
}

/// A bound claim without its volume.
pub(super) fn lose(view: &View<'_>, claim: &Object, reason: &str, work: &mut Work) {
    let message = match reason {
        "ClaimLost" => "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
        _ => "Two claims are bound to the same volume, this one is bound incorrectly",
    };
    if text(claim, "/status/phase") != "Lost" {
        phase(view, resource::CLAIMS, claim, "Lost", work);
        tell_once(view, claim, "Warning", reason, message, work);
    }
}

pub(super) fn phase(view: &View<'_>, of: Resource, object: &Object, phase: &str, work: &mut Work) {
    let mut status = if object["status"].is_object() { object["status"].clone() } else { json!({}) };
    status["phase"] = json!(phase);
    if of == resource::VOLUMES {
        status["lastPhaseTransitionTime"] = json!(view.now.rfc3339());
    } else if phase == "Lost"
        && let Some(fields) = status.as_object_mut()
    {
        fields.retain(|field, _| field == "phase");
    }
    work.call(call::update_status(of, object, status));
}
