//! What volumes and ingresses get from the classes that they name or do not name: DefaultStorageClass,
//! DefaultIngressClass, StorageObjectInUseProtection, PersistentVolumeClaimResize.

use super::Write;
use crate::sim::World;
use crate::sim::amount::Amount;
use crate::sim::look::text;
use crate::sim::object;
use crate::sim::status::Refusal;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// StorageObjectInUseProtection: what is in use stays until its finalizer is gone.
pub(super) fn hold(object: &mut Value, finalizer: &str) {
    let mut finalizers = object::finalizers(object);
    if !finalizers.iter().any(|f| f == finalizer) {
        finalizers.push(finalizer.to_owned());
        object::set_finalizers(object, &finalizers);
    }
}

/// A claim that names no class gets the one that is marked as the default.
pub(super) fn storage(world: &World, claim: &mut Value) {
    let older = text(claim, "/metadata/annotations/volume.beta.kubernetes.io~1storage-class");
    if claim["spec"].get("storageClassName").is_some() || !older.is_empty() {
        return;
    }
    let marks =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
    if let Some(name) = default(world, "storage.k8s.io", "storageclasses", &marks) {
        claim["spec"]["storageClassName"] = name;
    }
}

/// An ingress that names no class gets the one that is marked as the default.
pub(super) fn ingress(world: &World, ingress: &mut Value) {
    let older = ingress["metadata"]["annotations"].get("kubernetes.io/ingress.class");
    if ingress["spec"].get("ingressClassName").is_some() || older.is_some() {
        return;
    }
    let marks = ["ingressclass.kubernetes.io/is-default-class"];
    if let Some(name) = default(world, "networking.k8s.io", "ingressclasses", &marks) {
        ingress["spec"]["ingressClassName"] = name;
    }
}

/// The name of the class that is marked: of several the youngest, then the first by name.
fn default(world: &World, group: &str, resource: &str, marks: &[&str]) -> Option<Value> {
    let classes = world.store.snapshot().list(group, resource, None).map(|(_, class)| class);
    let marked =
        classes.filter(|class| marks.iter().any(|mark| class["metadata"]["annotations"][*mark] == "true"));
    let first = marked.min_by_key(|class| {
        (Reverse(object::meta(class, "creationTimestamp").to_owned()), object::name(class).to_owned())
    });
    first.map(|class| json!(object::name(class)))
}

/// A claim grows only where it is bound and its class lets volumes grow.
pub(super) fn growth(world: &World, write: &Write<'_, '_>, claim: &Value) -> Result<(), Refusal> {
    let Some(old) = write.old.filter(|_| write.asked.at.subresource.is_none()) else { return Ok(()) };
    let size = |claim: &Value| claim.pointer("/spec/resources/requests/storage").and_then(Amount::read);
    if size(claim) <= size(old) {
        return Ok(());
    }
    if text(old, "/status/phase") != "Bound" {
        return Err(write.forbidden(claim, "Only bound persistent volume claims can be expanded"));
    }
    let class = text(old, "/spec/storageClassName");
    let found = world.store.snapshot().find("storage.k8s.io", "storageclasses", "", class);
    if found.is_some_and(|class| class["allowVolumeExpansion"] == true) {
        return Ok(());
    }
    let why = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must \
        support resize";
    Err(write.forbidden(claim, why))
}
