//! The StatefulSet controller: pods with fixed names, started, replaced and removed in order. Owns which pod is
//! next; the recorded templates are in `revision`, what makes a pod itself in `identity`, its volume claims in `claims`.

mod claims;
mod identity;
mod revision;

use super::call::{self, Step, Work, resource};
use super::claim::claim_where;
use super::event::Event;
use super::object::{available_at, finished, name, number, ready, set_count, terminating, text, uid};
use super::pods::{BURST, refusal};
use super::{Controller, MANAGER, View, always, selector};
use crate::call::{Call, Reply};
use crate::snapshot::Object;
use revision::Revisions;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;

const NAME: &str = "statefulset-controller";
const REVISION: &str = "controller-revision-hash";

/// The controller.
pub(in crate::sim::controller) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("apps", "statefulsets"), ("apps", "controllerrevisions"), ("", "pods")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for set in view.all(resource::STATEFUL_SETS) {
            sync(view, set, &mut work);
        }
        work
    },
};

/// A StatefulSet's ordinals, and its pods: those it wants by ordinal, and those that are too many, the highest first.
struct Pods<'a> {
    ordinals: Range<i64>,
    wanted: BTreeMap<i64, &'a Object>,
    condemned: Vec<&'a Object>,
}

impl<'a> Pods<'a> {
    fn of(set: &Value, mine: &[&'a Object]) -> Pods<'a> {
        let first = number(set, "/spec/ordinals/start").unwrap_or(0);
        let count = number(set, "/spec/replicas").unwrap_or(1);
        let ordinals = first..first.saturating_add(count);
        let mut wanted = BTreeMap::new();
        let mut condemned = Vec::new();
        for pod in mine.iter().copied() {
            let Some(ordinal) = identity::ordinal(set, pod) else { continue };
            if ordinals.contains(&ordinal) {
                wanted.insert(ordinal, pod);
            } else {
                condemned.push((ordinal, pod));
            }
        }
        condemned.sort_by_key(|(ordinal, _)| -ordinal);
        Pods { ordinals, wanted, condemned: condemned.into_iter().map(|(_, pod)| pod).collect() }
    }

    fn all(&self) -> impl Iterator<Item = &'a Object> {
        self.wanted.values().copied().chain(self.condemned.iter().copied())
    }
}

fn sync<'a>(view: &View<'a>, set: &'a Object, work: &mut Work) {
    let mine = claim_where(view, set, resource::PODS, work, |pod| {
        selector::matches(&set["spec"]["selector"], pod) && identity::ordinal(set, pod).is_some()
    });
    if !work.steps.is_empty() {
        return;
    }
    let Some(revisions) = Revisions::of(view, set, work) else { return };
    let pods = Pods::of(set, &mine);
    let status = status(view, set, &pods, &revisions, work);
    if status != set["status"] {
        work.call(call::update_status(resource::STATEFUL_SETS, set, status));
        return;
    }
    if terminating(set) {
        return;
    }
    if !place(view, set, &pods, &revisions, work) {
        let claims = pods.condemned.iter().filter_map(|pod| Some((identity::ordinal(set, pod)?, *pod)));
        claims.for_each(|(ordinal, pod)| {
            work.steps.extend(claims::own(view, set, &pods.ordinals, ordinal, pod))
        });
        if !condemn(view, set, &pods, work) {
            update(view, set, &pods, &revisions, work);
        }
    }
    revisions.clean_up(set, &pods.all().collect::<Vec<_>>(), work);
}

fn parallel(set: &Value) -> bool {
    text(set, "/spec/podManagementPolicy") == "Parallel"
}

fn available(view: &View<'_>, set: &Value, pod: &Value) -> bool {
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or(0);
    available_at(pod, min_ready).is_some_and(|at| min_ready == 0 || at <= view.now)
}

fn running_and_ready(pod: &Value) -> bool {
    text(pod, "/status/phase") == "Running" && ready(pod)
}

fn revision_of(pod: &Value) -> &str {
    text(pod, "/metadata/labels/controller-revision-hash")
}

fn status(
    view: &View<'_>,
    set: &Value,
    pods: &Pods<'_>,
    revisions: &Revisions<'_>,
    work: &mut Work,
) -> Value {
    let count = |of: &dyn Fn(&Value) -> bool| {
        i64::try_from(pods.all().filter(|pod| of(pod)).count()).expect("a count of pods")
    };
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or(0);
    if let Some(at) =
        pods.all().filter_map(|pod| available_at(pod, min_ready)).filter(|at| *at > view.now).min()
    {
        work.wake_at(at);
    }
    let of_revision = |name: &str| count(&|pod| !terminating(pod) && revision_of(pod) == name);
    let (replicas, healthy) = (count(&|_| true), count(&running_and_ready));
    let (updated, wanted) = (revisions.update_name(), number(set, "/spec/replicas").unwrap_or(1));
    let rolling = text(set, "/spec/updateStrategy/type") != "OnDelete";
    let done = rolling && [of_revision(updated), healthy, replicas].iter().all(|count| *count == wanted);
    let current = if done { updated } else { revisions.current_name() };
    let mut status = if set["status"].is_object() { set["status"].clone() } else { json!({}) };
    status["observedGeneration"] = set["metadata"]["generation"].clone();
    status["replicas"] = json!(replicas);
    set_count(&mut status, "readyReplicas", healthy);
    status["availableReplicas"] = json!(count(&|pod| running_and_ready(pod) && available(view, set, pod)));
    set_count(&mut status, "currentReplicas", of_revision(current));
    set_count(&mut status, "updatedReplicas", of_revision(updated));
    status["currentRevision"] = json!(current);
    status["updateRevision"] = json!(updated);
    status["collisionCount"] = json!(number(&status, "/collisionCount").unwrap_or(0));
    status
}

