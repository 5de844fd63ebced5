//! The CronJob controller: makes Jobs at their times and keeps the wanted number of ended ones.

use super::call::{self, Step, Work, resource};
use super::event::Event;
use super::job::ended_at;
use super::object::{condition, controlled_by, controller_of, list, map, name, namespace, number, owned_by};
use super::object::{terminating, text, time};
use super::pods::refusal;
use super::schedule::Schedule;
use super::{Controller, MANAGER, View, always};
use crate::clock::Moment;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

const NAME: &str = "cronjob-controller";
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("batch", "cronjobs"), ("batch", "jobs")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for cron in view.all(resource::CRON_JOBS).filter(|cron| !terminating(cron)) {
            sync(view, cron, &mut work);
        }
        work
    },
};

fn sync<'a>(view: &View<'a>, cron: &'a Object, work: &mut Work) {
    let jobs = view.controlled(resource::JOBS, cron);
    let mut status = if cron["status"].is_object() { cron["status"].clone() } else { json!({}) };
    account(view, cron, &jobs, &mut status, work);
    if let Some(at) = due(view, cron, work)
        && start(view, cron, at, &mut status, work)
    {
        return;
    }
    if status != cron["status"] {
        work.call(call::update_status(resource::CRON_JOBS, cron, status));
    }
    clear_out(cron, &jobs, work);
}

/// Takes ended Jobs out of `status.active` and tells of Jobs that somebody else made.
fn account(view: &View<'_>, cron: &Object, jobs: &[&Object], status: &mut Value, work: &mut Work) {
    let mut active = list(status, "/active").to_vec();
    for job in jobs {
        let listed = active.iter().any(|entry| entry["uid"] == job["metadata"]["uid"]);
        let ended = ended_at(job);
        if !listed && ended.is_none() && !told(view, cron, job) {
            let message = format!("Saw a job that the controller did not create or forgot: {}", name(job));
            work.tell(Event::warning(NAME, cron, "UnexpectedJob", message));
        } else if listed && ended.is_some() {
            active.retain(|entry| entry["uid"] != job["metadata"]["uid"]);
            let kind = if condition(&job["status"], "Complete").is_some() { "Complete" } else { "Failed" };
            let message = format!("Saw completed job: {}, condition: {kind}", name(job));
            work.tell(Event::normal(NAME, cron, "SawCompletedJob", message));
        }
        if condition(&job["status"], "Complete").is_some() && listed {
            status["lastSuccessfulTime"] = job["status"]["completionTime"].clone();
        }
    }
    active.retain(|entry| jobs.iter().any(|job| job["metadata"]["uid"] == entry["uid"]));
    if active.is_empty() {
        status.as_object_mut().expect("a status is an object").remove("active");
    } else {
        status["active"] = json!(active);
    }
}

/// Whether an unexpected Job was told of already; it is told once.
fn told(view: &View<'_>, cron: &Value, job: &Value) -> bool {
    let ending = format!(": {}", name(job));
    let mut events = view.within(resource::EVENTS, namespace(cron));
    events.any(|event| {
        event["involvedObject"]["uid"] == cron["metadata"]["uid"]
            && event["reason"] == "UnexpectedJob"
            && text(event, "/message").ends_with(&ending)
    })
}

/// The latest scheduled time that has passed without its Job; asks to look again at the next one.
fn due(view: &View<'_>, cron: &Value, work: &mut Work) -> Option<Moment> {
    if cron["spec"]["suspend"] == true {
        return None;
    }
    let schedule = Schedule::parse(text(cron, "/spec/schedule"), text(cron, "/spec/timeZone"))?;
    let last = time(cron, "/status/lastScheduleTime").or(time(cron, "/metadata/creationTimestamp"))?;
    if let Some(next) = schedule.after(view.now) {
        work.wake_at(next);
    }
    let at = schedule.latest(last, view.now)?;
    let deadline = number(cron, "/spec/startingDeadlineSeconds");
    let missed =
        deadline.is_some_and(|seconds| at.after(Duration::from_secs(seconds.unsigned_abs())) < view.now);
    (!missed).then_some(at)
}

