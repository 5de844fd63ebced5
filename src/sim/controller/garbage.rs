//! The garbage collector: deletes what no longer has an owner, in the background or before the owner goes
//! (foreground), or takes the owner out of it (orphan).

use super::call::{Work, call, delete_at, path_of, resource};
use super::claim::released;
use super::event::Event;
use super::object::{has_finalizer, list, namespace, terminating, text, uid, without_finalizer};
use super::{Controller, MANAGER, View};
use crate::call::{Body, Verb};
use crate::sim::resources;
use crate::snapshot::{Change, Key, Object};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NAME: &str = "garbage-collector-controller";
const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "generic-garbage-collector",
    program: MANAGER,
    watches: &[("*", "*")],
    wakes: concerns,
    run: |view| {
        let mut work = Work::default();
        collect(view, &mut work);
        work
    },
};

/// Something went, something with owners came or changed them, or a deletion waits for dependents.
fn concerns(change: &Change<'_>) -> bool {
    let owned = |object: &Value| !list(object, "/metadata/ownerReferences").is_empty();
    match change {
        Change::Removed(_, object) => text(object, "/kind") != "Event",
        Change::Added(_, object) => owned(object),
        Change::Changed(_, old, new) => {
            old["metadata"]["ownerReferences"] != new["metadata"]["ownerReferences"]
                || terminating(new)
                    && (!terminating(old) || old["metadata"]["finalizers"] != new["metadata"]["finalizers"])
        }
    }
}

/// An object with the key of its collection.
type Entry<'a> = (&'a Key, &'a Object);

fn collect(view: &View<'_>, work: &mut Work) {
    let everywhere = view.snapshot.iter().filter(|(key, _)| &*key.resource != "events");
    let mut by_uid: BTreeMap<&str, &Object> = BTreeMap::new();
    let mut dependents: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    let mut owned = Vec::new();
    for (key, object) in everywhere {
        by_uid.insert(uid(object), object);
        for owner in list(object, "/metadata/ownerReferences") {
            dependents.entry(text(owner, "/uid")).or_default().push((key, object));
        }
        let asked =
            view.namespace.is_none_or(|namespace| *key.namespace == *namespace || key.namespace.is_empty());
        if asked && !list(object, "/metadata/ownerReferences").is_empty() && !terminating(object) {
            owned.push((key, object));
        }
    }
    for (_, object) in &owned {
        tell_strangers(view, object, &by_uid, work);
    }
    for (key, object) in owned {
        attempt(view, key, object, &by_uid, &dependents, work);
    }
    for (key, owner) in view.snapshot.iter().filter(|(_, object)| terminating(object)) {
        let below = dependents.get(uid(owner)).map_or(&[][..], Vec::as_slice);
        if has_finalizer(owner, ORPHAN) {
            orphan(key, owner, below, work);
        } else if has_finalizer(owner, FOREGROUND) {
            foreground(key, owner, below, work);
        }
    }
}

/// Tells of owners that are named in a namespace in which they are not.
fn tell_strangers(view: &View<'_>, object: &Object, by_uid: &BTreeMap<&str, &Object>, work: &mut Work) {
    let space = namespace(object);
    for owner in list(object, "/metadata/ownerReferences") {
        let Some(held) = by_uid.get(text(owner, "/uid")) else { continue };
        if namespace(held).is_empty() || namespace(held) == space {
            continue;
        }
        let (version, kind, name) = (text(owner, "/apiVersion"), text(owner, "/kind"), text(owner, "/name"));
        let message = format!(
            "ownerRef [{version}/{kind}, namespace: {space}, name: {name}, uid: {}] does not exist in namespace {space:?}",
            text(owner, "/uid")
        );
        let event = Event::warning(NAME, object, "OwnerRefInvalidNamespace", message);
        let mut told = view.within(resource::EVENTS, space);
        if !told.any(|old| {
            old["involvedObject"]["uid"] == object["metadata"]["uid"] && old["reason"] == *event.reason
        }) {
            work.tell(event);
        }
    }
}

