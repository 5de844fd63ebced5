//! Who owns which field: `metadata.managedFields`, for updates and for server-side apply. Fills in no defaults and
//! stores nothing; whoever calls does both.

mod compare;
mod config;
mod fault;
mod managed;
mod merge;
mod ownership;
mod path;
pub mod scale;
mod set;
mod walk;

use super::schema::Type;
use crate::call::typed;
use crate::clock::Moment;
use fault::told_faults;
pub use fault::{ApplyError, Conflict, conflict_message, go_kind};
use managed::{Entry, Id, Managed, Operation};
use ownership::Differences;
use serde_json::{Map, Value};
use set::Set;
use std::borrow::Cow;

/// Who writes: one entry of `managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manager {
    /// `fieldManager`, or the first word of the user agent.
    pub name: String,
    /// `apps/v1`: the version of the object as it was written.
    pub api_version: String,
    /// `status` or `scale`, where the write went to one; else empty.
    pub subresource: String,
    /// When.
    pub at: Moment,
}

/// Records in `after` that `manager` wrote what differs from `before`, as an update (create, PUT or patch) does.
/// `after` is complete: defaults filled in and in its typed form, as `before` is. A `managedFields` list that
/// `after` brings is taken over, and `[]` or `[{}]` forgets all entries. Times stay where nothing changed.
pub fn track(ty: &Type, before: Option<&Value>, after: &mut Value, manager: &Manager) {
    track_sent(ty, before, after, None, manager);
}

/// The same, where what was sent is `sent`: `after` with the empty lists and maps that it does not keep, as far as they
/// make another value of what holds them (see [`makes_another_value`]).
pub fn track_sent(
    ty: &Type,
    before: Option<&Value>,
    after: &mut Value,
    sent: Option<&Value>,
    manager: &Manager,
) {
    let given = managed::take(after);
    if !walk::is_keyed(ty.shape(), after) {
        // An item that has no key cannot be owned, and then nothing is.
        return;
    }
    let stored = || Managed::decode(before.and_then(managed::list)).unwrap_or_default();
    let mut entries = if !manager.subresource.is_empty() {
        stored()
    } else if managed::resets(given.as_ref()) {
        Managed::default()
    } else {
        Managed::decode(given.as_ref()).filter(|entries| !entries.0.is_empty()).unwrap_or_else(stored)
    };
    // An object whose entries were all forgotten stays without until it is applied.
    let nothing;
    if before.is_none() || !entries.0.is_empty() {
        // That the list of entries is not there any more concerns nobody: no one owns it.
        let old = match before {
            Some(before) => before,
            None => {
                nothing = empty(after, manager);
                &nothing
            }
        };
        record(ty, old, sent.unwrap_or(after), manager, &mut entries);
        entries.cap();
    }
    let list = entries.encode();
    managed::put(after, list);
    if let Some(before) = before {
        managed::settle(before, after);
    }
}

/// Whether an empty list or map at the end of this way (members by name, items without one) makes another value of a
/// list that is one value as a whole. Items of such lists are compared as they are in memory, where empty is not absent;
/// everywhere else an empty field is left out before anything is compared.
pub fn makes_another_value<'a>(ty: &Type, way: impl Iterator<Item = Option<&'a str>>) -> bool {
    walk::enters_item_of_value(ty.shape(), way)
}

/// Puts the entries of `before` back into `after` where nothing but their times differs; called once more when
/// defaults have been filled in after an apply, so that an apply that changes nothing stores nothing.
pub fn settle(before: &Value, after: &mut Value) {
    managed::settle(before, after);
}

/// Whether two objects differ in nothing but the times of their `managedFields` and their resourceVersion.
pub fn unchanged(before: &Value, after: &Value) -> bool {
    managed::unchanged(before, after)
}

/// The object of a kind with nothing set, as Go's empty struct gives it.
fn empty(object: &Value, manager: &Manager) -> Value {
    let mut empty = Value::Object(Map::new());
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    typed::complete(&manager.api_version, kind, &mut empty);
    empty
}

fn record<'a>(
    ty: &Type,
    before: &'a Value,
    after: &'a Value,
    manager: &'a Manager,
    entries: &mut Managed<'a>,
) {
    let differences = Differences::between(ty, before, after, manager, entries);
    ownership::dispossess(entries, None, &differences);
    let mut taken = differences.own.changed.union(differences.own.added);
    taken.subtract(ownership::unowned());
    if taken.is_empty() {
        return;
    }
    let entry = entries.0.entry(Id::of(manager, Operation::Update));
    let entry = entry.or_insert_with(|| Entry {
        api_version: Cow::Borrowed(&manager.api_version),
        fields: Set::default(),
        time: None,
    });
    entry.fields = std::mem::take(&mut entry.fields).union(taken);
    entry.time = Some(manager.at.rfc3339().into());
}

