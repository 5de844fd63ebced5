//! What a Service may say, and what of it never changes.

use super::container::{port_number, port_or_name};
use super::findings::{Findings, Path};
use super::{internal, meta, names};
use crate::sim::look::{list, map, number, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/// A Service.
pub(super) fn service(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let (kind, ports) = (text(spec, "/type"), list(spec, "/ports"));
    let headless = primary(spec) == "None";
    if ports.is_empty() && !headless && kind != "ExternalName" {
        found.required(&path.child("ports"), "");
    }
    of_type(&path, kind, spec, found);
    each_port(&path.child("ports"), kind, headless, ports, found);
    meta::labels(&path.child("selector"), map(spec, "/selector"), found);
    affinity(&path, spec, found);
    found.one_of(&path.child("type"), kind, &TYPES);
    let address = primary(spec);
    if !matches!(address, "" | "None") && address.parse::<std::net::IpAddr>().is_err() {
        let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        found.invalid(&path.child("clusterIPs").index(0), address, detail);
    }
    policies(&path, spec, found);
}

/// The first cluster address, however it was given.
fn primary(spec: &Value) -> &str {
    match text(spec, "/clusterIP") {
        "" => list(spec, "/clusterIPs").first().and_then(Value::as_str).unwrap_or_default(),
        address => address,
    }
}

fn of_type(path: &Path, kind: &str, spec: &Value, found: &mut Findings) {
    match kind {
        "LoadBalancer" | "NodePort" if primary(spec) == "None" => {
            let detail = format!("may not be set to 'None' for {kind} services");
            found.invalid(&path.child("clusterIPs").index(0), "None", &detail);
        }
        "ExternalName" => {
            if !primary(spec).is_empty() {
                found.forbidden(&path.child("clusterIPs"), "may not be set for ExternalName services");
            }
            match text(spec, "/externalName").trim_end_matches('.') {
                "" => found.required(&path.child("externalName"), ""),
                name => found.invalid_each(&path.child("externalName"), name, names::subdomain(name)),
            }
        }
        _with_address => {}
    }
}

fn each_port(path: &Path, kind: &str, headless: bool, ports: &[Value], found: &mut Findings) {
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
        if !headless {
            port_or_name(&at.child("targetPort"), port.get("targetPort"), found);
        }
        if let Some(protocol) = port.get("appProtocol").and_then(Value::as_str) {
            found.invalid_each(&at.child("appProtocol"), protocol, names::qualified(protocol));
        }
        let node = number(port, "/nodePort");
        if node != 0 && kind == "ClusterIP" {
            found.forbidden(&at.child("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    twice(path, ports, found);
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
            let printed = internal::print("ServicePort", &key);
            let value = serde_json::from_str::<Value>(&printed).unwrap_or(Value::Null);
            found.duplicate(&path.index(index), value);
        }
    }
}

fn affinity(path: &Path, spec: &Value, found: &mut Findings) {
    found.one_of(&path.child("sessionAffinity"), text(spec, "/sessionAffinity"), &["ClientIP", "None"]);
    let at = path.child("sessionAffinityConfig");
    let config = spec.get("sessionAffinityConfig").filter(|config| config.is_object());
    match text(spec, "/sessionAffinity") {
        "ClientIP" => {
            let timeout = config.map_or(0, |config| number(config, "/clientIP/timeoutSeconds"));
            if !(1..=86400).contains(&timeout) {
                let detail = "must be greater than 0 and less than 86400";
                found.invalid(&at.child("clientIP.timeoutSeconds"), timeout, detail);
            }
        }
        "None" if config.is_some() => {
            found.forbidden(&at, "must not be set when session affinity is None");
        }
        _other => {}
    }
}

fn policies(path: &Path, spec: &Value, found: &mut Findings) {
    for (key, kinds) in [
        ("externalTrafficPolicy", ["NodePort", "LoadBalancer", ""].as_slice()),
        ("internalTrafficPolicy", ["NodePort", "LoadBalancer", "ClusterIP"].as_slice()),
    ] {
        let policy = text(spec, &format!("/{key}"));
        if !policy.is_empty() && !matches!(policy, "Cluster" | "Local") {
            found.unsupported(&path.child(key), policy, &["Cluster", "Local"]);
        }
        let external = list(spec, "/externalIPs").is_empty() && key == "externalTrafficPolicy";
        if !policy.is_empty() && external && !kinds.contains(&text(spec, "/type")) {
            found.invalid(&path.child(key), policy, "may only be set for externally-accessible services");
        }
    }
    for (index, address) in list(spec, "/externalIPs").iter().filter_map(Value::as_str).enumerate() {
        if address.parse::<std::net::IpAddr>().is_err() {
            let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            found.invalid(&path.child("externalIPs").index(index), address, detail);
        }
    }
}

/// The cluster address never changes, unless the Service comes from or goes to an external name.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    let external = |object: &Value| text(object, "/spec/type") == "ExternalName";
    let none = Value::Null;
    let (before, after) = (old.get("spec").unwrap_or(&none), new.get("spec").unwrap_or(&none));
    let held = primary(before);
    if held.is_empty() || external(old) || external(new) {
        return;
    }
    let wanted = match text(after, "/clusterIP") {
        single if single != text(before, "/clusterIP") && !single.is_empty() => single,
        _kept => list(after, "/clusterIPs").first().and_then(Value::as_str).unwrap_or_default(),
    };
    if wanted != held && !wanted.is_empty() {
        let mut all: Vec<Value> = list(after, "/clusterIPs").to_vec();
        match all.first_mut() {
            Some(first) => *first = wanted.into(),
            None => all.push(wanted.into()),
        }
        found.invalid(&Path::new("spec.clusterIPs").index(0), all, "may not change once set");
    }
}
