//! What the status of an object may say, as its own subresource is written.

use super::findings::{Findings, Path};
use super::{
    addresses, aggregated, amounts, certificate, claim, conditions, device_status, flow, job_status, meta,
    names, node, pod_status, workload,
};
use crate::sim::look::{is_deleting, list, map, number, text};
use serde_json::Value;

/// A changed status, and what its kind checks of the metadata beside it.
pub(super) fn status(group: &str, kind: &str, old: &Value, object: &Value, found: &mut Findings) {
    let path = Path::new("status");
    if group == "certificates.k8s.io" {
        return certificate::changed(certificate::Part::Status, old, object, found);
    }
    if (group, kind) == ("", "Node") {
        return node::changed(old, object, found);
    }
    if group == "flowcontrol.apiserver.k8s.io" {
        return flow::conditions(object, found);
    }
    if (group, kind) == ("apps", "StatefulSet") {
        counted(&path, kind, object, found);
        meta::own_update(group, old, object, found);
        return not_decremented(&path, old, object, found);
    }
    if group != "policy" {
        meta::own_update(group, old, object, found);
    }
    match (group, kind) {
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet") | ("", "ReplicationController") => {
            counted(&path, kind, object, found);
            not_decremented(&path, old, object, found);
        }
        ("batch", "Job") => {
            counted(&path, kind, object, found);
            job_status::status(old, object, found);
        }
        ("", "Pod") => pod_status::status(old, object, found),
        ("autoscaling", _kind) => counted(&path, kind, object, found),
        ("policy", _kind) => {
            counted(&path, kind, object, found);
            conditions::check(&path.child("conditions"), object, "/status/conditions", found);
        }
        ("admissionregistration.k8s.io", _policy) => {
            conditions::check(&path.child("conditions"), object, "/status/conditions", found);
        }
        ("", "Service") => {
            let at = path.child("loadBalancer.ingress");
            if text(object, "/spec/type") != "LoadBalancer" && !list(object, INGRESS).is_empty() {
                found.forbidden(&at, "may only be used when `spec.type` is 'LoadBalancer'");
            } else {
                balancer(&at, old, object, true, found);
            }
        }
        ("networking.k8s.io", "Ingress") => {
            balancer(&path.child("loadBalancer.ingress"), old, object, false, found);
        }
        ("apiregistration.k8s.io", _service) => aggregated::status(object, found),
        ("resource.k8s.io", _claim) => device_status::status(old, object, found),
        ("", "PersistentVolumeClaim") => claim::status(object, found),
        ("", "Namespace") => {
            let wanted = if is_deleting(object) { ("Terminating", "not empty") } else { ("Active", "empty") };
            let phase = text(object, "/status/phase");
            if phase != wanted.0 {
                let detail = format!("may only be '{}' if `deletionTimestamp` is {}", wanted.0, wanted.1);
                found.invalid(&path.child("Phase"), phase, &detail);
            }
        }
        ("", "ResourceQuota") => {
            for key in ["hard", "used"] {
                amounts::quota(&path.child(key), map(object, &format!("/status/{key}")), found);
            }
        }
        _others_say_what_they_like => {}
    }
}

/// The counts of a status that are not negative, by kind.
fn counts(kind: &str) -> &'static [&'static str] {
    match kind {
        "Deployment" => &[
            "observedGeneration",
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "terminatingReplicas",
            "collisionCount",
        ],
        "ReplicaSet" | "ReplicationController" => &[
            "replicas",
            "fullyLabeledReplicas",
            "readyReplicas",
            "availableReplicas",
            "observedGeneration",
            "terminatingReplicas",
        ],
        "StatefulSet" => &[
            "replicas",
            "readyReplicas",
            "currentReplicas",
            "updatedReplicas",
            "availableReplicas",
            "observedGeneration",
            "collisionCount",
        ],
        "DaemonSet" => &[
            "currentNumberScheduled",
            "numberMisscheduled",
            "desiredNumberScheduled",
            "numberReady",
            "observedGeneration",
            "updatedNumberScheduled",
            "numberAvailable",
            "numberUnavailable",
            "collisionCount",
        ],
        "Job" => &["active", "succeeded", "failed", "ready", "terminating"],
        "HorizontalPodAutoscaler" => &["currentReplicas", "desiredReplicas"],
        "PodDisruptionBudget" => &["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"],
        _uncounted => &[],
    }
}

/// The counts that are no more than `replicas`, by kind.
fn shares(kind: &str) -> &'static [&'static str] {
    match kind {
        "Deployment" => &["updatedReplicas", "readyReplicas", "availableReplicas"],
        "ReplicaSet" | "ReplicationController" => {
            &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"]
        }
        "StatefulSet" => &["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
        _without => &[],
    }
}

fn counted(path: &Path, kind: &str, object: &Value, found: &mut Findings) {
    let status = object.get("status").unwrap_or(&Value::Null);
    workload::nonnegative(path, status, counts(kind), found);
    let count = |key: &str| number(status, &format!("/{key}"));
    for key in shares(kind) {
        if count(key) > count("replicas") {
            found.invalid(&path.child(key), count(key), "cannot be greater than status.replicas");
        }
    }
    if !shares(kind).is_empty() && count("availableReplicas") > count("readyReplicas") {
        let ready = if kind == "StatefulSet" { "status.readyReplicas" } else { "readyReplicas" };
        let at = path.child("availableReplicas");
        found.invalid(&at, count("availableReplicas"), &format!("cannot be greater than {ready}"));
    }
}

fn not_decremented(path: &Path, old: &Value, object: &Value, found: &mut Findings) {
    let before = old.pointer("/status/collisionCount").and_then(Value::as_i64);
    let now = object.pointer("/status/collisionCount").and_then(Value::as_i64);
    if before.is_some_and(|before| now.is_none_or(|now| now < before)) {
        found.invalid(&path.child("collisionCount"), now.unwrap_or(0), "cannot be decremented");
    }
}

const INGRESS: &str = "/status/loadBalancer/ingress";

/// The points at which a load balancer can be reached.
fn balancer(path: &Path, old: &Value, object: &Value, has_mode: bool, found: &mut Findings) {
    let held: Vec<&str> = list(old, INGRESS).iter().map(|point| text(point, "/ip")).collect();
    for (index, point) in list(object, INGRESS).iter().enumerate() {
        let at = path.index(index);
        let (ip, host) = (text(point, "/ip"), text(point, "/hostname"));
        if !ip.is_empty() && !held.contains(&ip) {
            addresses::address(&at.child("ip"), ip, found);
        }
        if has_mode {
            mode(&at.child("ipMode"), point, ip, found);
        }
        if !host.is_empty() {
            found.invalid_each(&at.child("hostname"), host, names::subdomain(host));
            if addresses::sloppy(host).is_some() {
                found.invalid(&at.child("hostname"), host, "must be a DNS name, not an IP address");
            }
        }
    }
}

fn mode(path: &Path, point: &Value, ip: &str, found: &mut Findings) {
    match point.get("ipMode").and_then(Value::as_str) {
        None if !ip.is_empty() => found.required(path, "must be specified when `ip` is set"),
        None => {}
        Some(_) if ip.is_empty() => found.forbidden(path, "may not be specified when `ip` is not set"),
        Some("VIP" | "Proxy") => {}
        Some(other) => found.unsupported(path, other, &["Proxy", "VIP"]),
    }
}
