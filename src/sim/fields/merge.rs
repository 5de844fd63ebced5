//! Merging an applied configuration into a live object: its values win, its lists keep their order among the live
//! list's items.

use super::path::Step;
use super::walk::{Place, Structure};
use crate::sim::schema::{ListKind, Type};
use serde_json::{Map, Value};

/// The live object with the configuration merged into it, and without its list of managers.
pub(super) fn merge(ty: &Type, live: &Value, config: &Value) -> Value {
    let root = Place::root(ty.shape());
    let (Value::Object(live), Value::Object(config)) = (live, config) else {
        return place(root, Some(live), Some(config)).unwrap_or(Value::Null);
    };
    let mut merged = members(root, live, config, &["metadata"]);
    let nothing = Map::new();
    let metadata = match (live.get("metadata"), config.get("metadata")) {
        (Some(Value::Object(live)), Some(Value::Object(config))) => {
            Some(Value::Object(members(root.member("metadata"), live, config, &["managedFields"])))
        }
        (Some(Value::Object(live)), None | Some(Value::Null)) => {
            Some(Value::Object(members(root.member("metadata"), live, &nothing, &["managedFields"])))
        }
        (live, config) => place(root.member("metadata"), live, config),
    };
    merged.extend(metadata.map(|metadata| ("metadata".to_owned(), metadata)));
    Value::Object(merged)
}

fn place(at: Place<'_>, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    match (at.structure([live, config]), live, config) {
        (Structure::Object(at), Some(Value::Object(live)), Some(Value::Object(config))) => {
            Some(Value::Object(members(at, live, config, &[])))
        }
        (Structure::Items(item, kind), Some(Value::Array(live)), Some(Value::Array(config))) => {
            Some(Value::Array(items(item, kind, live, config)))
        }
        // An empty object or list says nothing against what is there.
        (Structure::Object(_) | Structure::Items(..), Some(live), Some(Value::Null)) if !live.is_null() => {
            Some(live.clone())
        }
        (Structure::Leaf | Structure::Object(_) | Structure::Items(..), live, config) => {
            config.or(live).cloned()
        }
    }
}

/// The members of both but these.
fn members(
    at: Place<'_>,
    live: &Map<String, Value>,
    config: &Map<String, Value>,
    but: &[&str],
) -> Map<String, Value> {
    let wanted = |name: &String| !but.contains(&name.as_str());
    let kept = live.iter().filter(|(name, _)| wanted(name) && !config.contains_key(*name));
    let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
    let written = config.iter().filter(|(name, _)| wanted(name));
    let written = written.filter_map(|(name, value)| {
        Some((name.clone(), place(at.member(name), live.get(name), Some(value))?))
    });
    kept.chain(written).collect()
}

/// Items of both lists: the configuration's order holds among its items, the live order among the others, and
/// items that only the live list has stay behind the ones that they followed.
fn items(item: Place<'_>, kind: &ListKind, live: &[Value], config: &[Value]) -> Vec<Value> {
    let steps = |list: &[Value]| -> Vec<Option<Step<'static>>> {
        list.iter().map(|value| item.item_step(kind, value).ok()).collect()
    };
    let (left, right) = (steps(live), steps(config));
    let in_right = |step: &Option<Step<'_>>| step.is_some() && right.contains(step);
    let mut shared = right.iter().filter(|step| step.is_some() && left.contains(step)).peekable();
    let mut merged = Vec::with_capacity(live.len().max(config.len()));
    let mut taken: Vec<&Option<Step<'_>>> = Vec::new();
    let (mut l, mut r) = (0, 0);
    let both = |r: usize| {
        let twin = left.iter().position(|step| *step == right[r]).map(|at| &live[at]);
        place(item, twin, Some(&config[r]))
    };
    while l < left.len() || r < right.len() {
        if l < left.len() && r < right.len() {
            if left[l] == right[r] {
                taken.push(&right[r]);
                merged.extend(both(r));
                l += 1;
                r += 1;
                shared.next();
                continue;
            }
            if in_right(&left[l]) && shared.peek().is_some_and(|next| **next != left[l]) {
                // In both lists, but its turn comes later.
                l += 1;
                continue;
            }
        }
        if l < left.len() {
            if !in_right(&left[l]) {
                merged.push(live[l].clone());
                l += 1;
                continue;
            }
            if taken.contains(&&left[l]) {
                l += 1;
            }
        }
        if r < right.len() {
            taken.push(&right[r]);
            merged.extend(both(r));
            if shared.peek().is_some_and(|next| **next == right[r]) {
                shared.next();
            }
            r += 1;
        }
    }
    merged
}
