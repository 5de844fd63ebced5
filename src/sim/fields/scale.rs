//! Who owns the replicas, as the scale subresource sees it: entries of the workload that own its replicas, wherever
//! they stand, become entries of a Scale, and what became of those goes back into the workload's.

use super::managed::{Entry, Id, Managed, Operation};
use super::set::Set;
use serde_json::Value;
use std::collections::BTreeMap;

const SCALE: &str = "autoscaling/v1";

/// Where the replicas of a Scale stand, and those of most workloads.
pub const REPLICAS: [&str; 2] = ["spec", "replicas"];

fn owns(entry: &Entry<'_>, replicas: &Set<'_>) -> bool {
    !entry.fields.intersection(replicas).is_empty()
}

/// The id that an entry has in the other list: an updater is told apart by its version too, an applier is not.
fn in_version<'a>(id: &Id<'a>, api_version: &'a str) -> Id<'a> {
    match id.operation {
        Operation::Apply => id.clone(),
        Operation::Update => Id { api_version: api_version.into(), ..id.clone() },
    }
}

/// The `managedFields` of the Scale of a workload that has its replicas at this path.
pub fn of_workload(workload: &Value, path: &[&str]) -> Value {
    let (replicas, scaled) = (Set::of_fields(&[path]), Set::of_fields(&[&REPLICAS]));
    let entries = Managed::decode(super::managed::list(workload)).unwrap_or_default();
    let owners = entries.0.iter().filter(|(_, entry)| owns(entry, &replicas));
    let owners = owners.map(|(id, entry)| {
        let fields = scaled.clone();
        let scaled = Entry { api_version: SCALE.into(), fields, time: entry.time.clone() };
        (in_version(id, SCALE), scaled)
    });
    list(&Managed(owners.collect()))
}

/// The `managedFields` of the workload after its Scale was written. What a Scale's entry takes over has no time.
pub fn to_workload(workload: &Value, path: &[&str], scale: &Value, api_version: &str) -> Value {
    let (replicas, of_scale) = (Set::of_fields(&[path]), Set::of_fields(&[&REPLICAS]));
    let entries = Managed::decode(super::managed::list(workload)).unwrap_or_default();
    let mut scaled = Managed::decode(super::managed::list(scale)).unwrap_or_default().0;
    let mut kept = BTreeMap::new();
    for (id, entry) in entries.0 {
        let twin = in_version(&id, SCALE);
        // Only an applier is known by the same name in both lists.
        if !owns(&entry, &replicas) || (id.operation == Operation::Apply && scaled.remove(&twin).is_some()) {
            kept.insert(id, entry);
            continue;
        }
        let fields = entry.fields.difference(&replicas);
        if !fields.is_empty() {
            kept.insert(id, Entry { fields, ..entry });
        }
    }
    for (id, _) in scaled.into_iter().filter(|(_, entry)| owns(entry, &of_scale)) {
        let id = in_version(&id, api_version);
        let present = kept.get(&id).map(|entry| entry.fields.clone()).unwrap_or_default();
        let fields = replicas.clone().union(present);
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
