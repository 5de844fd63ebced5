//! Which names of a definition are accepted: those that no other definition of its group has, and the conditions that
//! say so.

use super::definition::Definitions;
use crate::clock::Moment;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The status that a definition gets when its names are looked at; `None` where there is nothing to change.
pub(in crate::sim) fn accept(definitions: &Definitions, definition: &Value, now: Moment) -> Option<Value> {
    let (asked, held) = (&definition["spec"]["names"], &definition["status"]["acceptedNames"]);
    if asked == held {
        return None;
    }
    let (resources, kinds) = taken(definitions, definition);
    let mut names = json!({"plural": "", "kind": ""});
    let mut conflict: Option<(&str, String)> = None;
    let fields = [
        ("plural", "PluralConflict", &resources),
        ("singular", "SingularConflict", &resources),
        ("shortNames", "ShortNamesConflict", &resources),
        ("kind", "KindConflict", &kinds),
        ("listKind", "ListKindConflict", &kinds),
    ];
    for (field, reason, taken) in fields {
        match clash(&asked[field], &held[field], taken) {
            Some(message) => {
                conflict = Some((reason, message));
                put(&mut names, field, &held[field]);
            }
            None => put(&mut names, field, &asked[field]),
        }
    }
    put(&mut names, "categories", &asked["categories"]);
    let accepted = match &conflict {
        Some((reason, message)) => condition("NamesAccepted", "False", reason, message, now),
        None => condition("NamesAccepted", "True", "NoConflicts", "no conflicts found", now),
    };
    let mut status = definition["status"].clone();
    let before = find(&status, "NamesAccepted").cloned();
    let told = |condition: &Value| {
        ["status", "reason", "message"].map(|field| condition[field].as_str().unwrap_or_default().to_owned())
    };
    if status["acceptedNames"] == names && before.as_ref().map(told) == Some(told(&accepted)) {
        return None;
    }
    status["acceptedNames"] = names;
    set(&mut status, accepted);
    let established = find(&status, "Established").cloned();
    let is_established = established.as_ref().is_some_and(|c| c["status"] == "True");
    match (is_established, conflict.is_none()) {
        (true, _) => {}
        (false, true) => {
            let message = "the initial names have been accepted";
            set(&mut status, condition("Established", "True", "InitialNamesAccepted", message, now));
        }
        (false, false) => {
            let message = "not all names are accepted";
            let fresh = condition("Established", "False", "NotAccepted", message, now);
            set(&mut status, established.unwrap_or(fresh));
        }
    }
    Some(status)
}

fn put(names: &mut Value, field: &str, value: &Value) {
    let members = names.as_object_mut().expect("made an object by the caller");
    if !value.is_null() {
        members.insert(field.to_owned(), value.clone());
    }
}

/// What the other definitions of the group hold: names of resources, and kinds.
fn taken(definitions: &Definitions, definition: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut resources, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    let own = definition["metadata"]["name"].as_str().unwrap_or_default();
    for other in definitions.all() {
        if other.object["metadata"]["name"] == own || definition["spec"]["group"] != other.group.as_str() {
            continue;
        }
        let names = &other.object["status"]["acceptedNames"];
        let one = |field: &str| names[field].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        resources.extend(one("plural").into_iter().chain(one("singular")));
        resources.extend(other.short_names.iter().cloned());
        kinds.extend(one("kind").into_iter().chain(one("listKind")));
    }
    (resources, kinds)
}

/// What is said of a name, or of short names, that are somebody else's.
fn clash(asked: &Value, held: &Value, taken: &BTreeSet<String>) -> Option<String> {
    let message = |name: &str| format!("{name:?} is already in use");
    match asked {
        Value::Array(names) => {
            let ours = held.as_array().map(Vec::as_slice).unwrap_or_default();
            let fresh = names.iter().filter(|name| !ours.contains(name)).filter_map(Value::as_str);
            let told: Vec<String> = fresh.filter(|name| taken.contains(*name)).map(message).collect();
            match told.as_slice() {
                [] => None,
                [one] => Some(one.clone()),
                many => Some(format!("[{}]", many.join(", "))),
            }
        }
        asked => {
            let name = asked.as_str().filter(|_| asked != held)?;
            taken.contains(name).then(|| message(name))
        }
    }
}

/// A condition that begins now.
pub(in crate::sim) fn condition(kind: &str, status: &str, reason: &str, message: &str, now: Moment) -> Value {
    json!({"type": kind, "status": status, "lastTransitionTime": now.rfc3339(), "reason": reason, "message": message})
}

fn find<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    status["conditions"].as_array().into_iter().flatten().find(|condition| condition["type"] == kind)
}

/// Puts a condition in its place; one that keeps its status keeps its time.
pub(in crate::sim) fn set(status: &mut Value, mut condition: Value) {
    if !status["conditions"].is_array() {
        status["conditions"] = json!([]);
    }
    let conditions = status["conditions"].as_array_mut().expect("made a list just above");
    match conditions.iter_mut().find(|held| held["type"] == condition["type"]) {
        Some(held) => {
            if held["status"] == condition["status"] {
                condition["lastTransitionTime"] = held["lastTransitionTime"].clone();
            }
            *held = condition;
        }
        None => conditions.push(condition),
    }
}
