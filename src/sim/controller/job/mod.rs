//! The Job controller: runs pods until enough have succeeded or too many have failed. Owns what is done next;
//! how ended pods are counted is in `count`, what is told in `status`.

mod count;
mod status;

use super::call::{self, Step, Work, resource};
use super::claim::claim;
use super::event::Event;
use super::object::{
    active, condition, finished, has_finalizer, number, ready, terminating, text, time, without_finalizer,
};
use super::{Controller, MANAGER, View, always, pods};
use crate::clock::Moment;
use crate::snapshot::Object;
use count::Tally;
use serde_json::Value;
use std::time::Duration;

const NAME: &str = "job-controller";
/// Keeps a pod until its end has been counted.
const TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// The first pause after a failed pod; it doubles with each further one up to the last.
const FIRST_PAUSE: u64 = 10;
const LONGEST_PAUSE: u64 = 600;

/// The controller.
pub(in crate::sim::controller) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("batch", "jobs"), ("", "pods")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for job in view.all(resource::JOBS) {
            sync(view, job, &mut work);
        }
        release_orphans(view, &mut work);
        work
    },
};

/// Removes a Job whose `ttlSecondsAfterFinished` has passed.
pub(in crate::sim::controller) const TTL: Controller = Controller {
    name: "ttl-after-finished-controller",
    program: MANAGER,
    watches: &[("batch", "jobs")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for job in view.all(resource::JOBS).filter(|job| !terminating(job)) {
            let Some(ttl) = number(job, "/spec/ttlSecondsAfterFinished") else { continue };
            let Some(end) = ended_at(job) else { continue };
            let due = end.after(Duration::from_secs(ttl.unsigned_abs()));
            if due <= view.now {
                work.call(call::delete(resource::JOBS, job, Some("Foreground")));
            } else {
                work.wake_at(due);
            }
        }
        work
    },
};

fn holds(job: &Value, kind: &str) -> bool {
    condition(&job["status"], kind).is_some_and(|condition| condition["status"] == "True")
}

/// When the Job completed or failed for good.
pub(super) fn ended_at(job: &Value) -> Option<Moment> {
    let ends = ["Complete", "Failed"].into_iter().filter(|kind| holds(job, kind));
    ends.filter_map(|kind| time(condition(&job["status"], kind)?, "/lastTransitionTime")).next()
}

/// The pods of a Job by what became of them.
struct Pods<'a> {
    all: Vec<&'a Object>,
    active: Vec<&'a Object>,
    ready: usize,
    terminating: usize,
}

fn sync<'a>(view: &View<'a>, job: &'a Object, work: &mut Work) {
    let all = claim(view, job, resource::PODS, work);
    if ended_at(job).is_some() {
        return untrack(&all, work);
    }
    if !work.steps.is_empty() {
        return;
    }
    let active: Vec<&Object> = all.iter().copied().filter(|pod| active(pod)).collect();
    let ready = active.iter().filter(|pod| ready(pod)).count();
    let leaving = all.iter().filter(|pod| terminating(pod) && !finished(pod)).count();
    let pods = Pods { all, active, ready, terminating: leaving };
    let tally = Tally::of(job, &pods);
    match status::verdict(view, job, &pods, &tally, work) {
        Some(verdict) => finish(view, job, &pods, &tally, &verdict, work),
        None => go_on(view, job, &pods, &tally, work),
    }
}

/// Ends a Job: its running pods are deleted, the ended ones counted, and then it is told.
fn finish(
    view: &View<'_>,
    job: &Object,
    pods: &Pods<'_>,
    tally: &Tally,
    verdict: &status::Verdict,
    work: &mut Work,
) {
    for pod in &pods.active {
        work.steps.push(pods::delete(NAME, job, pod));
    }
    if !pods.active.is_empty() {
        return;
    }
    let status = status::ended(view, job, pods, tally, verdict);
    advance(job, pods, tally, status, Some(verdict), work);
}

