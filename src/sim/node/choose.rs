//! The choice among nodes: which of those that a pod fits it goes to, or what is amiss with each of them, told in one
//! message in the scheduler's words.

use super::capacity::{Amounts, add, amounts, requests};
use super::fit::{Misfit, Scene, claims, misfit, toleration};
use super::preempt;
use crate::sim::controller::object::{controller_of, list, name, text};
use crate::snapshot::{Object, Snapshot};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where a pod goes.
pub(super) enum Choice<'a> {
    /// To this node.
    Node(&'a Object),
    /// Nowhere for now.
    Nowhere(Refusal<'a>),
}

/// Why a pod goes to no node.
pub(super) enum Refusal<'a> {
    /// There is no node.
    NoNodes,
    /// Something is amiss with the pod itself, before any node is looked at.
    Pod { nodes: usize, reason: String },
    /// It fits none of the nodes.
    Nodes(Vec<(&'a Object, Misfit)>),
}

/// Chooses a node for a pod.
pub(super) fn choose<'a>(pod: &Value, snapshot: &'a Snapshot) -> Choice<'a> {
    let nodes: Vec<&Object> = snapshot.list("", "nodes", None).map(|(_, node)| node).collect();
    if nodes.is_empty() {
        return Choice::Nowhere(Refusal::NoNodes);
    }
    if let Some(reason) = claims(pod, snapshot) {
        return Choice::Nowhere(Refusal::Pod { nodes: nodes.len(), reason });
    }
    let mut misfits = Vec::new();
    let mut fitting = Vec::new();
    for node in nodes {
        let mut scene = Scene::around(node, snapshot);
        scene.there.extend(preempt::nominated(pod, name(node), snapshot).into_iter().map(|other| &**other));
        match misfit(pod, &scene) {
            Some(misfit) => misfits.push((node, misfit)),
            None => fitting.push((cost(pod, &scene), node)),
        }
    }
    match fitting.into_iter().min_by(|a, b| a.0.cmp(&b.0)) {
        Some((_, node)) => Choice::Node(node),
        None => Choice::Nowhere(Refusal::Nodes(misfits)),
    }
}

/// What speaks against a node that fits, the weightiest first: taints that would rather have no pod, pods of the same
/// controller, how full it is. What the default plugins' scores come to where pods are alike.
fn cost(pod: &Value, scene: &Scene<'_>) -> (usize, usize, i128, String) {
    let shuns = |taint: &&Value| taint["effect"] == "PreferNoSchedule" && toleration(pod, taint).is_none();
    let shunned = list(scene.node, "/spec/taints").iter().filter(shuns).count();
    let owner = controller_of(pod).map(|owner| &owner["uid"]);
    let like = |other: &&&Value| owner.is_some() && controller_of(other).map(|owner| &owner["uid"]) == owner;
    let alike = scene.there.iter().filter(like).count();
    let mut used = Amounts::new();
    for other in &scene.there {
        add(&mut used, &requests(other));
    }
    let has = amounts(&scene.node["status"]["allocatable"]);
    let full = ["cpu", "memory"].map(|of| {
        let whole = has.get(of).copied().unwrap_or(0).max(1);
        used.get(of).copied().unwrap_or(0) * 1_000 / whole
    });
    (
        shunned,
        alike,
        full.iter().sum::<i128>() * 1_000 + i128::try_from(scene.there.len()).unwrap_or(0),
        name(scene.node).to_owned(),
    )
}

impl Refusal<'_> {
    /// What is amiss, without what might help.
    pub(super) fn plain(&self) -> String {
        match self {
            Refusal::NoNodes => "no nodes available to schedule pods".to_owned(),
            Refusal::Pod { nodes, reason } => format!("0/{nodes} nodes are available: {reason}."),
            Refusal::Nodes(misfits) => {
                let reasons =
                    misfits.iter().flat_map(|(_, misfit)| misfit.reasons.iter().map(String::as_str));
                format!("0/{} nodes are available: {}.", misfits.len(), counted(reasons))
            }
        }
    }

    /// The message of event and condition.
    pub(super) fn message(&self, pod: &Value) -> String {
        let plain = self.plain();
        let misfits = match self {
            Refusal::NoNodes => return plain,
            Refusal::Pod { .. } => return format!("{plain} not found"),
            Refusal::Nodes(misfits) => misfits,
        };
        if text(pod, "/spec/preemptionPolicy") == "Never" {
            return format!(
                "{plain} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
            );
        }
        let help = misfits.iter().map(|(_, misfit)| match misfit.crowded {
            true => "No preemption victims found for incoming pod",
            false => "Preemption is not helpful for scheduling",
        });
        let help = counted(help);
        format!(
            "{plain} no new claims to deallocate, preemption: 0/{} nodes are available: {help}.",
            misfits.len()
        )
    }
}

