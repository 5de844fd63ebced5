//! The CronJob controller: makes Jobs at their times and keeps the wanted number of ended ones. Which time is due is in
//! `due`.

mod due;

use super::call::{self, Step, Work, resource};
use super::event::{Event, reference};
use super::job::ended_at;
use super::object::{condition, list, map, name, namespace, number, owned_by, terminating, text, time, uid};
use super::pods::refusal;
use super::schedule::{Schedule, local, zone};
use super::{Controller, MANAGER, View, always};
use crate::clock::Moment;
use crate::snapshot::Object;
use due::Due;
use serde_json::{Value, json};
use std::time::Duration;

const NAME: &str = "cronjob-controller";
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/// Clocks differ: the controller looks a little after the time.
const SKEW: Duration = Duration::from_millis(100);

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("batch", "cronjobs"), ("batch", "jobs")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for cron in view.all(resource::CRON_JOBS) {
            sync(view, cron, &mut work);
        }
        work
    },
};

/// Looks after a CronJob. What it tells on the way it tells when the CronJob, a Job of it or what is due has changed: a
/// change of another's is no reason to look.
fn sync<'a>(view: &View<'a>, cron: &'a Object, work: &mut Work) {
    let jobs = view.controlled(resource::JOBS, cron);
    let versions = std::iter::once(cron).chain(jobs.iter().copied()).map(version);
    let seen = json!([versions.collect::<Vec<&str>>(), missed(view, cron).map(Moment::rfc3339)]);
    let looked = view.memory.get(uid(cron)) == Some(&seen);
    let before = work.steps.len();
    look(view, cron, &jobs, work);
    if looked {
        let mut place = 0;
        work.steps.retain(|step| {
            place += 1;
            place <= before || !matches!(step, Step::Tell(_))
        });
    } else {
        work.note(cron, seen);
    }
}

fn version(object: &Object) -> &str {
    text(object, "/metadata/resourceVersion")
}

/// The last time of its schedule that has come since it was made.
fn missed(view: &View<'_>, cron: &Object) -> Option<Moment> {
    let schedule = Schedule::parse(text(cron, "/spec/schedule"), &zone(text(cron, "/spec/timeZone"))?)?;
    let since = time(cron, "/status/lastScheduleTime").or(time(cron, "/metadata/creationTimestamp"))?;
    due::latest(&schedule, since, view.now).map(|due| due.at)
}

fn look<'a>(view: &View<'a>, cron: &'a Object, jobs: &[&'a Object], work: &mut Work) {
    let mut status = if cron["status"].is_object() { cron["status"].clone() } else { json!({}) };
    clear_out(cron, jobs, &mut status, work);
    account(cron, jobs, &mut status, work);
    let started = match due(view, cron, work) {
        Some(at) if !terminating(cron) => start(view, cron, at, &mut status, work),
        _ => false,
    };
    if !started && status != cron["status"] {
        work.call(call::update_status(resource::CRON_JOBS, cron, status));
    }
}

/// Removes a Job from `status.active`; whether it was there.
fn drop_active(status: &mut Value, uid: &str) -> bool {
    let held = list(status, "/active");
    let kept: Vec<Value> = held.iter().filter(|entry| entry["uid"] != *uid).cloned().collect();
    let dropped = kept.len() < held.len();
    if kept.is_empty() {
        status.as_object_mut().expect("a status is an object").remove("active");
    } else {
        status["active"] = json!(kept);
    }
    dropped
}

/// Takes Jobs that ended or are gone out of `status.active`, and tells of Jobs that somebody else made.
fn account(cron: &Object, jobs: &[&Object], status: &mut Value, work: &mut Work) {
    for job in jobs {
        let listed = list(status, "/active").iter().any(|entry| entry["uid"] == *uid(job));
        if ended_at(job).is_none() {
            if !listed {
                let message =
                    format!("Saw a job that the controller did not create or forgot: {}", name(job));
                work.tell(Event::warning(NAME, cron, "UnexpectedJob", message));
            }
            continue;
        }
        let complete = condition(&job["status"], "Complete").is_some();
        if drop_active(status, uid(job)) {
            let kind = if complete { "Complete" } else { "Failed" };
            let message = format!("Saw completed job: {}, condition: {kind}", name(job));
            work.tell(Event::normal(NAME, cron, "SawCompletedJob", message));
        }
        let end = time(job, "/status/completionTime");
        if complete && end > time(status, "/lastSuccessfulTime") {
            status["lastSuccessfulTime"] = job["status"]["completionTime"].clone();
        }
    }
    for entry in list(status, "/active").to_vec() {
        if jobs.iter().all(|job| entry["uid"] != *uid(job)) {
            let message = format!("Active job went missing: {}", text(&entry, "/name"));
            work.tell(Event::normal(NAME, cron, "MissingJob", message));
            drop_active(status, text(&entry, "/uid"));
        }
    }
}

