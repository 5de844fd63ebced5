//! What Ingresses, NetworkPolicies and endpoints may say.

use super::container::{port_number, port_or_name};
use super::findings::{Findings, Path};
use super::{names, selectors};
use crate::sim::look::{list, number, text};
use serde_json::Value;

/// An Ingress.
pub(super) fn ingress(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let rules = list(spec, "/rules");
    let default = spec.get("defaultBackend").filter(|backend| backend.is_object());
    if rules.is_empty() && default.is_none() {
        let rules = spec.get("rules").cloned().unwrap_or(Value::Null);
        found.invalid(&path, rules, "either `defaultBackend` or `rules` must be specified");
    }
    if let Some(backend) = default {
        ingress_backend(&path.child("defaultBackend"), backend, found);
    }
    for (index, rule) in rules.iter().enumerate() {
        let at = path.child("rules").index(index);
        host(&at.child("host"), text(rule, "/host"), found);
        if let Some(http) = rule.get("http").filter(|http| http.is_object()) {
            ingress_paths(&at.child("http.paths"), list(http, "/paths"), found);
        }
    }
    let class = text(spec, "/ingressClassName");
    if !class.is_empty() {
        found.invalid_each(&path.child("ingressClassName"), class, names::subdomain(class));
    }
}

fn host(path: &Path, host: &str, found: &mut Findings) {
    match host.strip_prefix("*.") {
        _none if host.is_empty() => {}
        _address if host.parse::<std::net::IpAddr>().is_ok() => {
            found.invalid(path, host, "must be a DNS name, not an IP address");
        }
        Some(rest) => found.invalid_each(path, host, names::subdomain(rest)),
        None => found.invalid_each(path, host, names::subdomain(host)),
    }
}

fn ingress_paths(path: &Path, paths: &[Value], found: &mut Findings) {
    if paths.is_empty() {
        found.required(path, "");
    }
    for (index, one) in paths.iter().enumerate() {
        let at = path.index(index);
        let route = text(one, "/path");
        match text(one, "/pathType") {
            "" => found.required(&at.child("pathType"), "pathType must be specified"),
            "Exact" | "Prefix" => {
                if !route.starts_with('/') {
                    found.invalid(&at.child("path"), route, "must be an absolute path");
                }
                for bad in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|bad| route.contains(**bad)) {
                    found.invalid(&at.child("path"), route, &format!("must not contain '{bad}'"));
                }
            }
            "ImplementationSpecific" => {
                if !route.is_empty() && !route.starts_with('/') {
                    found.invalid(&at.child("path"), route, "must be an absolute path");
                }
            }
            other => {
                let kinds = ["Exact", "ImplementationSpecific", "Prefix"];
                found.unsupported(&at.child("pathType"), other, &kinds);
            }
        }
        ingress_backend(&at.child("backend"), one.get("backend").unwrap_or(&Value::Null), found);
    }
}

fn ingress_backend(path: &Path, backend: &Value, found: &mut Findings) {
    let part = |key: &str| backend.get(key).filter(|value| value.is_object());
    match (part("resource"), part("service")) {
        (Some(_), Some(_)) => found.invalid(path, "", "cannot set both resource and service backends"),
        (Some(_), None) => {}
        (None, None) => found.required(path, "resource or service backend is required"),
        (None, Some(service)) => {
            let at = path.child("service");
            match text(service, "/name") {
                "" => found.required(&at.child("name"), ""),
                name => found.invalid_each(&at.child("name"), name, names::label(name)),
            }
            let (name, port) = (text(service, "/port/name"), number(service, "/port/number"));
            match (name, port) {
                ("", 0) => found.required(path, "port name or number is required"),
                ("", port) => port_number(&at.child("port.number"), port, found),
                (name, 0) => found.invalid_each(&at.child("port.name"), name, names::port_name(name)),
                (_, _) => found.invalid(path, "", "cannot set both port name & port number"),
            }
        }
    }
}

/// A NetworkPolicy.
pub(super) fn network_policy(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    selectors::selector(&path.child("podSelector"), spec.get("podSelector"), found);
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in list(spec, &format!("/{direction}")).iter().enumerate() {
            let at = path.child(direction).index(index);
            policy_ports(&at.child("ports"), list(rule, "/ports"), found);
            policy_peers(&at.child(peers), list(rule, &format!("/{peers}")), found);
        }
    }
    for (index, kind) in list(spec, "/policyTypes").iter().filter_map(Value::as_str).enumerate() {
        if !matches!(kind, "Ingress" | "Egress") {
            found.unsupported(&path.child("policyTypes").index(index), kind, &["Egress", "Ingress"]);
        }
    }
}

fn policy_ports(path: &Path, ports: &[Value], found: &mut Findings) {
    for (index, port) in ports.iter().enumerate() {
        let at = path.index(index);
        let protocol = text(port, "/protocol");
        if !protocol.is_empty() && !matches!(protocol, "SCTP" | "TCP" | "UDP") {
            found.unsupported(&at.child("protocol"), protocol, &["SCTP", "TCP", "UDP"]);
        }
        if let Some(given) = port.get("port").filter(|given| !given.is_null()) {
            port_or_name(&at.child("port"), Some(given), found);
        }
    }
}

fn policy_peers(path: &Path, peers: &[Value], found: &mut Findings) {
    for (index, peer) in peers.iter().enumerate() {
        let at = path.index(index);
        for key in ["podSelector", "namespaceSelector"] {
            selectors::selector(&at.child(key), peer.get(key), found);
        }
        let given = |key: &str| peer.get(key).is_some_and(Value::is_object);
        let selects = given("podSelector") || given("namespaceSelector");
        match (given("ipBlock"), selects) {
            (true, true) => found.forbidden(&at, "may not specify both ipBlock and another peer"),
            (false, false) => found.required(&at, "must specify a peer"),
            (true, false) | (false, true) => {}
        }
    }
}

/// Endpoints.
pub(super) fn endpoints(object: &Value, found: &mut Findings) {
    for (index, subset) in list(object, "/subsets").iter().enumerate() {
        let at = Path::new("subsets").index(index);
        let (ready, waiting) = (list(subset, "/addresses"), list(subset, "/notReadyAddresses"));
        if ready.is_empty() && waiting.is_empty() {
            found.required(&at, "must specify `addresses` or `notReadyAddresses`");
        }
        for (key, addresses) in [("addresses", ready), ("notReadyAddresses", waiting)] {
            for (index, address) in addresses.iter().enumerate() {
                let ip = text(address, "/ip");
                if ip.parse::<std::net::IpAddr>().is_err() {
                    let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
                    found.invalid(&at.child(key).index(index).child("ip"), ip, detail);
                }
            }
        }
        for (index, port) in list(subset, "/ports").iter().enumerate() {
            let at = at.child("ports").index(index);
            if list(subset, "/ports").len() > 1 && text(port, "/name").is_empty() {
                found.required(&at.child("name"), "");
            }
            port_number(&at.child("port"), number(port, "/port"), found);
            found.one_of(&at.child("protocol"), text(port, "/protocol"), &["SCTP", "TCP", "UDP"]);
        }
    }
}