/// Server-side apply: merges `config` into `live` and moves the ownership. The result has no defaults filled in
/// where the configuration is new; the caller fills them in and calls [`settle`]. Where nothing changes, the result
/// equals `live`. A configuration with `managedFields` of its own is refused by the caller.
pub fn apply(
    ty: &Type,
    live: Option<&Value>,
    config: &Value,
    manager: &Manager,
    force: bool,
) -> Result<Value, ApplyError> {
    let (nothing, nobody, unset);
    let before = match live {
        Some(live) => live,
        None => {
            nothing = empty(config, manager);
            &nothing
        }
    };
    let mut entries = Managed::decode(live.and_then(managed::list)).unwrap_or_default();
    if let (Some(live), true) = (live, entries.0.is_empty()) {
        if !walk::is_keyed(ty.shape(), live) {
            let told =
                told_faults(live, manager, &config::faults(ty, live), "convert new object", "to smd typed");
            return Err(ApplyError::Invalid(format!("failed to create manager for existing fields: {told}")));
        }
        nobody = Manager { name: "before-first-apply".to_owned(), ..manager.clone() };
        unset = empty(config, &nobody);
        record(ty, &unset, before, &nobody, &mut entries);
    }
    let faults = config::faults(ty, config);
    if !faults.is_empty() {
        let told = told_faults(config, manager, &faults, "create typed patch object", "");
        return Err(ApplyError::Invalid(told));
    }
    if let Some(live) = live.filter(|live| !walk::is_keyed(ty.shape(), live)) {
        let told = told_faults(live, manager, &config::faults(ty, live), "create typed live object", "");
        return Err(ApplyError::Invalid(told));
    }
    let mut after = merged(ty, before, config, manager, force, &mut entries)?;
    if let Some(live) = live {
        follow_last_applied(live, config, &mut after, manager);
    }
    managed::put(&mut after, entries.encode());
    if let Some(live) = live {
        managed::settle(live, &mut after);
    }
    Ok(after)
}

/// What applying makes of the object and of the entries; the object has none.
fn merged<'a>(
    ty: &'a Type,
    before: &'a Value,
    config: &'a Value,
    manager: &'a Manager,
    force: bool,
    entries: &mut Managed<'a>,
) -> Result<Value, ApplyError> {
    let id = Id::of(manager, Operation::Apply);
    let ignored = ownership::ignored(ty, manager);
    let fields = config::fields(ty, config).without(&ignored);
    let last = entries.0.remove(&id);
    let time = last.as_ref().and_then(|entry| entry.time.clone());
    entries.0.insert(id.clone(), Entry { api_version: Cow::Borrowed(&manager.api_version), fields, time });
    let merged = merge::merge(ty, before, config);
    // What was applied in another version is named in other terms, and stays.
    let last = last.filter(|entry| entry.api_version == manager.api_version);
    let last = last.map(|entry| entry.fields.without(&ignored));
    let after = ownership::prune(ty, merged, entries, last.as_ref());
    let differences = Differences::between(ty, before, &after, manager, entries);
    if !force {
        let conflicts = ownership::conflicts(entries, &id, &differences);
        if !conflicts.is_empty() && !covered(ty, before, manager, &conflicts) {
            return Err(ApplyError::Conflicts(ownership::told(&conflicts)));
        }
    }
    ownership::dispossess(entries, Some(&id), &differences);
    if let Some(entry) = entries.0.get_mut(&id) {
        entry.fields.subtract(ownership::unowned());
        if !managed::same_but_entries(before, &after) {
            entry.time = Some(manager.at.rfc3339().into());
        }
    }
    entries.0.retain(|_, entry| !entry.fields.is_empty());
    Ok(after)
}

/// Whether all conflicts are with what a client-side apply of kubectl left behind.
fn covered(ty: &Type, live: &Value, manager: &Manager, conflicts: &[(Id<'_>, Set<'_>)]) -> bool {
    let kubectl = manager.name == "kubectl" && manager.subresource.is_empty();
    let Some(applied) = kubectl.then(|| ownership::last_applied(ty, live)).flatten() else { return false };
    conflicts.iter().all(|(_, fields)| fields.is_within(&applied))
}

/// Keeps the annotation of client-side apply in step where kubectl applies on the server's side.
fn follow_last_applied(live: &Value, config: &Value, after: &mut Value, manager: &Manager) {
    if manager.name != "kubectl" || !manager.subresource.is_empty() {
        return;
    }
    let annotated = live.pointer("/metadata/annotations").and_then(|all| all.get(ownership::LAST_APPLIED));
    if annotated.is_none() {
        return;
    }
    if let Some(Value::Object(annotations)) = after.pointer_mut("/metadata/annotations") {
        let mut text = config.to_string();
        text.push('\n');
        annotations.insert(ownership::LAST_APPLIED.to_owned(), Value::String(text));
    }
}