/// `1 Insufficient cpu, 2 node(s) were unschedulable`
fn counted<'a>(reasons: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut told: Vec<String> =
        counts.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    told.sort();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Key;
    use serde_json::json;
    use std::sync::Arc;

    fn node(name: &str, spec: Value) -> Value {
        json!({
            "metadata": {"name": name, "labels": {"disk": "slow", "kubernetes.io/hostname": name}}, "spec": spec,
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
        })
    }

    /// Where a pod goes among these nodes, the first of which has a pod that asks for three of its four CPUs.
    fn told(spec: Value, nodes: &[Value]) -> String {
        let other = json!({
            "metadata": {"name": "o", "namespace": "ns", "labels": {"app": "web"}},
            "spec": {"nodeName": "node1", "containers": [{"resources": {"requests": {"cpu": "3"}}}]},
        });
        let nodes = nodes.iter().map(|node| (Key::new("", "nodes", "", name(node)), Arc::new(node.clone())));
        let objects = nodes.chain([(Key::new("", "pods", "ns", "o"), Arc::new(other))]).collect();
        let pod =
            json!({"metadata": {"name": "p", "namespace": "ns", "labels": {"app": "web"}}, "spec": spec});
        match choose(&pod, &Snapshot::new(1, objects)) {
            Choice::Node(node) => name(node).to_owned(),
            Choice::Nowhere(refusal) => refusal.message(&pod),
        }
    }

    fn asks(cpu: &str) -> Value {
        json!({"containers": [{"resources": {"requests": {"cpu": cpu}}}]})
    }

    fn apart() -> Value {
        json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"},
        ]}}})
    }

    /// The first two messages are recorded ones.
    #[test]
    fn a_pod_that_does_not_fit_is_told_why_in_the_scheduler_s_words() {
        let rest = "no new claims to deallocate, preemption: 0/1 nodes are available: 1";
        let claim = json!({"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]});
        let cases = [
            (asks("900"), "1 Insufficient cpu", "Preemption is not helpful for scheduling."),
            (
                json!({"nodeSelector": {"disk": "fast"}}),
                "1 node(s) didn't match Pod's node affinity/selector",
                "Preemption is not helpful for scheduling.",
            ),
            (asks("2"), "1 Insufficient cpu", "No preemption victims found for incoming pod."),
            (
                apart(),
                "1 node(s) didn't match pod anti-affinity rules",
                "No preemption victims found for incoming pod.",
            ),
        ];
        let one = [node("node1", json!({}))];
        for (spec, reason, help) in cases {
            let expected = format!("0/1 nodes are available: {reason}. {rest} {help}");
            assert_eq!(told(spec, &one), expected);
        }
        let missing = "0/1 nodes are available: persistentvolumeclaim \"data\" not found. not found";
        assert_eq!(told(claim, &one), missing);
        assert_eq!(told(asks("1"), &one), "node1");
        assert_eq!(told(json!({"nodeSelector": {"disk": "slow"}}), &one), "node1");
        assert_eq!(told(asks("1"), &[]), "no nodes available to schedule pods");
    }

    #[test]
    fn of_several_nodes_each_is_counted_by_what_is_amiss_with_it() {
        let tainted = json!({"taints": [{"key": "gpu", "effect": "NoSchedule"}]});
        let nodes = [
            node("node1", json!({})),
            node("node2", tainted.clone()),
            node("node3", tainted),
            node("node4", json!({"unschedulable": true})),
        ];
        assert_eq!(
            told(asks("2"), &nodes),
            "0/4 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable, 2 node(s) had untolerated \
             taint(s). no new claims to deallocate, preemption: 0/4 nodes are available: 1 No preemption victims \
             found for incoming pod, 3 Preemption is not helpful for scheduling."
        );
    }

    #[test]
    fn a_pod_goes_where_there_is_most_room_and_nothing_is_against_it() {
        let nodes = [node("node1", json!({})), node("node2", json!({}))];
        assert_eq!(told(asks("1"), &nodes), "node2");
        assert_eq!(told(apart(), &nodes), "node2");
        let shunned = json!({"taints": [{"key": "spot", "effect": "PreferNoSchedule"}]});
        assert_eq!(told(asks("1"), &[node("node1", json!({})), node("node2", shunned)]), "node1");
        let together = json!({"affinity": {"podAffinity": apart()["affinity"]["podAntiAffinity"]}});
        assert_eq!(told(together, &nodes), "node1");
    }

    #[test]
    fn pods_that_are_to_be_spread_go_to_the_domain_with_the_fewest() {
        let spread = json!({"topologySpreadConstraints": [{
            "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}},
        }]});
        let cordoned = node("node2", json!({"unschedulable": true}));
        assert_eq!(told(spread.clone(), &[node("node1", json!({})), node("node2", json!({}))]), "node2");
        let refused = told(spread, &[node("node1", json!({})), cordoned]);
        assert!(refused.starts_with(
            "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were \
             unschedulable."
        ), "{refused}");
    }
}
