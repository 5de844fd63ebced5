//! What a Service may say. Its addresses are in `service_address`, what of it may change in `service_update`.

use super::addresses;
use super::container::{port_number, port_or_name};
use super::findings::{Findings, Path};
use super::{endpoints, internal, meta, names, service_address};
use crate::sim::look::{list, map, number, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/// A Service; `old` is what it was, of a changed one.
pub(super) fn service(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let (kind, ports) = (text(spec, "/type"), list(spec, "/ports"));
    topology(object, found);
    if ports.is_empty() && !is_headless(spec) && kind != "ExternalName" {
        found.required(&path.child("ports"), "");
    }
    of_type(&path, kind, spec, found);
    each_port(&path.child("ports"), ports, found);
    meta::labels(&path.child("selector"), map(spec, "/selector"), found);
    affinity(&path, spec, found);
    service_address::cluster(&path, spec, old, found);
    let held: Vec<&Value> =
        old.map(|old| list(old, "/spec/externalIPs")).unwrap_or_default().iter().collect();
    for (index, address) in list(spec, "/externalIPs").iter().enumerate() {
        let (at, written) = (path.child("externalIPs").index(index), address.as_str().unwrap_or_default());
        let before = found.len();
        if !held.contains(&address) {
            addresses::address(&at, written, found);
        }
        if found.len() == before {
            endpoints::reachable(&at, written, found);
        }
    }
    found.one_of(&path.child("type"), kind, &TYPES);
    for (index, port) in ports.iter().enumerate() {
        if kind == "ClusterIP" && number(port, "/nodePort") != 0 {
            let at = path.child("ports").index(index).child("nodePort");
            found.forbidden(&at, "may not be used when `type` is 'ClusterIP'");
        }
    }
    twice(&path.child("ports"), ports, found);
    balancer(&path, kind, object, old, found);
    external(&path, spec, found);
    internal_policy(&path, spec, found);
}

/// Whether a Service has no address of its own.
pub(super) fn is_headless(spec: &Value) -> bool {
    matches!(list(spec, "/clusterIPs"), [only] if only.as_str() == Some("None"))
        || (list(spec, "/clusterIPs").is_empty() && text(spec, "/clusterIP") == "None")
}

fn topology(object: &Value, found: &mut Findings) {
    let given =
        |key: &str| map(object, "/metadata/annotations").and_then(|all| all.get(key)).and_then(Value::as_str);
    let (hints, mode) = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode");
    if let (Some(hinted), Some(chosen)) = (given(hints), given(mode))
        && hinted != chosen
    {
        let detail = format!("must match annotations[{hints}] when both are specified");
        found.invalid(&Path::new("metadata.annotations").key(mode), chosen, &detail);
    }
}

fn of_type(path: &Path, kind: &str, spec: &Value, found: &mut Findings) {
    match kind {
        "LoadBalancer" | "NodePort" if is_headless(spec) => {
            let detail = format!("may not be set to 'None' for {kind} services");
            found.invalid(&path.child("clusterIPs").index(0), "None", &detail);
        }
        "ExternalName" => {
            for key in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                let held = spec.get(key).is_some_and(|held| !held.is_null());
                let single = key == "clusterIPs" && !text(spec, "/clusterIP").is_empty();
                if held || single {
                    found.forbidden(&path.child(key), "may not be set for ExternalName services");
                }
            }
            let name = text(spec, "/externalName");
            match name.strip_suffix('.').unwrap_or(name) {
                "" => found.required(&path.child("externalName"), ""),
                name => found.invalid_each(&path.child("externalName"), name, names::subdomain(name)),
            }
        }
        _with_address => {}
    }
}

fn each_port(path: &Path, ports: &[Value], found: &mut Findings) {
    let mut named = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let at = path.index(index);
        match text(port, "/name") {
            "" if ports.len() > 1 => found.required(&at.child("name"), ""),
            "" => {}
            name => {
                found.invalid_each(&at.child("name"), name, names::label(name));
                if !named.insert(name) {
                    found.duplicate(&at.child("name"), name);
                }
            }
        }
        port_number(&at.child("port"), number(port, "/port"), found);
        found.one_of(&at.child("protocol"), text(port, "/protocol"), &["SCTP", "TCP", "UDP"]);
        port_or_name(&at.child("targetPort"), port.get("targetPort"), found);
        if let Some(protocol) = port.get("appProtocol").and_then(Value::as_str) {
            found.invalid_each(&at.child("appProtocol"), protocol, names::qualified(protocol));
        }
    }
}

fn twice(path: &Path, ports: &[Value], found: &mut Findings) {
    let mut taken = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let node = number(port, "/nodePort");
        let key = json!({"protocol": port["protocol"], "nodePort": node});
        if node != 0 && !taken.insert(key.to_string()) {
            found.duplicate(&path.index(index).child("nodePort"), node);
        }
    }
    for (index, port) in ports.iter().enumerate() {
        let key = json!({"protocol": port["protocol"], "port": port["port"]});
        if !taken.insert(key.to_string()) {
            found.duplicate_printed(&path.index(index), &internal::print("ServicePort", &key), "");
        }
    }
}

