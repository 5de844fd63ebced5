//! What may stand in `metadata`: names by kind, labels, annotations, owners, finalizers; and what may not change.

use super::findings::{Findings, Path, same};
use super::names;
use crate::sim::look::{is_true, list, map, number, text};
use serde_json::{Map, Value};

/// All annotations of an object together, keys and values, in bytes.
const ANNOTATIONS_SIZE: usize = 256 * 1024;

/// Names that need no domain.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// Kinds of Kubernetes itself that live in no namespace.
const CLUSTER_SCOPED: [&str; 20] = [
    "Namespace",
    "Node",
    "PersistentVolume",
    "StorageClass",
    "ClusterRole",
    "ClusterRoleBinding",
    "PriorityClass",
    "IngressClass",
    "RuntimeClass",
    "CustomResourceDefinition",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "CSIDriver",
    "CSINode",
    "VolumeAttachment",
    "CertificateSigningRequest",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "ValidatingAdmissionPolicy",
];

/// The metadata of a new object, or of a changed one where its kind checks everything again.
pub(super) fn metadata(group: &str, kind: &str, object: &Value, found: &mut Findings) {
    let path = Path::new("metadata");
    name(group, kind, object, found);
    let cluster_scoped = CLUSTER_SCOPED.contains(&kind);
    match text(object, "/metadata/namespace") {
        "" => {}
        _any if cluster_scoped => found.forbidden(&path.child("namespace"), "not allowed on this type"),
        namespace => found.invalid_each(&path.child("namespace"), namespace, names::label(namespace)),
    }
    found.nonnegative(&path.child("generation"), object.pointer("/metadata/generation"));
    labels(&path.child("labels"), map(object, "/metadata/labels"), found);
    annotations(&path.child("annotations"), map(object, "/metadata/annotations"), found);
    owners(&path.child("ownerReferences"), list(object, "/metadata/ownerReferences"), found);
    let held = list(object, "/metadata/finalizers");
    finalizers(&path.child("finalizers"), held, names_are_standard(group), found);
}

fn name(group: &str, kind: &str, object: &Value, found: &mut Findings) {
    let check = match (group, kind) {
        ("", "Namespace" | "Service") => names::label,
        ("rbac.authorization.k8s.io", _roles_and_bindings) => names::path_segment,
        (_, _) => names::subdomain,
    };
    let path = Path::new("metadata");
    match (text(object, "/metadata/generateName"), text(object, "/metadata/name")) {
        ("", "") => found.required(&path.child("name"), "name or generateName is required"),
        (prefix, name) => {
            if !prefix.is_empty() {
                let masked = match prefix.strip_suffix('-') {
                    Some(start) => format!("{start}a"),
                    None => prefix.to_owned(),
                };
                found.invalid_each(&path.child("generateName"), prefix, check(&masked));
            }
            if name.is_empty() {
                return found.required(&path.child("name"), "name or generateName is required");
            }
            found.invalid_each(&path.child("name"), name, check(name));
        }
    }
}

/// A map of labels anywhere in an object.
pub(super) fn labels(path: &Path, labels: Option<&Map<String, Value>>, found: &mut Findings) {
    for (key, value) in labels.into_iter().flatten() {
        found.invalid_each(path, key, names::qualified(key));
        let value = value.as_str().unwrap_or_default();
        found.invalid_each(path, value, names::label_value(value));
    }
}

/// A map of annotations.
pub(super) fn annotations(path: &Path, annotations: Option<&Map<String, Value>>, found: &mut Findings) {
    let mut size = 0;
    for (key, value) in annotations.into_iter().flatten() {
        found.invalid_each(path, key, names::qualified(&key.to_lowercase()));
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > ANNOTATIONS_SIZE {
        found.too_long(path, ANNOTATIONS_SIZE);
    }
}

fn owners(path: &Path, owners: &[Value], found: &mut Findings) {
    for owner in owners {
        let fields = [("apiVersion", "version"), ("kind", ""), ("name", ""), ("uid", "")];
        for (field, called) in fields {
            if text(owner, &format!("/{field}")).is_empty() {
                let space = if called.is_empty() { "" } else { " " };
                found.invalid(&path.child(field), "", &format!("{called}{space}must not be empty"));
            }
        }
    }
    let controllers: Vec<&Value> = owners.iter().filter(|owner| is_true(owner, "/controller")).collect();
    for pair in controllers.windows(2) {
        let [one, other] = [text(pair[0], "/kind"), text(pair[1], "/kind")];
        let [first, second] = [text(pair[0], "/name"), text(pair[1], "/name")];
        let detail = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for \
             {one}/{first} and {other}/{second}"
        );
        found.invalid(path, owners.to_vec(), &detail);
    }
}

/// Whether finalizers without a domain are refused: in Kubernetes' own groups, the one of definitions apart.
fn names_are_standard(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io") && group != "apiextensions.k8s.io"
}

fn finalizers(path: &Path, finalizers: &[Value], standard: bool, found: &mut Findings) {
    for (index, finalizer) in finalizers.iter().enumerate() {
        let name = finalizer.as_str().unwrap_or_default();
        let at = if standard { path.index(index) } else { path.clone() };
        found.invalid_each(&at, name, names::qualified(name));
        if standard && !name.contains('/') && !STANDARD_FINALIZERS.contains(&name) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            found.invalid(&at, name, detail);
        }
    }
    let has = |name: &str| finalizers.iter().any(|finalizer| finalizer.as_str() == Some(name));
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        found.invalid(path, finalizers.to_vec(), detail);
    }
}

/// What of the metadata of an object never changes.
pub(super) fn metadata_update(old: &Value, new: &Value, found: &mut Findings) {
    let path = Path::new("metadata");
    let (before, after) = (old.get("metadata"), new.get("metadata"));
    let of = |meta: Option<&Value>, key: &str| meta.and_then(|meta| meta.get(key)).cloned();
    let deleting = before.is_some_and(|meta| !text(meta, "/deletionTimestamp").is_empty());
    if deleting {
        let held = list(old, "/metadata/finalizers");
        let added = list(new, "/metadata/finalizers").iter().filter(|finalizer| !held.contains(finalizer));
        let added: Vec<String> = added.map(Value::to_string).collect();
        if !added.is_empty() {
            let detail = "no new finalizers can be added if the object is being deleted, found new finalizers \
                          []string{";
            found.forbidden(&path.child("finalizers"), &format!("{detail}{}}}", added.join(", ")));
        }
    }
    if number(new, "/metadata/generation") < number(old, "/metadata/generation") {
        let generation = number(new, "/metadata/generation");
        found.invalid(&path.child("generation"), generation, "must not be decremented");
    }
    for key in ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp"] {
        let (was, is) = (of(before, key), of(after, key));
        if !same(was.as_ref(), is.as_ref()) {
            found.invalid(&path.child(key), is.unwrap_or(Value::Null), "field is immutable");
        }
    }
    labels(&path.child("labels"), map(new, "/metadata/labels"), found);
    annotations(&path.child("annotations"), map(new, "/metadata/annotations"), found);
    owners(&path.child("ownerReferences"), list(new, "/metadata/ownerReferences"), found);
}
