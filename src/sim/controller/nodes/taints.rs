//! The taints that the state of nodes calls for: `NoSchedule` for what is amiss with a node or for its being cordoned,
//! `NoExecute` for one that is not ready, one node after the other, and none at all while no node is ready.

use crate::clock::Moment;
use crate::sim::controller::View;
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::object::{condition, list, map, text, time};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const CORDONED: &str = "node.kubernetes.io/unschedulable";
/// Which status of which condition calls for which taint.
const BY_CONDITION: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
];
/// A node with this label does not count where it is asked whether all nodes are lost.
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";
/// One node of a zone after the other is given up, so far apart (`--node-eviction-rate`).
const APART: Duration = Duration::from_secs(10);
/// Where more than two nodes of a zone are lost, and so many of a hundred, none of them is given up
/// (`--unhealthy-zone-threshold`).
const PARTIAL: (usize, usize) = (2, 55);

/// Brings the taints of all nodes up to date.
pub(super) fn reconcile(view: &View<'_>, nodes: &[&Object], work: &mut Work) {
    let mut zones: BTreeMap<(String, String), Vec<&Object>> = BTreeMap::new();
    for node in nodes {
        zones.entry(zone(node)).or_default().push(node);
    }
    let counted = nodes.iter().filter(|node| !map(node, "/metadata/labels").contains_key(EXCLUDED));
    let lost = counted.clone().count() > 0 && counted.clone().all(|node| state(node) != "True");
    for nodes in zones.values() {
        let mut last = nodes.iter().filter_map(|node| given_up_at(node)).max();
        for node in nodes {
            let mut taints = list(node, "/spec/taints").to_vec();
            no_schedule(view, node, &mut taints);
            no_execute(view, node, &mut taints, &mut last, lost || partly_lost(nodes), work);
            if taints != list(node, "/spec/taints") {
                let taints = if taints.is_empty() { Value::Null } else { Value::Array(taints) };
                let patch = json!({"spec": {"taints": taints}});
                work.call(call::strategic_patch(resource::NODES, node, &patch));
            }
        }
    }
}

fn zone(node: &Value) -> (String, String) {
    let labels = map(node, "/metadata/labels");
    let label = |key: &str| labels.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    (label("topology.kubernetes.io/region"), label("topology.kubernetes.io/zone"))
}

/// The status of the condition `Ready`; `Unknown` where there is none.
fn state(node: &Value) -> &str {
    condition(&node["status"], "Ready").map_or("Unknown", |ready| text(ready, "/status"))
}

fn partly_lost(nodes: &[&Object]) -> bool {
    let lost = nodes.iter().filter(|node| state(node) != "True").count();
    lost > PARTIAL.0 && lost * 100 >= PARTIAL.1 * nodes.len()
}

fn is(taint: &Value, key: &str, effect: &str) -> bool {
    taint["key"] == key && taint["effect"] == effect
}

/// When a node was given up.
fn given_up_at(node: &Value) -> Option<Moment> {
    let given_up = |taint: &&Value| is(taint, NOT_READY, "NoExecute") || is(taint, UNREACHABLE, "NoExecute");
    time(list(node, "/spec/taints").iter().find(given_up)?, "/timeAdded")
}

fn taint(view: &View<'_>, key: &str, effect: &str) -> Value {
    json!({"key": key, "effect": effect, "timeAdded": view.now.rfc3339()})
}

/// The taints that keep pods from coming.
fn no_schedule(view: &View<'_>, node: &Value, taints: &mut Vec<Value>) {
    let holds = |kind: &str, status: &str| {
        condition(&node["status"], kind).is_some_and(|held| held["status"] == *status)
    };
    let called_for = BY_CONDITION.iter().map(|(kind, status, key)| (*key, holds(kind, status)));
    let cordoned = (CORDONED, node["spec"]["unschedulable"] == true);
    for (key, wanted) in called_for.chain([cordoned]) {
        let held = taints.iter().any(|taint| is(taint, key, "NoSchedule"));
        if wanted && !held {
            taints.push(taint(view, key, "NoSchedule"));
        } else if held && !wanted {
            taints.retain(|taint| !is(taint, key, "NoSchedule"));
        }
    }
}

