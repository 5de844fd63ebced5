//! What Ingresses and their classes may say, and what of them never changes.

use super::container::port_number;
use super::findings::{Findings, Path};
use super::{addresses, names};
use crate::sim::look::{list, map, number, text};
use serde_json::Value;

/// An Ingress; `old` is what it was, of a changed one.
pub(super) fn ingress(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let rules = list(spec, "/rules");
    let default = spec.get("defaultBackend").filter(|backend| backend.is_object());
    if rules.is_empty() && default.is_none() {
        let rules = spec.get("rules").cloned().unwrap_or(Value::Null);
        found.invalid(&path, rules, "either `defaultBackend` or `rules` must be specified");
    }
    if let Some(given) = default {
        backend(&path.child("defaultBackend"), given, found);
    }
    for (index, rule) in rules.iter().enumerate() {
        let at = path.child("rules").index(index);
        host(&at.child("host"), text(rule, "/host"), found);
        if let Some(http) = rule.get("http").filter(|http| http.is_object()) {
            routes(&at.child("http.paths"), list(http, "/paths"), found);
        }
    }
    tls(&path.child("tls"), spec, old, found);
    let class = spec.get("ingressClassName").and_then(Value::as_str);
    if let Some(class) = class {
        found.invalid_each(&path.child("ingressClassName"), class, names::subdomain(class));
    }
    let key = "kubernetes.io/ingress.class";
    let note = map(object, "/metadata/annotations").and_then(|all| all.get(key)).and_then(Value::as_str);
    if let (Some(class), Some(note), None) = (class, note, old)
        && class != note
    {
        let detail = "must match `ingressClassName` when both are specified";
        found.invalid(&Path::new("annotations").child(key), note, detail);
    }
}

fn host(path: &Path, host: &str, found: &mut Findings) {
    if host.is_empty() {
        return;
    }
    if addresses::sloppy(host).is_some() {
        found.invalid(path, host, "must be a DNS name, not an IP address");
    }
    found.invalid_each(path, host, host_name(host));
}

/// A host name, or one with `*.` for any host of a domain.
fn host_name(host: &str) -> Vec<String> {
    if host.contains('*') { names::wildcard(host) } else { names::subdomain(host) }
}

fn tls(path: &Path, spec: &Value, old: Option<&Value>, found: &mut Findings) {
    let bad = |secret: &str| if secret.is_empty() { Vec::new() } else { names::subdomain(secret) };
    let before = old.map(|old| list(old, "/spec/tls")).unwrap_or_default();
    let any_secret = before.iter().any(|tls| !bad(text(tls, "/secretName")).is_empty());
    for (index, tls) in list(spec, "/tls").iter().enumerate() {
        let at = path.index(index);
        for (index, host) in list(tls, "/hosts").iter().filter_map(Value::as_str).enumerate() {
            found.invalid_each(&at.child("hosts").index(index), host, host_name(host));
        }
        if !any_secret {
            let secret = text(tls, "/secretName");
            found.invalid_each(&at.child("secretName"), secret, bad(secret));
        }
    }
}

fn routes(path: &Path, routes: &[Value], found: &mut Findings) {
    if routes.is_empty() {
        found.required(path, "");
    }
    for (index, one) in routes.iter().enumerate() {
        let at = path.index(index);
        let (kind, route) = (one.get("pathType").and_then(Value::as_str), text(one, "/path"));
        let relative = !route.starts_with('/');
        match kind {
            None => {
                found.required(&at.child("pathType"), "pathType must be specified");
                continue;
            }
            Some("Exact" | "Prefix") => {
                if relative {
                    found.invalid(&at.child("path"), route, "must be an absolute path");
                }
                for bad in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|bad| route.contains(**bad)) {
                    found.invalid(&at.child("path"), route, &format!("must not contain '{bad}'"));
                }
                for bad in ["/..", "/."].iter().filter(|bad| route.ends_with(**bad)) {
                    found.invalid(&at.child("path"), route, &format!("cannot end with '{bad}'"));
                }
            }
            Some("ImplementationSpecific") if !route.is_empty() && relative => {
                found.invalid(&at.child("path"), route, "must be an absolute path");
            }
            Some("ImplementationSpecific") => {}
            Some(other) => {
                let kinds = ["Exact", "ImplementationSpecific", "Prefix"];
                found.unsupported(&at.child("pathType"), other, &kinds);
            }
        }
        backend(&at.child("backend"), one.get("backend").unwrap_or(&Value::Null), found);
    }
}

fn backend(path: &Path, backend: &Value, found: &mut Findings) {
    let part = |key: &str| backend.get(key).filter(|value| value.is_object());
    let service = match (part("resource"), part("service")) {
        (Some(_), Some(_)) => {
            return found.invalid(path, "", "cannot set both resource and service backends");
        }
        (Some(resource), None) => return reference(&path.child("resource"), resource, found),
        (None, None) => return found.invalid(path, "", "resource or service backend is required"),
        (None, Some(service)) => service,
    };
    let at = path.child("service");
    match text(service, "/name") {
        "" => found.required(&at.child("name"), ""),
        name => found.invalid_each(&at.child("name"), name, names::label(name)),
    }
    match (text(service, "/port/name"), number(service, "/port/number")) {
        ("", 0) => found.required(path, "port name or number is required"),
        ("", port) => port_number(&at.child("port.number"), port, found),
        (name, 0) => found.invalid_each(&at.child("port.name"), name, names::port_name(name)),
        (_, _) => found.invalid(path, "", "cannot set both port name & port number"),
    }
}

/// A reference to an object of any kind.
fn reference(path: &Path, reference: &Value, found: &mut Findings) {
    if let Some(group) = reference.get("apiGroup").and_then(Value::as_str) {
        found.invalid_each(&path.child("apiGroup"), group, names::subdomain(group));
    }
    for key in ["kind", "name"] {
        match text(reference, &format!("/{key}")) {
            "" => found.required(&path.child(key), ""),
            name => found.invalid_each(&path.child(key), name, names::path_segment(name)),
        }
    }
}

/// An IngressClass.
pub(super) fn class(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let (at, controller) = (Path::new("spec.controller"), text(spec, "/controller"));
    if controller.len() > 250 {
        found.too_long(&at, 250);
    }
    names::domain_path(&at, controller, found);
    let Some(parameters) = spec.get("parameters").filter(|parameters| parameters.is_object()) else { return };
    let path = Path::new("spec.parameters");
    reference(&path, parameters, found);
    let (at, namespace) = (path.child("namespace"), parameters.get("namespace").and_then(Value::as_str));
    match (parameters.get("scope").and_then(Value::as_str), namespace) {
        (None, _) => found.required(&path.child("scope"), ""),
        (Some("Namespace"), None) => found.required(&at, "`parameters.scope` is set to 'Namespace'"),
        (Some("Namespace"), Some(name)) => found.invalid_each(&at, name, names::label(name)),
        (Some("Cluster"), Some(_)) => found.forbidden(&at, "`parameters.scope` is set to 'Cluster'"),
        (Some("Cluster"), None) => {}
        (Some(other), _) => found.unsupported(&path.child("scope"), other, &["Cluster", "Namespace"]),
    }
}

/// What of an IngressClass never changes.
pub(super) fn class_update(old: &Value, new: &Value, found: &mut Findings) {
    let (was, is) = (text(old, "/spec/controller"), text(new, "/spec/controller"));
    if was != is {
        found.invalid(&Path::new("spec.controller"), is, "field is immutable");
    }
}
