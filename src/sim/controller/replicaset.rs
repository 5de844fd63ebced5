//! The ReplicaSet and ReplicationController controllers: keep the wanted number of pods, and tell how many there are.

use super::call::{self, Resource, Step, Work, resource};
use super::claim::claim_where;
use super::object::{active, condition, controller_of, finished, number, set_count, terminating};
use super::{Controller, MANAGER, View, always, pods, selector};
use crate::snapshot::Object;
use serde_json::{Value, json};

/// The ReplicaSet controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: REPLICA_SET.component,
    program: MANAGER,
    watches: &[("apps", "replicasets"), ("", "pods")],
    wakes: always,
    run: |view| run(view, &REPLICA_SET),
};

/// The ReplicationController controller.
pub(super) const REPLICATION: Controller = Controller {
    name: REPLICATION_CONTROLLER.component,
    program: MANAGER,
    watches: &[("", "replicationcontrollers"), ("", "pods")],
    wakes: always,
    run: |view| run(view, &REPLICATION_CONTROLLER),
};

/// What sets the two kinds apart.
struct Kind {
    component: &'static str,
    resource: Resource,
    /// Whether a pod is selected by `spec.selector`.
    selects: fn(&Value, &Value) -> bool,
    /// Whether the status counts pods that are being deleted.
    counts_terminating: bool,
}

const REPLICA_SET: Kind = Kind {
    component: "replicaset-controller",
    resource: resource::REPLICA_SETS,
    selects: selector::matches,
    counts_terminating: true,
};

const REPLICATION_CONTROLLER: Kind = Kind {
    component: "replication-controller",
    resource: resource::REPLICATION_CONTROLLERS,
    selects: selector::contains,
    counts_terminating: false,
};

fn run(view: &View<'_>, kind: &'static Kind) -> Work {
    let mut work = Work::default();
    for set in view.all(kind.resource) {
        sync(view, kind, set, &mut work);
    }
    work
}

fn sync<'a>(view: &View<'a>, kind: &'static Kind, set: &'a Object, work: &mut Work) {
    let selected = |pod: &Value| (kind.selects)(&set["spec"]["selector"], pod);
    let mine = claim_where(view, set, resource::PODS, work, selected);
    let running: Vec<&Object> = mine.iter().copied().filter(|pod| active(pod)).collect();
    let leaving = mine.iter().filter(|pod| terminating(pod) && !finished(pod)).count();
    let wanted = number(set, "/spec/replicas").unwrap_or(1);
    let missing = wanted - i64::try_from(running.len()).expect("a count of pods");
    let mut status = status(view, set, &running, work);
    if kind.counts_terminating {
        status["terminatingReplicas"] = json!(leaving);
    }
    if missing == 0 {
        drop_failure(&mut status);
    }
    let changed = status != set["status"];
    if terminating(set) || missing == 0 {
        if changed {
            work.call(call::update_status(kind.resource, set, status));
        }
        return;
    }
    let count = pods::BURST.min(usize::try_from(missing.unsigned_abs()).expect("a count of pods"));
    if missing > 0 {
        let pod = pods::from_template(set, &set["spec"]["template"]);
        let failed = failure(kind, set, status, view.now.rfc3339());
        work.steps.extend(pods::create(kind.component, set.clone(), vec![pod; count], failed));
    } else {
        let mut order = running;
        pods::least_wanted_first(&mut order, &related(view, set), view.now);
        work.steps.extend(order.into_iter().take(count).map(|pod| pods::delete(kind.component, set, pod)));
    }
}

/// The active pods of all ReplicaSets that belong to the same Deployment.
fn related<'a>(view: &View<'a>, set: &'a Value) -> Vec<&'a Object> {
    let Some(owner) = controller_of(set) else { return Vec::new() };
    let namespace = super::object::namespace(set);
    let sets = view.snapshot.list("apps", "replicasets", Some(namespace)).map(|(_, set)| set);
    let siblings = sets.filter(|set| controller_of(set).is_some_and(|other| other["uid"] == owner["uid"]));
    let uids: Vec<&Value> = siblings.map(|set| &set["metadata"]["uid"]).collect();
    let of_sibling = |pod: &&Object| controller_of(pod).is_some_and(|set| uids.contains(&&set["uid"]));
    let pods = view.snapshot.list("", "pods", Some(namespace)).map(|(_, pod)| pod);
    pods.filter(|pod| active(pod)).filter(of_sibling).collect()
}

fn status(view: &View<'_>, set: &Object, running: &[&Object], work: &mut Work) -> Value {
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or(0);
    let health = pods::health(view, running.iter().copied(), min_ready);
    if let Some(at) = health.next {
        work.wake_at(at);
    }
    let labels = &set["spec"]["template"]["metadata"]["labels"];
    let labelled = running.iter().filter(|pod| selector::contains(labels, pod)).count();
    let mut status = if set["status"].is_object() { set["status"].clone() } else { json!({}) };
    status["replicas"] = json!(running.len());
    status["observedGeneration"] = set["metadata"]["generation"].clone();
    set_count(&mut status, "fullyLabeledReplicas", i64::try_from(labelled).expect("a count of pods"));
    set_count(&mut status, "readyReplicas", health.ready);
    set_count(&mut status, "availableReplicas", health.available);
    status
}

fn drop_failure(status: &mut Value) {
    if let Some(conditions) = status.get_mut("conditions").and_then(Value::as_array_mut) {
        conditions.retain(|condition| condition["type"] != "ReplicaFailure");
        if conditions.is_empty() {
            status.as_object_mut().expect("a status is an object").remove("conditions");
        }
    }
}

/// What follows from a refused pod: the condition that tells of it.
fn failure(
    kind: &'static Kind,
    set: &Object,
    status: Value,
    stamp: String,
) -> impl Fn(&str) -> Vec<Step> + use<> {
    let set = set.clone();
    move |refusal| {
        let mut status = status.clone();
        if condition(&status, "ReplicaFailure").is_none() {
            let condition = json!({
                "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refusal,
                "lastTransitionTime": stamp,
            });
            match status.get_mut("conditions").and_then(Value::as_array_mut) {
                Some(conditions) => conditions.push(condition),
                None => status["conditions"] = json!([condition]),
            }
        }
        if status == set["status"] {
            return Vec::new();
        }
        vec![Step::Call(Box::new(call::update_status(kind.resource, &set, status)))]
    }
}