/// The scheduled time whose Job is to be made now; asks to look again at the next one.
fn due(view: &View<'_>, cron: &Object, work: &mut Work) -> Option<Moment> {
    let name = text(cron, "/spec/timeZone");
    let Some(zone) = zone(name) else {
        let message = format!("invalid timeZone: \"{name}\": unknown time zone {name}");
        work.tell(Event::warning(NAME, cron, "UnknownTimeZone", message));
        return None;
    };
    if cron["spec"]["suspend"] == true {
        return None;
    }
    let schedule = Schedule::parse(text(cron, "/spec/schedule"), &zone)?;
    let since = time(cron, "/status/lastScheduleTime").or(time(cron, "/metadata/creationTimestamp"))?;
    if let Some(next) = due::next(&schedule, since, view.now) {
        work.wake_at(next.after(SKEW));
    }
    let window = number(cron, "/spec/startingDeadlineSeconds")
        .map(|seconds| Duration::from_secs(seconds.unsigned_abs()));
    let oldest = window.map_or(since, |window| since.max(before(view.now, window)));
    let Due { at, many } = due::latest(&schedule, oldest, view.now)?;
    if many {
        let message =
            "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
        work.tell(Event::warning(NAME, cron, "TooManyMissedTimes", message.to_owned()));
    }
    if window.is_some_and(|window| at.after(window) < view.now) {
        let message = format!("Missed scheduled time to start a job: {}", due::rfc1123(at));
        work.tell(Event::warning(NAME, cron, "MissSchedule", message));
        return None;
    }
    (time(cron, "/status/lastScheduleTime") != Some(at)).then_some(at)
}

fn before(moment: Moment, by: Duration) -> Moment {
    let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Moment::from_micros(moment.as_micros().saturating_sub(micros))
}

/// Makes the Job of a scheduled time as the concurrency policy allows; whether it writes the status itself.
fn start(view: &View<'_>, cron: &Object, at: Moment, status: &mut Value, work: &mut Work) -> bool {
    let job = job(cron, at);
    let active = list(status, "/active").to_vec();
    if active.iter().any(|entry| entry["name"] == *name(&job)) {
        return false;
    }
    match text(cron, "/spec/concurrencyPolicy") {
        "Forbid" if !active.is_empty() => {
            let message =
                "Not starting job because prior execution is running and concurrency policy is Forbid";
            work.tell(Event::normal(NAME, cron, "JobAlreadyActive", message.to_owned()));
            return false;
        }
        "Replace" => {
            let jobs = active
                .iter()
                .filter_map(|entry| view.find(resource::JOBS, namespace(cron), text(entry, "/name")));
            jobs.for_each(|job| delete(cron, job, status, work));
        }
        _ => {}
    }
    let twin = view.find(resource::JOBS, namespace(cron), name(&job));
    if let Some(twin) = twin {
        if super::object::controlled_by(twin, cron) {
            begun(status, twin, at);
        }
        return false;
    }
    let (cron, mut status) = (cron.clone(), status.clone());
    work.ask(call::create(resource::JOBS, &job), move |reply| {
        let mut steps = Vec::new();
        match reply.value().filter(|_| reply.is_success()) {
            Some(job) => {
                begun(&mut status, job, at);
                let message = format!("Created job {}", name(job));
                steps.push(Step::Tell(Event::normal(NAME, &cron, "SuccessfulCreate", message)));
            }
            None => {
                let message = format!("Error creating job: {}", refusal(reply));
                steps.push(Step::Tell(Event::warning(NAME, &cron, "FailedCreate", message)));
            }
        }
        if status != cron["status"] {
            steps.push(Step::Call(Box::new(call::update_status(resource::CRON_JOBS, &cron, status))));
        }
        steps
    });
    true
}

/// Notes a Job that was made for a scheduled time.
fn begun(status: &mut Value, job: &Value, at: Moment) {
    let mut active = list(status, "/active").to_vec();
    active.push(reference(job));
    status["active"] = json!(active);
    status["lastScheduleTime"] = json!(at.rfc3339());
}

/// The Job of one scheduled time: its name ends in the minutes since 1970.
fn job(cron: &Value, at: Moment) -> Value {
    let template = &cron["spec"]["jobTemplate"];
    let mut notes = map(template, "/metadata/annotations");
    let scheduled = zone(text(cron, "/spec/timeZone")).map_or_else(|| at.rfc3339(), |zone| local(at, &zone));
    notes.insert(SCHEDULED.to_owned(), json!(scheduled));
    let mut metadata = json!({
        "name": format!("{}-{}", name(cron), at.as_micros().div_euclid(60_000_000)),
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
fn clear_out(cron: &Object, jobs: &[&Object], status: &mut Value, work: &mut Work) {
    for (kind, field) in
        [("Complete", "/spec/successfulJobsHistoryLimit"), ("Failed", "/spec/failedJobsHistoryLimit")]
    {
        let Some(keep) = number(cron, field) else { continue };
        let of_kind =
            |job: &&&Object| condition(&job["status"], kind).is_some_and(|held| held["status"] == "True");
        let mut ended: Vec<&Object> = jobs.iter().filter(of_kind).copied().collect();
        ended.sort_by_key(|job| {
            let start = time(job, "/status/startTime");
            (start.is_none(), start, name(job))
        });
        let over = ended.len().saturating_sub(usize::try_from(keep).unwrap_or(0));
        ended.into_iter().take(over).for_each(|job| delete(cron, job, status, work));
    }
}

fn delete(cron: &Object, job: &Object, status: &mut Value, work: &mut Work) {
    if terminating(job) {
        return;
    }
    drop_active(status, uid(job));
    let (cron, gone) = (cron.clone(), name(job).to_owned());
    work.ask(call::delete(resource::JOBS, job, Some("Background")), move |reply| {
        let event = if reply.is_success() {
            Event::normal(NAME, &cron, "SuccessfulDelete", format!("Deleted job {gone}"))
        } else {
            Event::warning(NAME, &cron, "FailedDelete", format!("Deleted job: {}", refusal(reply)))
        };
        vec![Step::Tell(event)]
    });
}
