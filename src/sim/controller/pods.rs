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

/// Creates `pods` one after the other and tells of each; the first refusal ends it and is handed to `failed`.
pub(super) fn create(
    component: &'static str,
    owner: Object,
    mut pods: Vec<Value>,
    failed: impl Fn(&str) -> Vec<Step> + 'static,
) -> Vec<Step> {
    if pods.is_empty() {
        return Vec::new();
    }
    let pod = pods.remove(0);
    let then = move |reply: &Reply| {
        if reply.is_success() {
            let message = format!("Created pod: {}", reply.value().map(name).unwrap_or_default());
            let mut steps = vec![Step::Tell(Event::normal(component, &owner, "SuccessfulCreate", message))];
            steps.extend(create(component, owner, pods, failed));
            steps
        } else {
            let refusal = refusal(reply);
            let message = format!("Error creating: {refusal}");
            let mut steps = vec![Step::Tell(Event::warning(component, &owner, "FailedCreate", message))];
            steps.extend(failed(&refusal));
            steps
        }
    };
    vec![Step::Ask(Box::new(call::create(resource::PODS, &pod)), Box::new(then))]
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
/// deletion cost, ready for a shorter time, restarted more often.
/// <https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset>
pub(super) fn least_wanted_first(pods: &mut [&Object], now: Moment) {
    pods.sort_by_cached_key(|pod| {
        let phase = match text(pod, "/status/phase") {
            "Pending" => 0,
            "Unknown" => 1,
            _ => 2,
        };
        let cost = text(pod, "/metadata/annotations/controller.kubernetes.io~1pod-deletion-cost");
        let restarts =
            list(pod, "/status/containerStatuses").iter().filter_map(|c| number(c, "/restartCount")).max();
        (
            !text(pod, "/spec/nodeName").is_empty(),
            phase,
            ready(pod),
            cost.parse::<i64>().unwrap_or(0),
            since_ready(pod, now),
            -restarts.unwrap_or(0),
            age(time(pod, "/metadata/creationTimestamp"), now),
            uid(pod).to_owned(),
        )
    });
}

/// Ages are compared by the power of two of their seconds, so that scaling down does not always hit the youngest.
fn age(since: Option<Moment>, now: Moment) -> u32 {
    since.map_or(0, |since| 64 - now.since(since).as_secs().leading_zeros())
}

fn since_ready(pod: &Value, now: Moment) -> u32 {
    let condition = condition(&pod["status"], "Ready").filter(|condition| condition["status"] == "True");
    age(condition.and_then(|condition| time(condition, "/lastTransitionTime")), now)
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
