//! The entries of `metadata.managedFields`: reading them, writing them in order, keeping their number small.

use super::Manager;
use super::set::Set;
use crate::clock::Moment;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How an entry came to be. Applied entries are listed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// What tells entries apart. The order is that of the text by which Kubernetes tells them apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    pub(super) manager: String,
    pub(super) operation: Operation,
    pub(super) api_version: String,
    pub(super) subresource: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The version in whose terms the fields are named.
    pub(super) api_version: String,
    pub(super) fields: Set,
    pub(super) time: Option<String>,
}

/// All entries of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Managed(pub(super) BTreeMap<Id, Entry>);

/// How many updaters an object keeps; the oldest are joined into `ancient-changes`.
const UPDATERS: usize = 10;

impl Id {
    /// An applier is the same in whatever version it applies.
    pub(super) fn of(manager: &Manager, operation: Operation) -> Id {
        Id {
            manager: manager.name.clone(),
            operation,
            api_version: match operation {
                Operation::Apply => String::new(),
                Operation::Update => manager.api_version.clone(),
            },
            subresource: manager.subresource.clone(),
        }
    }

    /// `"kubectl" with subresource "scale" using apps/v1`; appliers are named without their version.
    pub(super) fn told(&self) -> String {
        let mut text = format!("{:?}", self.manager);
        if !self.subresource.is_empty() {
            text.push_str(&format!(" with subresource {:?}", self.subresource));
        }
        match self.operation {
            Operation::Apply => {}
            Operation::Update => text.push_str(&format!(" using {}", self.api_version)),
        }
        text
    }
}

/// The list under `metadata.managedFields`, as it stands.
pub(super) fn list(object: &Value) -> Option<&Value> {
    object.get("metadata")?.get("managedFields")
}

/// Takes the list out of an object.
pub(super) fn take(object: &mut Value) -> Option<Value> {
    object.get_mut("metadata")?.as_object_mut()?.remove("managedFields")
}

/// A copy of an object without the list.
pub(super) fn without(object: &Value) -> Value {
    let bare = |members: &Map<String, Value>| {
        let kept = members.iter().filter(|(name, _)| *name != "managedFields");
        Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    match object {
        Value::Object(members) => {
            let copied = members.iter().map(|(name, value)| match (name.as_str(), value) {
                ("metadata", Value::Object(metadata)) => (name.clone(), bare(metadata)),
                (_, value) => (name.clone(), value.clone()),
            });
            Value::Object(copied.collect())
        }
        other => other.clone(),
    }
}

/// Whether a list asks for all entries to be forgotten: `[]`, or one empty entry.
pub(super) fn resets(list: Option<&Value>) -> bool {
    match list.and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) => true,
        Some([only]) => only.as_object().is_some_and(Map::is_empty),
        _ => false,
    }
}

