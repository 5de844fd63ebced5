//! Defaults of pods and of pod templates. What admission adds to a pod is in `validation`, not here.

use super::container::{container, host_ports, requests_from_limits};
use super::gaps::{fill, fill_null, fill_zero, items, object, text};
use super::volume::volume;
use serde_json::{Map, Value, json};

/// The lists of a pod spec that hold containers.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// A pod itself.
pub(super) fn pod(pod: &mut Value) {
    if let Some(spec) = object(pod, "spec") {
        fill_spec(spec);
        open_on_host(spec);
        for list in ["initContainers", "containers"] {
            items(spec, list).for_each(requests_from_limits);
        }
        fill(spec, "enableServiceLinks", true);
        together(spec);
    }
    fill(pod, "status", Map::new());
    one_address(&mut pod["status"]);
}

/// The address of a pod stands alone and first in a list. Where the two differ the one alone counts, since older kubelets
/// write it.
fn one_address(status: &mut Value) {
    let first = status.pointer("/podIPs/0/ip").and_then(Value::as_str).unwrap_or_default().to_owned();
    match text(status, "podIP") {
        "" if first.is_empty() => {}
        "" => status["podIP"] = first.into(),
        alone if alone != first => status["podIPs"] = json!([{"ip": alone}]),
        _same => {}
    }
}

/// What a pod with limits of its own asks for, where it does not say: as much as its containers together, or else its
/// limits.
fn together(spec: &mut Value) {
    let Some(limits) = spec.pointer("/resources/limits").and_then(Value::as_object).cloned() else { return };
    if limits.is_empty() {
        return;
    }
    let mut asked =
        spec.pointer("/resources/requests").and_then(Value::as_object).cloned().unwrap_or_default();
    for name in ["cpu", "memory"] {
        if let Some(amount) = crate::sim::validation::together(spec, &format!("/resources/requests/{name}")) {
            asked.entry(name).or_insert_with(|| amount.into());
        }
    }
    let whole = |name: &str| matches!(name, "cpu" | "memory") || name.starts_with("hugepages-");
    for (name, limit) in limits.into_iter().filter(|(name, _)| whole(name)) {
        asked.entry(name).or_insert(limit);
    }
    if !asked.is_empty() {
        spec["resources"]["requests"] = Value::Object(asked);
    }
}

/// A pod template at `template` of a workload's spec.
pub(super) fn template(holder: &mut Value) {
    if let Some(template) = object(holder, "template") {
        fill(template, "metadata", Map::new());
        if let Some(spec) = object(template, "spec") {
            fill_spec(spec);
        }
    }
}

fn fill_spec(spec: &mut Value) {
    service_account(spec);
    fill_null(spec, "containers");
    fill_zero(spec, "dnsPolicy", "ClusterFirst");
    fill_zero(spec, "restartPolicy", "Always");
    fill(spec, "securityContext", Map::new());
    fill(spec, "terminationGracePeriodSeconds", 30);
    fill_zero(spec, "schedulerName", "default-scheduler");
    for list in CONTAINERS {
        items(spec, list).for_each(container);
    }
    items(spec, "volumes").for_each(volume);
}

/// On the host's network a pod opens its ports on the host; a template of pods says nothing of that
/// (`DefaultHostNetworkHostPortsInPodTemplates` is off).
fn open_on_host(spec: &mut Value) {
    if spec.get("hostNetwork").and_then(Value::as_bool) == Some(true) {
        for list in ["initContainers", "containers"] {
            items(spec, list).for_each(host_ports);
        }
    }
}

/// `serviceAccount` is the old name of `serviceAccountName`; what is stored carries both.
fn service_account(spec: &mut Value) {
    let (new, old) = (text(spec, "serviceAccountName").to_owned(), text(spec, "serviceAccount").to_owned());
    let name = if new.is_empty() { old } else { new };
    if !name.is_empty() {
        spec["serviceAccountName"] = name.clone().into();
        spec["serviceAccount"] = name.into();
    }
}
