//! What may stand in `metadata`: names by kind, labels, annotations, owners, finalizers; and what may not change.

use super::findings::{Findings, Path, same};
use super::{aggregated, internal, names};
use crate::sim::look::{at, is_true, list, map, number, text};
use serde_json::{Map, Value};

/// All annotations of an object together, keys and values, in bytes.
const ANNOTATIONS_SIZE: usize = 256 * 1024;

/// Names that need no domain.
pub(super) const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// Whether the objects of a kind of Kubernetes itself live in no namespace.
fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(kind, "Namespace" | "Node" | "PersistentVolume"),
        "storage.k8s.io" => kind != "CSIStorageCapacity",
        "rbac.authorization.k8s.io" => kind.starts_with("Cluster"),
        "networking.k8s.io" => matches!(kind, "IngressClass" | "IPAddress" | "ServiceCIDR"),
        "resource.k8s.io" => matches!(kind, "DeviceClass" | "ResourceSlice"),
        "admissionregistration.k8s.io"
        | "apiextensions.k8s.io"
        | "apiregistration.k8s.io"
        | "certificates.k8s.io"
        | "flowcontrol.apiserver.k8s.io"
        | "node.k8s.io"
        | "scheduling.k8s.io" => true,
        _namespaced => false,
    }
}

/// The metadata of a new object, or of a changed one where its kind checks everything again.
pub(super) fn metadata(group: &str, kind: &str, object: &Value, found: &mut Findings) {
    metadata_again(group, kind, object, false, found);
}

/// The same of an object inside another one, whose name is held to what can stand in a path.
pub(super) fn inside(object: &Value, found: &mut Findings) {
    name("rbac.authorization.k8s.io", "", object, found);
    parts("", "", object, found);
}

/// The same of an object of which [`changed`] has been asked. Where nothing was wrong then, the parts that are `sound` have
/// nothing wrong with them now.
pub(super) fn metadata_again(group: &str, kind: &str, object: &Value, sound: bool, found: &mut Findings) {
    name(group, kind, object, found);
    if !sound {
        parts(group, kind, object, found);
    }
    if !is_generic(group) {
        standard_finalizers(object, found);
    }
}

/// The metadata of a new object, as it is checked of every kind that is well formed otherwise.
pub(super) fn common(group: &str, kind: &str, object: &Value, found: &mut Findings) {
    generated(object, found);
    let (path, name) = (Path::new("metadata.name"), text(object, "/metadata/name"));
    match name {
        "" => found.required(&path, "name or generateName is required"),
        name => found.invalid_each(&path, name, names::path_segment(name)),
    }
    parts(group, kind, object, found);
}

/// The beginning of a generated name stands in paths too.
fn generated(object: &Value, found: &mut Findings) {
    let prefix = text(object, "/metadata/generateName");
    for c in ['/', '%'].into_iter().filter(|c| prefix.contains(*c)) {
        found.invalid(&Path::new("metadata.generateName"), prefix, &format!("may not contain '{c}'"));
    }
}

/// The metadata of a changed object, as it is checked of every kind; whether nothing has been found until then.
pub(super) fn changed(group: &str, kind: &str, old: &Value, object: &Value, found: &mut Findings) -> bool {
    generated(object, found);
    let name = text(object, "/metadata/name");
    found.invalid_each(&Path::new("metadata.name"), name, names::path_segment(name));
    parts(group, kind, object, found);
    metadata_update(old, object, found);
    found.len() == 0
}

fn parts(group: &str, kind: &str, object: &Value, found: &mut Findings) {
    let namespaced = Path::new("metadata.namespace");
    match text(object, "/metadata/namespace") {
        "" => {}
        _any if is_cluster_scoped(group, kind) => found.forbidden(&namespaced, "not allowed on this type"),
        namespace => found.invalid_each(&namespaced, namespace, names::label(namespace)),
    }
    found.nonnegative(&Path::new("metadata.generation"), at(object, "/metadata/generation"));
    maps_and_owners(object, found);
    finalizers(&Path::new("metadata.finalizers"), list(object, "/metadata/finalizers"), found);
}

fn maps_and_owners(object: &Value, found: &mut Findings) {
    labels(&Path::new("metadata.labels"), map(object, "/metadata/labels"), found);
    annotations(&Path::new("metadata.annotations"), map(object, "/metadata/annotations"), found);
    owners(&Path::new("metadata.ownerReferences"), list(object, "/metadata/ownerReferences"), found);
}