/// Whether an owner's kind is served, so that its absence can be seen.
fn served(owner: &Value, view: &View<'_>) -> bool {
    let (group, version) = match text(owner, "/apiVersion").split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", text(owner, "/apiVersion")),
    };
    let kind = text(owner, "/kind");
    resources::of_kind(group, version, kind).is_some() || {
        let mut definitions = view
            .snapshot
            .list("apiextensions.k8s.io", "customresourcedefinitions", Some(""))
            .map(|(_, of)| of);
        definitions.any(|of| {
            let mut versions = list(of, "/spec/versions").iter();
            text(of, "/spec/group") == group
                && text(of, "/spec/names/kind") == kind
                && versions.any(|of| of["name"] == version && of["served"] == true)
        })
    }
}

/// Deletes an object none of whose owners is left; takes out owners that are gone while others stay.
fn attempt(
    view: &View<'_>,
    key: &Key,
    object: &Object,
    by_uid: &BTreeMap<&str, &Object>,
    dependents: &BTreeMap<&str, Vec<Entry<'_>>>,
    work: &mut Work,
) {
    let owners = list(object, "/metadata/ownerReferences");
    let group = |of: &Value| text(of, "/apiVersion").rsplit_once('/').map(|(group, _)| group.to_owned());
    let alive = |owner: &&Value| {
        by_uid.get(text(owner, "/uid")).is_some_and(|held| {
            let near = namespace(held).is_empty() || namespace(held) == namespace(object);
            let same = held["kind"] == owner["kind"] && group(held) == group(owner);
            owner["name"] == held["metadata"]["name"] && near && same
        })
    };
    // What is not known to be gone or to be there is waited for.
    if owners.iter().any(|owner| !served(owner, view)) {
        return;
    }
    let waiting = |owner: &&Value| {
        let held = by_uid.get(text(owner, "/uid"));
        held.is_some_and(|held| terminating(held) && has_finalizer(held, FOREGROUND))
    };
    let solid = owners.iter().filter(alive).filter(|owner| !waiting(owner)).count();
    let gone = owners.iter().filter(|owner| !alive(owner)).count();
    let blocking = owners.iter().filter(waiting).count();
    if solid > 0 {
        if gone + blocking > 0 {
            let kept: Vec<&Value> = owners.iter().filter(alive).filter(|owner| !waiting(owner)).collect();
            patch(key, object, &json!({"metadata": {"uid": uid(object), "ownerReferences": kept}}), work);
        }
        return;
    }
    if blocking > 0 {
        let has_dependents = dependents.get(uid(object)).is_some_and(|below| !below.is_empty());
        return remove(key, object, if has_dependents { "Foreground" } else { "Background" }, work);
    }
    let policy = if has_finalizer(object, ORPHAN) {
        "Orphan"
    } else if has_finalizer(object, FOREGROUND) {
        "Foreground"
    } else {
        "Background"
    };
    remove(key, object, policy, work);
}

/// Takes the owner out of its dependents and lets it go.
fn orphan(key: &Key, owner: &Object, below: &[Entry<'_>], work: &mut Work) {
    for (place, object) in below {
        patch(place, object, &released(object, owner), work);
    }
    finalize(key, owner, ORPHAN, work);
}

/// Lets the owner go once no dependent is left that blocks it.
fn foreground(key: &Key, owner: &Object, below: &[Entry<'_>], work: &mut Work) {
    let blocks = |object: &Value| {
        let mut owners = list(object, "/metadata/ownerReferences").iter();
        owners.any(|entry| entry["uid"] == owner["metadata"]["uid"] && entry["blockOwnerDeletion"] == true)
    };
    if !below.iter().any(|(_, object)| blocks(object)) {
        finalize(key, owner, FOREGROUND, work);
    }
}

fn finalize(key: &Key, owner: &Object, finalizer: &str, work: &mut Work) {
    let rest = without_finalizer(owner, finalizer)["metadata"]["finalizers"].clone();
    let version = &owner["metadata"]["resourceVersion"];
    patch(key, owner, &json!({"metadata": {"resourceVersion": version, "finalizers": rest}}), work);
}

fn remove(key: &Key, object: &Object, policy: &str, work: &mut Work) {
    work.call(delete_at(path_of(key, object), object, Some(policy)));
}

fn patch(key: &Key, object: &Object, patch: &Value, work: &mut Work) {
    let mut body = Body::json(patch);
    body.media = "application/merge-patch+json".to_owned();
    work.call(call(Verb::Patch, path_of(key, object), Some(body)));
}
