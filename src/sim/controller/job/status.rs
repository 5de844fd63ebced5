//! What a Job tells of itself: counts, and the conditions that lead to `Complete` or `Failed`.

use super::count::{Tally, failed};
use super::indexes::{completions, indexed, limited_per_index};
use super::policy::{self, Action};
use super::{NAME, holds};
use crate::sim::controller::View;
use crate::sim::controller::call::Work;
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{condition, list, number, set_count, text, time};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

/// How a Job ends.
pub(super) struct Verdict {
    /// Well, or badly.
    pub(super) succeeded: bool,
    reason: String,
    message: String,
}

impl Verdict {
    fn failure(reason: &str, message: &str) -> Verdict {
        Verdict { succeeded: false, reason: reason.to_owned(), message: message.to_owned() }
    }

    fn success(reason: &str, message: &str) -> Verdict {
        Verdict { succeeded: true, reason: reason.to_owned(), message: message.to_owned() }
    }

    /// Every completion was reached.
    pub(super) fn complete() -> Verdict {
        Verdict::success("CompletionsReached", "Reached expected number of succeeded pods")
    }

    /// The condition that announces the end, and the one that states it.
    fn kinds(&self) -> (&'static str, &'static str) {
        if self.succeeded { ("SuccessCriteriaMet", "Complete") } else { ("FailureTarget", "Failed") }
    }

    /// Whether the end is announced.
    pub(super) fn announced(&self, job: &Value) -> bool {
        holds(job, self.kinds().0)
    }

    /// Announces the end in `status`.
    pub(super) fn announce(&self, status: &mut Value, view: &View<'_>) {
        set(status, self.kinds().0, "True", &self.reason, &self.message, view);
    }

    /// States the end in `status`, and what is told of it.
    pub(super) fn state(&self, job: &Object, status: &mut Value, view: &View<'_>) -> Vec<Event> {
        set(status, self.kinds().1, "True", &self.reason, &self.message, view);
        if !self.succeeded {
            return vec![Event::warning(NAME, job, &self.reason, self.message.clone())];
        }
        status["completionTime"] = json!(view.now.rfc3339());
        let mut events = Vec::new();
        let succeeded = number(status, "/succeeded").unwrap_or(0);
        if number(job, "/spec/completions").is_some_and(|completions| succeeded > completions) {
            let message = "Too many succeeded pods running after completion count reached".to_owned();
            events.push(Event::warning(NAME, job, "TooManySucceededPods", message));
        }
        events.push(Event::normal(NAME, job, "Completed", "Job completed".to_owned()));
        events
    }
}

/// Whether the Job is at its end but for having all its completions, and how.
pub(super) fn verdict(view: &View<'_>, job: &Value, tally: &Tally<'_>, work: &mut Work) -> Option<Verdict> {
    for (kind, succeeded) in [("SuccessCriteriaMet", true), ("FailureTarget", false)] {
        if let Some(held) = condition(&job["status"], kind).filter(|held| held["status"] == "True") {
            let (reason, message) = (text(held, "/reason").to_owned(), text(held, "/message").to_owned());
            return Some(Verdict { succeeded, reason, message });
        }
    }
    let fails_job = |pod: &&Object| match policy::action(job, pod) {
        Action::FailJob(message) => Some(message),
        Action::Count | Action::Ignore | Action::FailIndex => None,
    };
    if let Some(message) = tally.all.iter().filter(|pod| failed(job, pod)).find_map(fails_job) {
        return Some(Verdict::failure("PodFailurePolicy", &message));
    }
    let limit = number(job, "/spec/backoffLimit").unwrap_or(6);
    if tally.failed > limit || restarts_exceed(job, tally, limit) {
        return Some(Verdict::failure("BackoffLimitExceeded", "Job has reached the specified backoff limit"));
    }
    if overdue(view, job, work) {
        return Some(Verdict::failure("DeadlineExceeded", "Job was active longer than specified deadline"));
    }
    by_index(job, tally)
}

