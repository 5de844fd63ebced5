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
    pub(super) preemptible: bool,
}

impl Misfit {
    fn node(reason: &str) -> Misfit {
        Misfit { reasons: vec![format!("1 {reason}")], preemptible: false }
    }

    /// The message of event and condition.
    pub(super) fn message(&self) -> String {
        let mut reasons = self.reasons.clone();
        reasons.sort();
        let help = if self.preemptible {
            "No preemption victims found for incoming pod."
        } else {
            "Preemption is not helpful for scheduling."
        };
        format!(
            "0/1 nodes are available: {}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 {help}",
            reasons.join(", ")
        )
    }
}

/// Says why the pod cannot run on the node; `None` where it can.
pub(super) fn misfit(pod: &Value, node: &Value, snapshot: &Snapshot) -> Option<Misfit> {
    claims(pod, snapshot)
        .or_else(|| {
            let cordoned = node["spec"]["unschedulable"] == true;
            let tolerated = tolerates(pod, "node.kubernetes.io/unschedulable", "", "NoSchedule");
            (cordoned && !tolerated).then(|| Misfit::node("node(s) were unschedulable"))
        })
        .or_else(|| taints(pod, node))
        .or_else(|| {
            (!selected(pod, node)).then(|| Misfit::node("node(s) didn't match Pod's node affinity/selector"))
        })
        .or_else(|| crowding(pod, node, snapshot))
}

/// Claims that are missing, go away or are not bound.
fn claims(pod: &Value, snapshot: &Snapshot) -> Option<Misfit> {
    let about = |reason: String| Some(Misfit { reasons: vec![reason], preemptible: false });
    for volume in list(pod, "/spec/volumes") {
        let name = match text(volume, "/persistentVolumeClaim/claimName") {
            "" if volume.get("ephemeral").is_some() => {
                format!("{}-{}", text(pod, "/metadata/name"), text(volume, "/name"))
            }
            "" => continue,
            name => name.to_owned(),
        };
        let Some(claim) = snapshot.find("", "persistentvolumeclaims", namespace(pod), &name) else {
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
    let terms =
        "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let terms = list(pod, terms);
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

/// What the pods that are on the node already leave: affinity, host ports, resources.
fn crowding(pod: &Value, node: &Value, snapshot: &Snapshot) -> Option<Misfit> {
    let all = snapshot.list("", "pods", None).map(|(_, other)| &**other);
    let there: Vec<&Value> = all
        .filter(|other| other["spec"]["nodeName"] == node["metadata"]["name"] && !finished(other))
        .collect();
    let ports = host_ports(pod);
    if there.iter().any(|other| host_ports(other).iter().any(|port| ports.contains(port))) {
        let mut misfit = Misfit::node("node(s) didn't have free ports for the requested pod ports");
        misfit.preemptible = true;
        return Some(misfit);
    }
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
    let avoided = |of: &Value, to: &Value| {
        list(of, &format!("/spec/affinity/podAntiAffinity/{required}")).iter().any(|term| near(term, to, of))
    };
    if there.iter().any(|other| avoided(pod, other) || avoided(other, pod)) {
        let mut misfit = Misfit::node("node(s) didn't match pod anti-affinity rules");
        misfit.preemptible = true;
        return Some(misfit);
    }
    let wanted = list(pod, &format!("/spec/affinity/podAffinity/{required}"));
    let met = |term: &Value| near(term, pod, pod) || there.iter().any(|other| near(term, other, pod));
    if !wanted.iter().all(met) {
        return Some(Misfit::node("node(s) didn't match pod affinity rules"));
    }
    resources(pod, node, &there)
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
    let mut misfit = Misfit { reasons: Vec::new(), preemptible: true };
    let limit = has.get("pods").copied().unwrap_or(110_000);
    if i128::try_from(there.len()).unwrap_or(0) * 1_000 + 1_000 > limit {
        misfit.reasons.push("1 Too many pods".to_owned());
    }
    for (name, wanted) in requests(pod).into_iter().filter(|(_, wanted)| *wanted > 0) {
        let whole = has.get(&name).copied().unwrap_or(0);
        if used.get(&name).copied().unwrap_or(0) + wanted > whole {
            misfit.reasons.push(format!("1 Insufficient {name}"));
            misfit.preemptible &= wanted <= whole;
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
        misfit(&pod, &node, &Snapshot::new(1, objects)).map(|misfit| misfit.message())
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
            (claim, "persistentvolumeclaim \"data\" not found", "Preemption is not helpful for scheduling."),
        ];
        for (spec, reason, help) in cases {
            let expected = format!("0/1 nodes are available: {reason}. {rest} {help}");
            assert_eq!(told(spec), Some(expected));
        }
        assert_eq!(told(asks("1")), None);
        assert_eq!(told(json!({"nodeSelector": {"disk": "slow"}})), None);
    }
}
