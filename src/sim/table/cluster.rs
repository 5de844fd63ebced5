//! How the plain kinds of the core group print: configuration, accounts, namespaces, nodes, quotas.

use super::age::age;
use crate::clock::Moment;
use crate::sim::look::{is_true, list, map, name, plain, size, text, text_or};
use serde_json::Value;

pub(super) fn config_map(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), (size(object, "/data") + size(object, "/binaryData")).into(), age(object, now)]
}

pub(super) fn secret(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), text(object, "/type").into(), size(object, "/data").into(), age(object, now)]
}

pub(super) fn service_account(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), age(object, now)]
}

pub(super) fn namespace(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), text(object, "/status/phase").into(), age(object, now)]
}

pub(super) fn node(object: &Value, now: Moment) -> Vec<Value> {
    let info = |field: &str| {
        let text = text(object, &format!("/status/nodeInfo/{field}"));
        Value::from(if text.is_empty() { "<unknown>" } else { text })
    };
    vec![
        name(object),
        node_status(object).into(),
        node_roles(object).into(),
        age(object, now),
        text(object, "/status/nodeInfo/kubeletVersion").into(),
        node_address(object, "InternalIP").into(),
        node_address(object, "ExternalIP").into(),
        info("osImage"),
        match (info("kernelVersion"), text(object, "/status/nodeInfo/architecture")) {
            (kernel, "") => kernel,
            (kernel, architecture) => format!("{} ({architecture})", plain(&kernel)).into(),
        },
        info("containerRuntimeVersion"),
    ]
}

fn node_status(node: &Value) -> String {
    let ready = list(node, "/status/conditions").iter().find(|condition| text(condition, "/type") == "Ready");
    let state = match ready.map(|condition| text(condition, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    if is_true(node, "/spec/unschedulable") {
        format!("{state},SchedulingDisabled")
    } else {
        state.to_owned()
    }
}

fn node_roles(node: &Value) -> String {
    let mut roles: Vec<&str> = Vec::new();
    for (key, value) in map(node, "/metadata/labels").into_iter().flatten() {
        match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => roles.push(role),
            Some(_) | None if key == "kubernetes.io/role" => roles.extend(value.as_str()),
            Some(_) | None => {}
        }
    }
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() { "<none>".to_owned() } else { roles.join(",") }
}

fn node_address<'a>(node: &'a Value, kind: &str) -> &'a str {
    let found = list(node, "/status/addresses").iter().find(|address| text(address, "/type") == kind);
    found.map_or("<none>", |address| text_or(address, "/address", "<none>"))
}

pub(super) fn resource_quota(object: &Value, now: Moment) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in map(object, "/status/hard").into_iter().flatten() {
        let used = map(object, "/status/used").and_then(|used| used.get(resource)).map(plain);
        let entry = format!("{resource}: {}/{}", used.unwrap_or_else(|| "0".to_owned()), plain(hard));
        let list = if resource.starts_with("limits.") { &mut limits } else { &mut requests };
        list.push(entry);
    }
    requests.sort();
    limits.sort();
    vec![name(object), requests.join(", ").into(), limits.join(", ").into(), age(object, now)]
}

/// Name, health, and what was said of it.
pub(super) fn component_status(component: &Value, _: Moment) -> Vec<Value> {
    let healthy = list(component, "/conditions").iter().find(|condition| condition["type"] == "Healthy");
    let said = |key: &str| healthy.map_or("", |condition| text(condition, key)).into();
    let status = match healthy.map(|condition| text(condition, "/status")) {
        Some("True") => "Healthy",
        Some(_) => "Unhealthy",
        None => "Unknown",
    };
    vec![name(component), status.into(), said("/message"), said("/error")]
}
