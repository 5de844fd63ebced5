//! The Job controller: runs pods until enough have succeeded or too many have failed. Owns what is done next; pods are
//! counted in `count` and `track`, chosen in `manage`, judged in `status` and `policy`.

mod backoff;
mod count;
mod indexes;
mod manage;
mod policy;
mod status;
mod track;

use super::call::{self, Step, Work, resource};
use super::claim::claim_with;
use super::event::Event;
use super::object::{condition, controller_of, has_finalizer, namespace, number, terminating, text, time};
use super::{Controller, MANAGER, View, always, pods, selector};
use crate::clock::Moment;
use crate::snapshot::Object;
use count::Tally;
use manage::Plan;
use serde_json::{Value, json};
use status::Verdict;
use std::time::Duration;

const NAME: &str = "job-controller";
/// Keeps a pod until its end has been counted.
const TRACKING: &str = "batch.kubernetes.io/job-tracking";
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

/// Whether another program than kube-controller-manager looks after the Job.
fn managed_elsewhere(job: &Value) -> bool {
    !matches!(text(job, "/spec/managedBy"), "" | "kubernetes.io/job-controller")
}

fn sync<'a>(view: &View<'a>, job: &'a Object, work: &mut Work) {
    if managed_elsewhere(job) {
        return;
    }
    let selected = |pod: &Value| selector::matches(&job["spec"]["selector"], pod);
    let all = claim_with(view, job, resource::PODS, work, selected, Some(TRACKING));
    if ended_at(job).is_some() {
        return untrack(&all, work);
    }
    if !work.steps.is_empty() {
        return;
    }
    let tally = Tally::of(view, job, all);
    match status::verdict(view, job, &tally, work) {
        Some(verdict) => finish(view, job, &tally, &verdict, work),
        None => go_on(view, job, &tally, work),
    }
}

/// Ends a Job: its running pods are deleted and all ended ones counted; then the end is stated.
fn finish(view: &View<'_>, job: &Object, tally: &Tally<'_>, verdict: &Verdict, work: &mut Work) {
    work.steps.extend(tally.active.iter().map(|pod| pods::delete(NAME, job, pod)));
    let leaving = tally.terminating + tally.active.len();
    let mut status = status::counted(view, job, 0, 0, leaving);
    let freed = track::track(job, tally, Some(verdict), &mut status);
    let mut events = Vec::new();
    let counted = status["uncountedTerminatedPods"] == json!({});
    if !verdict.announced(job) {
        verdict.announce(&mut status, view);
    } else if freed.is_empty() && counted && leaving == 0 {
        events = verdict.state(job, &mut status, view);
    }
    advance(job, tally, status, &freed, events, work);
}

fn go_on(view: &View<'_>, job: &Object, tally: &Tally<'_>, work: &mut Work) {
    let plan = if terminating(job) { Plan::Nothing } else { manage::plan(view, job, tally) };
    let (mut active, mut ready, mut leaving) = (tally.active.len(), tally.ready, tally.terminating);
    let mut fresh = Vec::new();
    match plan {
        Plan::Nothing => {}
        // As the real one does, which forgets its active pods while it waits.
        Plan::Wait(until) => {
            work.wake_at(until);
            active = 0;
        }
        Plan::Create(pods) => fresh = pods,
        Plan::Delete(spare) => {
            untrack(&spare, work);
            work.steps.extend(spare.iter().map(|pod| pods::delete(NAME, job, pod)));
            active -= spare.len();
            ready -= spare.iter().filter(|pod| super::object::ready(pod)).count();
            leaving += spare.len();
        }
    }
    let done = match number(job, "/spec/completions") {
        Some(completions) => tally.succeeded >= completions,
        None => tally.succeeded > 0,
    };
    if done && active == 0 && fresh.is_empty() {
        return finish(view, job, tally, &Verdict::complete(), work);
    }
    let mut status = status::counted(view, job, active, ready, leaving);
    let freed = track::track(job, tally, None, &mut status);
    if !fresh.is_empty() {
        let mut resumed = status.clone();
        let told = status::suspend(view, job, &mut resumed);
        let count = active + fresh.len();
        create(job, fresh, status, work);
        // Told and noted once the pods are there.
        if let Some(event) = told {
            super::object::set_count(&mut resumed, "active", i64::try_from(count).expect("a count of pods"));
            work.tell(event);
            work.call(call::update_status(resource::JOBS, job, resumed));
        }
        return;
    }
    if !terminating(job) {
        work.steps.extend(status::suspend(view, job, &mut status).map(Step::Tell));
    }
    advance(job, tally, status, &freed, Vec::new(), work);
}

/// Creates pods; their coming is counted when they are there, and where none came the status is written as it is.
fn create(job: &Object, fresh: Vec<Value>, status: Value, work: &mut Work) {
    let owner = job.clone();
    let failed = move |_: &str| {
        if status == owner["status"] {
            return Vec::new();
        }
        vec![Step::Call(Box::new(call::update_status(resource::JOBS, &owner, status.clone())))]
    };
    work.steps.extend(pods::create(NAME, job.clone(), fresh, failed));
}

/// Writes the status, then lets go of the pods whose end it holds.
fn advance(
    job: &Object,
    tally: &Tally<'_>,
    status: Value,
    freed: &[&Object],
    events: Vec<Event>,
    work: &mut Work,
) {
    if status != job["status"] || !freed.is_empty() {
        work.note(job, tally.backoff.noted());
    }
    if status != job["status"] {
        let call = call::update_status(resource::JOBS, job, status);
        work.ask(call, move |reply| {
            if reply.is_success() { events.into_iter().map(Step::Tell).collect() } else { Vec::new() }
        });
    }
    untrack(freed, work);
}

/// Takes the Job's finalizer off pods. One that is gone meanwhile is fine.
fn untrack(pods: &[&Object], work: &mut Work) {
    for pod in pods.iter().filter(|pod| has_finalizer(pod, TRACKING)) {
        let patch = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": [TRACKING]}});
        work.call(call::strategic_patch(resource::PODS, pod, &patch));
    }
}

/// A pod whose Job is gone, or that no Job controls, must not be held back by the Job's finalizer.
fn release_orphans(view: &View<'_>, work: &mut Work) {
    for pod in view.all(resource::PODS).filter(|pod| has_finalizer(pod, TRACKING)) {
        let owner = controller_of(pod);
        if owner.is_some_and(|owner| owner["kind"] != "Job" || owner["apiVersion"] != "batch/v1") {
            continue;
        }
        let job = owner.and_then(|owner| view.find(resource::JOBS, namespace(pod), text(owner, "/name")));
        if job.is_none_or(|job| Some(&job["metadata"]["uid"]) != owner.map(|owner| &owner["uid"])) {
            untrack(&[pod], work);
        }
    }
}