/// Creates missing pods in order and replaces ended ones; whether later steps have to wait.
fn place(view: &View<'_>, set: &Object, pods: &Pods<'_>, revisions: &Revisions<'_>, work: &mut Work) -> bool {
    let mut created = 0;
    for ordinal in pods.ordinals.clone() {
        match pods.wanted.get(&ordinal) {
            None => {
                if claims::stale(view, set, ordinal) {
                    return true;
                }
                created += 1;
                identity::create(view, set, ordinal, revisions.for_ordinal(set, ordinal), work);
                if !parallel(set) || created == BURST {
                    return true;
                }
            }
            Some(pod) if finished(pod) => {
                if !terminating(pod) {
                    work.steps.push(delete(set, pod));
                }
                if !parallel(set) {
                    return true;
                }
            }
            Some(pod) => {
                let pending = text(pod, "/status/phase") == "Pending";
                if pending {
                    work.steps.extend(claims::complete(view, set, &pods.ordinals, ordinal, pod));
                }
                let ready = !terminating(pod) && running_and_ready(pod) && available(view, set, pod);
                if !parallel(set) && !ready {
                    return true;
                }
                let mut owned = Vec::new();
                if !pending {
                    owned = claims::own(view, set, &pods.ordinals, ordinal, pod);
                }
                work.steps.extend(identity::correct(set, ordinal, pod, owned));
            }
        }
    }
    false
}

/// Removes pods that are too many, the highest ordinal first; whether later steps have to wait.
fn condemn(view: &View<'_>, set: &Object, pods: &Pods<'_>, work: &mut Work) -> bool {
    let unhealthy = |pod: &&Object| terminating(pod) || !available(view, set, pod);
    let ascending = pods.wanted.values().copied().chain(pods.condemned.iter().rev().copied());
    let first_unhealthy = ascending.into_iter().find(unhealthy);
    for pod in &pods.condemned {
        if terminating(pod) {
            if parallel(set) {
                continue;
            }
            return true;
        }
        let blocked = !parallel(set)
            && (!running_and_ready(pod) || !available(view, set, pod))
            && first_unhealthy.is_some_and(|first| uid(first) != uid(pod));
        if blocked {
            return true;
        }
        work.steps.push(delete(set, pod));
        if !parallel(set) {
            return true;
        }
    }
    false
}

/// Replaces pods of an older template from the highest ordinal down to the partition, each once the ones above it
/// are healthy.
fn update(view: &View<'_>, set: &Object, pods: &Pods<'_>, revisions: &Revisions<'_>, work: &mut Work) {
    if text(set, "/spec/updateStrategy/type") == "OnDelete" {
        return;
    }
    let partition = number(set, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0);
    for ordinal in pods.ordinals.clone().rev() {
        if ordinal - pods.ordinals.start < partition {
            return;
        }
        let Some(pod) = pods.wanted.get(&ordinal) else { return };
        if revision_of(pod) != revisions.update_name() && !terminating(pod) {
            work.steps.push(delete(set, pod));
            return;
        }
        if terminating(pod) || !running_and_ready(pod) || !available(view, set, pod) {
            return;
        }
    }
}

fn delete(set: &Object, pod: &Object) -> Step {
    told(set, "Delete", format!("Pod {}", name(pod)), "successful", call::delete(resource::PODS, pod, None))
}

/// A call about one of the set's pods or claims, and the event that tells how it went.
fn told(set: &Object, verb: &'static str, what: String, fine: &'static str, call: Call) -> Step {
    let set = set.clone();
    let then = move |reply: &Reply| {
        if !reply.is_success() && reply.value().is_some_and(|status| status["reason"] == "AlreadyExists") {
            return Vec::new();
        }
        let start = format!("{verb} {what} in StatefulSet {}", name(&set));
        let event = if reply.is_success() {
            Event::normal(NAME, &set, &format!("Successful{verb}"), format!("{start} {fine}"))
        } else {
            let message = format!("{start} failed error: {}", refusal(reply));
            Event::warning(NAME, &set, &format!("Failed{verb}"), message)
        };
        vec![Step::Tell(event)]
    };
    Step::Ask(Box::new(call), Box::new(then))
}
