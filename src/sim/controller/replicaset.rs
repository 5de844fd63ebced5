//! The ReplicaSet controller: keeps the wanted number of pods, and its status.

use super::call::{self, Step, Work, resource};
use super::claim::claim;
use super::object::{active, condition, finished, number, set_count, terminating};
use super::{Controller, MANAGER, View, always, pods, selector};
use crate::snapshot::Object;
use serde_json::{Value, json};

const NAME: &str = "replicaset-controller";

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("apps", "replicasets"), ("", "pods")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for set in view.all(resource::REPLICA_SETS) {
            sync(view, set, &mut work);
        }
        work
    },
};

fn sync<'a>(view: &View<'a>, set: &'a Object, work: &mut Work) {
    let mine = claim(view, set, resource::PODS, work);
    let running: Vec<&Object> = mine.iter().copied().filter(|pod| active(pod)).collect();
    let leaving = mine.iter().filter(|pod| terminating(pod) && !finished(pod)).count();
    let wanted = number(set, "/spec/replicas").unwrap_or(1);
    let missing = wanted - i64::try_from(running.len()).expect("a count of pods");
    let mut status = status(view, set, &running, leaving, work);
    if missing == 0 {
        drop_failure(&mut status);
    }
    let changed = status != set["status"];
    if terminating(set) || missing == 0 {
        if changed {
            work.call(call::update_status(resource::REPLICA_SETS, set, status));
        }
        return;
    }
    let count = pods::BURST.min(usize::try_from(missing.unsigned_abs()).expect("a count of pods"));
    if missing > 0 {
        let pod = pods::from_template(set, &set["spec"]["template"]);
        work.steps.extend(pods::create(
            NAME,
            set.clone(),
            vec![pod; count],
            failure(set, status, view.now.rfc3339()),
        ));
    } else {
        let mut order = running;
        pods::least_wanted_first(&mut order, view.now);
        work.steps.extend(order.into_iter().take(count).map(|pod| pods::delete(NAME, set, pod)));
    }
}

fn status(view: &View<'_>, set: &Object, running: &[&Object], leaving: usize, work: &mut Work) -> Value {
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or(0);
    let health = pods::health(view, running.iter().copied(), min_ready);
    if let Some(at) = health.next {
        work.wake_at(at);
    }
    let labels = &set["spec"]["template"]["metadata"]["labels"];
    let labelled = running.iter().filter(|pod| selector::contains(labels, pod)).count();
    let mut status = if set["status"].is_object() { set["status"].clone() } else { json!({}) };
    status["replicas"] = json!(running.len());
    status["terminatingReplicas"] = json!(leaving);
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
fn failure(set: &Object, status: Value, stamp: String) -> impl Fn(&str) -> Vec<Step> + use<> {
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
        vec![Step::Call(Box::new(call::update_status(resource::REPLICA_SETS, &set, status)))]
    }
}
