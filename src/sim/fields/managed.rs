//! The entries of `metadata.managedFields`: reading them, writing them in order, keeping their number small.

use super::Manager;
use super::set::Set;
use crate::clock::Moment;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How an entry came to be. Applied entries are listed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Apply,
    Update,
}

/// What tells entries apart. The order is that of the text by which Kubernetes tells them apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id<'a> {
    pub(super) manager: Cow<'a, str>,
    pub(super) operation: Operation,
    pub(super) api_version: Cow<'a, str>,
    pub(super) subresource: Cow<'a, str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The version in whose terms the fields are named.
    pub(super) api_version: Cow<'a, str>,
    pub(super) fields: Set<'a>,
    pub(super) time: Option<Cow<'a, str>>,
}

/// All entries of one object, which are read where they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Managed<'a>(pub(super) BTreeMap<Id<'a>, Entry<'a>>);

/// How many updaters an object keeps; the oldest are joined into `ancient-changes`.
const UPDATERS: usize = 10;

impl<'a> Id<'a> {
    /// An applier is the same in whatever version it applies.
    pub(super) fn of(manager: &'a Manager, operation: Operation) -> Id<'a> {
        Id {
            manager: Cow::Borrowed(&manager.name),
            operation,
            api_version: match operation {
                Operation::Apply => Cow::Borrowed(""),
                Operation::Update => Cow::Borrowed(&manager.api_version),
            },
            subresource: Cow::Borrowed(&manager.subresource),
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

/// Whether a list asks for all entries to be forgotten: `[]`, or one empty entry.
pub(super) fn resets(list: Option<&Value>) -> bool {
    match list.and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) => true,
        Some([only]) => only.as_object().is_some_and(Map::is_empty),
        _ => false,
    }
}

impl<'a> Managed<'a> {
    /// Reads the entries; `None` where one of them is none that a server writes.
    pub(super) fn decode(list: Option<&'a Value>) -> Option<Managed<'a>> {
        let mut entries = BTreeMap::new();
        for entry in list.and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            let operation = match text("operation") {
                "Apply" => Operation::Apply,
                "Update" => Operation::Update,
                _ => return None,
            };
            let api_version = Cow::Borrowed(text("apiVersion"));
            let id = Id {
                manager: text("manager").into(),
                operation,
                api_version: match operation {
                    Operation::Apply => Cow::Borrowed(""),
                    Operation::Update => api_version.clone(),
                },
                subresource: text("subresource").into(),
            };
            let fields = match entry.get("fieldsV1") {
                None | Some(Value::Null) => Set::default(),
                Some(fields) => Set::decode(fields)?,
            };
            let time = entry.get("time").and_then(Value::as_str).map(Cow::Borrowed);
            entries.insert(id, Entry { api_version, fields, time });
        }
        Some(Managed(entries))
    }

    /// The list of the entries, in Kubernetes' order: appliers first, then by time and name.
    pub(super) fn encode(&self) -> Vec<Value> {
        let mut entries: Vec<(&Id<'_>, &Entry<'_>)> = self.0.iter().collect();
        entries.sort_by_cached_key(|(id, entry)| {
            let seconds = entry.time.as_deref().and_then(Moment::parse).map(Moment::as_micros);
            (id.operation, seconds, &id.manager, &entry.api_version, &id.subresource)
        });
        entries.into_iter().map(|(id, entry)| encode_entry(id, entry)).collect()
    }

    /// Joins the oldest updaters into `ancient-changes` until few enough are left.
    pub(super) fn cap(&mut self) {
        let updaters = || self.0.iter().filter(|(id, _)| id.operation == Operation::Update);
        let mut count = updaters().count();
        if count <= UPDATERS {
            return;
        }
        let mut updaters: Vec<(Option<Cow<'a, str>>, Id<'a>)> =
            updaters().map(|(id, entry)| (entry.time.clone(), id.clone())).collect();
        updaters.sort();
        let mut first: BTreeMap<Cow<'a, str>, Id<'a>> = BTreeMap::new();
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
                manager: "ancient-changes".into(),
                operation: Operation::Update,
                api_version: version,
                subresource: "".into(),
            };
            let mut fields = Set::default();
            for joined in [earlier, &id, &bucket] {
                if let Some(entry) = self.0.remove(joined) {
                    fields = fields.union(entry.fields);
                }
            }
            self.0.insert(bucket.clone(), Entry { api_version: bucket.api_version, fields, time });
            count -= 1;
        }
    }
}

fn encode_entry(id: &Id<'_>, entry: &Entry<'_>) -> Value {
    let operation = match id.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    let mut members: Map<String, Value> = Map::new();
    let mut tell = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    tell("manager", (*id.manager).into());
    tell("operation", operation.into());
    tell("apiVersion", (*entry.api_version).into());
    tell("fieldsType", "FieldsV1".into());
    tell("fieldsV1", entry.fields.encode());
    if let Some(time) = &entry.time {
        tell("time", (**time).into());
    }
    if !id.subresource.is_empty() {
        tell("subresource", (*id.subresource).into());
    }
    Value::Object(members)
}

/// Puts a list of entries into an object; an empty one is left out.
pub(super) fn put(object: &mut Value, list: Vec<Value>) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    match list.is_empty() {
        true => drop(metadata.remove("managedFields")),
        false => drop(metadata.insert("managedFields".to_owned(), Value::Array(list))),
    }
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

/// Whether two objects differ in nothing but their entries.
pub(super) fn same_but_entries(before: &Value, after: &Value) -> bool {
    alike(before, after, &["metadata"])
        && match (before.get("metadata"), after.get("metadata")) {
            (Some(before), Some(after)) => alike(before, after, &["managedFields"]),
            (before, after) => before == after,
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