fn name(group: &str, kind: &str, object: &Value, found: &mut Findings) {
    let check = |name: &str| match (group, kind) {
        ("", "Namespace" | "Service") | ("apps", "StatefulSet") => names::label(name),
        ("rbac.authorization.k8s.io", _roles_and_bindings) => names::path_segment(name),
        ("apiregistration.k8s.io", _service) => aggregated::name(object, name),
        ("apiextensions.k8s.io", _definition) => {
            let mut told = names::subdomain(name);
            told.extend(crate::sim::custom::define::name(object, name));
            told
        }
        ("certificates.k8s.io", _request) => Vec::new(),
        ("networking.k8s.io", "IPAddress") => names::canonical_address(name),
        (_, _) => names::subdomain(name),
    };
    let path = Path::new("metadata.name");
    match (text(object, "/metadata/generateName"), text(object, "/metadata/name")) {
        ("", "") => found.required(&path, "name or generateName is required"),
        (prefix, name) => {
            // Newer checks look at the name that comes of it alone.
            let newer =
                matches!((group, kind), ("", "ReplicationController") | ("resource.k8s.io", "DeviceClass"));
            if !prefix.is_empty() && !newer {
                let masked = match prefix.strip_suffix('-') {
                    Some(start) if !start.is_empty() => {
                        let kept: String = start.chars().take(start.chars().count() - 1).collect();
                        format!("{kept}a")
                    }
                    Some(_) | None => prefix.to_owned(),
                };
                found.invalid_each(&Path::new("metadata.generateName"), prefix, check(&masked));
            }
            if name.is_empty() {
                return found.required(&path, "name or generateName is required");
            }
            found.invalid_each(&path, name, check(name));
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
    let mut controller: Option<String> = None;
    for owner in owners {
        self::owner(path, owner, found);
        if !is_true(owner, "/controller") {
            continue;
        }
        let called = format!("{}/{}", text(owner, "/kind"), text(owner, "/name"));
        match &controller {
            None => controller = Some(called),
            Some(first) => {
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for \
                     {first} and {called}"
                );
                let all: Vec<String> = owners.iter().map(|o| internal::print("OwnerReference", o)).collect();
                found.invalid_printed(path, &format!("[{}]", all.join(",")), &detail);
            }
        }
    }
}

fn owner(path: &Path, owner: &Value, found: &mut Findings) {
    let version = text(owner, "/apiVersion");
    if version.is_empty() || version.matches('/').count() > 1 {
        found.invalid(&path.child("apiVersion"), version, "version must not be empty");
    }
    for field in ["kind", "name", "uid"] {
        if text(owner, &format!("/{field}")).is_empty() {
            found.invalid(&path.child(field), "", "must not be empty");
        }
    }
    if version == "v1" && text(owner, "/kind") == "Event" {
        let printed = internal::print("OwnerReference", owner);
        found.invalid_printed(path, &printed, "/v1, Kind=Event is disallowed from being an owner");
    }
}

fn finalizers(path: &Path, finalizers: &[Value], found: &mut Findings) {
    for name in finalizers.iter().filter_map(Value::as_str) {
        found.invalid_each(path, name, names::qualified(name));
    }
    let has = |name: &str| finalizers.iter().any(|finalizer| finalizer.as_str() == Some(name));
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        found.invalid(path, finalizers.to_vec(), detail);
    }
}

/// Finalizers are named with a domain, except those of Kubernetes itself.
fn standard_finalizers(object: &Value, found: &mut Findings) {
    let path = Path::new("metadata.finalizers");
    for (index, finalizer) in list(object, "/metadata/finalizers").iter().enumerate() {
        let name = finalizer.as_str().unwrap_or_default();
        if !name.contains('/') && !STANDARD_FINALIZERS.contains(&name) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            found.invalid(&path.index(index), name, detail);
        }
    }
}

/// Groups whose own checks of metadata are those that all API servers share.
fn is_generic(group: &str) -> bool {
    let of_kubernetes = !group.contains('.') || group.ends_with(".k8s.io");
    let shared = [
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "coordination.k8s.io",
        "node.k8s.io",
    ];
    !of_kubernetes || shared.contains(&group)
}

/// What a kind's own check of changed metadata says, beside what all kinds share.
pub(super) fn own_update(group: &str, old: &Value, new: &Value, found: &mut Findings) {
    own_update_again(group, old, new, false, found);
}

/// The same of an object of which [`changed`] has been asked, and found `sound` or not.
pub(super) fn own_update_again(group: &str, old: &Value, new: &Value, sound: bool, found: &mut Findings) {
    if !sound {
        metadata_update(old, new, found);
    }
    if !is_generic(group) {
        standard_finalizers(new, found);
    }
}

/// What of the metadata of an object never changes.
fn metadata_update(old: &Value, new: &Value, found: &mut Findings) {
    let path = Path::new("metadata");
    let (before, after) = (old.get("metadata"), new.get("metadata"));
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
    for key in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        let (was, is) = (before.and_then(|meta| meta.get(key)), after.and_then(|meta| meta.get(key)));
        if !same(was, is) {
            found.invalid(&path.child(key), is.cloned().unwrap_or(Value::Null), "field is immutable");
        }
    }
    maps_and_owners(new, found);
}
