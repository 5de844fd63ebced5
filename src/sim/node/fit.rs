//! Whether a pod fits the node, filter by filter, in the scheduler's words.

use super::capacity::{Amounts, add, amounts, requests};
use crate::sim::controller::object::{finished, list, namespace, terminating, text};
use crate::sim::controller::selector;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};

/// Why a pod does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// `1 Insufficient cpu`, or what is wrong with the pod itself.
    pub(super) reasons: Vec<String>,
    /// Whether removing other pods might help.
    pub(super) help: Help,
}

/// What the scheduler makes of a misfit after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Help {
    /// No pod was in the way.
    Unhelpful,
    /// Other pods are in the way.
    Preemption,
    /// The pod was refused before any node was looked at.
    Unasked,
}

impl Misfit {
    fn node(reason: &str) -> Misfit {
        Misfit { reasons: vec![format!("1 {reason}")], help: Help::Unhelpful }
    }

    fn crowd(reason: &str) -> Misfit {
        Misfit { help: Help::Preemption, ..Misfit::node(reason) }
    }

    /// What is amiss, without what might help.
    pub(super) fn plain(&self) -> String {
        let mut reasons = self.reasons.clone();
        reasons.sort();
        format!("0/1 nodes are available: {}.", reasons.join(", "))
    }

    /// The message of event and condition. `never` is whether the pod may not take another's place.
    pub(super) fn message(&self, never: bool) -> String {
        let plain = self.plain();
        let help = match self.help {
            Help::Unasked => return format!("{plain} not found"),
            _ if never => {
                return format!(
                    "{plain} no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
                );
            }
            Help::Preemption => "No preemption victims found for incoming pod.",
            Help::Unhelpful => "Preemption is not helpful for scheduling.",
        };
        format!("{plain} no new claims to deallocate, preemption: 0/1 nodes are available: 1 {help}")
    }
}

/// Says why the pod cannot run on the node; `None` where it can.
pub(super) fn misfit(pod: &Value, node: &Value, snapshot: &Snapshot) -> Option<Misfit> {
    let all = snapshot.list("", "pods", None).map(|(_, other)| &**other);
    let there: Vec<&Value> = all
        .filter(|other| other["spec"]["nodeName"] == node["metadata"]["name"] && !finished(other))
        .collect();
    misfit_among(pod, node, snapshot, &there)
}

/// The same with these pods on the node.
pub(super) fn misfit_among(
    pod: &Value,
    node: &Value,
    snapshot: &Snapshot,
    there: &[&Value],
) -> Option<Misfit> {
    claims(pod, snapshot)
        .or_else(|| {
            let listed = named_nodes(pod).is_none_or(|names| names.contains(&text(node, "/metadata/name")));
            (!listed).then(|| Misfit::node("node(s) didn't satisfy plugin(s) [NodeAffinity]"))
        })
        .or_else(|| {
            let cordoned = node["spec"]["unschedulable"] == true;
            let tolerated = tolerates(pod, "node.kubernetes.io/unschedulable", "", "NoSchedule");
            (cordoned && !tolerated).then(|| Misfit::node("node(s) were unschedulable"))
        })
        .or_else(|| taints(pod, node))
        .or_else(|| {
            (!selected(pod, node)).then(|| Misfit::node("node(s) didn't match Pod's node affinity/selector"))
        })
        .or_else(|| crowding(pod, node, there))
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

/// Claims that are missing, go away or are not bound.
fn claims(pod: &Value, snapshot: &Snapshot) -> Option<Misfit> {
    let about = |reason: String| Some(Misfit { reasons: vec![reason], help: Help::Unasked });
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
                return about(format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \"{name}\""
                ));
            }
            return about(format!("persistentvolumeclaim \"{name}\" not found"));
        };
        if terminating(claim) {
            return about(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        if text(claim, "/status/phase") != "Bound" && !waits_for_consumer(claim, snapshot) {
            return about("pod has unbound immediate PersistentVolumeClaims".to_owned());
        }
    }
    None
}

/// Whether the claim is bound only once a pod that uses it is scheduled.
fn waits_for_consumer(claim: &Value, snapshot: &Snapshot) -> bool {
    let class = text(claim, "/spec/storageClassName");
    let class = snapshot.find("storage.k8s.io", "storageclasses", "", class);
    class.is_some_and(|class| class["volumeBindingMode"] == "WaitForFirstConsumer")
}

fn taints(pod: &Value, node: &Value) -> Option<Misfit> {
    let taint = list(node, "/spec/taints").iter().find(|taint| {
        matches!(text(taint, "/effect"), "NoSchedule" | "NoExecute")
            && !tolerates(pod, text(taint, "/key"), text(taint, "/value"), text(taint, "/effect"))
    });
    taint.map(|_| Misfit::node("node(s) had untolerated taint(s)"))
}

