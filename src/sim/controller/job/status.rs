//! What a Job tells of itself: counts, and the conditions that lead to `Complete` or `Failed`.

use super::count::{Tally, indexed, write_indexes};
use super::{Pods, holds, told};
use crate::sim::controller::View;
use crate::sim::controller::call::Work;
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{condition, list, number, set_count, text, time};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

/// How a Job ends.
pub(super) struct Verdict {
    succeeded: bool,
    reason: String,
    message: String,
}

impl Verdict {
    fn failure(reason: &str, message: String) -> Verdict {
        Verdict { succeeded: false, reason: reason.to_owned(), message }
    }

    /// The condition that announces the end, and the one that states it.
    fn kinds(&self) -> (&'static str, &'static str) {
        if self.succeeded { ("SuccessCriteriaMet", "Complete") } else { ("FailureTarget", "Failed") }
    }

    /// What is told once `status` states the end.
    pub(super) fn events(&self, job: &Object, status: &Value) -> Vec<Event> {
        let (_, last) = self.kinds();
        if condition(status, last).is_none() {
            return Vec::new();
        }
        let event = if self.succeeded {
            told(job, "Normal", "Completed", "Job completed".to_owned())
        } else {
            told(job, "Warning", &self.reason, self.message.clone())
        };
        vec![event]
    }
}

/// Whether the Job is at its end, and how.
pub(super) fn verdict(
    view: &View<'_>,
    job: &Value,
    pods: &Pods<'_>,
    tally: &Tally,
    work: &mut Work,
) -> Option<Verdict> {
    for (kind, succeeded) in [("FailureTarget", false), ("SuccessCriteriaMet", true)] {
        if holds(job, kind) {
            let held = condition(&job["status"], kind).expect("it holds");
            let (reason, message) = (text(held, "/reason").to_owned(), text(held, "/message").to_owned());
            return Some(Verdict { succeeded, reason, message });
        }
    }
    let limit = number(job, "/spec/backoffLimit").unwrap_or(6);
    if tally.failed > limit || restarts_exceed(job, pods, limit) {
        let message = "Job has reached the specified backoff limit".to_owned();
        return Some(Verdict::failure("BackoffLimitExceeded", message));
    }
    if overdue(view, job, work) {
        let message = "Job was active longer than specified deadline".to_owned();
        return Some(Verdict::failure("DeadlineExceeded", message));
    }
    let done = match number(job, "/spec/completions") {
        Some(completions) => tally.succeeded >= completions && (completions > 0 || pods.active.is_empty()),
        None => tally.succeeded > 0 && pods.active.is_empty(),
    };
    let message = "Reached expected number of succeeded pods".to_owned();
    done.then(|| Verdict { succeeded: true, reason: "CompletionsReached".to_owned(), message })
}

/// With `restartPolicy: OnFailure`, restarts count as failures.
fn restarts_exceed(job: &Value, pods: &Pods<'_>, limit: i64) -> bool {
    if text(job, "/spec/template/spec/restartPolicy") != "OnFailure" {
        return false;
    }
    let of = |pod: &Value, field: &str| {
        list(pod, field).iter().filter_map(|status| number(status, "/restartCount")).sum::<i64>()
    };
    let running = pods.active.iter().filter(|pod| text(pod, "/status/phase") != "Unknown");
    let restarts: i64 = running
        .map(|pod| of(pod, "/status/containerStatuses") + of(pod, "/status/initContainerStatuses"))
        .sum();
    if limit == 0 { restarts > 0 } else { restarts >= limit }
}

/// Whether `activeDeadlineSeconds` have passed; asks to look again when they will have.
fn overdue(view: &View<'_>, job: &Value, work: &mut Work) -> bool {
    let limit = number(job, "/spec/activeDeadlineSeconds");
    let (Some(limit), Some(start)) = (limit, time(job, "/status/startTime")) else { return false };
    if job["spec"]["suspend"] == true {
        return false;
    }
    let due = start.after(Duration::from_secs(limit.unsigned_abs()));
    if due > view.now {
        work.wake_at(due);
    }
    due <= view.now
}

/// The status of a Job that goes on.
pub(super) fn running(
    view: &View<'_>,
    job: &Value,
    pods: &Pods<'_>,
    tally: &Tally,
    suspended: bool,
) -> Value {
    let mut status = counted(view, job, pods, tally, suspended);
    let held = condition(&status, "Suspended").map(|held| held["status"] == "True");
    match (suspended, held) {
        (true, None | Some(false)) => {
            set(&mut status, "Suspended", "True", "JobSuspended", "Job suspended", view);
            status.as_object_mut().expect("a status is an object").remove("startTime");
        }
        (false, Some(true)) => {
            set(&mut status, "Suspended", "False", "JobResumed", "Job resumed", view);
            status["startTime"] = json!(view.now.rfc3339());
        }
        (true, Some(true)) | (false, None | Some(false)) => {}
    }
    status
}

/// The status of a Job at its end: announced first, stated when no pod is left to wait for or to count.
pub(super) fn ended(
    view: &View<'_>,
    job: &Value,
    pods: &Pods<'_>,
    tally: &Tally,
    verdict: &Verdict,
) -> Value {
    let mut status = counted(view, job, pods, tally, false);
    let (first, last) = verdict.kinds();
    let counted = status["uncountedTerminatedPods"].as_object().is_some_and(|noted| noted.is_empty());
    if holds(job, first) && counted && pods.terminating == 0 {
        set(&mut status, last, "True", &verdict.reason, &verdict.message, view);
        if verdict.succeeded {
            status["completionTime"] = json!(view.now.rfc3339());
        }
    } else {
        set(&mut status, first, "True", &verdict.reason, &verdict.message, view);
    }
    status
}

fn counted(view: &View<'_>, job: &Value, pods: &Pods<'_>, tally: &Tally, suspended: bool) -> Value {
    let mut status = if job["status"].is_object() { job["status"].clone() } else { json!({}) };
    if status.get("startTime").is_none() && !suspended {
        status["startTime"] = json!(view.now.rfc3339());
    }
    set_count(&mut status, "active", i64::try_from(pods.active.len()).expect("a count of pods"));
    status["ready"] = json!(pods.ready);
    status["terminating"] = json!(pods.terminating);
    set_count(&mut status, "succeeded", tally.settled.0);
    set_count(&mut status, "failed", tally.settled.1);
    status["uncountedTerminatedPods"] = tally.noted.clone();
    if indexed(job) && !tally.indexes.is_empty() {
        status["completedIndexes"] = json!(write_indexes(&tally.indexes));
    }
    status
}

fn set(status: &mut Value, kind: &str, state: &str, reason: &str, message: &str, view: &View<'_>) {
    let mut all = list(status, "/conditions").to_vec();
    if all.iter().any(|held| held["type"] == kind && held["status"] == state) {
        return;
    }
    all.retain(|held| held["type"] != kind);
    let stamp = view.now.rfc3339();
    all.push(json!({
        "type": kind, "status": state, "lastProbeTime": stamp, "lastTransitionTime": stamp,
        "reason": reason, "message": message,
    }));
    status["conditions"] = json!(all);
}
