//! What the control plane makes of its nodes: a node whose kubelet falls silent becomes unknown and its pods unready,
//! conditions become taints, new nodes get a range of pod addresses. Owns the watch over nodes; which taints there are
//! to be is `taints`' matter, what a taint does to pods `evict`'s, what is noted of a new node `newcomers`'.
//! <https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller>

mod evict;
mod newcomers;
mod ranges;
mod taints;

pub(super) use evict::CONTROLLER as EVICTION;
pub(super) use newcomers::{CONTROLLER as NEWCOMERS, gone};
pub(super) use ranges::CONTROLLER as RANGES;

use super::call::{self, Work, resource};
use super::event::Event;
use super::object::{condition, list, name, text, time, uid};
use super::{Controller, MANAGER, View, always};
use crate::clock::Moment;
use crate::sim::node::{self, Kubelet};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

/// The source of its events.
const SOURCE: &str = "node-controller";
/// A node that has not been heard of for so long is unknown (`--node-monitor-grace-period`).
const GRACE: Duration = Duration::from_secs(50);
/// The same for a node that has never been heard of (`--node-startup-grace-period`).
const STARTUP_GRACE: Duration = Duration::from_secs(60);
/// The conditions that a silent kubelet leaves unknown.
const CONDITIONS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "node-lifecycle-controller",
    program: MANAGER,
    watches: &[("", "nodes"), ("coordination.k8s.io", "leases")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        let nodes = all(view);
        for node in &nodes {
            watch(view, node, &mut work);
        }
        if work.steps.is_empty() {
            taints::reconcile(view, &nodes, &mut work);
        }
        work
    },
};

fn all<'a>(view: &View<'a>) -> Vec<&'a Object> {
    view.snapshot.list("", "nodes", None).map(|(_, node)| node).collect()
}

/// When a node was last heard of, as far as is kept in mind.
struct Heard {
    /// What its kubelet last wrote: the times of its heartbeat and of its lease.
    signs: String,
    at: Moment,
}

impl Heard {
    /// A kubelet that runs is heard of all the time; of another node only what is written of it tells.
    fn of(view: &View<'_>, node: &Value) -> Heard {
        let heartbeat = condition(&node["status"], "Ready").map(|ready| text(ready, "/lastHeartbeatTime"));
        let lease = view.snapshot.find("coordination.k8s.io", "leases", "kube-node-lease", name(node));
        let renewed = lease.map_or("", |lease| text(lease, "/spec/renewTime"));
        let runs = node::kubelet(node) == Kubelet::Running;
        let signs =
            if runs { "runs".to_owned() } else { format!("{} {renewed}", heartbeat.unwrap_or_default()) };
        let held = view.memory.get(uid(node)).map(Heard::read);
        let at = match held {
            Some(held) if !runs && held.signs == signs => held.at,
            None if heartbeat.is_none() => time(node, "/metadata/creationTimestamp").unwrap_or(view.now),
            Some(_) | None => view.now,
        };
        Heard { signs, at }
    }

    fn read(noted: &Value) -> Heard {
        let micros = noted["at"].as_i64().unwrap_or_default();
        Heard { signs: text(noted, "/signs").to_owned(), at: Moment::from_micros(micros) }
    }

    /// As it is kept in mind.
    fn noted(&self) -> Value {
        json!({"signs": self.signs, "at": self.at.as_micros()})
    }
}

/// Notes that a node is unknown which has not been heard of for too long.
fn watch(view: &View<'_>, node: &Object, work: &mut Work) {
    let heard = Heard::of(view, node);
    work.note(node, heard.noted());
    if node::kubelet(node) == Kubelet::Running {
        return;
    }
    let ready = condition(&node["status"], "Ready");
    let due = heard.at.after(if ready.is_some() { GRACE } else { STARTUP_GRACE });
    if view.now < due {
        return work.wake_at(due);
    }
    let was_ready = ready.is_some_and(|ready| ready["status"] == "True");
    if ready.is_some_and(|ready| ready["status"] == "Unknown") {
        return;
    }
    let mut status = node["status"].clone();
    status["conditions"] = json!(unknown(view, node));
    work.call(call::update_status(resource::NODES, node, status));
    if was_ready {
        let message = format!("Node {} status is now: NodeNotReady", name(node));
        let mut event = Event::normal(SOURCE, node, "NodeNotReady", message);
        if let Some(about) = event.about.as_object_mut() {
            about.remove("resourceVersion");
        }
        work.tell(event);
        unready(view, node, work);
    }
}

/// The conditions of a node that is not heard of any more.
fn unknown(view: &View<'_>, node: &Value) -> Vec<Value> {
    let mut conditions = list(node, "/status/conditions").to_vec();
    for kind in CONDITIONS {
        match conditions.iter_mut().find(|held| held["type"] == kind) {
            Some(held) if held["status"] == "Unknown" => {}
            Some(held) => {
                held["status"] = json!("Unknown");
                held["reason"] = json!("NodeStatusUnknown");
                held["message"] = json!("Kubelet stopped posting node status.");
                held["lastTransitionTime"] = json!(view.now.rfc3339());
            }
            None => conditions.push(json!({
                "type": kind, "status": "Unknown", "reason": "NodeStatusNeverUpdated",
                "message": "Kubelet never posted node status.",
                "lastHeartbeatTime": node["metadata"]["creationTimestamp"],
                "lastTransitionTime": view.now.rfc3339(),
            })),
        }
    }
    conditions
}

/// Marks the ready pods of a node that is no longer ready.
fn unready(view: &View<'_>, node: &Value, work: &mut Work) {
    let pods = view.snapshot.list("", "pods", None).map(|(_, pod)| pod);
    for pod in pods.filter(|pod| text(pod, "/spec/nodeName") == name(node) && super::object::ready(pod)) {
        let mut status = pod["status"].clone();
        for held in status["conditions"].as_array_mut().into_iter().flatten() {
            if held["type"] == "Ready" {
                held["status"] = json!("False");
                held["lastTransitionTime"] = json!(view.now.rfc3339());
            }
        }
        work.call(call::update_status(resource::PODS, pod, status));
        let message = "Node is not ready".to_owned();
        work.tell(Event::warning(SOURCE, pod, "NodeNotReady", message));
    }
}