/// The taint that drives pods away; `last` is when the zone last gave a node up, `halted` whether none is to be.
fn no_execute(
    view: &View<'_>,
    node: &Object,
    taints: &mut Vec<Value>,
    last: &mut Option<Moment>,
    halted: bool,
    work: &mut Work,
) {
    let (key, other) = match state(node) {
        "True" => {
            return taints
                .retain(|taint| !is(taint, NOT_READY, "NoExecute") && !is(taint, UNREACHABLE, "NoExecute"));
        }
        "False" => (NOT_READY, UNREACHABLE),
        _ => (UNREACHABLE, NOT_READY),
    };
    if taints.iter().any(|taint| is(taint, key, "NoExecute")) {
        return;
    }
    let swapped = taints.iter().any(|taint| is(taint, other, "NoExecute"));
    // A node that was never heard of has no condition, and no taint before it has one.
    if halted || condition(&node["status"], "Ready").is_none() && !swapped {
        return;
    }
    let free = last.map(|last| last.after(APART)).filter(|free| *free > view.now && !swapped);
    if let Some(free) = free {
        return work.wake_at(free);
    }
    taints.retain(|taint| !is(taint, other, "NoExecute"));
    taints.push(taint(view, key, "NoExecute"));
    *last = Some(view.now);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Config;
    use crate::snapshot::Snapshot;
    use std::sync::Arc;

    fn node(name: &str, ready: &str, taints: Value) -> Object {
        Arc::new(json!({
            "kind": "Node", "apiVersion": "v1", "metadata": {"name": name, "uid": name}, "spec": {"taints": taints},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }))
    }

    /// The taints that nodes get, in the words of kubectl.
    fn tainted(nodes: &[Object]) -> Vec<String> {
        let view = View {
            snapshot: &Snapshot::default(),
            now: Moment::from_micros(1_763_810_803_000_000),
            config: &Config::default(),
            namespace: None,
            memory: &Default::default(),
            recorders: &Default::default(),
        };
        let mut work = Work::default();
        reconcile(&view, &nodes.iter().collect::<Vec<_>>(), &mut work);
        let patches = work.steps.into_iter().map(|step| match step {
            call::Step::Call(call) => call,
            call::Step::Ask(..) | call::Step::Tell(_) => panic!("a patch is a plain call"),
        });
        let told = patches.map(|call| {
            let patch = call.body.as_ref().expect("a patch").decode().expect("JSON");
            let taints = list(&patch, "/spec/taints").iter();
            let taints: Vec<String> =
                taints.map(|taint| format!("{}:{}", text(taint, "/key"), text(taint, "/effect"))).collect();
            format!(
                "{} {}",
                call.resource().and_then(|path| path.name.clone()).expect("a name"),
                taints.join(",")
            )
        });
        told.collect()
    }

    #[test]
    fn a_node_that_is_not_heard_of_is_given_up_while_another_is_ready() {
        let (lost, well) = (node("a", "Unknown", json!([])), node("b", "True", json!([])));
        let schedule = "node.kubernetes.io/unreachable:NoSchedule";
        assert_eq!(
            tainted(&[lost.clone(), well]),
            [format!("a {schedule},node.kubernetes.io/unreachable:NoExecute")]
        );
        assert_eq!(tainted(&[lost]), [format!("a {schedule}")]);
    }

    #[test]
    fn one_node_after_the_other_is_given_up() {
        let nodes = ["a", "b"].map(|name| node(name, "False", json!([])));
        let mut nodes = nodes.to_vec();
        nodes.extend(["c", "d"].map(|name| node(name, "True", json!([]))));
        let told = tainted(&nodes);
        assert!(told[0].ends_with("not-ready:NoExecute"), "{told:?}");
        assert_eq!(told[1], "b node.kubernetes.io/not-ready:NoSchedule");
    }

    #[test]
    fn a_node_that_is_ready_again_loses_the_taints_of_the_control_plane_alone() {
        let taint = |key: &str, effect: &str| json!({"key": key, "effect": effect});
        let held = json!([
            taint(UNREACHABLE, "NoExecute"),
            taint("gpu", "NoExecute"),
            taint(UNREACHABLE, "NoSchedule")
        ]);
        assert_eq!(tainted(&[node("a", "True", held)]), ["a gpu:NoExecute"]);
    }
}
