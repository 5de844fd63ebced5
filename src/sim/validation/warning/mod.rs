//! What kube-apiserver takes and warns of: the texts of the `Warning` headers by kind, in their order. One file for
//! each thing that is warned of; pods, which most kinds hold, have several.

mod addresses;
mod claims;
mod nodes;
mod pairs;
mod paths;
mod pod;
mod ports;
mod service;

use super::findings::Path;
use super::names;
use crate::sim::look::{self, map, number, text};
use serde_json::Value;

/// What is warned of as a valid object is stored for the first time.
pub(in crate::sim) fn created(group: &str, kind: &str, object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(why) = named(group, kind, object) {
        found.push(why);
    }
    pods(group, kind, object, &mut found);
    match (group, kind) {
        ("networking.k8s.io", "Ingress") => {
            let class = "kubernetes.io/ingress.class";
            if is_annotated(object, class) && look::at(object, "/spec/ingressClassName").is_none() {
                found.push(format!(
                    "annotation {class:?} is deprecated, please use 'spec.ingressClassName' instead"
                ));
            }
        }
        ("", "ResourceQuota") => claims::quota(object, &mut found),
        ("apps", "StatefulSet") => claims::templates(object, "", &mut found),
        ("storage.k8s.io", "CSIDriver") => claims::driver(object, &Value::Null, &mut found),
        ("discovery.k8s.io", "EndpointSlice") if text(object, "/addressType") == "FQDN" => {
            found.push("spec.addressType: FQDN endpoints are deprecated".to_owned());
        }
        _others_as_always => {}
    }
    always(group, kind, object, &Value::Null, &mut found);
    found
}

/// What is warned of as a valid object is changed.
pub(in crate::sim) fn updated(group: &str, kind: &str, old: &Value, object: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let counted = |object: &Value| match kind {
        "DaemonSet" => map(object, "/metadata/annotations")
            .and_then(|all| all.get(crate::sim::defaults::TEMPLATE_GENERATION))
            .map_or(0, |count| count.as_str().and_then(|count| count.parse().ok()).unwrap_or(0)),
        _others => number(object, "/metadata/generation"),
    };
    // Nobody is warned of a pod that changes: people seldom change one by hand.
    if kind != "Pod" && counted(old) != counted(object) {
        // A ReplicationController is warned of the template that it had.
        pods(group, kind, if kind == "ReplicationController" { old } else { object }, &mut found);
    }
    if kind == "CronJob" && text(object, "/spec/schedule").contains("TZ") {
        found.push(
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see \
             https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
                .to_owned(),
        );
    }
    match kind {
        "CSIDriver" => claims::driver(object, old, &mut found),
        "StatefulSet" => claims::templates(object, ".Spec", &mut found),
        _others_as_always => {}
    }
    always(group, kind, object, old, &mut found);
    found
}

/// What is warned of at every write.
fn always(group: &str, kind: &str, object: &Value, old: &Value, found: &mut Vec<String>) {
    match (group, kind) {
        ("", "Service") => service::service(object, found),
        ("", "Endpoints") => addresses::endpoints(object, found),
        ("discovery.k8s.io", "EndpointSlice") => addresses::slice(object, found),
        ("networking.k8s.io", "NetworkPolicy") => addresses::policy(object, found),
        ("", "Node") => nodes::node(object, found),
        ("node.k8s.io", "RuntimeClass") => nodes::runtime_class(object, found),
        ("storage.k8s.io", "StorageClass") => nodes::storage_class(object, found),
        ("storage.k8s.io", "CSIStorageCapacity") => nodes::capacity(object, found),
        ("", "PersistentVolume") => claims::volume(object, found),
        ("", "PersistentVolumeClaim") => claims::claim(object, found),
        ("", "Secret") if text(object, "/type") == "kubernetes.io/tls" => found.extend(pairs::wrong(object)),
        ("", "ServiceAccount") => {
            let key = "kubernetes.io/enforce-mountable-secrets";
            if is_annotated(object, key) && !is_annotated(old, key) {
                found.push(format!(
                    "metadata.annotations[{key}]: deprecated in v1.32+; prefer separate namespaces to isolate access \
                     to mounted secrets"
                ));
            }
        }
        _others_are_never_warned_of => {}
    }
}

/// The pods that an object holds.
fn pods(group: &str, kind: &str, object: &Value, found: &mut Vec<String>) {
    let job = match (group, kind) {
        ("batch", "Job") => Some("spec"),
        ("batch", "CronJob") => Some("spec.jobTemplate.spec"),
        _no_job => None,
    };
    if let Some(path) = job {
        let spec = look::at(object, &format!("/{}", path.replace('.', "/"))).unwrap_or(&Value::Null);
        indexed(path, spec, found);
        let template = spec.get("template").unwrap_or(&Value::Null);
        return pod::template(&Path::of(path).child("template"), template, found);
    }
    match (group, kind) {
        ("", "Pod") => pod::pod(object, found),
        ("", "PodTemplate") => {
            pod::template(&Path::new("template"), object.get("template").unwrap_or(&Value::Null), found);
        }
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
        | ("", "ReplicationController") => {
            let template = look::at(object, "/spec/template").unwrap_or(&Value::Null);
            pod::template(&Path::new("spec.template"), template, found);
        }
        _without_pods => {}
    }
}

/// Above these an Indexed Job may not be able to tell which indexes are done.
const COMPLETIONS: i64 = 100_000;
const PARALLELISM: i64 = 10_000;

fn indexed(path: &str, spec: &Value, found: &mut Vec<String>) {
    let many = number(spec, "/completions") > COMPLETIONS && number(spec, "/parallelism") > PARALLELISM;
    if text(spec, "/completionMode") == "Indexed" && many {
        found.push(format!(
            "{path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
             Kubernetes might not be able to track completedIndexes when a big number of indexes fail"
        ));
    }
}

/// A name that hostnames are made of and that is none.
fn named(group: &str, kind: &str, object: &Value) -> Option<String> {
    let of = match (group, kind) {
        ("", "Pod") => "the Pod's hostname",
        ("apps", "Deployment" | "ReplicaSet")
        | ("batch", "Job" | "CronJob")
        | ("", "ReplicationController") => "Pod names and hostnames",
        _others_name_no_host => return None,
    };
    let told = names::label(text(object, "/metadata/name"));
    (!told.is_empty()).then(|| {
        format!(
            "metadata.name: this is used in {of}, which can result in surprising behavior; a DNS label is recommended: \
             [{}]",
            told.join(" ")
        )
    })
}

fn is_annotated(object: &Value, key: &str) -> bool {
    map(object, "/metadata/annotations").is_some_and(|all| all.contains_key(key))
}

/// The entries of the list at a pointer, each with its path below `path`.
fn entries<'a>(
    path: &Path,
    field: &str,
    holder: &'a Value,
) -> impl Iterator<Item = (Path, &'a Value)> + use<'a> {
    let all = field.split('.').try_fold(holder, |within, step| within.get(step)).and_then(Value::as_array);
    let all = all.map(Vec::as_slice).unwrap_or_default();
    let path = if all.is_empty() { Path::root() } else { path.child(field) };
    all.iter().enumerate().map(move |(index, entry)| (path.index(index), entry))
}
