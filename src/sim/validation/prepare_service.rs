//! What becomes of a Service's addresses and ports before it is stored: those that it has are kept where a change does
//! not name them, and those that its new type has no use for go. New ones are given out elsewhere.

use super::service::{is_external, needs_health_check};
use super::service_families;
use crate::sim::look::{list, number, text};
use serde_json::{Value, json};

/// A new Service: the list of its addresses follows from the one address.
pub(super) fn create(service: &mut Value) {
    let spec = service.get("spec").unwrap_or(&Value::Null);
    let address = text(spec, "/clusterIP").to_owned();
    if !address.is_empty() && list(spec, "/clusterIPs").is_empty() {
        service["spec"]["clusterIPs"] = json!([address]);
    }
    if let Some(spec) = service.get_mut("spec") {
        service_families::fill(None, spec);
    }
}

fn has_address(spec: &Value) -> bool {
    text(spec, "/type") != "ExternalName"
}

fn has_node_ports(spec: &Value) -> bool {
    matches!(text(spec, "/type"), "NodePort" | "LoadBalancer")
}

/// A changed Service.
pub(super) fn update(old: &Value, new: &mut Value) {
    let before = old.get("spec").cloned().unwrap_or(json!({}));
    if !new["spec"].is_object() {
        return;
    }
    keep(&before, &mut new["spec"]);
    in_step(&before, &mut new["spec"]);
    service_families::fill(Some(&before), &mut new["spec"]);
    drop_unused(&before, &mut new["spec"]);
    if text(new, "/spec/type") != "LoadBalancer"
        && let Some(status) = new.get_mut("status").filter(|status| status.is_object())
    {
        status["loadBalancer"] = json!({});
    }
}

/// Keeps what is allocated already and not named.
fn keep(before: &Value, spec: &mut Value) {
    if has_address(before) && has_address(spec) {
        if text(spec, "/clusterIP").is_empty()
            && let Some(address) = before.get("clusterIP")
        {
            spec["clusterIP"] = address.clone();
        }
        if list(spec, "/clusterIPs").is_empty()
            && spec.get("clusterIP") == before.get("clusterIP")
            && let Some(addresses) = before.get("clusterIPs")
        {
            spec["clusterIPs"] = addresses.clone();
        }
    }
    if has_node_ports(before) && has_node_ports(spec) {
        keep_node_ports(before, spec);
    }
    let port = "healthCheckNodePort";
    let both = needs_health_check(before) && needs_health_check(spec);
    if both && number(spec, "/healthCheckNodePort") == 0 {
        spec[port] = before.get(port).cloned().unwrap_or(Value::Null);
    }
}

fn keep_node_ports(before: &Value, spec: &mut Value) {
    let taken: Vec<i64> = list(spec, "/ports").iter().map(|port| number(port, "/nodePort")).collect();
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten().filter(|port| number(port, "/nodePort") == 0) {
        let same_port = |held: &&Value| held["port"] == port["port"] && held["protocol"] == port["protocol"];
        let held = list(before, "/ports").iter().find(same_port).map_or(0, |held| number(held, "/nodePort"));
        if held != 0 && !taken.contains(&held) {
            port["nodePort"] = held.into();
        }
    }
}

/// Brings the list of addresses in step with the one address, where only one of the two was changed.
fn in_step(before: &Value, spec: &mut Value) {
    let (was, is) = (text(before, "/clusterIP").to_owned(), text(spec, "/clusterIP").to_owned());
    let same_list = list(before, "/clusterIPs") == list(spec, "/clusterIPs");
    if was.is_empty() && !is.is_empty() && list(spec, "/clusterIPs").is_empty() {
        spec["clusterIPs"] = json!([is]);
    } else if !was.is_empty() && is.is_empty() && same_list {
        spec.as_object_mut().map(|spec| spec.remove("clusterIPs"));
    } else if was != is && !is.is_empty() && (same_list || list(spec, "/clusterIPs").is_empty()) {
        spec["clusterIPs"] = json!([is]);
    }
}

/// Drops what the type has no use for any more, as long as it was not changed.
fn drop_unused(before: &Value, spec: &mut Value) {
    let same = |spec: &Value, key: &str| before.get(key) == spec.get(key);
    let mut gone: Vec<&str> = Vec::new();
    if has_address(before) && !has_address(spec) {
        if same(spec, "clusterIPs") {
            gone.extend(["clusterIP", "clusterIPs"]);
        }
        gone.extend(["ipFamilies", "ipFamilyPolicy"].into_iter().filter(|key| same(spec, key)));
    }
    let ports = |spec: &Value| {
        list(spec, "/ports").iter().map(|port| number(port, "/nodePort")).collect::<Vec<i64>>()
    };
    let held = ports(before);
    let none_new = ports(spec).iter().all(|port| *port == 0 || held.contains(port));
    if has_node_ports(before) && !has_node_ports(spec) && none_new {
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            port.as_object_mut().map(|port| port.remove("nodePort"));
        }
    }
    let balances = |spec: &Value| text(spec, "/type") == "LoadBalancer";
    let used = [
        ("healthCheckNodePort", needs_health_check(before), needs_health_check(spec)),
        ("allocateLoadBalancerNodePorts", balances(before), balances(spec)),
        ("loadBalancerClass", balances(before), balances(spec)),
        ("externalTrafficPolicy", is_external(before), is_external(spec)),
    ];
    gone.extend(used.iter().filter(|(key, was, is)| *was && !is && same(spec, key)).map(|(key, ..)| *key));
    if let Some(spec) = spec.as_object_mut() {
        gone.iter().for_each(|key| drop(spec.remove(*key)));
    }
}