/// Makes the Job of a scheduled time as the concurrency policy allows; whether it did.
fn start(view: &View<'_>, cron: &Object, at: Moment, status: &mut Value, work: &mut Work) -> bool {
    let active = list(status, "/active").to_vec();
    match text(cron, "/spec/concurrencyPolicy") {
        "Forbid" if !active.is_empty() => {
            let message =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            work.tell(Event::normal(NAME, cron, "JobAlreadyActive", message.to_owned()));
            return false;
        }
        "Replace" => {
            for entry in &active {
                let job = view.find(resource::JOBS, namespace(cron), text(entry, "/name"));
                if let Some(job) = job.filter(|job| controlled_by(job, cron)) {
                    work.call(call::delete(resource::JOBS, job, Some("Background")));
                    let message = format!("Deleted job {}", name(job));
                    work.tell(Event::normal(NAME, cron, "SuccessfulDelete", message));
                }
            }
        }
        _ => {}
    }
    let (cron, mut status) = (cron.clone(), status.clone());
    work.ask(call::create(resource::JOBS, &job(&cron, at)), move |reply| {
        let (true, Some(job)) = (reply.is_success(), reply.value()) else {
            let message = format!("Error creating job: {}", refusal(reply));
            return vec![Step::Tell(Event::warning(NAME, &cron, "FailedCreate", message))];
        };
        let mut active = list(&status, "/active").to_vec();
        active.push(super::event::reference(job));
        status["active"] = json!(active);
        status["lastScheduleTime"] = json!(at.rfc3339());
        let message = format!("Created job {}", name(job));
        let write = call::update_status(resource::CRON_JOBS, &cron, status);
        vec![Step::Tell(Event::normal(NAME, &cron, "SuccessfulCreate", message)), Step::Call(Box::new(write))]
    });
    true
}

/// The Job of one scheduled time: its name ends in the minutes since 1970.
fn job(cron: &Value, at: Moment) -> Value {
    let template = &cron["spec"]["jobTemplate"];
    let mut notes = map(template, "/metadata/annotations");
    notes.insert(SCHEDULED.to_owned(), json!(at.rfc3339()));
    let mut metadata = json!({
        "name": format!("{}-{}", name(cron), at.as_micros() / 60_000_000),
        "namespace": namespace(cron),
        "annotations": notes,
        "creationTimestamp": null,
        "ownerReferences": [owned_by(cron)],
    });
    if template["metadata"]["labels"].is_object() {
        metadata["labels"] = template["metadata"]["labels"].clone();
    }
    json!({"kind": "Job", "apiVersion": "batch/v1", "metadata": metadata, "spec": template["spec"]})
}

/// Deletes ended Jobs beyond the history limits, the oldest first.
fn clear_out(cron: &Object, jobs: &[&Object], work: &mut Work) {
    for (kind, field, usual) in
        [("Complete", "/spec/successfulJobsHistoryLimit", 3), ("Failed", "/spec/failedJobsHistoryLimit", 1)]
    {
        let of_kind =
            |job: &&&Object| condition(&job["status"], kind).is_some() && controller_of(job).is_some();
        let mut ended: Vec<&Object> = jobs.iter().filter(of_kind).copied().collect();
        ended.sort_by_key(|job| (time(job, "/status/startTime"), name(job)));
        let keep = usize::try_from(number(cron, field).unwrap_or(usual)).unwrap_or(0);
        let over = ended.len().saturating_sub(keep);
        for job in ended.into_iter().take(over) {
            work.call(call::delete(resource::JOBS, job, Some("Background")));
            let message = format!("Deleted job {}", name(job));
            work.tell(Event::normal(NAME, cron, "SuccessfulDelete", message));
        }
    }
}
