//! The Deployment controller: which step of a rollout is next. Owns the order of steps; the arithmetic is in
//! `rollout` and `scale`, the ReplicaSet of the current template in `revision`, what is told in `status`.

mod revision;
mod rollout;
mod scale;
mod status;

pub(super) use rollout::resolve;

use super::call::{self, Work, resource};
use super::claim::claim;
use super::object::{controlled_by, finished, list, map, number, terminating, text, time};
use super::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::{Value, json};

const NAME: &str = "deployment-controller";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";
const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";

/// The controller.
pub(in crate::sim::controller) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("apps", "deployments"), ("apps", "replicasets"), ("", "pods")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for deployment in view.all(resource::DEPLOYMENTS) {
            sync(view, deployment, &mut work);
        }
        work
    },
};

/// A Deployment with its ReplicaSets: the one of the current template, and the others from the oldest on.
struct Rollout<'a> {
    view: &'a View<'a>,
    deployment: &'a Object,
    new: Option<&'a Object>,
    old: Vec<&'a Object>,
    surge: i64,
    unavailable: i64,
}

impl<'a> Rollout<'a> {
    fn of(view: &'a View<'a>, deployment: &'a Object, sets: Vec<&'a Object>) -> Rollout<'a> {
        let mut sets = sets;
        sets.sort_by_key(|set| (time(set, "/metadata/creationTimestamp"), text(set, "/metadata/name")));
        let new = sets.iter().copied().find(|set| revision::same_template(deployment, set));
        let old = sets.into_iter().filter(|set| new.is_none_or(|new| !std::ptr::eq(*set, new))).collect();
        let (surge, unavailable) = rollout::bounds(deployment);
        Rollout { view, deployment, new, old, surge, unavailable }
    }

    fn all(&self) -> impl Iterator<Item = &'a Object> {
        self.old.iter().copied().chain(self.new)
    }

    /// The same rollout once `set` is there as the ReplicaSet of the current template.
    fn with_new<'b>(&'b self, set: &'b Object) -> Rollout<'b> {
        let (view, deployment, old) = (self.view, self.deployment, self.old.clone());
        Rollout { view, deployment, new: Some(set), old, surge: self.surge, unavailable: self.unavailable }
    }

    /// Whether the counts of every ReplicaSet are those of its present size.
    fn observed(&self) -> bool {
        self.all().all(|set| set["status"]["observedGeneration"] == set["metadata"]["generation"])
    }

    fn wanted(&self) -> i64 {
        replicas(self.deployment)
    }
}

/// `spec.replicas`.
fn replicas(object: &Value) -> i64 {
    number(object, "/spec/replicas").unwrap_or(1)
}

fn sync<'a>(view: &'a View<'a>, deployment: &'a Object, work: &mut Work) {
    let sets = claim(view, deployment, resource::REPLICA_SETS, work);
    if !work.steps.is_empty() {
        return;
    }
    let rollout = Rollout::of(view, deployment, sets);
    if terminating(deployment) {
        return status::plain(&rollout, work);
    }
    let mut step = Work::default();
    let paused = deployment["spec"]["paused"] == true;
    if status::pause(&rollout, paused, &mut step) || revision::refresh(&rollout, &mut step) {
    } else if paused || scaling(&rollout) {
        if !scale::proportionally(&rollout, &mut step) {
            if paused {
                revision::clean_up(&rollout, &mut step);
            }
            status::plain(&rollout, &mut step);
        }
    } else {
        let moved = match text(deployment, "/spec/strategy/type") {
            "Recreate" => recreate(&rollout, &mut step),
            _ => rolling(&rollout, &mut step),
        };
        if !moved {
            if status::complete(&rollout, &deployment["status"]) {
                revision::clean_up(&rollout, &mut step);
            }
            status::progress(&rollout, &mut step);
        }
    }
    work.steps.append(&mut step.steps);
    if let Some(at) = step.wake {
        work.wake_at(at);
    }
}

/// Whether a ReplicaSet with pods was last sized for another number of replicas.
fn scaling(rollout: &Rollout<'_>) -> bool {
    let sized_for =
        |set: &Value| map(set, "/metadata/annotations").get(DESIRED)?.as_str()?.parse::<i64>().ok();
    rollout
        .all()
        .filter(|set| replicas(set) > 0)
        .any(|set| sized_for(set).is_some_and(|size| size != rollout.wanted()))
}

fn recreate(rollout: &Rollout<'_>, work: &mut Work) -> bool {
    let mut moved = false;
    for set in rollout.old.iter().filter(|set| replicas(set) > 0) {
        moved |= scale::to(rollout, set, 0, work);
    }
    if moved {
        status::progress(rollout, work);
        return true;
    }
    if old_pods_run(rollout) {
        return false;
    }
    match rollout.new {
        None => revision::create(rollout, work),
        Some(new) if replicas(new) == rollout.wanted() => false,
        Some(new) => scale::to(rollout, new, rollout.wanted(), work),
    }
}

/// Whether a pod of an old ReplicaSet has not ended yet.
fn old_pods_run(rollout: &Rollout<'_>) -> bool {
    let namespace = text(rollout.deployment, "/metadata/namespace");
    let mut pods = rollout.view.within(resource::PODS, namespace);
    pods.any(|pod| !finished(pod) && rollout.old.iter().any(|set| controlled_by(pod, set)))
}

fn rolling(rollout: &Rollout<'_>, work: &mut Work) -> bool {
    let Some(new) = rollout.new else { return revision::create(rollout, work) };
    let size = rollout::new_size(rollout);
    if size != replicas(new) {
        scale::to(rollout, new, size, work);
        status::progress(rollout, work);
        return true;
    }
    let mut moved = false;
    // Counts of another size would allow too much to go.
    let shrink = if rollout.observed() { rollout::old_sizes(rollout, new) } else { Vec::new() };
    for (set, size) in shrink {
        moved |= scale::to(rollout, set, size, work);
    }
    if moved {
        status::progress(rollout, work);
    }
    moved
}

/// Writes the status where it differs from what is stored.
fn write_status(rollout: &Rollout<'_>, status: Value, work: &mut Work) {
    if status != rollout.deployment["status"] {
        work.call(call::update_status(resource::DEPLOYMENTS, rollout.deployment, status));
    }
}

/// The status as it is, to build on.
fn status_of(deployment: &Value) -> Value {
    if deployment["status"].is_object() { deployment["status"].clone() } else { json!({}) }
}

/// `status.conditions`.
fn conditions(status: &Value) -> Vec<Value> {
    list(status, "/conditions").to_vec()
}
