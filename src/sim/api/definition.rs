//! What kube-apiserver itself does to a CustomResourceDefinition after it is stored: it accepts the names and begins to
//! serve the resource, and when the definition is deleted it deletes the objects first.

use super::delete;
use super::delete_options::DeleteOptions;
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::custom::{self, Definition, accept, condition, has_condition, set_condition};
use crate::sim::fields::{self, Manager};
use crate::sim::local;
use crate::sim::object::{self, finalizers, is_terminating, set_finalizers, set_meta};
use crate::sim::resources::Resource;
use crate::sim::schema;
use crate::snapshot::{Key, Object};
use serde_json::{Value, json};
use std::sync::Arc;

const GROUP: &str = "apiextensions.k8s.io";
const RESOURCE: &str = "customresourcedefinitions";
/// The finalizer by which a definition waits for its objects to be gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Whether a resource is that of the definitions.
pub(super) fn is_definition(of: &Resource) -> bool {
    of.group == GROUP && of.kind == "CustomResourceDefinition"
}

/// Looks at the names of every definition, after one of them was stored or removed: what is accepted is served.
pub(super) fn establish(world: &mut World, now: Moment) {
    world.definitions.refresh(world.store.snapshot());
    loop {
        let fresh = world.definitions.all().find_map(|definition| {
            let held = &definition.object;
            accept(&world.definitions, held, now).map(|status| (held.clone(), status))
        });
        let Some((held, status)) = fresh else { return local::follow(world, now) };
        store_status(world, &held, status, now);
    }
}

/// Stores the status that the API server itself gives a definition.
fn store_status(world: &mut World, held: &Object, status: Value, now: Moment) -> Object {
    let mut object = (**held).clone();
    object["status"] = status;
    if let Some(ty) = schema::of(GROUP, "v1", "CustomResourceDefinition") {
        let manager = Manager {
            name: "kube-apiserver".to_owned(),
            api_version: format!("{GROUP}/v1"),
            subresource: "status".to_owned(),
            at: now,
        };
        fields::track(ty, Some(held), &mut object, &manager);
    }
    let stored = world.store.put(key(object::name(held)), object);
    world.definitions.refresh(world.store.snapshot());
    stored
}

fn key(name: &str) -> Key {
    Key::new(GROUP, RESOURCE, "", name)
}

/// Brings a definition into the form in which it is stored.
pub(super) fn tidy(of: &Resource, object: &mut Value) {
    if is_definition(of) {
        custom::define::tidy(object);
    }
}

/// What a definition becomes when its deletion is asked for the first time; `None` where it is under way.
pub(super) fn marked(held: &Value, now: Moment) -> Option<Value> {
    if is_terminating(held) {
        return None;
    }
    let mut object = held.clone();
    set_meta(&mut object, "deletionTimestamp", json!(now.rfc3339()));
    let mut kept = finalizers(&object);
    if !kept.iter().any(|finalizer| finalizer == CLEANUP) {
        kept.push(CLEANUP.to_owned());
    }
    set_finalizers(&mut object, &kept);
    let message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    let pending = condition("Terminating", "True", "InstanceDeletionPending", message, now);
    set_condition(&mut object["status"], pending);
    Some(object)
}

/// Deletes the objects of a definition that was just marked, and the definition where none is left.
pub(super) fn clean_up(world: &mut World, name: &str, now: Moment) {
    world.definitions.refresh(world.store.snapshot());
    let Some(definition) = world.definitions.get(name).cloned() else { return };
    if !finalizers(&definition.object).iter().any(|finalizer| finalizer == CLEANUP) {
        return;
    }
    let mut status = definition.object["status"].clone();
    let message = "CustomResource deletion is in progress";
    set_condition(&mut status, condition("Terminating", "True", "InstanceDeletionInProgress", message, now));
    let held = store_status(world, &definition.object, status, now);
    if !has_condition(&held, "Established") {
        let message = "resource was never established";
        return finish(world, &held, "NeverEstablished", message, now);
    }
    for object in objects(world, &definition) {
        delete_instance(world, &definition, &object, now);
    }
    finish_if_empty(world, name, now);
}

