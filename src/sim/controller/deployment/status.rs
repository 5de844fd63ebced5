//! What a Deployment tells of itself: counts, and the conditions `Available`, `Progressing`, `ReplicaFailure`.

use super::{Rollout, conditions, replicas, status_of, write_status};
use crate::clock::Moment;
use crate::sim::controller::call::Work;
use crate::sim::controller::object::{condition, name, number, set_count, text, time};
use serde_json::{Value, json};
use std::time::Duration;

/// Kubernetes' "no deadline": the largest 32-bit number.
const NO_DEADLINE: i64 = i32::MAX as i64;

/// Whether the Deployment is to be watched for progress.
pub(super) fn has_deadline(deployment: &Value) -> bool {
    number(deployment, "/spec/progressDeadlineSeconds").is_some_and(|seconds| seconds != NO_DEADLINE)
}

/// Sets one condition; where its state stays, so does the time of its last transition, and where the reason stays
/// too, all of it.
pub(super) fn set(status: &mut Value, kind: &str, state: &str, reason: &str, message: &str, now: Moment) {
    let held = condition(status, kind);
    if held.is_some_and(|held| held["status"] == state && held["reason"] == reason) {
        return;
    }
    let since = held.filter(|held| held["status"] == state).map(|held| held["lastTransitionTime"].clone());
    let stamp = json!(now.rfc3339());
    let fresh = json!({
        "type": kind,
        "status": state,
        "lastUpdateTime": stamp,
        "lastTransitionTime": since.unwrap_or(stamp),
        "reason": reason,
        "message": message,
    });
    replace(status, kind, Some(fresh));
}

fn replace(status: &mut Value, kind: &str, fresh: Option<Value>) {
    let mut all = conditions(status);
    all.retain(|condition| condition["type"] != kind);
    all.extend(fresh);
    if all.is_empty() {
        status.as_object_mut().expect("a status is an object").remove("conditions");
    } else {
        status["conditions"] = json!(all);
    }
}

