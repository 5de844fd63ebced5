//! What Services are warned of: what is ignored, and what is no longer the way.

use super::super::findings::Path;
use super::{addresses, entries, is_annotated};
use crate::sim::look::{list, text};
use serde_json::Value;

pub(super) fn service(object: &Value, found: &mut Vec<String>) {
    let hints = "service.kubernetes.io/topology-aware-hints";
    if is_annotated(object, hints) {
        let mode = "service.kubernetes.io/topology-mode";
        found.push(format!("annotation {hints} is deprecated, please use {mode} instead"));
    }
    let (kind, single) = (text(object, "/spec/type"), text(object, "/spec/clusterIP"));
    let (root, external) = (Path::root(), !list(object, "/spec/externalIPs").is_empty());
    if !matches!(single, "" | "None") && kind != "ExternalName" {
        each(&root, "spec.clusterIPs", object, addresses::address, found);
    }
    let headless = kind == "ClusterIP" && single == "None";
    let balancer = text(object, "/spec/loadBalancerIP");
    if headless {
        if !balancer.is_empty() {
            found.push("spec.loadBalancerIP is ignored for headless services".to_owned());
        }
        if external {
            found.push("spec.externalIPs is ignored for headless services".to_owned());
        }
        if text(object, "/spec/sessionAffinity") != "None" {
            found.push("spec.SessionAffinity is ignored for headless services".to_owned());
        }
    }
    each(&root, "spec.externalIPs", object, addresses::address, found);
    if external && !headless && kind != "ExternalName" {
        let why = "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
        found.push(why.to_owned());
    }
    if !balancer.is_empty() {
        addresses::address(&Path::new("spec.loadBalancerIP"), balancer, found);
    }
    each(&root, "spec.loadBalancerSourceRanges", object, addresses::block, found);
    if kind == "ExternalName" && external {
        found.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if kind != "ExternalName" && !text(object, "/spec/externalName").is_empty() {
        found.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    if text(object, "/spec/trafficDistribution") == "PreferClose" {
        let why = "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"";
        found.push(why.to_owned());
    }
}

fn each(
    path: &Path,
    field: &str,
    object: &Value,
    check: fn(&Path, &str, &mut Vec<String>),
    found: &mut Vec<String>,
) {
    for (at, value) in entries(path, field, object) {
        check(&at, value.as_str().unwrap_or_default(), found);
    }
}
