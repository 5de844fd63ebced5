//! Which part of an object a request may change: the object without its status, its status, or what a subresource is
//! for. Carries over from the stored object what the request has no say in.

use crate::sim::convert::autoscaler;
use crate::sim::object::{carry, set_meta};
use crate::sim::resources::Resource;
use serde_json::{Value, json};

/// Which part of an object an update may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All but its status.
    Main,
    /// Its status, and for most kinds its metadata.
    Status,
    /// The conditions of a CertificateSigningRequest (`approval`).
    Approval,
    /// All but the status of a Namespace (`finalize`), which alone may change its `spec.finalizers`.
    Finalize,
    /// The ephemeral containers of a Pod.
    Ephemeral,
    /// The resources of a Pod's containers.
    Resize,
}

/// What the status subresource of a kind leaves of the metadata that was sent.
enum Metadata {
    Sent,
    SentButLabels,
    SentButOwners,
    Stored,
}

/// The metadata that a client may write.
const WRITTEN: [&str; 5] = ["labels", "annotations", "finalizers", "ownerReferences", "generateName"];

/// The metadata that only the server writes.
const SYSTEM: [&str; 3] = ["namespace", "creationTimestamp", "generation"];

/// Whether the status of a kind is written through its own subresource only.
pub(super) fn has_status(of: &Resource) -> bool {
    of.subresources.contains_key("status")
}

impl Part {
    /// Carries over into `object` what this part does not cover.
    pub(super) fn keep(self, of: &Resource, old: &Value, object: &mut Value) {
        for field in SYSTEM {
            set_meta(object, field, old["metadata"][field].clone());
        }
        // That an object is being deleted is never taken back.
        if old["metadata"]["deletionTimestamp"].is_string() {
            set_meta(object, "deletionTimestamp", old["metadata"]["deletionTimestamp"].clone());
        }
        let grace = "deletionGracePeriodSeconds";
        if object["metadata"].get(grace).is_none() {
            set_meta(object, grace, old["metadata"][grace].clone());
        }
        match self {
            Part::Main => {
                if has_status(of) {
                    carry(old, object, "status");
                }
                let fixed =
                    (of.group.is_empty() && of.kind == "Namespace") || of.kind == "CertificateSigningRequest";
                if fixed {
                    carry(old, object, "spec");
                }
            }
            Part::Status => {
                let written = object.get("status").cloned();
                match metadata_of_status(of) {
                    Metadata::Sent => {}
                    Metadata::SentButLabels => keep_metadata(old, object, &["labels"]),
                    Metadata::SentButOwners => keep_metadata(old, object, &["ownerReferences"]),
                    Metadata::Stored => keep_metadata(old, object, &WRITTEN),
                }
                keep_all_but_metadata(old, object);
                put(object, "status", written);
            }
            Part::Approval => {
                let conditions = object["status"].get("conditions").cloned();
                keep_all_but_metadata(old, object);
                if let Some(conditions) = conditions {
                    object["status"]["conditions"] = conditions;
                }
            }
            Part::Finalize => carry(old, object, "status"),
            Part::Ephemeral => {
                let containers = object["spec"].get("ephemeralContainers").cloned();
                keep_metadata(old, object, &WRITTEN);
                keep_all_but_metadata(old, object);
                put(&mut object["spec"], "ephemeralContainers", containers);
            }
            Part::Resize => {
                let written = object["spec"].take();
                keep_metadata(old, object, &WRITTEN);
                keep_all_but_metadata(old, object);
                resized(&mut object["spec"], written);
            }
        }
    }

    /// Whether managers are told by what was sent, and not by what is left of it: the strategies of these say of no
    /// field that they put it back.
    pub(super) fn is_tracked_as_sent(self, of: &Resource) -> bool {
        match self {
            Part::Ephemeral | Part::Resize => true,
            Part::Main => of.group.is_empty() && of.kind == "Namespace",
            Part::Status | Part::Approval | Part::Finalize => false,
        }
    }

    /// The same of annotations that stand for fields; whoever writes them is told as their manager all the same.
    pub(super) fn keep_annotations(self, of: &Resource, old: Option<&Value>, object: &mut Value) {
        if of.kind == "HorizontalPodAutoscaler" && !of.custom {
            autoscaler::keep(old, object, self == Part::Status);
        }
    }
}

fn keep_metadata(old: &Value, object: &mut Value, fields: &[&str]) {
    for field in fields {
        set_meta(object, field, old["metadata"][*field].clone());
    }
}

fn keep_all_but_metadata(old: &Value, object: &mut Value) {
    let metadata = object["metadata"].take();
    *object = old.clone();
    object["metadata"] = metadata;
}

fn put(object: &mut Value, field: &str, value: Option<Value>) {
    if let Some(members) = object.as_object_mut() {
        match value {
            Some(value) => drop(members.insert(field.to_owned(), value)),
            None => drop(members.remove(field)),
        }
    }
}

/// Takes the resources and resize policies of containers over; containers that are not the stored ones come as they
/// were sent, for validation to refuse them.
fn resized(spec: &mut Value, mut written: Value) {
    for list in ["containers", "initContainers"] {
        let name = |container: &Value| container["name"].clone();
        let sent = written[list].as_array_mut().map(std::mem::take).unwrap_or_default();
        let stored = spec[list].as_array().cloned().unwrap_or_default();
        if sent.iter().map(name).ne(stored.iter().map(name)) {
            spec[list] = json!(sent);
            continue;
        }
        let held = spec.get_mut(list).and_then(Value::as_array_mut);
        for (stored, sent) in held.into_iter().flatten().zip(&sent) {
            for field in ["resources", "resizePolicy"] {
                put(stored, field, sent.get(field).cloned());
            }
        }
    }
}

/// As the strategies of kube-apiserver's status endpoints have it.
fn metadata_of_status(of: &Resource) -> Metadata {
    match (of.group.as_str(), of.kind.as_str()) {
        _ if of.custom => Metadata::Stored,
        ("apps", "Deployment") => Metadata::SentButLabels,
        ("", "Pod") => Metadata::SentButOwners,
        ("admissionregistration.k8s.io" | "flowcontrol.apiserver.k8s.io" | "resource.k8s.io", _) => {
            Metadata::Stored
        }
        ("apiextensions.k8s.io" | "apiregistration.k8s.io", _) => Metadata::Stored,
        ("networking.k8s.io", "ServiceCIDR") | ("storage.k8s.io", "VolumeAttachment") => Metadata::Stored,
        _ => Metadata::Sent,
    }
}