fn objects(world: &World, definition: &Definition) -> Vec<Object> {
    let snapshot = world.store.snapshot();
    snapshot.list(&definition.group, &definition.plural, None).map(|(_, object)| object.clone()).collect()
}

/// Deletes one object as a call without options would, which ends at its finalizers.
fn delete_instance(world: &mut World, definition: &Definition, object: &Object, now: Moment) {
    if let Some(version) = definition.storage() {
        delete::carry_out(world, &version.resource, object, &DeleteOptions::default(), now);
    }
}

/// Ends the deletion of a definition whose last object is gone.
pub(super) fn finish_if_empty(world: &mut World, name: &str, now: Moment) {
    let Some(definition) = world.definitions.get(name).cloned() else { return };
    let waits = finalizers(&definition.object).iter().any(|finalizer| finalizer == CLEANUP);
    if waits && is_terminating(&definition.object) && objects(world, &definition).is_empty() {
        let held = definition.object.clone();
        finish(world, &held, "InstanceDeletionCompleted", "removed all instances", now);
    }
}

fn finish(world: &mut World, held: &Object, reason: &str, message: &str, now: Moment) {
    let name = object::name(held).to_owned();
    let mut object = (**held).clone();
    set_condition(&mut object["status"], condition("Terminating", "False", reason, message, now));
    let kept: Vec<String> = finalizers(held).into_iter().filter(|finalizer| finalizer != CLEANUP).collect();
    set_finalizers(&mut object, &kept);
    world.store.put(key(&name), object);
    if kept.is_empty() {
        world.store.remove(&key(&name));
    }
    establish(world, now);
}

/// The printer columns that the definition of a custom resource names for its version.
pub(super) fn printer_columns(world: &World, of: &Resource) -> Arc<[Value]> {
    world.definitions.of(of).map(|(_, version)| version.columns.clone()).unwrap_or_default()
}

/// An object of a custom resource as it is read: its schema may have changed since it was stored.
pub(super) fn read(world: &World, of: &Resource, object: Object) -> Object {
    let Some((definition, version)) = world.definitions.of(of) else { return object };
    let number = |object: &Value| object::meta(object, "resourceVersion").parse::<u64>().unwrap_or(0);
    let from = object["apiVersion"].as_str().and_then(|text| text.rsplit_once('/')).map(|(_, v)| v);
    if from == Some(version.name.as_str()) && number(&object) > number(&definition.object) {
        return object;
    }
    let mut fresh = (*object).clone();
    let stored = definition.versions.iter().find(|v| Some(v.name.as_str()) == from);
    for schema in stored.into_iter().chain([version]).map(|version| version.schema()) {
        custom::prune(schema, &mut fresh);
        custom::prune_nulls(Some(schema), &mut fresh);
    }
    if let Some(stored) = stored {
        custom::default(stored.schema(), &mut fresh);
    }
    if fresh == *object { object } else { Arc::new(fresh) }
}

/// What is said of a new or changed object beside the answer.
pub(super) fn warnings(of: &Resource, old: Option<&Value>, object: &Value) -> Vec<String> {
    match (is_definition(of), of.custom) {
        (true, _) => custom::define::unknown_formats(old, object),
        (false, true) => custom::finalizer_warnings(old, object),
        (false, false) => Vec::new(),
    }
}

/// Brings an object of a custom resource into the version in which it is stored.
pub(super) fn to_storage(world: &World, of: &Resource, object: &mut Value) {
    let Some((definition, version)) = world.definitions.of(of) else { return };
    if let Some(storage) = definition.storage().filter(|storage| storage.name != version.name) {
        object["apiVersion"] = json!(format!("{}/{}", definition.group, storage.name));
        custom::prune(storage.schema(), object);
        custom::prune_nulls(Some(storage.schema()), object);
    }
}