fn affinity(path: &Path, spec: &Value, found: &mut Findings) {
    found.one_of(&path.child("sessionAffinity"), text(spec, "/sessionAffinity"), &["ClientIP", "None"]);
    let at = path.child("sessionAffinityConfig");
    let config = spec.get("sessionAffinityConfig").filter(|config| config.is_object());
    let needed = "when session affinity type is ClientIP";
    match (text(spec, "/sessionAffinity"), config) {
        ("ClientIP", None) => found.required(&at, needed),
        ("ClientIP", Some(config)) if !config["clientIP"].is_object() => {
            found.required(&at.child("clientIP"), needed);
        }
        ("ClientIP", Some(config)) => {
            match config.pointer("/clientIP/timeoutSeconds").and_then(Value::as_i64) {
                None => found.required(&at.child("clientIP.timeoutSeconds"), needed),
                Some(1..=86400) => {}
                Some(timeout) => {
                    let detail = "must be greater than 0 and less than 86400";
                    found.invalid(&at.child("clientIP.timeoutSeconds"), timeout, detail);
                }
            }
        }
        ("None", Some(_)) => found.forbidden(&at, "must not be set when session affinity is None"),
        (_, _) => {}
    }
}

fn balancer(path: &Path, kind: &str, object: &Value, old: Option<&Value>, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let only = "may only be used when `type` is 'LoadBalancer'";
    let is_balancer = kind == "LoadBalancer";
    let ranges = list(spec, "/loadBalancerSourceRanges");
    let key = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let note = |object: &Value| {
        map(object, "/metadata/annotations")
            .and_then(|all| all.get(key))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    if !ranges.is_empty() {
        let at = path.child("LoadBalancerSourceRanges");
        if !is_balancer {
            found.forbidden(&at, only);
        }
        let held = old.map(|old| list(old, "/spec/loadBalancerSourceRanges")).unwrap_or_default();
        let held: Vec<&str> = held.iter().filter_map(Value::as_str).map(str::trim).collect();
        for (index, range) in ranges.iter().filter_map(Value::as_str).map(str::trim).enumerate() {
            if !held.contains(&range) {
                addresses::block(&at.index(index), range, found);
            }
        }
    } else if let Some(ranges) = note(object) {
        let at = Path::new("metadata.annotations").key(key);
        if !is_balancer {
            found.forbidden(&at, only);
        }
        let kept = old.and_then(note).as_deref() == Some(&*ranges);
        if !kept && !ranges.trim().is_empty() {
            ranges.split(',').map(str::trim).for_each(|range| addresses::block(&at, range, found));
        }
    }
    let key = "allocateLoadBalancerNodePorts";
    let allocates = spec.get(key).is_some_and(Value::is_boolean);
    if allocates && !is_balancer {
        found.forbidden(&path.child(key), only);
    }
    if !allocates && is_balancer {
        found.required(&Path::of(key), "");
    }
    balancer_class(spec, found);
}

/// The class of a load balancer, which nothing else has.
pub(super) fn balancer_class(spec: &Value, found: &mut Findings) {
    let at = Path::new("spec.loadBalancerClass");
    match (spec.get("loadBalancerClass").and_then(Value::as_str), text(spec, "/type")) {
        (None, _) => {}
        (Some(class), "LoadBalancer") => found.invalid_each(&at, class, names::qualified(class)),
        (Some(_), _other) => found.forbidden(&at, "may only be used when `type` is 'LoadBalancer'"),
    }
}

fn external(path: &Path, spec: &Value, found: &mut Findings) {
    let (at, policy) = (path.child("externalTrafficPolicy"), text(spec, "/externalTrafficPolicy"));
    match is_external(spec) {
        false if !policy.is_empty() => {
            found.invalid(&at, policy, "may only be set for externally-accessible services");
        }
        false => {}
        true => found.one_of(&at, policy, &["Cluster", "Local"]),
    }
    let (at, port) = (path.child("healthCheckNodePort"), number(spec, "/healthCheckNodePort"));
    match (needs_health_check(spec), port) {
        (false, 0) => {}
        (false, port) => {
            let detail =
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            found.invalid(&at, port, detail);
        }
        // It is given out when all else is well.
        (true, 0) => {}
        (true, port) => port_number(&at, port, found),
    }
}

/// Whether a Service can be reached from outside the cluster.
pub(super) fn is_external(spec: &Value) -> bool {
    let kind = text(spec, "/type");
    matches!(kind, "LoadBalancer" | "NodePort")
        || (kind == "ClusterIP" && !list(spec, "/externalIPs").is_empty())
}

/// Whether nodes tell a load balancer if they have pods of the Service.
pub(super) fn needs_health_check(spec: &Value) -> bool {
    text(spec, "/type") == "LoadBalancer" && text(spec, "/externalTrafficPolicy") == "Local"
}

fn internal_policy(path: &Path, spec: &Value, found: &mut Findings) {
    let at = path.child("internalTrafficPolicy");
    match spec.get("internalTrafficPolicy").and_then(Value::as_str) {
        None if matches!(text(spec, "/type"), "ClusterIP" | "LoadBalancer" | "NodePort") => {
            found.required(&at, "");
        }
        None | Some("Cluster" | "Local") => {}
        Some(other) => found.unsupported(&at, other, &["Cluster", "Local"]),
    }
    let near = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(given) = spec.get("trafficDistribution").and_then(Value::as_str)
        && !near.contains(&given)
    {
        found.unsupported(&path.child("trafficDistribution"), given, &near);
    }
}
