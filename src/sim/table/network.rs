//! How Services, endpoints, Ingresses and NetworkPolicies print.

use super::age::age;
use crate::clock::Moment;
use crate::sim::look::{first, labels, list, map, name, number, plain, selector_or_none, text, text_or};
use serde_json::Value;

pub(super) fn service(object: &Value, now: Moment) -> Vec<Value> {
    let address = list(object, "/spec/clusterIPs").first().map(plain).filter(|ip| !ip.is_empty());
    vec![
        name(object),
        text(object, "/spec/type").into(),
        address.unwrap_or_else(|| "<none>".to_owned()).into(),
        external(object).into(),
        service_ports(object).into(),
        age(object, now),
        labels(map(object, "/spec/selector")).into(),
    ]
}

fn external(service: &Value) -> String {
    let own = list(service, "/spec/externalIPs").iter().map(plain).collect::<Vec<_>>();
    match text(service, "/spec/type") {
        "ClusterIP" | "NodePort" if own.is_empty() => "<none>".to_owned(),
        "ClusterIP" | "NodePort" => own.join(","),
        "LoadBalancer" => {
            let balanced = balancer(service);
            match (own.is_empty(), balanced.is_empty()) {
                (true, true) => "<pending>".to_owned(),
                (true, false) => balanced,
                (false, true) => own.join(","),
                (false, false) => format!("{balanced},{}", own.join(",")),
            }
        }
        "ExternalName" => text(service, "/spec/externalName").to_owned(),
        _other => "<unknown>".to_owned(),
    }
}

/// The addresses that a load balancer has given, comma-separated.
fn balancer(object: &Value) -> String {
    let points = list(object, "/status/loadBalancer/ingress").iter();
    let addresses = points.map(|point| text_or(point, "/ip", text(point, "/hostname")));
    addresses.filter(|address| !address.is_empty()).collect::<Vec<_>>().join(",")
}

fn service_ports(service: &Value) -> String {
    let print = |port: &Value| {
        let (number_, protocol) = (number(port, "/port"), text(port, "/protocol"));
        match number(port, "/nodePort") {
            0 => format!("{number_}/{protocol}"),
            node => format!("{number_}:{node}/{protocol}"),
        }
    };
    let ports: Vec<String> = list(service, "/spec/ports").iter().map(print).collect();
    if ports.is_empty() { "<none>".to_owned() } else { ports.join(",") }
}

pub(super) fn endpoints(object: &Value, now: Moment) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in list(object, "/subsets") {
        let addresses = list(subset, "/addresses");
        let ports = list(subset, "/ports");
        if ports.is_empty() {
            all.extend(addresses.iter().map(|address| text(address, "/ip").to_owned()));
        }
        for port in ports {
            let number = number(port, "/port");
            all.extend(addresses.iter().map(|address| match text(address, "/ip") {
                ip if ip.contains(':') => format!("[{ip}]:{number}"),
                ip => format!("{ip}:{number}"),
            }));
        }
    }
    vec![name(object), first(&all, 3, "<none>").into(), age(object, now)]
}

pub(super) fn endpoint_slice(object: &Value, now: Moment) -> Vec<Value> {
    let port = |port: &Value| match port.get("port").filter(|number| !number.is_null()) {
        Some(number) => plain(number),
        None => text_or(port, "/name", "*").to_owned(),
    };
    let ports: Vec<String> = list(object, "/ports").iter().map(port).collect();
    let endpoints = list(object, "/endpoints").iter();
    let addresses: Vec<String> = endpoints.flat_map(|e| list(e, "/addresses")).map(plain).collect();
    vec![
        name(object),
        text(object, "/addressType").into(),
        first(&ports, 3, "<unset>").into(),
        first(&addresses, 3, "<unset>").into(),
        age(object, now),
    ]
}

pub(super) fn ingress(object: &Value, now: Moment) -> Vec<Value> {
    let rules = list(object, "/spec/rules").iter();
    let hosts: Vec<String> =
        rules.map(|rule| text(rule, "/host").to_owned()).filter(|h| !h.is_empty()).collect();
    let ports = if list(object, "/spec/tls").is_empty() { "80" } else { "80, 443" };
    vec![
        name(object),
        text_or(object, "/spec/ingressClassName", "<none>").into(),
        first(&hosts, 3, "*").into(),
        balancer(object).into(),
        ports.into(),
        age(object, now),
    ]
}

pub(super) fn ingress_class(object: &Value, now: Moment) -> Vec<Value> {
    let parameters = object.pointer("/spec/parameters").map(|parameters| {
        let kind = text(parameters, "/kind");
        match text(parameters, "/apiGroup") {
            "" => format!("{kind}/{}", text(parameters, "/name")),
            group => format!("{kind}.{group}/{}", text(parameters, "/name")),
        }
    });
    vec![
        name(object),
        text(object, "/spec/controller").into(),
        parameters.unwrap_or_else(|| "<none>".to_owned()).into(),
        age(object, now),
    ]
}

pub(super) fn network_policy(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), selector_or_none(object.pointer("/spec/podSelector")).into(), age(object, now)]
}

pub(super) fn service_cidr(object: &Value, now: Moment) -> Vec<Value> {
    let ranges: Vec<String> = list(object, "/spec/cidrs").iter().map(plain).collect();
    vec![name(object), ranges.join(",").into(), age(object, now)]
}

/// An address, what holds it and its age – which kube-apiserver prints though it has no column for it.
pub(super) fn ip_address(object: &Value, now: Moment) -> Vec<Value> {
    let parent = match object.pointer("/spec/parentRef").filter(|parent| parent.is_object()) {
        Some(parent) => {
            let (group, resource) = (text(parent, "/group"), text(parent, "/resource"));
            let resource = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
            let namespace = text(parent, "/namespace");
            let namespace = if namespace.is_empty() { String::new() } else { format!("/{namespace}") };
            format!("{}{namespace}/{}", resource.to_lowercase(), text(parent, "/name"))
        }
        None => "<none>".to_owned(),
    };
    vec![name(object), parent.into(), age(object, now)]
}
