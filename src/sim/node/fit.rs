//! Whether a pod fits a node, filter by filter, in the scheduler's words. Which of the nodes that fit is taken, and how
//! what is amiss with several is told, is `choose`'s matter.

use super::capacity::{Amounts, add, amounts, requests};
use super::together;
use crate::sim::controller::object::{finished, list, namespace, terminating, text};
use crate::sim::controller::selector;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};

/// Why a pod does not fit a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// `Insufficient cpu`, …
    pub(super) reasons: Vec<String>,
    /// Whether other pods are in the way, so that removing them might help.
    pub(super) crowded: bool,
}

impl Misfit {
    pub(super) fn node(reason: &str) -> Misfit {
        Misfit { reasons: vec![reason.to_owned()], crowded: false }
    }

    pub(super) fn crowd(reason: &str) -> Misfit {
        Misfit { crowded: true, ..Misfit::node(reason) }
    }
}

/// The pods that have not ended, as they lie around a node.
pub(super) struct Scene<'a> {
    pub(super) node: &'a Value,
    /// Those on the node.
    pub(super) there: Vec<&'a Value>,
    /// Those on other nodes, each with its node.
    pub(super) elsewhere: Vec<(&'a Value, &'a Value)>,
    /// All nodes.
    pub(super) nodes: Vec<&'a Value>,
}

impl<'a> Scene<'a> {
    /// The surroundings of a node.
    pub(super) fn around(node: &'a Value, snapshot: &'a Snapshot) -> Scene<'a> {
        let pods = snapshot.list("", "pods", None).map(|(_, pod)| &**pod).filter(|pod| !finished(pod));
        let of = |pod: &Value| text(pod, "/spec/nodeName") == text(node, "/metadata/name");
        let (there, rest): (Vec<&Value>, Vec<&Value>) = pods.partition(|pod| of(pod));
        let nodes: Vec<&Value> = snapshot.list("", "nodes", None).map(|(_, node)| &**node).collect();
        let placed = |pod: &'a Value| Some((nodes.iter().copied().find(|node| is_on(pod, node))?, pod));
        let elsewhere = rest.into_iter().filter_map(placed).collect();
        Scene { node, there, elsewhere, nodes }
    }

    /// The pods of the node's domain: those on the nodes that have the same value of a label.
    pub(super) fn domain<'b>(&'b self, key: &'b str) -> impl Iterator<Item = &'a Value> + 'b {
        let own = label(self.node, key);
        let near = self.elsewhere.iter().filter(move |(node, _)| own.is_some() && label(node, key) == own);
        let there = self.there.iter().copied().filter(move |_| own.is_some());
        there.chain(near.map(|(_, pod)| *pod))
    }

    pub(super) fn all<'b>(&'b self) -> impl Iterator<Item = &'a Value> + 'b {
        self.there.iter().copied().chain(self.elsewhere.iter().map(|(_, pod)| *pod))
    }
}

fn is_on(pod: &Value, node: &Value) -> bool {
    pod["spec"]["nodeName"] == node["metadata"]["name"]
}

pub(super) fn label<'a>(node: &'a Value, key: &str) -> Option<&'a str> {
    node["metadata"]["labels"].get(key).and_then(Value::as_str)
}

/// Says why the pod cannot run on a node; `None` where it can.
pub(super) fn misfit(pod: &Value, scene: &Scene<'_>) -> Option<Misfit> {
    let node = scene.node;
    let listed = named_nodes(pod).is_none_or(|names| names.contains(&text(node, "/metadata/name")));
    if !listed {
        return Some(Misfit::node("node(s) didn't satisfy plugin(s) [NodeAffinity]"));
    }
    let cordoned = node["spec"]["unschedulable"] == true;
    if cordoned && !tolerates(pod, "node.kubernetes.io/unschedulable", "", "NoSchedule") {
        return Some(Misfit::node("node(s) were unschedulable"));
    }
    let untolerated = |taint: &Value| {
        matches!(text(taint, "/effect"), "NoSchedule" | "NoExecute") && toleration(pod, taint).is_none()
    };
    if list(node, "/spec/taints").iter().any(untolerated) {
        return Some(Misfit::node("node(s) had untolerated taint(s)"));
    }
    if !selected(pod, node) {
        return Some(Misfit::node("node(s) didn't match Pod's node affinity/selector"));
    }
    crowding(pod, scene)
}

/// The names to which every term of the required node affinity narrows the nodes down; `None` where one does not.
fn named_nodes(pod: &Value) -> Option<Vec<&str>> {
    let terms = list(pod, NODE_TERMS);
    let names = |field: &Value| field["key"] == "metadata.name" && field["operator"] == "In";
    if terms.is_empty() || !terms.iter().all(|term| list(term, "/matchFields").iter().any(names)) {
        return None;
    }
    let fields = terms.iter().flat_map(|term| list(term, "/matchFields"));
    Some(fields.flat_map(|field| list(field, "/values")).filter_map(Value::as_str).collect())
}

const NODE_TERMS: &str =
    "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";

