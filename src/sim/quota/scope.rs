//! The scopes of a ResourceQuota: which pods and claims it is about.

use super::Meter;
use crate::sim::look::{list, map, text};
use serde_json::Value;

/// Whether the object is within the scope that the operator and values pick out. What has no scopes is in none.
pub(super) fn holds(meter: Meter, scope: &str, operator: &str, values: &[&str], object: &Value) -> bool {
    match meter {
        Meter::Pods => pod(scope, operator, values, object),
        Meter::Claims => scope == "VolumeAttributesClass" && claim(operator, values, object),
        Meter::Services | Meter::Objects => false,
    }
}

fn pod(scope: &str, operator: &str, values: &[&str], pod: &Value) -> bool {
    match scope {
        "Terminating" => is_limited_in_time(pod),
        "NotTerminating" => !is_limited_in_time(pod),
        "BestEffort" => best_effort(pod),
        "NotBestEffort" => !best_effort(pod),
        "PriorityClass" => {
            let class = text(pod, "/spec/priorityClassName");
            picks(operator, values, &Vec::from_iter((!class.is_empty()).then_some(class)))
        }
        "CrossNamespacePodAffinity" => looks_across_namespaces(pod),
        _ => false,
    }
}

/// Whether the one who is named is among `values`, or there at all.
fn picks(operator: &str, values: &[&str], named: &[&str]) -> bool {
    let among = named.iter().any(|name| values.contains(name));
    match operator {
        "Exists" => !named.is_empty(),
        "DoesNotExist" => named.is_empty(),
        "In" => among,
        "NotIn" => !among,
        _ => false,
    }
}

/// Whether the pod's time is limited, which is what a quota calls terminating.
pub(super) fn is_limited_in_time(pod: &Value) -> bool {
    pod["spec"]["activeDeadlineSeconds"].as_i64().is_some_and(|seconds| seconds >= 0)
}

fn best_effort(pod: &Value) -> bool {
    let says = |of: &Value| {
        ["/resources/requests", "/resources/limits"].iter().any(|side| {
            map(of, side).is_some_and(|side| {
                side.iter().any(|(name, amount)| {
                    matches!(name.as_str(), "cpu" | "memory")
                        && crate::sim::amount::Amount::read(amount).is_some_and(|amount| !amount.is_zero())
                })
            })
        })
    };
    let containers = list(pod, "/spec/containers").iter().chain(list(pod, "/spec/initContainers"));
    !containers.into_iter().any(says) && !says(&pod["spec"])
}

fn looks_across_namespaces(pod: &Value) -> bool {
    let across =
        |term: &Value| !list(term, "/namespaces").is_empty() || term.get("namespaceSelector").is_some();
    ["/spec/affinity/podAffinity", "/spec/affinity/podAntiAffinity"].iter().any(|kind| {
        let required = format!("{kind}/requiredDuringSchedulingIgnoredDuringExecution");
        let preferred = format!("{kind}/preferredDuringSchedulingIgnoredDuringExecution");
        list(pod, &required).iter().any(across)
            || list(pod, &preferred).iter().any(|weighted| across(&weighted["podAffinityTerm"]))
    })
}

fn claim(operator: &str, values: &[&str], claim: &Value) -> bool {
    let fields = [
        "/spec/volumeAttributesClassName",
        "/status/currentVolumeAttributesClassName",
        "/status/modifyVolumeStatus/targetVolumeAttributesClassName",
    ];
    let named: Vec<&str> = fields.iter().map(|at| text(claim, at)).filter(|name| !name.is_empty()).collect();
    picks(operator, values, &named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_without_cpu_and_memory_is_best_effort() {
        let of = |resources: Value| json!({"spec": {"containers": [{"resources": resources}]}});
        assert!(best_effort(&of(json!({}))) && best_effort(&of(json!({"requests": {"cpu": "0"}}))));
        assert!(!best_effort(&of(json!({"limits": {"memory": "1Mi"}}))));
    }

    #[test]
    fn a_priority_class_is_picked_by_name_or_by_being_there() {
        let high = json!({"spec": {"priorityClassName": "high"}});
        assert!(pod("PriorityClass", "In", &["high", "low"], &high));
        assert!(pod("PriorityClass", "Exists", &[], &high));
        assert!(!pod("PriorityClass", "NotIn", &["high"], &high));
        assert!(pod("PriorityClass", "DoesNotExist", &[], &json!({"spec": {}})));
    }
}
