//! Where a DaemonSet's pods run: which nodes fit, and the pod for one of them.

use super::HASH;
use crate::sim::controller::object::{list, map, name, text};
use crate::sim::controller::pods::from_template;
use crate::sim::node::fit;
use crate::snapshot::Object;
use serde_json::{Value, json};

const GENERATION: &str = "deprecated.daemonset.template.generation";
const TERMS: &str =
    "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";

/// What a node is to a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A pod of the set runs there.
    Runs,
    /// No pod comes to be there, but one that is there stays.
    Stays,
    /// No pod of the set is to be there.
    Never,
}

/// What `node` is to `set`, by name, node selector, affinity and taints.
pub(super) fn place(set: &Value, node: &Value) -> Place {
    let mut pod = json!({"spec": set["spec"]["template"]["spec"]});
    let wanted = text(&pod, "/spec/nodeName");
    if !(wanted.is_empty() || wanted == name(node)) || !fit::selected(&pod, node) {
        return Place::Never;
    }
    pod["spec"]["tolerations"] = json!(tolerations(&pod["spec"]));
    let untolerated = |effects: &[&str]| {
        list(node, "/spec/taints").iter().any(|taint| {
            let effect = text(taint, "/effect");
            effects.contains(&effect)
                && !fit::tolerates(&pod, text(taint, "/key"), text(taint, "/value"), effect)
        })
    };
    if untolerated(&["NoExecute"]) {
        Place::Never
    } else if untolerated(&["NoSchedule"]) {
        Place::Stays
    } else {
        Place::Runs
    }
}

/// The tolerations of a pod template with those that let its pods stay whatever befalls the node.
fn tolerations(spec: &Value) -> Vec<Value> {
    let mut tolerations = list(spec, "/tolerations").to_vec();
    let evict = ["not-ready", "unreachable"].map(|key| (key, "NoExecute"));
    let place =
        ["disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"].map(|key| (key, "NoSchedule"));
    let network = (spec["hostNetwork"] == true).then_some(("network-unavailable", "NoSchedule"));
    for (key, effect) in evict.into_iter().chain(place).chain(network) {
        let own = json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect});
        let same = |held: &Value| {
            ["key", "operator", "effect", "value"]
                .iter()
                .all(|field| text_of(held, field) == text_of(&own, field))
        };
        match tolerations.iter().position(same) {
            Some(at) => tolerations[at] = own,
            None => tolerations.push(own),
        }
    }
    tolerations
}

fn text_of<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

/// The node that a pod is on or meant for.
pub(super) fn node_of(pod: &Value) -> &str {
    let placed = text(pod, "/spec/nodeName");
    if placed.is_empty() { text(pod, &format!("{TERMS}/0/matchFields/0/values/0")) } else { placed }
}

/// The generation of the template, as the API server notes it on the set.
pub(super) fn generation(set: &Value) -> Option<&str> {
    set["metadata"]["annotations"][GENERATION].as_str()
}

/// A pod that the scheduler can place on this node only, and that stays there whatever befalls the node.
pub(super) fn pod_for(set: &Object, node: &Object, hash: &str) -> Value {
    let mut pod = from_template(set, &set["spec"]["template"]);
    let labels = &mut pod["metadata"]["labels"];
    labels[HASH] = json!(hash);
    if let Some(generation) = generation(set) {
        labels["pod-template-generation"] = json!(generation);
    }
    let field = json!({"key": "metadata.name", "operator": "In", "values": [name(node)]});
    let mut affinity = map(&pod, "/spec/affinity");
    let mut of_node = map(&pod, "/spec/affinity/nodeAffinity");
    let mut terms = list(&pod, TERMS).to_vec();
    if terms.is_empty() {
        terms.push(json!({}));
    }
    for term in &mut terms {
        term["matchFields"] = json!([field]);
        if let Some(term) = term.as_object_mut() {
            term.remove("matchExpressions");
        }
    }
    terms.truncate(1);
    of_node.insert(
        "requiredDuringSchedulingIgnoredDuringExecution".to_owned(),
        json!({"nodeSelectorTerms": terms}),
    );
    affinity.insert("nodeAffinity".to_owned(), json!(of_node));
    pod["spec"]["affinity"] = json!(affinity);
    pod["spec"]["tolerations"] = json!(tolerations(&pod["spec"]));
    pod
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taint_keeps_a_set_away_unless_it_is_tolerated() {
        let node = |effect: &str| json!({"metadata": {"name": "n"}, "spec": {"taints": [{"key": "gpu", "value": "yes", "effect": effect}]}});
        let set = |tolerations: Value| json!({"spec": {"template": {"spec": {"tolerations": tolerations}}}});
        let cases = [
            (json!([]), "NoSchedule", Place::Stays),
            (json!([]), "NoExecute", Place::Never),
            (json!([]), "PreferNoSchedule", Place::Runs),
            (json!([{"operator": "Exists"}]), "NoExecute", Place::Runs),
            (json!([{"key": "gpu", "value": "yes"}]), "NoSchedule", Place::Runs),
            (json!([{"key": "gpu", "value": "no"}]), "NoSchedule", Place::Stays),
        ];
        for (tolerations, effect, expected) in cases {
            assert_eq!(place(&set(tolerations.clone()), &node(effect)), expected, "{tolerations} {effect}");
        }
    }
}