/// How an Indexed Job ends by its indexes.
fn by_index(job: &Value, tally: &Tally<'_>) -> Option<Verdict> {
    if !indexed(job) {
        return None;
    }
    let size = |count: usize| i64::try_from(count).expect("a count of pods");
    let (done, given_up) = (size(tally.done.len()), size(tally.given_up.len()));
    if limited_per_index(job) && number(job, "/spec/maxFailedIndexes").is_some_and(|most| given_up > most) {
        let message = "Job has exceeded the specified maximal number of failed indexes";
        return Some(Verdict::failure("MaxFailedIndexesExceeded", message));
    }
    if limited_per_index(job) && given_up > 0 && given_up + done >= completions(job) {
        return Some(Verdict::failure("FailedIndexes", "Job has failed indexes"));
    }
    policy::met(job, &tally.done).map(|message| Verdict::success("SuccessPolicy", &message))
}

/// With `restartPolicy: OnFailure`, restarts count as failures.
fn restarts_exceed(job: &Value, tally: &Tally<'_>, limit: i64) -> bool {
    if text(job, "/spec/template/spec/restartPolicy") != "OnFailure" {
        return false;
    }
    let of = |pod: &Value, field: &str| {
        list(pod, field).iter().filter_map(|status| number(status, "/restartCount")).sum::<i64>()
    };
    let running = tally.all.iter().filter(|pod| matches!(text(pod, "/status/phase"), "Running" | "Pending"));
    let restarts: i64 = running
        .map(|pod| of(pod, "/status/containerStatuses") + of(pod, "/status/initContainerStatuses"))
        .sum();
    if limit == 0 { restarts > 0 } else { restarts >= limit }
}

/// Whether `activeDeadlineSeconds` have passed; asks to look again when they will have.
fn overdue(view: &View<'_>, job: &Value, work: &mut Work) -> bool {
    let limit = number(job, "/spec/activeDeadlineSeconds");
    let Some(limit) = limit.filter(|_| job["spec"]["suspend"] != true) else { return false };
    let start = time(job, "/status/startTime").unwrap_or(view.now);
    let due = start.after(Duration::from_secs(limit.unsigned_abs()));
    if due > view.now {
        work.wake_at(due);
    }
    due <= view.now
}

/// The status with its plain counts: `active` and `ready` pods, and those that are being deleted.
pub(super) fn counted(
    view: &View<'_>,
    job: &Value,
    active: usize,
    ready: usize,
    terminating: usize,
) -> Value {
    let mut status = if job["status"].is_object() { job["status"].clone() } else { json!({}) };
    if status.get("startTime").is_none() && job["spec"]["suspend"] != true {
        status["startTime"] = json!(view.now.rfc3339());
    }
    set_count(&mut status, "active", i64::try_from(active).expect("a count of pods"));
    status["ready"] = json!(ready);
    status["terminating"] = json!(terminating);
    status
}

/// Notes in `status` that the Job was suspended or resumed, and what is told of it.
pub(super) fn suspend(view: &View<'_>, job: &Object, status: &mut Value) -> Option<Event> {
    let held = condition(status, "Suspended").map(|held| held["status"] == "True");
    match (job["spec"]["suspend"] == true, held) {
        (true, None | Some(false)) => {
            set(status, "Suspended", "True", "JobSuspended", "Job suspended", view);
            status.as_object_mut().expect("a status is an object").remove("startTime");
            Some(Event::normal(NAME, job, "Suspended", "Job suspended".to_owned()))
        }
        (false, Some(true)) => {
            set(status, "Suspended", "False", "JobResumed", "Job resumed", view);
            status["startTime"] = json!(view.now.rfc3339());
            Some(Event::normal(NAME, job, "Resumed", "Job resumed".to_owned()))
        }
        (true, Some(true)) | (false, None | Some(false)) => None,
    }
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