fn go_on(view: &View<'_>, job: &Object, pods: &Pods<'_>, tally: &Tally, work: &mut Work) {
    let suspended = job["spec"]["suspend"] == true;
    let status = status::running(view, job, pods, tally, suspended);
    let before = work.steps.len();
    advance(job, pods, tally, status, None, work);
    if work.steps.len() > before || terminating(job) {
        return;
    }
    let wanted = if suspended { 0 } else { tally.wanted(job, pods) };
    if wanted < pods.active.len() {
        let mut order = pods.active.clone();
        pods::least_wanted_first(&mut order, view.now);
        let spare = order.into_iter().take(pods.active.len() - wanted);
        spare.for_each(|pod| give_up(job, pod, work));
    } else if let Some(pause) = pause_until(job, &pods.all).filter(|until| *until > view.now) {
        work.wake_at(pause);
    } else {
        let fresh = tally.fresh_pods(job, pods, pods::BURST.min(wanted - pods.active.len()));
        work.steps.extend(pods::create(NAME, job.clone(), fresh, |_| Vec::new()));
    }
}

/// Writes the status, then lets go of the pods that it counts, then tells of the end.
fn advance(
    job: &Object,
    pods: &Pods<'_>,
    tally: &Tally,
    status: Value,
    verdict: Option<&status::Verdict>,
    work: &mut Work,
) {
    if status != job["status"] {
        let events = verdict.map(|verdict| verdict.events(job, &status)).unwrap_or_default();
        let call = call::update_status(resource::JOBS, job, status);
        work.ask(call, move |reply| {
            if reply.is_success() { events.into_iter().map(Step::Tell).collect() } else { Vec::new() }
        });
        return;
    }
    let counted = pods.all.iter().filter(|pod| tally.is_noted(pod)).copied().collect::<Vec<_>>();
    untrack(&counted, work);
}

/// Deletes a pod that is too many; it must not count as a failure.
fn give_up(job: &Object, pod: &Object, work: &mut Work) {
    untrack(&[pod], work);
    work.steps.push(pods::delete(NAME, job, pod));
}

fn untrack(pods: &[&Object], work: &mut Work) {
    for pod in pods.iter().filter(|pod| has_finalizer(pod, TRACKING)) {
        work.call(call::update(resource::PODS, &without_finalizer(pod, TRACKING)));
    }
}

/// When the pause after the latest failed pods ends: ten seconds, doubled for each further failure.
fn pause_until(job: &Value, pods: &[&Object]) -> Option<Moment> {
    let started = time(job, "/status/startTime")?;
    let failed = pods.iter().filter(|pod| text(pod, "/status/phase") == "Failed");
    let ends: Vec<Moment> = failed.map(|pod| count::ended(pod)).filter(|end| *end >= started).collect();
    let succeeded = pods.iter().filter(|pod| text(pod, "/status/phase") == "Succeeded");
    let last_success = succeeded.map(|pod| count::ended(pod)).max();
    let since: Vec<Moment> = ends.into_iter().filter(|end| last_success.is_none_or(|ok| *end > ok)).collect();
    let latest = since.iter().max()?;
    let doubled = FIRST_PAUSE << (since.len() - 1).min(16);
    Some(latest.after(Duration::from_secs(doubled.min(LONGEST_PAUSE))))
}

/// A pod whose Job is gone must not be held back by the Job's finalizer.
fn release_orphans(view: &View<'_>, work: &mut Work) {
    for pod in view.all(resource::PODS).filter(|pod| has_finalizer(pod, TRACKING)) {
        let owner = super::object::controller_of(pod).filter(|owner| owner["kind"] == "Job");
        let namespace = super::object::namespace(pod);
        let job = owner.and_then(|owner| view.find(resource::JOBS, namespace, text(owner, "/name")));
        if job.is_none_or(|job| Some(&job["metadata"]["uid"]) != owner.map(|owner| &owner["uid"])) {
            work.call(call::update(resource::PODS, &without_finalizer(pod, TRACKING)));
        }
    }
}

/// The events of a Job tell its name only by what they are about.
fn told(job: &Object, kind: &str, reason: &str, message: String) -> Event {
    match kind {
        "Warning" => Event::warning(NAME, job, reason, message),
        _ => Event::normal(NAME, job, reason, message),
    }
}
