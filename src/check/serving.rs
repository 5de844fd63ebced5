//! What stands behind a service: its ready endpoints, and what their pods carry.

use super::answer::unless;
use super::workload::{is_ready, pods_of};
use super::{Answer, Reachable, Serves, View};
use crate::snapshot::{Key, Object, Snapshot};
use serde_json::Value;
use std::collections::BTreeSet;

/// The service has at least so many ready endpoints.
pub(super) fn reachable(asked: &Reachable, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    if view.now.find("", "services", namespace, &asked.service).is_none() {
        return Answer { held: false, evidence: format!("service {} does not exist", asked.service) };
    }
    let ready = endpoints(&asked.service, namespace, view.now).len();
    let evidence = format!("service {} has {ready} ready endpoints", asked.service);
    Answer { held: ready >= asked.at_least, evidence }
}

/// Everyone who answers carries the values.
pub(super) fn serves(asked: &Serves, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let (who, pods) = match (&asked.service, &asked.workload) {
        (Some(service), _) => {
            if view.now.find("", "services", namespace, service).is_none() {
                return Answer { held: false, evidence: format!("service {service} does not exist") };
            }
            let names = endpoints(service, namespace, view.now);
            let pods =
                view.now.list("", "pods", Some(namespace)).filter(|(key, _)| names.contains(&*key.name));
            (format!("service {service}"), pods.collect::<Vec<_>>())
        }
        (None, Some(workload)) => match pods_of(workload, namespace, view.now) {
            Some(pods) => (workload.to_string(), pods.into_iter().filter(|(_, pod)| is_ready(pod)).collect()),
            None => return Answer { held: false, evidence: format!("{workload} does not exist") },
        },
        (None, None) => {
            return Answer { held: false, evidence: "neither a service nor a workload is named".to_owned() };
        }
    };
    if pods.is_empty() {
        return Answer { held: false, evidence: format!("nothing ready answers for {who}") };
    }
    let mut wrongs: Vec<String> = Vec::new();
    for (key, pod) in &pods {
        for wrong in lacks(asked, key, pod, namespace, view.now) {
            if !wrongs.contains(&wrong) {
                wrongs.push(wrong);
            }
        }
    }
    unless(wrongs, || format!("{who} answers from {} pods with {}", pods.len(), stated(asked)))
}

/// The pods that the ready endpoints of a service lead to.
fn endpoints(service: &str, namespace: &str, now: &Snapshot) -> BTreeSet<String> {
    let slices = now
        .list("discovery.k8s.io", "endpointslices", Some(namespace))
        .filter(|(_, slice)| slice["metadata"]["labels"]["kubernetes.io/service-name"] == service);
    let endpoints = slices.flat_map(|(_, slice)| slice["endpoints"].as_array().into_iter().flatten());
    endpoints
        .filter(|endpoint| endpoint["conditions"]["ready"] != Value::Bool(false))
        .filter_map(|endpoint| endpoint["targetRef"]["name"].as_str().map(str::to_owned))
        .collect()
}

/// What a pod does not carry of what was asked, as lines.
fn lacks(asked: &Serves, key: &Key, pod: &Object, namespace: &str, now: &Snapshot) -> Vec<String> {
    let mut wrongs = Vec::new();
    let shown = |value: Option<&str>| value.map_or("nothing".to_owned(), |value| format!("{value:?}"));
    for (label, wanted) in &asked.labels {
        let found = pod["metadata"]["labels"][label].as_str();
        if found != Some(wanted) {
            wrongs.push(format!("pod {} has label {label} {}, expected {wanted:?}", key.name, shown(found)));
        }
    }
    let containers: Vec<&Value> = pod["spec"]["containers"].as_array().into_iter().flatten().collect();
    for (name, wanted) in &asked.env {
        let set = containers.iter().flat_map(|c| c["env"].as_array().into_iter().flatten());
        let found: Vec<&str> =
            set.filter(|entry| entry["name"] == *name).filter_map(|entry| entry["value"].as_str()).collect();
        if !found.contains(&wanted.as_str()) {
            let found = shown(found.first().copied());
            wrongs.push(format!("pod {} has {name}={found}, expected {wanted:?}", key.name));
        }
    }
    if let Some(image) = &asked.image {
        let found: Vec<&str> = containers.iter().filter_map(|c| c["image"].as_str()).collect();
        if !found.contains(&image.as_str()) {
            wrongs.push(format!("pod {} runs {}, expected {image}", key.name, found.join(" and ")));
        }
    }
    let maps = mounted(pod);
    for (entry, wanted) in &asked.config {
        let found: Vec<&str> = maps
            .iter()
            .filter_map(|map| now.find("", "configmaps", namespace, map)?["data"][entry].as_str())
            .collect();
        if !found.iter().any(|value| value.trim() == wanted.trim()) {
            let found = shown(found.first().map(|value| value.trim()));
            wrongs.push(format!("{entry} of {} is {found}, expected {wanted:?}", maps.join(", ")));
        }
    }
    wrongs
}

/// The ConfigMaps that a pod mounts.
fn mounted(pod: &Value) -> Vec<String> {
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    let names = volumes.flat_map(|volume| {
        let projected = volume["projected"]["sources"].as_array().into_iter().flatten();
        std::iter::once(&volume["configMap"]["name"])
            .chain(projected.map(|source| &source["configMap"]["name"]))
    });
    // Every pod mounts the cluster's own certificate beside what its chart gives it.
    names.filter_map(Value::as_str).filter(|name| *name != "kube-root-ca.crt").map(str::to_owned).collect()
}

/// The values that were asked for: `version=1.1`.
fn stated(asked: &Serves) -> String {
    let pairs = asked.labels.iter().chain(&asked.env).chain(&asked.config);
    let mut each: Vec<String> = pairs.map(|(key, value)| format!("{key}={}", value.trim())).collect();
    each.extend(asked.image.as_ref().map(|image| format!("image {image}")));
    each.join(", ")
}
