//! What is done about a node that has just come or gone: how long kubelets may keep what they have read is noted on it
//! (`ttl`), and that it is known, or no more, is told.

use super::SOURCE;
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{map, name};
use crate::sim::controller::{Controller, MANAGER, View, always};
use serde_json::{Value, json};

/// The annotation that says for how many seconds kubelets may keep what they have read.
const TTL: &str = "node.alpha.kubernetes.io/ttl";
/// Up to so many nodes, so many seconds; beyond all of them the last.
const SECONDS: [(usize, u32); 5] = [(100, 0), (500, 15), (1000, 30), (2000, 60), (usize::MAX, 300)];

/// The controller.
pub(in crate::sim::controller) const CONTROLLER: Controller =
    Controller { name: "ttl-controller", program: MANAGER, watches: &[("", "nodes")], wakes: always, run };

fn run(view: &View<'_>) -> Work {
    let mut work = Work::default();
    let nodes = super::all(view);
    let seconds = SECONDS.iter().find(|(most, _)| nodes.len() <= *most).map_or(0, |(_, seconds)| *seconds);
    for node in nodes {
        let held = map(node, "/metadata/annotations").get(TTL).cloned();
        if held.as_ref().is_some_and(|held| *held == *seconds.to_string()) {
            continue;
        }
        let patch = json!({"metadata": {"annotations": {TTL: seconds.to_string()}}});
        work.call(call::strategic_patch(resource::NODES, node, &patch));
        if held.is_none() {
            work.tell(told(node, "RegisteredNode", "Registered", "in"));
        }
    }
    work
}

/// What is told of a node that is gone.
pub(in crate::sim::controller) fn gone(node: &Value) -> Event {
    told(node, "RemovingNode", "Removing", "from")
}

fn told(node: &Value, reason: &str, what: &str, whence: &str) -> Event {
    let message = format!("Node {0} event: {what} Node {0} {whence} Controller", name(node));
    let mut event = Event::normal(SOURCE, node, reason, message);
    if let Some(about) = event.about.as_object_mut() {
        about.remove("resourceVersion");
    }
    event
}