/// Whether a pod tolerates a taint.
pub(in crate::sim) fn tolerates(pod: &Value, key: &str, value: &str, effect: &str) -> bool {
    list(pod, "/spec/tolerations").iter().any(|toleration| {
        let effects = text(toleration, "/effect");
        let keys = text(toleration, "/key");
        let exists = text(toleration, "/operator") == "Exists";
        (effects.is_empty() || effects == effect)
            && (keys == key || (keys.is_empty() && exists))
            && (exists || text(toleration, "/value") == value)
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

/// What the pods that are on the node already leave: host ports, resources, spread, affinity.
fn crowding(pod: &Value, node: &Value, there: &[&Value]) -> Option<Misfit> {
    let ports = host_ports(pod);
    if there.iter().any(|other| host_ports(other).iter().any(|port| ports.contains(port))) {
        return Some(Misfit::crowd("node(s) didn't have free ports for the requested pod ports"));
    }
    resources(pod, node, there).or_else(|| spread(pod, node, there)).or_else(|| affinity(pod, there))
}

/// Required topology spread. With one node, a domain is skewed only against domains that are asked for and missing.
fn spread(pod: &Value, node: &Value, there: &[&Value]) -> Option<Misfit> {
    let constraints = list(pod, "/spec/topologySpreadConstraints");
    let hard = || constraints.iter().filter(|of| text(of, "/whenUnsatisfiable") == "DoNotSchedule");
    let what = "node(s) didn't match pod topology spread constraints";
    if hard().any(|of| node["metadata"]["labels"].get(text(of, "/topologyKey")).is_none()) {
        return Some(Misfit::node(&format!("{what} (missing required label)")));
    }
    let skewed = |of: &Value| {
        let counts = |other: &Value| {
            namespace(other) == namespace(pod)
                && !terminating(other)
                && selector::matches(&of["labelSelector"], other)
        };
        let here = there.iter().filter(|other| counts(other)).count();
        let least = if of["minDomains"].as_u64().unwrap_or(1) > 1 { 0 } else { here };
        let skew = here + usize::from(selector::matches(&of["labelSelector"], pod)) - least;
        skew > of["maxSkew"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(1)
    };
    hard().any(skewed).then(|| Misfit::crowd(what))
}

/// Required affinity and anti-affinity between pods, in the order in which the scheduler looks at them.
fn affinity(pod: &Value, there: &[&Value]) -> Option<Misfit> {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let near = |term: &Value, to: &Value, of: &Value| {
        let spaces = list(term, "/namespaces");
        let space = if spaces.is_empty() {
            namespace(of) == namespace(to)
        } else {
            spaces.contains(&to["metadata"]["namespace"])
        };
        space && selector::matches(&term["labelSelector"], to)
    };
    let wanted = list(pod, &format!("/spec/affinity/podAffinity/{required}"));
    let met = |term: &Value| near(term, pod, pod) || there.iter().any(|other| near(term, other, pod));
    if !wanted.iter().all(met) {
        return Some(Misfit::node("node(s) didn't match pod affinity rules"));
    }
    let avoided = |of: &Value, to: &Value| {
        list(of, &format!("/spec/affinity/podAntiAffinity/{required}")).iter().any(|term| near(term, to, of))
    };
    if there.iter().any(|other| avoided(pod, other)) {
        return Some(Misfit::crowd("node(s) didn't match pod anti-affinity rules"));
    }
    let existing = there.iter().any(|other| avoided(other, pod));
    existing.then(|| Misfit::crowd("node(s) didn't satisfy existing pods anti-affinity rules"))
}

fn host_ports(pod: &Value) -> Vec<(&Value, &str)> {
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
    let mut misfit = Misfit { reasons: Vec::new(), help: Help::Preemption };
    let limit = has.get("pods").copied().unwrap_or(110_000);
    if i128::try_from(there.len()).unwrap_or(0) * 1_000 + 1_000 > limit {
        misfit.reasons.push("1 Too many pods".to_owned());
    }
    for (name, wanted) in requests(pod).into_iter().filter(|(_, wanted)| *wanted > 0) {
        let whole = has.get(&name).copied().unwrap_or(0);
        if used.get(&name).copied().unwrap_or(0) + wanted > whole {
            misfit.reasons.push(format!("1 Insufficient {name}"));
            if wanted > whole {
                misfit.help = Help::Unhelpful;
            }
        }
    }
    (!misfit.reasons.is_empty()).then_some(misfit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Key;
    use std::sync::Arc;

    fn told(spec: Value) -> Option<String> {
        let node = json!({
            "metadata": {"name": "node1", "labels": {"disk": "slow"}},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
        });
        let other = json!({
            "metadata": {"name": "o", "namespace": "ns", "labels": {"app": "web"}},
            "spec": {"nodeName": "node1", "containers": [{"resources": {"requests": {"cpu": "3"}}}]},
        });
        let objects = [(Key::new("", "pods", "ns", "o"), Arc::new(other))].into_iter().collect();
        let pod =
            json!({"metadata": {"name": "p", "namespace": "ns", "labels": {"app": "web"}}, "spec": spec});
        misfit(&pod, &node, &Snapshot::new(1, objects)).map(|misfit| misfit.message(false))
    }

    /// The first two messages are recorded ones.
    #[test]
    fn a_pod_that_does_not_fit_is_told_why_in_the_scheduler_s_words() {
        let asks = |cpu: &str| json!({"containers": [{"resources": {"requests": {"cpu": cpu}}}]});
        let rest = "no new claims to deallocate, preemption: 0/1 nodes are available: 1";
        let apart = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"},
        ]}}});
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
                apart,
                "1 node(s) didn't match pod anti-affinity rules",
                "No preemption victims found for incoming pod.",
            ),
        ];
        for (spec, reason, help) in cases {
            let expected = format!("0/1 nodes are available: {reason}. {rest} {help}");
            assert_eq!(told(spec), Some(expected));
        }
        let missing = "0/1 nodes are available: persistentvolumeclaim \"data\" not found. not found";
        assert_eq!(told(claim).as_deref(), Some(missing));
        assert_eq!(told(asks("1")), None);
        assert_eq!(told(json!({"nodeSelector": {"disk": "slow"}})), None);
    }
}