/// `status` with the present counts, and whether enough pods are available.
pub(super) fn counted(rollout: &Rollout<'_>, mut status: Value) -> Value {
    let count = |set: &Value, field: &str| number(set, field).unwrap_or(0);
    let sum = |field: &str| rollout.all().map(|set| count(set, field)).sum::<i64>();
    let available = sum("/status/availableReplicas");
    let total: i64 = rollout.all().map(|set| replicas(set)).sum();
    status["observedGeneration"] = rollout.deployment["metadata"]["generation"].clone();
    set_count(&mut status, "replicas", sum("/status/replicas"));
    set_count(&mut status, "updatedReplicas", rollout.new.map_or(0, |set| count(set, "/status/replicas")));
    set_count(&mut status, "readyReplicas", sum("/status/readyReplicas"));
    set_count(&mut status, "availableReplicas", available);
    set_count(&mut status, "unavailableReplicas", (total - available).max(0));
    status["terminatingReplicas"] = json!(sum("/status/terminatingReplicas"));
    let (state, reason, message) = if available >= rollout.wanted() - rollout.unavailable {
        ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    set(&mut status, "Available", state, reason, message, rollout.view.now);
    status
}

/// Writes the status of a Deployment that is scaled, paused or going away.
pub(super) fn plain(rollout: &Rollout<'_>, work: &mut Work) {
    write_status(rollout, counted(rollout, status_of(rollout.deployment)), work);
}

/// Notes that a Deployment was paused or resumed; whether anything had to be written.
pub(super) fn pause(rollout: &Rollout<'_>, paused: bool, work: &mut Work) -> bool {
    if !has_deadline(rollout.deployment) {
        return false;
    }
    let mut status = status_of(rollout.deployment);
    let held = condition(&status, "Progressing").map(|held| text(held, "/reason").to_owned());
    if held.as_deref() == Some("ProgressDeadlineExceeded") {
        return false;
    }
    let was = held.as_deref() == Some("DeploymentPaused");
    match (paused, was) {
        (true, false) => {
            let message = "Deployment is paused";
            set(&mut status, "Progressing", "Unknown", "DeploymentPaused", message, rollout.view.now);
        }
        (false, true) => {
            let message = "Deployment is resumed";
            set(&mut status, "Progressing", "Unknown", "DeploymentResumed", message, rollout.view.now);
        }
        (true, true) | (false, false) => return false,
    }
    write_status(rollout, status, work);
    true
}

/// Whether every wanted pod is of the current template and available, and no other is left.
pub(super) fn complete(rollout: &Rollout<'_>, status: &Value) -> bool {
    let wanted = rollout.wanted();
    let count = |field: &str| number(status, field).unwrap_or(0);
    count("/updatedReplicas") == wanted
        && count("/replicas") == wanted
        && count("/availableReplicas") == wanted
        && status["observedGeneration"] == rollout.deployment["metadata"]["generation"]
}

fn progressing(rollout: &Rollout<'_>, status: &Value) -> bool {
    let old = &rollout.deployment["status"];
    let count = |status: &Value, field: &str| number(status, field).unwrap_or(0);
    let left = |status: &Value| count(status, "/replicas") - count(status, "/updatedReplicas");
    count(status, "/updatedReplicas") > count(old, "/updatedReplicas")
        || left(status) < left(old)
        || count(status, "/readyReplicas") > count(old, "/readyReplicas")
        || count(status, "/availableReplicas") > count(old, "/availableReplicas")
}

/// Writes the status of a Deployment in a rollout, and asks to look again when its deadline passes.
pub(super) fn progress(rollout: &Rollout<'_>, work: &mut Work) {
    let deployment = rollout.deployment;
    let now = rollout.view.now;
    let mut status = counted(rollout, status_of(deployment));
    if !has_deadline(deployment) {
        replace(&mut status, "Progressing", None);
    }
    let held = condition(&status, "Progressing").cloned();
    let reason = held.as_ref().map(|held| text(held, "/reason").to_owned()).unwrap_or_default();
    let settled = status["replicas"] == status["updatedReplicas"] && reason == "NewReplicaSetAvailable";
    if has_deadline(deployment) && !settled {
        let what = match rollout.new {
            Some(set) => format!("ReplicaSet \"{}\"", name(set)),
            None => format!("Deployment \"{}\"", name(deployment)),
        };
        let deadline = deadline(deployment, held.as_ref());
        if complete(rollout, &status) {
            let message = format!("{what} has successfully progressed.");
            set(&mut status, "Progressing", "True", "NewReplicaSetAvailable", &message, now);
        } else if progressing(rollout, &status) {
            let since =
                held.filter(|held| held["status"] == "True").map(|held| held["lastTransitionTime"].clone());
            replace(&mut status, "Progressing", None);
            let message = format!("{what} is progressing.");
            set(&mut status, "Progressing", "True", "ReplicaSetUpdated", &message, now);
            if let (Some(since), Some(last)) =
                (since, status["conditions"].as_array_mut().and_then(|all| all.last_mut()))
            {
                last["lastTransitionTime"] = since;
            }
        } else if reason == "ProgressDeadlineExceeded"
            || deadline.is_some_and(|at| at < now) && reason != "NewReplicaSetAvailable"
        {
            let message = format!("{what} has timed out progressing.");
            set(&mut status, "Progressing", "False", "ProgressDeadlineExceeded", &message, now);
        }
        wake(rollout, &status, work);
    }
    fail(rollout, &mut status);
    write_status(rollout, status, work);
}

/// The moment from which a rollout without progress counts as stuck.
fn deadline(deployment: &Value, held: Option<&Value>) -> Option<Moment> {
    let seconds = number(deployment, "/spec/progressDeadlineSeconds")?;
    Some(time(held?, "/lastUpdateTime")?.after(Duration::from_secs(seconds.unsigned_abs())))
}

fn wake(rollout: &Rollout<'_>, status: &Value, work: &mut Work) {
    let held = condition(status, "Progressing");
    let open = held.is_some_and(|held| {
        !["NewReplicaSetAvailable", "ProgressDeadlineExceeded"].contains(&text(held, "/reason"))
    });
    if let Some(at) = deadline(rollout.deployment, held).filter(|_| open) {
        work.wake_at(at.after(Duration::from_secs(1)));
    }
}

/// Takes over the failure of a ReplicaSet to create pods, the newest one's first.
fn fail(rollout: &Rollout<'_>, status: &mut Value) {
    let failure = rollout.new.into_iter().chain(rollout.old.iter().copied());
    let failure = failure.filter_map(|set| condition(&set["status"], "ReplicaFailure")).next();
    match failure {
        Some(failure) => {
            let (reason, message) = (text(failure, "/reason"), text(failure, "/message"));
            let since = time(failure, "/lastTransitionTime").unwrap_or(rollout.view.now);
            set(status, "ReplicaFailure", text(failure, "/status"), reason, message, since);
        }
        None => replace(status, "ReplicaFailure", None),
    }
}