/// Claims that are missing, go away or are not bound: what keeps a pod from every node.
pub(super) fn claims(pod: &Value, snapshot: &Snapshot) -> Option<String> {
    for volume in list(pod, "/spec/volumes") {
        let name = match text(volume, "/persistentVolumeClaim/claimName") {
            "" if volume.get("ephemeral").is_some() => {
                format!("{}-{}", text(pod, "/metadata/name"), text(volume, "/name"))
            }
            "" => continue,
            name => name.to_owned(),
        };
        let Some(claim) = snapshot.find("", "persistentvolumeclaims", namespace(pod), &name) else {
            if volume.get("ephemeral").is_some() {
                return Some(format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
                ));
            }
            return Some(format!("persistentvolumeclaim \"{name}\" not found"));
        };
        if terminating(claim) {
            return Some(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        if text(claim, "/status/phase") != "Bound" && !waits_for_consumer(claim, snapshot) {
            return Some("pod has unbound immediate PersistentVolumeClaims".to_owned());
        }
    }
    None
}

/// Whether the claim is bound only once a pod that uses it is scheduled. One that names its volume never waits for a pod,
/// whatever its class says.
fn waits_for_consumer(claim: &Value, snapshot: &Snapshot) -> bool {
    if !text(claim, "/spec/volumeName").is_empty() {
        return false;
    }
    let class = text(claim, "/spec/storageClassName");
    let class = snapshot.find("storage.k8s.io", "storageclasses", "", class);
    class.is_some_and(|class| class["volumeBindingMode"] == "WaitForFirstConsumer")
}

/// Whether a pod tolerates a taint.
pub(in crate::sim) fn tolerates(pod: &Value, key: &str, value: &str, effect: &str) -> bool {
    toleration(pod, &json!({"key": key, "value": value, "effect": effect})).is_some()
}

/// The first toleration of a pod that tolerates a taint.
pub(in crate::sim) fn toleration<'a>(pod: &'a Value, taint: &Value) -> Option<&'a Value> {
    list(pod, "/spec/tolerations").iter().find(|toleration| {
        let effects = text(toleration, "/effect");
        let keys = text(toleration, "/key");
        let exists = text(toleration, "/operator") == "Exists";
        (effects.is_empty() || effects == text(taint, "/effect"))
            && (keys == text(taint, "/key") || (keys.is_empty() && exists))
            && (exists || text(toleration, "/value") == text(taint, "/value"))
    })
}

/// `nodeSelector` and required node affinity.
pub(in crate::sim) fn selected(pod: &Value, node: &Value) -> bool {
    let terms = list(pod, NODE_TERMS);
    selector::contains(&pod["spec"]["nodeSelector"], node)
        && (terms.is_empty() || terms.iter().any(|term| term_holds(term, node)))
}

fn term_holds(term: &Value, node: &Value) -> bool {
    let expressions = list(term, "/matchExpressions");
    let fields = list(term, "/matchFields");
    let named = json!({"metadata": {"labels": {"metadata.name": node["metadata"]["name"]}}});
    let compared = |expression: &&Value| matches!(text(expression, "/operator"), "Gt" | "Lt");
    let plain: Vec<&Value> = expressions.iter().filter(|expression| !compared(expression)).collect();
    (!expressions.is_empty() || !fields.is_empty())
        && selector::matches(&json!({ "matchExpressions": plain }), node)
        && expressions.iter().filter(compared).all(|expression| greater(expression, node))
        && selector::matches(&json!({ "matchExpressions": fields }), &named)
}

fn greater(expression: &Value, node: &Value) -> bool {
    let label = node["metadata"]["labels"][text(expression, "/key")]
        .as_str()
        .and_then(|text| text.parse::<i64>().ok());
    let bound =
        list(expression, "/values").first().and_then(Value::as_str).and_then(|text| text.parse::<i64>().ok());
    label.zip(bound).is_some_and(
        |(label, bound)| if expression["operator"] == "Gt" { label > bound } else { label < bound },
    )
}

/// What other pods leave: host ports, resources, spread, affinity.
fn crowding(pod: &Value, scene: &Scene<'_>) -> Option<Misfit> {
    let ports = host_ports(pod);
    if scene.there.iter().any(|other| host_ports(other).iter().any(|port| ports.contains(port))) {
        return Some(Misfit::crowd("node(s) didn't have free ports for the requested pod ports"));
    }
    resources(pod, scene.node, &scene.there)
        .or_else(|| together::spread(pod, scene))
        .or_else(|| together::affinity(pod, scene))
}

/// The ports of the node that a pod takes.
pub(super) fn host_ports(pod: &Value) -> Vec<(&Value, &str)> {
    let containers = list(pod, "/spec/containers").iter();
    let ports = containers.flat_map(|container| list(container, "/ports"));
    ports
        .filter(|port| port["hostPort"].as_i64().unwrap_or(0) > 0)
        .map(|port| (&port["hostPort"], text(port, "/protocol")))
        .collect()
}

fn resources(pod: &Value, node: &Value, there: &[&Value]) -> Option<Misfit> {
    let has = amounts(&node["status"]["allocatable"]);
    let mut used = Amounts::new();
    for other in there {
        add(&mut used, &requests(other));
    }
    let mut misfit = Misfit { reasons: Vec::new(), crowded: true };
    let limit = has.get("pods").copied().unwrap_or(0);
    if i128::try_from(there.len()).unwrap_or(0) * 1_000 + 1_000 > limit {
        misfit.reasons.push("Too many pods".to_owned());
    }
    for (name, wanted) in requests(pod).into_iter().filter(|(_, wanted)| *wanted > 0) {
        let whole = has.get(&name).copied().unwrap_or(0);
        if used.get(&name).copied().unwrap_or(0) + wanted > whole {
            misfit.reasons.push(format!("Insufficient {name}"));
            if wanted > whole {
                misfit.crowded = false;
            }
        }
    }
    (!misfit.reasons.is_empty()).then_some(misfit)
}
