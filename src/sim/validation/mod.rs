//! What kube-apiserver refuses about the content of an object, and what it resets before it stores one. One file
//! per group of kinds; messages, fields and their order are those of kube-apiserver.

mod access;
mod batch;
mod config;
mod container;
mod cron;
mod embedded;
mod findings;
mod internal;
mod meta;
mod names;
mod network;
mod pod;
mod policy;
mod prepare;
mod quantity;
mod selectors;
mod service;
mod storage;
mod volume;
mod workload;

pub(in crate::sim) use embedded::embedded;
pub(in crate::sim) use findings::{Findings, Path, same};
pub(in crate::sim) use names::{label_1035, label_value, qualified, subdomain};
pub(in crate::sim) use prepare::stored_versions;
pub use prepare::{prepare_create, prepare_update};

use super::custom;
use serde_json::Value;

/// One thing wrong with an object, as a cause of a 422 names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// `FieldValueInvalid`, `FieldValueRequired`, …: the reason of the cause.
    pub reason: &'static str,
    /// `spec.template.spec.containers[0].image`.
    pub field: String,
    /// `Required value`, `Invalid value: "x": must …`: the message of the cause.
    pub message: String,
}

/// What is wrong with a new object that is filled in and prepared already.
pub fn create(group: &str, kind: &str, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    meta::metadata(group, kind, object, &mut found);
    if (group, kind) == ("apiextensions.k8s.io", "CustomResourceDefinition") {
        custom::define::name(object, &mut found);
    }
    content(group, kind, object, &mut found);
    found.into_inner()
}

/// What is wrong with a changed object, immutable fields included. Both are filled in and prepared already.
///
/// What is wrong with metadata is found more than once, as kube-apiserver finds it: the causes of its answer repeat
/// it, while its message names every violation once.
pub fn update(group: &str, kind: &str, old: &Value, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    meta::metadata_update(old, object, &mut found);
    meta::metadata_update(old, object, &mut found);
    let frozen_first = matches!((group, kind), ("", "ConfigMap" | "Secret" | "Service"));
    if frozen_first {
        immutable(group, kind, old, object, &mut found);
    }
    if checks_all_metadata_again(group, kind) {
        meta::metadata(group, kind, object, &mut found);
    }
    content(group, kind, object, &mut found);
    if !frozen_first {
        immutable(group, kind, old, object, &mut found);
    }
    found.into_inner()
}

/// Kinds whose update is checked as a whole new object would be, names and finalizers included.
fn checks_all_metadata_again(group: &str, kind: &str) -> bool {
    match (group, kind) {
        ("", kind) => kind != "ReplicationController",
        ("apps", kind) => kind == "StatefulSet",
        ("rbac.authorization.k8s.io" | "storage.k8s.io", _kind) => true,
        _others_check_what_changes => false,
    }
}

fn content(group: &str, kind: &str, object: &Value, found: &mut Findings) {
    match (group, kind) {
        ("", core) => core_content(core, object, found),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet") => {
            workload::workload(kind, object, found);
        }
        ("batch", "Job") => batch::job(object, found),
        ("batch", "CronJob") => batch::cron_job(object, found),
        ("networking.k8s.io", "Ingress") => network::ingress(object, found),
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy(object, found),
        ("storage.k8s.io", "StorageClass") => storage::class(object, found),
        ("autoscaling", "HorizontalPodAutoscaler") => policy::autoscaler(object, found),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(object, found),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(object, found),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => access::role(kind, object, found),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            access::binding(kind, object, found);
        }
        ("admissionregistration.k8s.io", _hooks) => access::webhooks(object, found),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => custom::define::content(object, found),
        _others_say_what_they_like => {}
    }
}

fn core_content(kind: &str, object: &Value, found: &mut Findings) {
    match kind {
        "Pod" => pod::spec(&Path::new("spec"), object.get("spec").unwrap_or(&Value::Null), found),
        "PodTemplate" => pod::template(&Path::new("template"), object.get("template"), found),
        "ReplicationController" => workload::workload(kind, object, found),
        "Service" => service::service(object, found),
        "Endpoints" => network::endpoints(object, found),
        "ConfigMap" => config::config_map(object, found),
        "Secret" => config::secret(object, found),
        "PersistentVolumeClaim" => storage::claim(object, found),
        "PersistentVolume" => storage::volume(object, found),
        _others_say_what_they_like => {}
    }
}

fn immutable(group: &str, kind: &str, old: &Value, object: &Value, found: &mut Findings) {
    match (group, kind) {
        ("", "Pod") => pod::update(old, object, found),
        ("", "Service") => service::update(old, object, found),
        ("", "ConfigMap" | "Secret") => config::update(kind, old, object, found),
        ("", "PersistentVolumeClaim") => storage::claim_update(old, object, found),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet") => {
            workload::update(kind, old, object, found);
        }
        ("batch", "Job") => batch::job_update(old, object, found),
        ("storage.k8s.io", "StorageClass") => storage::class_update(old, object, found),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class_update(old, object, found),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            custom::define::immutable(old, object, found);
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            access::binding_update(old, object, found);
        }
        _nothing_is_fixed => {}
    }
}
