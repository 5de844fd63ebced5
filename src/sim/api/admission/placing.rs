//! What decides where and when a pod runs: Priority, RuntimeClass, DefaultTolerationSeconds.

use super::{Write, append};
use crate::sim::World;
use crate::sim::amount::amounts;
use crate::sim::api::Asked;
use crate::sim::object;
use crate::sim::status::Refusal;
use serde_json::{Value, json};

/// Priority: the number of the named class, of the default class, or 0.
pub(super) fn priority(
    world: &World,
    asked: &Asked<'_>,
    called: &str,
    pod: &mut Value,
) -> Result<(), Refusal> {
    let named = pod["spec"]["priorityClassName"].as_str().unwrap_or_default().to_owned();
    let snapshot = world.store.snapshot();
    let class = match named.as_str() {
        "" => {
            let mut classes = snapshot.list("scheduling.k8s.io", "priorityclasses", None);
            classes.find(|(_, class)| class["globalDefault"] == true).map(|(_, class)| class.clone())
        }
        name => {
            let found = snapshot.find("scheduling.k8s.io", "priorityclasses", "", name);
            let why = format!("no PriorityClass with name {name} was found");
            Some(found.cloned().ok_or_else(|| Refusal::forbidden(&asked.of, called, &why))?)
        }
    };
    let spec = &mut pod["spec"];
    let (value, policy) = match &class {
        None => (json!(0), json!("PreemptLowerPriority")),
        Some(class) => {
            spec["priorityClassName"] = class["metadata"]["name"].clone();
            let policy = class.get("preemptionPolicy").cloned();
            (class["value"].clone(), policy.unwrap_or(json!("PreemptLowerPriority")))
        }
    };
    let computed = "must not be provided in pod spec; priority admission controller computed";
    let from = "from the given PriorityClass name";
    if let Some(given) = spec["priority"].as_i64().filter(|given| value != *given) {
        let why = format!("the integer value of priority ({given}) {computed} {value} {from}");
        return Err(Refusal::forbidden(&asked.of, called, &why));
    }
    if let Some(given) = spec["preemptionPolicy"].as_str().filter(|given| policy != *given) {
        let policy = policy.as_str().unwrap_or_default();
        let why = format!("the string value of PreemptionPolicy ({given}) {computed} {policy} {from}");
        return Err(Refusal::forbidden(&asked.of, called, &why));
    }
    spec["priority"] = value;
    spec["preemptionPolicy"] = policy;
    Ok(())
}

/// Priority: a pod that is changed keeps what it was given, where the change does not speak of it.
pub(super) fn keep_priority(old: &Value, pod: &mut Value) {
    for field in ["priority", "preemptionPolicy"] {
        if pod["spec"].get(field).is_none() && old["spec"].get(field).is_some() {
            pod["spec"][field] = old["spec"][field].clone();
        }
    }
}

/// DefaultTolerationSeconds: a pod stays five minutes on a node that is not ready or not reachable.
pub(super) fn tolerations(pod: &mut Value) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let present = pod["spec"]["tolerations"].as_array().into_iter().flatten().any(|toleration| {
            let at = toleration["key"].as_str().unwrap_or_default();
            let effect = toleration["effect"].as_str().unwrap_or_default();
            (at == key || at.is_empty()) && (effect == "NoExecute" || effect.is_empty())
        });
        if !present {
            let toleration =
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
            append(&mut pod["spec"]["tolerations"], toleration);
        }
    }
}

/// Priority: one class alone is the default.
pub(super) fn one_default(world: &World, write: &Write<'_, '_>, class: &Value) -> Result<(), Refusal> {
    if class["globalDefault"] != true || write.asked.at.subresource.is_some() {
        return Ok(());
    }
    let snapshot = world.store.snapshot();
    let mut others = snapshot.list("scheduling.k8s.io", "priorityclasses", None);
    // One that is changed is not another.
    let own = |other: &Value| write.old.is_some() && object::name(other) == object::name(class);
    let other = others.find(|(_, other)| other["globalDefault"] == true && !own(other));
    let Some((_, other)) = other else { return Ok(()) };
    let other = object::name(other);
    let why = format!("PriorityClass {other} is already marked as default. Only one default can exist");
    Err(write.forbidden(class, &why))
}

/// RuntimeClass: a pod gets the overhead, node selector and tolerations of the class that it names.
pub(super) fn runtime_class(
    world: &World,
    asked: &Asked<'_>,
    called: &str,
    pod: &mut Value,
) -> Result<(), Refusal> {
    let refuse = |why: String| Err(Refusal::forbidden(&asked.of, called, &why));
    let name = pod["spec"]["runtimeClassName"].as_str().unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(());
    }
    let found = world.store.snapshot().find("node.k8s.io", "runtimeclasses", "", &name).cloned();
    let Some(class) = found else { return refuse(format!("pod rejected: RuntimeClass {name:?} not found")) };
    if let Some(overhead) = class["overhead"].get("podFixed") {
        let own = &pod["spec"]["overhead"];
        if own.is_object() && amounts(own) != amounts(overhead) {
            return refuse(
                "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead".to_owned(),
            );
        }
        pod["spec"]["overhead"] = overhead.clone();
    }
    for (key, value) in class["scheduling"]["nodeSelector"].as_object().into_iter().flatten() {
        let own = &pod["spec"]["nodeSelector"][key];
        if !own.is_null() && own != value {
            let told = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            return refuse(format!(
                "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {}; pod.spec.nodeSelector[{key}] = {}",
                told(value),
                told(own)
            ));
        }
        pod["spec"]["nodeSelector"][key] = value.clone();
    }
    for toleration in class["scheduling"]["tolerations"].as_array().into_iter().flatten() {
        let own = pod["spec"]["tolerations"].as_array();
        if !own.is_some_and(|own| own.contains(toleration)) {
            append(&mut pod["spec"]["tolerations"], toleration.clone());
        }
    }
    Ok(())
}

/// RuntimeClass: a new pod has no overhead but that of its class.
pub(super) fn overhead(world: &World, write: &Write<'_, '_>, pod: &Value) -> Result<(), Refusal> {
    let own = pod["spec"]["overhead"].as_object().is_some_and(|overhead| !overhead.is_empty());
    if write.old.is_some() || !own {
        return Ok(());
    }
    let name = pod["spec"]["runtimeClassName"].as_str().unwrap_or_default();
    let class = world.store.snapshot().find("node.k8s.io", "runtimeclasses", "", name);
    if class.is_some_and(|class| class["overhead"].is_object()) {
        return Ok(());
    }
    let why = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
    Err(write.forbidden(pod, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_tolerates_a_node_that_is_away_for_five_minutes_unless_it_says_otherwise() {
        let mut pod = json!({"spec": {"tolerations": [{"operator": "Exists"}]}});
        tolerations(&mut pod);
        assert_eq!(pod["spec"]["tolerations"].as_array().map(Vec::len), Some(1));
        let mut pod = json!({"spec": {}});
        tolerations(&mut pod);
        assert_eq!(pod["spec"]["tolerations"].as_array().map(Vec::len), Some(2));
    }
}
