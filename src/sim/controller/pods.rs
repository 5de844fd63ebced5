//! Making pods from a template, and the order in which a controller gives pods up.

use super::View;
use super::call::{self, Step, resource};
use super::event::Event;
use super::object::{
    available_at, condition, list, map, name, namespace, number, owned_by, ready, text, time, uid,
};
use crate::call::Reply;
use crate::clock::Moment;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// At most so many pods does a controller create or delete in one run, as those of kube-controller-manager do.
pub(super) const BURST: usize = 500;

/// A pod of `owner` from its template. Pods without a name of their own get a generated one.
pub(super) fn from_template(owner: &Value, template: &Value) -> Value {
    let mut metadata = json!({
        "generateName": format!("{}-", name(owner)),
        "namespace": namespace(owner),
        "labels": map(template, "/metadata/labels"),
        "ownerReferences": [owned_by(owner)],
    });
    for field in ["annotations", "finalizers"] {
        if let Some(value) = template["metadata"].get(field) {
            metadata[field] = value.clone();
        }
    }
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": template["spec"]})
}

/// What the server says in a refusal.
pub(super) fn refusal(reply: &Reply) -> String {
    reply.value().map(|status| text(status, "/message").to_owned()).unwrap_or_default()
}

/// Creates `pods` and tells of each: one at first, then twice as many as before each time. The first of these batches
/// in which one is refused is the last, and its first refusal is handed to `failed`.
pub(super) fn create(
    component: &'static str,
    owner: Object,
    pods: Vec<Value>,
    failed: impl Fn(&str) -> Vec<Step> + 'static,
) -> Vec<Step> {
    let batch = Batch { component, owner, failed, size: 1, left: 1, refused: None };
    batch.next(pods.into_iter())
}

/// Where the creation of pods stands.
struct Batch<F> {
    component: &'static str,
    owner: Object,
    failed: F,
    size: usize,
    left: usize,
    refused: Option<String>,
}

impl<F: Fn(&str) -> Vec<Step> + 'static> Batch<F> {
    fn next(mut self, mut pods: std::vec::IntoIter<Value>) -> Vec<Step> {
        if self.left == 0 {
            self.size = (2 * self.size).min(pods.len());
            self.left = self.size;
        }
        let over = self.refused.is_some() && self.left == self.size;
        let Some(pod) = pods.next().filter(|_| !over) else {
            return self.refused.as_deref().map(&self.failed).unwrap_or_default();
        };
        self.left -= 1;
        let then = move |reply: &Reply| {
            let event = self.told(reply);
            std::iter::once(Step::Tell(event)).chain(self.next(pods)).collect()
        };
        vec![Step::Ask(Box::new(call::create(resource::PODS, &pod)), Box::new(then))]
    }

    fn told(&mut self, reply: &Reply) -> Event {
        if reply.is_success() {
            let message = format!("Created pod: {}", reply.value().map(name).unwrap_or_default());
            return Event::normal(self.component, &self.owner, "SuccessfulCreate", message);
        }
        let refusal = refusal(reply);
        let event =
            Event::warning(self.component, &self.owner, "FailedCreate", format!("Error creating: {refusal}"));
        self.refused.get_or_insert(refusal);
        event
    }
}

/// Deletes a pod and tells of it.
pub(super) fn delete(component: &'static str, owner: &Object, pod: &Object) -> Step {
    let (owner, gone) = (owner.clone(), name(pod).to_owned());
    let then = move |reply: &Reply| {
        let event = if reply.is_success() {
            Event::normal(component, &owner, "SuccessfulDelete", format!("Deleted pod: {gone}"))
        } else {
            Event::warning(component, &owner, "FailedDelete", format!("Error deleting: {}", refusal(reply)))
        };
        vec![Step::Tell(event)]
    };
    Step::Ask(Box::new(call::delete(resource::PODS, pod, None)), Box::new(then))
}

/// Sorts pods so that those to be given up first come first: not yet placed, not running, not ready, of lower
/// deletion cost, on a node with more pods that do the same (`related`), ready for a shorter time, restarted more
/// often, younger.
/// <https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset>
pub(super) fn least_wanted_first(pods: &mut [&Object], related: &[&Object], now: Moment) {
    let neighbours = |pod: &Object| {
        related.iter().filter(|other| text(other, "/spec/nodeName") == text(pod, "/spec/nodeName")).count()
    };
    pods.sort_by_cached_key(|pod| {
        let cost = text(pod, "/metadata/annotations/controller.kubernetes.io~1pod-deletion-cost");
        (
            standing(pod),
            cost.parse::<i64>().unwrap_or(0),
            Reverse(neighbours(pod)),
            age(ready_since(pod), now),
            Reverse(restarts(pod)),
            age(time(pod, "/metadata/creationTimestamp"), now),
            uid(pod).to_owned(),
        )
    });
}

/// The same as Jobs do it: the latest to become ready, or to come to be, first.
pub(super) fn latest_first(pods: &mut [&Object]) {
    pods.sort_by_cached_key(|pod| {
        let born = time(pod, "/metadata/creationTimestamp");
        (standing(pod), Reverse(ready_since(pod)), Reverse(restarts(pod)), Reverse(born), uid(pod).to_owned())
    });
}

/// How far a pod has come: whether it is placed, its phase, whether it is ready.
fn standing(pod: &Value) -> (bool, u8, bool) {
    let phase = match text(pod, "/status/phase") {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    (!text(pod, "/spec/nodeName").is_empty(), phase, ready(pod))
}

fn restarts(pod: &Value) -> i64 {
    let statuses = list(pod, "/status/containerStatuses").iter();
    statuses.filter_map(|status| number(status, "/restartCount")).max().unwrap_or(0)
}

/// Ages are compared by the power of two of their nanoseconds, so that scaling down does not always hit the youngest.
fn age(since: Option<Moment>, now: Moment) -> Option<u32> {
    now.since(since?).as_nanos().checked_ilog2()
}

fn ready_since(pod: &Value) -> Option<Moment> {
    let condition = condition(&pod["status"], "Ready").filter(|condition| condition["status"] == "True");
    time(condition?, "/lastTransitionTime")
}

/// How many of these pods are ready and available, and when the next becomes available.
pub(super) struct Health {
    /// Ready now.
    pub(super) ready: i64,
    /// Ready for at least `minReadySeconds`.
    pub(super) available: i64,
    /// When the count of available pods grows though nothing else happens.
    pub(super) next: Option<Moment>,
}

/// Counts ready and available pods.
pub(super) fn health<'p>(view: &View<'_>, pods: impl Iterator<Item = &'p Object>, min_ready: i64) -> Health {
    let mut health = Health { ready: 0, available: 0, next: None };
    for at in pods.filter_map(|pod| available_at(pod, min_ready)) {
        health.ready += 1;
        if at <= view.now || min_ready == 0 {
            health.available += 1;
        } else {
            health.next = Some(health.next.map_or(at, |next: Moment| next.min(at)));
        }
    }
    health
}
