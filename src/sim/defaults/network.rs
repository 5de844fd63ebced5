//! Defaults of Services, Ingresses, NetworkPolicies and endpoints. What depends on allocated addresses is not here.

use super::gaps::{fill, fill_zero, is_bare, is_zero, items, object, path, text};
use serde_json::{Map, Value, json};

/// Core Service.
pub(super) fn service(service: &mut Value) {
    if let Some(spec) = object(service, "spec") {
        fill_zero(spec, "sessionAffinity", "None");
        fill_zero(spec, "type", "ClusterIP");
        affinity(spec);
        for port in items(spec, "ports") {
            fill_zero(port, "protocol", "TCP");
            if is_zero(port.get("targetPort")) {
                port["targetPort"] = port.get("port").cloned().unwrap_or(json!(0));
            }
        }
        traffic(spec);
    }
    if let Some(status) = object(service, "status")
        && let Some(balancer) = object(status, "loadBalancer")
    {
        for ingress in items(balancer, "ingress") {
            if !is_zero(ingress.get("ip")) {
                fill(ingress, "ipMode", "VIP");
            }
        }
    }
}

fn affinity(spec: &mut Value) {
    match text(spec, "sessionAffinity") {
        "None" => {
            spec.as_object_mut().map(|map| map.remove("sessionAffinityConfig"));
        }
        "ClientIP" => {
            if let Some(config) = object(spec, "sessionAffinityConfig")
                && let Some(client) = object(config, "clientIP")
            {
                fill(client, "timeoutSeconds", 10800);
            }
        }
        _other => {}
    }
}

fn traffic(spec: &mut Value) {
    let kind = text(spec, "type").to_owned();
    let external_ips = !is_bare(spec, "externalIPs");
    let reachable = matches!(&*kind, "NodePort" | "LoadBalancer") || (kind == "ClusterIP" && external_ips);
    if reachable {
        fill_zero(spec, "externalTrafficPolicy", "Cluster");
    }
    if matches!(&*kind, "ClusterIP" | "NodePort" | "LoadBalancer") {
        fill(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        fill(spec, "allocateLoadBalancerNodePorts", true);
    }
}

/// Ingress.
pub(super) fn ingress(ingress: &mut Value) {
    fill(ingress, "spec", Map::new());
    if let Some(status) = object(ingress, "status") {
        fill(status, "loadBalancer", Map::new());
    }
}

/// NetworkPolicy.
pub(super) fn network_policy(policy: &mut Value) {
    let Some(spec) = object(policy, "spec") else { return };
    fill(spec, "podSelector", Map::new());
    for direction in ["ingress", "egress"] {
        for rule in items(spec, direction) {
            items(rule, "ports").for_each(|port| fill(port, "protocol", "TCP"));
        }
    }
    if is_bare(spec, "policyTypes") {
        let egress = !is_bare(spec, "egress");
        spec["policyTypes"] = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    }
}

/// IngressClass: parameters without a scope belong to the cluster.
pub(super) fn ingress_class(class: &mut Value) {
    if let Some(parameters) = path(class, &["spec", "parameters"]) {
        fill(parameters, "scope", "Cluster");
    }
}

/// Core Endpoints.
pub(super) fn endpoints(endpoints: &mut Value) {
    for subset in items(endpoints, "subsets") {
        items(subset, "ports").for_each(|port| fill_zero(port, "protocol", "TCP"));
    }
}

/// EndpointSlice.
pub(super) fn endpoint_slice(slice: &mut Value) {
    for port in items(slice, "ports") {
        fill(port, "name", "");
        fill(port, "protocol", "TCP");
    }
    for endpoint in items(slice, "endpoints") {
        fill(endpoint, "conditions", Map::new());
    }
}
