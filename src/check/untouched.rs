//! Whether everything outside a release is as it was: nothing deleted, nothing made anew, nothing rewritten.

use super::answer::unless;
use super::manifest::is_at;
use super::{Answer, Untouched, View};
use crate::release::{self, Driver, is_marked};
use crate::snapshot::{Key, Object, Snapshot};
use serde_json::Value;

/// What the cluster itself writes all the time, and what it makes of other objects.
const LIVELY: [&str; 11] = [
    "controllerrevisions",
    "endpoints",
    "endpointslices",
    "events",
    "leases",
    "nodes",
    "persistentvolumes",
    "pods",
    "replicasets",
    "serviceaccounts",
    "csinodes",
];

/// Every object of the steady state that does not belong to the releases is still there and says the same; other
/// releases have the revisions that they had. New objects outside the release are nobody's harm.
pub(super) fn untouched(asked: &Untouched, view: &View<'_>) -> Answer {
    let home = view.namespace(&asked.namespace);
    let releases = asked.other_than.0.iter().map(|name| match name.split_once('/') {
        Some((namespace, release)) => Own::of(release, namespace, view),
        None => Own::of(name, home, view),
    });
    let own: Vec<Own<'_>> = releases.collect();
    let within = |key: &Key| asked.within.as_deref().is_none_or(|only| *key.namespace == *only);
    let mut wrongs = Vec::new();
    let mut compared = 0_usize;
    for (key, before) in view.baseline.iter().filter(|(key, object)| within(key) && counts(key, object)) {
        if own.iter().any(|own| own.holds(key, before)) {
            continue;
        }
        compared += 1;
        let wrong = match view.now.get(key) {
            None => Some("is gone"),
            Some(now) if now["metadata"]["uid"] != before["metadata"]["uid"] => Some("was made anew"),
            Some(now) if !now["metadata"]["deletionTimestamp"].is_null() => Some("is being deleted"),
            Some(now) if &*key.resource != "namespaces" && said(now) != said(before) => Some("was changed"),
            Some(_) => None,
        };
        wrongs.extend(wrong.map(|wrong| format!("{key} {wrong}")));
    }
    // Revisions of other releases that were not there before.
    let places = Driver::ALL.into_iter().flat_map(|driver| {
        let (group, resource) = driver.collection();
        view.now.list(group, resource, asked.within.as_deref())
    });
    let records = places.filter(|(key, _)| {
        key.name.starts_with("sh.helm.release.v1.")
            && view.baseline.get(key).is_none()
            && !own.iter().any(|own| is_record(key, own.release, own.home))
    });
    wrongs.extend(records.map(|(key, _)| format!("{key} is new")));
    unless(wrongs, || match (asked.other_than.0.as_slice(), &asked.within) {
        ([], None) => format!("{compared} objects are as they were"),
        ([], Some(only)) => format!("{compared} objects of {only} are as they were"),
        (names, None) => format!("{compared} objects outside {} are as they were", names.join(", ")),
        (names, Some(only)) => {
            format!("{compared} objects of {only} outside {} are as they were", names.join(", "))
        }
    })
}

fn is_record(key: &Key, release: &str, home: &str) -> bool {
    let name = key.name.strip_prefix("sh.helm.release.v1.").and_then(|rest| rest.rsplit_once(".v"));
    let kept = Driver::ALL.into_iter().any(|driver| driver.keeps(key));
    kept && *key.namespace == *home && name.is_some_and(|(name, _)| name == release)
}

/// What belongs to the release: what carried its marks in the steady state, what one of its revisions names.
struct Own<'a> {
    release: &'a str,
    home: &'a str,
    named: Vec<Value>,
}

impl<'a> Own<'a> {
    fn of(release: &'a str, home: &'a str, view: &View<'a>) -> Own<'a> {
        let named = [view.baseline, view.now].into_iter().flat_map(|at| named(at, home, release)).collect();
        Own { release, home, named }
    }

    fn holds(&self, key: &Key, object: &Object) -> bool {
        is_record(key, self.release, self.home)
            || is_marked(object, self.release, self.home)
            || self.named.iter().any(|wanted| is_at(wanted, self.home, key, object))
    }
}

/// The objects and hooks that the readable revisions of a release name.
fn named(at: &Snapshot, home: &str, release: &str) -> Vec<Value> {
    let all = Driver::ALL.into_iter().flat_map(|driver| release::history(at, driver, home, release));
    let records = all.filter_map(|revision| revision.record.ok());
    let texts = records.flat_map(|record| {
        let hooks = record.hooks.into_iter().map(|hook| hook.manifest);
        std::iter::once(record.manifest).chain(hooks).collect::<Vec<_>>()
    });
    texts.flat_map(|text| release::documents(&text).unwrap_or_default()).collect()
}

/// Whether an object stands for something that somebody wrote.
fn counts(key: &Key, object: &Object) -> bool {
    let owned = object["metadata"]["ownerReferences"].as_array().is_some_and(|owners| !owners.is_empty());
    !owned && !LIVELY.contains(&&*key.resource)
}

/// What somebody wrote into an object: everything but its status and the server's own bookkeeping.
fn said(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
        if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            for own in ["resourceVersion", "managedFields", "generation"] {
                metadata.remove(own);
            }
        }
    }
    object
}
