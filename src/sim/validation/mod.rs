//! What kube-apiserver refuses about the content of an object, and what it resets before it stores one. One file
//! per group of kinds; messages, fields and their order are those of kube-apiserver.

mod access;
mod addresses;
mod admission_policy;
mod affinity;
mod again;
mod aggregated;
mod amounts;
mod autoscaler;
mod batch;
mod bounds;
mod certificate;
mod claim;
mod claim_template;
mod cluster;
mod conditions;
mod config;
mod container;
mod cron;
mod device;
mod device_capacity;
mod device_parts;
mod device_slice;
mod device_status;
mod dropped;
mod embedded;
mod endpoints;
mod environment;
mod event;
mod findings;
mod flow;
mod flow_level;
mod generation;
mod ingress;
mod internal;
mod job_policy;
mod job_status;
mod job_update;
mod kinds;
mod meta;
mod mounts;
mod names;
mod network;
mod node;
mod pem;
mod persistent;
mod pod;
mod pod_annotations;
mod pod_claims;
mod pod_ephemeral;
mod pod_resize;
mod pod_resources;
mod pod_status;
mod pod_update;
mod policy;
mod prepare;
mod prepare_service;
mod probes;
mod projected;
mod remote;
mod security;
mod selectors;
mod service;
mod service_address;
mod service_families;
mod source;
mod spelling;
mod stateful;
mod status;
mod storage;
mod unified;
mod volume;
pub(in crate::sim) mod warning;
mod webhooks;
mod windows;
mod workload;

pub(in crate::sim) use embedded::embedded;
pub(in crate::sim) use findings::{Findings, Path, same};
pub(in crate::sim) use generation::tells_empty_from_absent;
pub(in crate::sim) use names::{label, label_value, old_label, path_segment, qualified, subdomain};
pub(in crate::sim) use pod_resources::together;
pub(in crate::sim) use prepare::stored_versions;
pub use prepare::{fill_again, prepare_create, prepare_status, prepare_update};

use kinds::{content, immutable};
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
    if (group, kind) == ("", "Service") && service_address::unfit(object, None, &mut found) {
        return found.into_inner();
    }
    if group != "policy" && kind != "Event" {
        meta::metadata(group, kind, object, &mut found);
    }
    content(group, kind, object, None, &mut found);
    if (group, kind) == ("", "Pod") {
        pod::new_pod(object, &mut found);
    }
    if found.len() == 0 {
        meta::common(group, kind, object, &mut found);
    }
    found.into_inner()
}

/// What keeps a new Service from being given an address.
pub fn unaddressable(service: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    service_address::unfit(service, None, &mut found);
    found.into_inner()
}

/// What is wrong with a changed object, immutable fields included. Both are filled in and prepared already.
///
/// What is wrong with metadata is found more than once, as kube-apiserver finds it: the causes of its answer repeat
/// it, while its message names every violation once.
pub fn update(group: &str, kind: &str, old: &Value, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    if (group, kind) == ("", "Service") && service_address::unfit(object, Some(old), &mut found) {
        return found.into_inner();
    }
    let sound = meta::changed(group, kind, old, object, &mut found);
    match (group, kind) {
        ("", "PersistentVolume") => {
            // Everything is looked at as of a new one, twice.
            for _ in 0..2 {
                meta::metadata_again(group, kind, object, sound, &mut found);
                persistent::volume(object, &mut found);
            }
            persistent::update(old, object, &mut found);
            return found.into_inner();
        }
        ("", "Namespace") => {
            meta::metadata_again(group, kind, object, sound, &mut found);
            cluster::namespace(object, &mut found);
            meta::own_update_again(group, old, object, sound, &mut found);
            return found.into_inner();
        }
        (_, "Event") => {
            event::changed(group, old, object, &mut found);
            return found.into_inner();
        }
        ("certificates.k8s.io", _request) => {
            certificate::changed(certificate::Part::Main, old, object, &mut found);
            return found.into_inner();
        }
        ("", "Node") => {
            meta::metadata_again(group, kind, object, sound, &mut found);
            node::node(object, &mut found);
            node::changed(old, object, &mut found);
            return found.into_inner();
        }
        _others_in_the_common_order => {}
    }
    if (group, kind) == ("batch", "Job") {
        meta::metadata_again(group, kind, object, sound, &mut found);
        batch::job(object, Some(old), &mut found);
    }
    let at_last = again::updates_metadata_at_last(group, kind);
    if again::updates_metadata(group, kind) && !at_last {
        meta::own_update_again(group, old, object, sound, &mut found);
    }
    let frozen_first = matches!(
        (group, kind),
        ("", "ConfigMap" | "Secret" | "Service")
            | ("apps", "DaemonSet")
            | ("networking.k8s.io", "IngressClass")
    );
    if frozen_first {
        immutable(group, kind, old, object, &mut found);
    }
    if again::checks_all_metadata_again(group, kind) {
        meta::metadata_again(group, kind, object, sound, &mut found);
    }
    match (group, kind) {
        ("batch", "Job") => batch::job_content(object, &mut found),
        _others_once => content(group, kind, object, Some(old), &mut found),
    }
    if at_last {
        meta::own_update_again(group, old, object, sound, &mut found);
    }
    if !frozen_first {
        immutable(group, kind, old, object, &mut found);
    }
    found.into_inner()
}

/// What is wrong with the scale that is asked for.
pub fn scale(scale: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    meta::metadata("autoscaling", "Scale", scale, &mut found);
    found.nonnegative(&Path::new("spec.replicas"), scale.pointer("/spec/replicas"));
    found.into_inner()
}

/// What is wrong with a changed status. Both are filled in and prepared already.
pub fn status(group: &str, kind: &str, old: &Value, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    meta::changed(group, kind, old, object, &mut found);
    status::status(group, kind, old, object, &mut found);
    found.into_inner()
}

/// What is wrong with a CertificateSigningRequest that was approved or denied.
pub fn approval(old: &Value, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    let (group, kind) = ("certificates.k8s.io", "CertificateSigningRequest");
    meta::changed(group, kind, old, object, &mut found);
    certificate::changed(certificate::Part::Approval, old, object, &mut found);
    found.into_inner()
}

/// What is wrong with a Namespace whose finalizers were written.
pub fn finalizers(old: &Value, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    meta::changed("", "Namespace", old, object, &mut found);
    cluster::finalized(object, &mut found);
    found.into_inner()
}

/// What is wrong with a pod whose ephemeral containers were changed. Both are filled in and prepared already.
pub fn ephemeral_containers(old: &Value, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    meta::changed("", "Pod", old, object, &mut found);
    pod::pod(object, &mut found);
    pod_ephemeral::update(old, object, &mut found);
    found.into_inner()
}

/// What is wrong with a pod that is to be resized. Both are filled in and prepared already.
pub fn resize(old: &Value, object: &Value) -> Vec<Violation> {
    let mut found = Findings::default();
    meta::changed("", "Pod", old, object, &mut found);
    pod::pod(object, &mut found);
    pod_resize::resize(old, object, &mut found);
    found.into_inner()
}
