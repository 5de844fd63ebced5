//! The kubelet's own look at a pod that comes to its node: what the scheduler would have refused, for pods that somebody
//! binds by hand. A pod that is refused has failed.

use super::capacity::{Amounts, add, amounts, requests};
use super::fit::{self, host_ports};
use crate::sim::controller::View;
use crate::sim::controller::call::{Work, resource, update_status};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{finished, list, number, text, uid};
use serde_json::{Value, json};

/// Why a pod is refused.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    reason: String,
    message: String,
}

impl Refusal {
    fn predicate(name: &str, why: &str) -> Refusal {
        Refusal { reason: name.to_owned(), message: format!("Predicate {name} failed: {why}") }
    }
}

/// Refuses a pod that the kubelet sees for the first time and cannot run; whether it did.
pub(super) fn refuse(view: &View<'_>, pod: &Value, work: &mut Work) -> bool {
    if pod["status"].get("startTime").is_some() {
        return false;
    }
    let Some(node) = view.snapshot.find("", "nodes", "", text(pod, "/spec/nodeName")) else { return false };
    let others = view.snapshot.list("", "pods", None).map(|(_, pod)| &**pod);
    let on_node = |other: &&Value| {
        other["spec"]["nodeName"] == pod["spec"]["nodeName"] && !finished(other) && uid(other) != uid(pod)
    };
    let others: Vec<&Value> = others.filter(on_node).collect();
    let Some(refusal) = room(pod, node, &others).or_else(|| predicates(pod, node, &others)) else {
        return false;
    };
    let mut status = json!({
        "phase": "Failed", "reason": refusal.reason, "message": format!("Pod was rejected: {}", refusal.message),
        "startTime": view.now.rfc3339(), "observedGeneration": number(pod, "/metadata/generation"),
    });
    if let Some(class) = pod["status"].get("qosClass") {
        status["qosClass"] = class.clone();
    }
    let mut event = Event::warning(super::life::KUBELET, pod, &refusal.reason, refusal.message);
    event.host = Some(text(pod, "/spec/nodeName").to_owned());
    work.tell(event);
    work.call(update_status(resource::PODS, pod, status));
    true
}

/// What the node has too little of.
fn room(pod: &Value, node: &Value, others: &[&Value]) -> Option<Refusal> {
    let has = amounts(&node["status"]["allocatable"]);
    let mut used = Amounts::new();
    for other in others {
        add(&mut used, &requests(other));
    }
    used.insert("pods".to_owned(), i128::try_from(others.len()).unwrap_or(0) * 1_000);
    let mut wanted = requests(pod);
    wanted.insert("pods".to_owned(), 1_000);
    let lacking = |(name, wanted): (&String, &i128)| {
        let (used, whole) = (used.get(name).copied().unwrap_or(0), *has.get(name)?);
        // CPU is told in thousandths, all else in whole units.
        let scale = if name == "cpu" { 1 } else { 1_000 };
        (*wanted > 0 && used + wanted > whole).then(|| Refusal {
            reason: format!("OutOf{name}"),
            message: format!(
                "Node didn't have enough resource: {name}, requested: {}, used: {}, capacity: {}",
                wanted / scale,
                used / scale,
                whole / scale
            ),
        })
    };
    let first = ["pods", "cpu", "memory"];
    let named = first.iter().filter_map(|name| wanted.get_key_value(*name));
    let rest = wanted.iter().filter(|(name, _)| !first.contains(&name.as_str()));
    named.chain(rest).find_map(lacking)
}

fn predicates(pod: &Value, node: &Value, others: &[&Value]) -> Option<Refusal> {
    if !fit::selected(pod, node) {
        return Some(Refusal::predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"));
    }
    let ports = host_ports(pod);
    if others.iter().any(|other| host_ports(other).iter().any(|port| ports.contains(port))) {
        let why = "node(s) didn't have free ports for the requested pod ports";
        return Some(Refusal::predicate("NodePorts", why));
    }
    let untolerated = |taint: &Value| taint["effect"] == "NoExecute" && fit::toleration(pod, taint).is_none();
    list(node, "/spec/taints")
        .iter()
        .any(untolerated)
        .then(|| Refusal::predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_was_bound_by_hand_is_refused_where_it_does_not_fit() {
        let node = json!({
            "metadata": {"labels": {"disk": "slow"}}, "spec": {"taints": [{"key": "gone", "effect": "NoExecute"}]},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
        });
        let other = json!({"spec": {"containers": [{"resources": {"requests": {"cpu": "3"}}}]}});
        let told = |spec: Value| {
            let pod = json!({ "spec": spec });
            let refusal = room(&pod, &node, &[&other]).or_else(|| predicates(&pod, &node, &[&other]));
            refusal.map(|refusal| format!("{}: {}", refusal.reason, refusal.message)).unwrap_or_default()
        };
        assert_eq!(
            told(json!({"containers": [{"resources": {"requests": {"cpu": "1500m"}}}]})),
            "OutOfcpu: Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000"
        );
        assert_eq!(
            told(json!({"nodeSelector": {"disk": "fast"}})),
            "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
        );
        assert_eq!(
            told(json!({})),
            "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate"
        );
        assert_eq!(told(json!({"tolerations": [{"operator": "Exists"}]})), "");
    }
}
