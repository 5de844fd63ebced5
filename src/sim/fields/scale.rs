//! Who owns the replicas, as the scale subresource sees it: entries of the workload that own its `spec.replicas`
//! become entries of a Scale, and what became of those goes back into the workload's.

use super::managed::{Entry, Id, Managed, Operation};
use super::path::Step;
use super::set::Set;
use serde_json::Value;
use std::collections::BTreeMap;

const SCALE: &str = "autoscaling/v1";

fn replicas() -> Set<'static> {
    Set::of_fields(&[&["spec", "replicas"]])
}

fn owns(entry: &Entry<'_>) -> bool {
    let below = entry.fields.below(&Step::field("spec"));
    below.is_some_and(|spec| spec.has(&Step::field("replicas")))
}

/// The id that an entry has in the other list: an updater is told apart by its version too, an applier is not.
fn in_version<'a>(id: &Id<'a>, api_version: &'a str) -> Id<'a> {
    match id.operation {
        Operation::Apply => id.clone(),
        Operation::Update => Id { api_version: api_version.into(), ..id.clone() },
    }
}

/// The `managedFields` of the Scale of a workload.
pub fn of_workload(workload: &Value) -> Value {
    let entries = Managed::decode(super::managed::list(workload)).unwrap_or_default();
    let owners = entries.0.iter().filter(|(_, entry)| owns(entry));
    let owners = owners.map(|(id, entry)| {
        let scaled = Entry { api_version: SCALE.into(), fields: replicas(), time: entry.time.clone() };
        (in_version(id, SCALE), scaled)
    });
    list(&Managed(owners.collect()))
}

/// The `managedFields` of the workload after its Scale was written. What a Scale's entry takes over has no time.
pub fn to_workload(workload: &Value, scale: &Value, api_version: &str) -> Value {
    let entries = Managed::decode(super::managed::list(workload)).unwrap_or_default();
    let mut scaled = Managed::decode(super::managed::list(scale)).unwrap_or_default().0;
    let mut kept = BTreeMap::new();
    for (id, entry) in entries.0 {
        let twin = in_version(&id, SCALE);
        // Only an applier is known by the same name in both lists.
        if !owns(&entry) || (id.operation == Operation::Apply && scaled.remove(&twin).is_some()) {
            kept.insert(id, entry);
            continue;
        }
        let fields = entry.fields.difference(&replicas());
        if !fields.is_empty() {
            kept.insert(id, Entry { fields, ..entry });
        }
    }
    for (id, _) in scaled.into_iter().filter(|(_, entry)| owns(entry)) {
        let id = in_version(&id, api_version);
        let present = kept.get(&id).map(|entry| entry.fields.clone()).unwrap_or_default();
        let fields = replicas().union(present);
        kept.insert(id, Entry { api_version: api_version.into(), fields, time: None });
    }
    list(&Managed(kept))
}

fn list(entries: &Managed<'_>) -> Value {
    match entries.encode() {
        list if list.is_empty() => Value::Null,
        list => Value::Array(list),
    }
}
