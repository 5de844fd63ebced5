//! The scheduler: binds pending pods to nodes, or says why it cannot. Looks again whenever something changes
//! that could make a pod fit.

use super::choose::{Choice, choose};
use super::preempt;
use crate::call::{Body, Call, Verb};
use crate::sim::controller::call::{call, path, resource, update_status};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{self, condition, list, terminating, text};
use crate::sim::controller::{Controller, View, Work};
use crate::snapshot::Change;
use serde_json::{Value, json};

/// The name under which the scheduler reports events, and by which pods ask for it.
const NAME: &str = "default-scheduler";

/// The scheduler's loop.
pub(super) const SCHEDULER: Controller = Controller {
    name: "kube-scheduler",
    program: "kube-scheduler",
    watches: &[
        ("", "pods"),
        ("", "nodes"),
        ("", "persistentvolumeclaims"),
        ("storage.k8s.io", "storageclasses"),
    ],
    wakes: concerns,
    run,
};

/// Pods without a node, a pod that was bound just now (the next one's turn), and whatever may make room.
fn concerns(change: &Change<'_>) -> bool {
    match change {
        Change::Added(key, object) => &*key.resource != "pods" || pending(object),
        // What is written of a pending pod's state, by the scheduler above all, makes it fit no better.
        Change::Changed(key, before, after) if &*key.resource == "pods" => {
            pending(after) != pending(before)
                || pending(after) && before["spec"] != after["spec"]
                || object::finished(after) && !object::finished(before)
        }
        Change::Changed(..) => true,
        // A claim that goes makes no pod fit.
        Change::Removed(key, _) => &*key.resource != "persistentvolumeclaims",
    }
}

fn pending(pod: &Value) -> bool {
    text(pod, "/spec/nodeName").is_empty()
        && text(pod, "/spec/schedulerName") == NAME
        && list(pod, "/spec/schedulingGates").is_empty()
        && !terminating(pod)
        && !object::finished(pod)
}

/// One pod is bound at a time, so that the next one sees what it takes.
fn run(view: &View<'_>) -> Work {
    let mut work = Work::default();
    let mut pods: Vec<&Value> =
        view.snapshot.list("", "pods", None).map(|(_, pod)| &**pod).filter(|pod| pending(pod)).collect();
    pods.sort_by_key(|pod| {
        let priority = -object::number(pod, "/spec/priority").unwrap_or(0);
        (priority, text(pod, "/metadata/creationTimestamp").to_owned())
    });
    for pod in pods {
        let refusal = match choose(pod, view.snapshot) {
            Choice::Node(node) => {
                let at = format!("{}/{}", object::namespace(pod), object::name(pod));
                work.call(binding(pod, object::name(node)));
                let message = format!("Successfully assigned {at} to {}", object::name(node));
                work.tell(Event::normal(NAME, pod, "Scheduled", message).doing("Binding"));
                return work;
            }
            Choice::Nowhere(refusal) => refusal,
        };
        if let Some(plan) = preempt::plan(pod, view, &refusal) {
            let node = plan.carry_out(view, pod, &mut work);
            let mut nominated = pod.clone();
            nominated["status"]["nominatedNodeName"] = json!(node);
            refuse(&mut work, view, &nominated, &refusal.plain());
        } else if !preempt::waits(pod, view) {
            refuse(&mut work, view, pod, &refusal.message(pod));
        }
    }
    work
}

fn binding(pod: &Value, node: &str) -> Call {
    let body = json!({
        "kind": "Binding",
        "apiVersion": "v1",
        "metadata": {"name": object::name(pod), "namespace": object::namespace(pod), "uid": object::uid(pod)},
        "target": {"kind": "Node", "name": node},
    });
    let at = path(resource::PODS, object::namespace(pod), Some(object::name(pod)), Some("binding"));
    call(Verb::Create, at, Some(Body::json(&body)))
}

/// Notes that a pod cannot be scheduled, and why, where that is news.
fn refuse(work: &mut Work, view: &View<'_>, pod: &Value, message: &str) {
    let before = condition(&pod["status"], "PodScheduled");
    if before.is_some_and(|before| before["message"] == *message && before["status"] == "False") {
        return;
    }
    let since = before
        .filter(|before| before["status"] == "False")
        .map(|before| before["lastTransitionTime"].clone());
    let mut status = pod["status"].clone();
    let mut conditions: Vec<Value> = list(&status, "/conditions")
        .iter()
        .filter(|entry| entry["type"] != "PodScheduled")
        .cloned()
        .collect();
    conditions.push(json!({
        "type": "PodScheduled",
        "status": "False",
        "observedGeneration": pod["metadata"]["generation"],
        "lastProbeTime": null,
        "lastTransitionTime": since.unwrap_or_else(|| json!(view.now.rfc3339())),
        "reason": "Unschedulable",
        "message": message,
    }));
    status["conditions"] = json!(conditions);
    let event = Event::warning(NAME, pod, "FailedScheduling", message.to_owned());
    work.tell(event.doing("Scheduling"));
    work.call(update_status(resource::PODS, pod, status));
}
