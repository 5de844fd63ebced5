//! What a kubelet says of its node: that it is ready, what it has, where it is reached. Written when the node comes to
//! be and whenever it was changed by somebody else; a kubelet that is stopped says nothing.

use super::{Kubelet, kubelet};
use crate::sim::controller::call::{self, Work, resource, update_status};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{condition, list, map, name, text};
use crate::sim::controller::{Controller, View, always};
use crate::sim::plane;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// The kubelets' words about their nodes.
pub(super) const REGISTRAR: Controller = Controller {
    name: "kubelet",
    program: "kubelet",
    watches: &[("", "nodes"), ("coordination.k8s.io", "leases")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for (_, node) in view.snapshot.list("", "nodes", None) {
            if kubelet(node) == Kubelet::Running {
                speak(view, node, &mut work);
            }
        }
        work
    },
};

/// A kubelet looks at what is written of its node so often (`nodeStatusUpdateFrequency`).
const LOOKS: Duration = Duration::from_secs(10);

fn speak(view: &View<'_>, node: &Object, work: &mut Work) {
    if view.snapshot.find("coordination.k8s.io", "leases", "kube-node-lease", name(node)).is_none() {
        work.call(call::create(resource::LEASES, &plane::lease(node, view.now)));
    }
    if view.snapshot.find("storage.k8s.io", "csinodes", "", name(node)).is_none() {
        work.call(call::create(resource::CSI_NODES, &plane::drivers(node)));
    }
    let own = plane::node(name(node), &address(view, node), view.now);
    let labels = map(&own, "/metadata/labels");
    let held = map(node, "/metadata/labels");
    if labels.iter().any(|(key, value)| held.get(key) != Some(value)) {
        let patch = json!({"metadata": {"labels": labels}});
        return work.call(call::strategic_patch(resource::NODES, node, &patch));
    }
    let same = |kind: &Value| {
        let (said, held) =
            (condition(&own["status"], text(kind, "/type")), condition(&node["status"], text(kind, "/type")));
        let plain = |of: Option<&Value>| {
            of.map(|of| [of["status"].clone(), of["reason"].clone(), of["message"].clone()])
        };
        plain(said) == plain(held)
    };
    let registered = !list(node, "/status/addresses").is_empty();
    if list(&own, "/status/conditions").iter().all(same) && registered {
        return;
    }
    // Between two looks others may say what they like.
    let said = condition(&node["status"], "Ready").map(|ready| text(ready, "/reason").to_owned());
    let overruled =
        said.is_some_and(|reason| reason != "NodeStatusUnknown" && reason != "NodeStatusNeverUpdated");
    if overruled && registered && !due(view, node, work) {
        return;
    }
    let was_ready = condition(&node["status"], "Ready").is_some_and(|ready| ready["status"] == "True");
    work.call(update_status(resource::NODES, node, status(&own, node)));
    if !was_ready {
        let message = format!("Node {} status is now: NodeReady", name(node));
        let mut event = Event::normal("kubelet", node, "NodeReady", message);
        event.about = json!({"kind": "Node", "name": name(node), "uid": name(node)});
        event.host = Some(name(node).to_owned());
        work.tell(event);
    }
}

/// Whether the kubelet's next look has come since its node was changed; that moment stands in the lease's stead.
fn due(view: &View<'_>, node: &Object, work: &mut Work) -> bool {
    let changed = list(node, "/metadata/managedFields").iter().filter_map(|entry| {
        crate::sim::controller::object::time(entry, "/time").filter(|_| entry["subresource"] == "status")
    });
    let Some(changed) = changed.max() else { return true };
    let look = changed.after(LOOKS);
    if view.now < look {
        work.wake_at(look);
    }
    view.now >= look
}

/// The node's status with what the kubelet says in it, and what others have added.
fn status(own: &Value, node: &Value) -> Value {
    let mut status = if node["status"].is_object() { node["status"].clone() } else { json!({}) };
    let said = list(own, "/status/conditions");
    let mut conditions: Vec<Value> = said
        .iter()
        .map(|said| {
            let held = condition(&node["status"], text(said, "/type"));
            let mut said = said.clone();
            if let Some(held) = held.filter(|held| held["status"] == said["status"]) {
                said["lastTransitionTime"] = held["lastTransitionTime"].clone();
            }
            said
        })
        .collect();
    let foreign = |held: &&Value| said.iter().all(|said| said["type"] != held["type"]);
    conditions.extend(list(node, "/status/conditions").iter().filter(foreign).cloned());
    for field in ["capacity", "allocatable", "addresses", "daemonEndpoints", "nodeInfo"] {
        if status.get(field).is_none() || !matches!(field, "capacity" | "allocatable") {
            status[field] = own["status"][field].clone();
        }
    }
    status["conditions"] = json!(conditions);
    status
}

/// The address that a node has, or the first that none has.
fn address(view: &View<'_>, node: &Value) -> String {
    let of = |node: &Value| {
        let addresses = list(node, "/status/addresses").iter();
        let internal = addresses.filter(|address| address["type"] == "InternalIP");
        internal.map(|address| text(address, "/address").to_owned()).next()
    };
    let others = view.snapshot.list("", "nodes", None).filter_map(|(_, node)| of(node));
    let taken: BTreeSet<String> = others.collect();
    let free = || (2..255).map(|last| format!("192.0.2.{last}")).find(|free| !taken.contains(free));
    of(node).or_else(free).unwrap_or_else(|| super::NODE_ADDRESS.to_owned())
}