impl Managed {
    /// Reads the entries; `None` where one of them is none that a server writes.
    pub(super) fn decode(list: Option<&Value>) -> Option<Managed> {
        let mut entries = BTreeMap::new();
        for entry in list.and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let operation = match &*text("operation") {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => return None,
            };
            let id = Id {
                manager: text("manager"),
                operation,
                api_version: match operation {
                    Operation::Apply => String::new(),
                    Operation::Update => text("apiVersion"),
                },
                subresource: text("subresource"),
            };
            let fields = match entry.get("fieldsV1") {
                None | Some(Value::Null) => Set::default(),
                Some(fields) => Set::decode(fields)?,
            };
            let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
            entries.insert(id, Entry { api_version: text("apiVersion"), fields, time });
        }
        Some(Managed(entries))
    }

    /// Writes the entries into an object, in Kubernetes' order: appliers first, then by time and name.
    pub(super) fn encode(&self, object: &mut Value) {
        let mut entries: Vec<(&Id, &Entry)> = self.0.iter().collect();
        entries.sort_by_key(|(id, entry)| {
            let seconds = entry.time.as_deref().and_then(Moment::parse).map(Moment::as_micros);
            (id.operation, seconds, &id.manager, &entry.api_version, &id.subresource)
        });
        let list: Vec<Value> = entries.into_iter().map(|(id, entry)| encode_entry(id, entry)).collect();
        take(object);
        if let (false, Some(metadata)) =
            (list.is_empty(), object.get_mut("metadata").and_then(Value::as_object_mut))
        {
            metadata.insert("managedFields".to_owned(), Value::Array(list));
        }
    }

    /// Joins the oldest updaters into `ancient-changes` until few enough are left.
    pub(super) fn cap(&mut self) {
        let mut updaters: Vec<(Option<String>, Id)> = self
            .0
            .iter()
            .filter(|(id, _)| id.operation == Operation::Update)
            .map(|(id, entry)| (entry.time.clone(), id.clone()))
            .collect();
        updaters.sort();
        let mut count = updaters.len();
        let mut first: BTreeMap<String, Id> = BTreeMap::new();
        for (time, id) in updaters {
            if count <= UPDATERS {
                break;
            }
            let version = id.api_version.clone();
            let Some(earlier) = first.get(&version) else {
                first.insert(version, id);
                continue;
            };
            let bucket = Id {
                manager: "ancient-changes".to_owned(),
                operation: Operation::Update,
                api_version: version,
                subresource: String::new(),
            };
            let mut fields = Set::default();
            for joined in [earlier, &id, &bucket] {
                if let Some(entry) = self.0.remove(joined) {
                    fields = fields.union(&entry.fields);
                }
            }
            self.0.insert(bucket.clone(), Entry { api_version: bucket.api_version, fields, time });
            count -= 1;
        }
    }
}

fn encode_entry(id: &Id, entry: &Entry) -> Value {
    let operation = match id.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    let mut value = json!({
        "manager": id.manager, "operation": operation, "apiVersion": entry.api_version,
        "fieldsType": "FieldsV1", "fieldsV1": entry.fields.encode(),
    });
    if let Some(time) = &entry.time {
        value["time"] = Value::String(time.clone());
    }
    if !id.subresource.is_empty() {
        value["subresource"] = Value::String(id.subresource.clone());
    }
    value
}

/// Puts the old entries back where an object changed in nothing but their times, so that a write that changes
/// nothing stores nothing. `metadata.resourceVersion` is not looked at.
pub(super) fn settle(before: &Value, after: &mut Value) {
    if unchanged(before, after)
        && let (Some(list), Some(metadata)) =
            (list(before), after.get_mut("metadata").and_then(Value::as_object_mut))
    {
        metadata.insert("managedFields".to_owned(), list.clone());
    }
}

/// Whether two objects differ in nothing but the times of their entries and their `metadata.resourceVersion`.
pub(super) fn unchanged(before: &Value, after: &Value) -> bool {
    alike(before, after, &["metadata"])
        && match (before.get("metadata"), after.get("metadata")) {
            (Some(before), Some(after)) => {
                alike(before, after, &["resourceVersion", "managedFields"])
                    && untimed(before.get("managedFields"), after.get("managedFields"))
            }
            (before, after) => before == after,
        }
}

/// Whether two lists of entries differ in nothing but times.
fn untimed(before: Option<&Value>, after: Option<&Value>) -> bool {
    match (before, after) {
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            before.len() == after.len() && before.iter().zip(after).all(|(b, a)| alike(b, a, &["time"]))
        }
        (before, after) => before == after,
    }
}

/// Whether two values are the same but for these members.
fn alike(before: &Value, after: &Value, but: &[&str]) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let rest = |members: &'_ Map<String, Value>| {
                members.keys().filter(|name| !but.contains(&name.as_str())).count()
            };
            rest(before) == rest(after)
                && before
                    .iter()
                    .filter(|(name, _)| !but.contains(&name.as_str()))
                    .all(|(name, value)| after.get(name) == Some(value))
        }
        (before, after) => before == after,
    }
}
