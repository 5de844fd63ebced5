//! What a pod uses of a quota: itself, and the CPU, memory and storage that its containers ask for together.

use crate::clock::Moment;
use crate::sim::amount::{Amount, Amounts, add, amounts, raise};
use crate::sim::look::{list, map, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What containers have to say where a quota limits it.
const SAID: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/// Whether a quota's resource of that name is about pods.
pub(super) fn concerns(name: &str) -> bool {
    SAID.contains(&name)
        || matches!(
            name,
            "pods" | "ephemeral-storage" | "requests.ephemeral-storage" | "limits.ephemeral-storage"
        )
        || name.starts_with("hugepages-")
        || name.starts_with("requests.hugepages-")
        || name.strip_prefix("requests.").is_some_and(is_extended)
}

/// Whether a resource is neither Kubernetes' own nor a quota's word: `example.com/gpu`.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

/// Adds what the pod uses. One that has ended, or should have long ago, uses nothing but its place.
pub(super) fn usage(pod: &Value, now: Moment, used: &mut Amounts) {
    if !counts(pod, now) {
        return;
    }
    add(used, &computed(&requests(pod), &limits(pod)));
}

fn counts(pod: &Value, now: Moment) -> bool {
    if matches!(text(pod, "/status/phase"), "Failed" | "Succeeded") {
        return false;
    }
    let deleted = Moment::parse(text(pod, "/metadata/deletionTimestamp"));
    let grace = pod["metadata"]["deletionGracePeriodSeconds"].as_u64();
    match deleted.zip(grace) {
        Some((deleted, grace)) => now <= deleted.after(Duration::from_secs(grace)),
        None => true,
    }
}

/// Requests and limits in a quota's words.
fn computed(requests: &Amounts, limits: &Amounts) -> Amounts {
    let mut out = Amounts::from([("pods".to_owned(), Amount::whole(1))]);
    for (name, amount) in requests {
        let known = matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage");
        if known || name.starts_with("hugepages-") {
            out.insert(name.clone(), *amount);
        }
        if known || name.starts_with("hugepages-") || is_extended(name) {
            out.insert(format!("requests.{name}"), *amount);
        }
    }
    for (name, amount) in limits {
        if matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") {
            out.insert(format!("limits.{name}"), *amount);
        }
    }
    out
}

/// What the pod's containers ask for together.
pub(crate) fn requests(pod: &Value) -> Amounts {
    together(pod, "requests")
}

/// What the pod's containers may use together.
pub(crate) fn limits(pod: &Value) -> Amounts {
    together(pod, "limits")
}

/// Containers and sidecars add up; an init container needs its own share on top of the sidecars before it. What the
/// pod says for itself overrides the sum.
fn together(pod: &Value, side: &str) -> Amounts {
    let of = |container: &Value| amounts(&container["resources"][side]);
    let mut sum = Amounts::new();
    for container in list(pod, "/spec/containers") {
        add(&mut sum, &of(container));
    }
    let (mut sidecars, mut most) = (Amounts::new(), Amounts::new());
    for container in list(pod, "/spec/initContainers") {
        let mut own = of(container);
        if container["restartPolicy"] == "Always" {
            add(&mut sum, &own);
            add(&mut sidecars, &own);
            own = sidecars.clone();
        } else {
            add(&mut own, &sidecars);
        }
        raise(&mut most, &own);
    }
    raise(&mut sum, &most);
    let own = amounts(&pod["spec"]["resources"][side]);
    sum.extend(own.into_iter().filter(|(name, _)| pod_level(name)));
    let overhead = amounts(&pod["spec"]["overhead"]);
    match side {
        "requests" => add(&mut sum, &overhead),
        _ => {
            for (name, amount) in overhead {
                sum.entry(name).and_modify(|present| *present = present.plus(amount));
            }
        }
    }
    sum
}

fn pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// What containers leave out though the quota limits it: `limits.cpu for: a,b; requests.cpu for: a`.
pub(crate) fn missing(pod: &Value, limited: &BTreeSet<&str>) -> Option<String> {
    let sides = ["/spec/resources/requests", "/spec/resources/limits"];
    let says = |side: &&str| map(pod, side).is_some_and(|side| side.keys().any(|name| pod_level(name)));
    if sides.iter().any(says) {
        return None;
    }
    let mut lacking: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for container in ["/spec/containers", "/spec/initContainers"].iter().flat_map(|field| list(pod, field)) {
        let resources = &container["resources"];
        let said = computed(&amounts(&resources["requests"]), &amounts(&resources["limits"]));
        for name in SAID.iter().filter(|name| limited.contains(**name) && !said.contains_key(**name)) {
            lacking.entry(name).or_default().insert(text(container, "/name"));
        }
    }
    let told = lacking.iter().map(|(name, containers)| {
        format!("{name} for: {}", containers.iter().copied().collect::<Vec<_>>().join(","))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn container(name: &str, cpu: &str) -> Value {
        json!({"name": name, "resources": {"requests": {"cpu": cpu}}})
    }

    #[test]
    fn sidecars_add_up_and_init_containers_need_their_share_on_top() {
        let mut sidecar = container("s", "200m");
        sidecar["restartPolicy"] = json!("Always");
        let pod = json!({"spec": {
            "containers": [container("a", "100m"), container("b", "100m")],
            "initContainers": [sidecar, container("i", "1")],
        }});
        assert_eq!(requests(&pod)["cpu"].to_string(), "1200m");
    }

    #[test]
    fn what_a_container_leaves_out_is_told_with_its_name() {
        let pod = json!({"spec": {"containers": [container("b", "1"), {"name": "a"}]}});
        let limited = BTreeSet::from(["limits.cpu", "requests.cpu", "pods"]);
        assert_eq!(missing(&pod, &limited).as_deref(), Some("limits.cpu for: a,b; requests.cpu for: a"));
        assert_eq!(missing(&pod, &BTreeSet::from(["pods"])), None);
    }
}
