//! An applied configuration against its type: what is wrong with it, and which fields it sets. Also taking fields
//! out of an object again.

use super::path::Step;
use super::set::Set;
use super::walk::{Place, Structure, go_plain, scalar_fault};
use crate::sim::schema::{ListKind, Type, View};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// What is wrong with a configuration, in Kubernetes' words; empty where nothing is.
pub(super) fn faults(ty: &Type, config: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(Place::root(ty.shape()), config, &Way::Start, &mut found);
    found
}

/// The way to a value, which is written out only where something is wrong with it.
enum Way<'a> {
    Start,
    Member(&'a Way<'a>, &'a str),
    Item(&'a Way<'a>, &'a Step<'a>),
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Start => Ok(()),
            Way::Member(way, name) => write!(f, "{way}.{name}"),
            Way::Item(way, step) => write!(f, "{way}{step}"),
        }
    }
}

fn check(place: Place<'_>, value: &Value, way: &Way<'_>, found: &mut Vec<String>) {
    let mut tell = |text: String| match way {
        Way::Start => found.push(text),
        way => found.push(format!("{way}: {text}")),
    };
    match (place.view(), value) {
        (_, Value::Null) | (View::Any, _) => {}
        (View::Scalar(scalar), value) => {
            if let Some(fault) = scalar_fault(scalar, value) {
                tell(fault);
            }
        }
        (view @ (View::Struct(_) | View::Map(_)), Value::Object(members)) => {
            for (name, member) in members {
                let way = Way::Member(way, name);
                let inner = place.member(name);
                if matches!(view, View::Struct(false)) && !inner.is_known() {
                    // The fields of an object are looked at no further.
                    found.push(format!("{way}: field not declared in schema"));
                    return;
                }
                check(inner, member, &way, found);
            }
        }
        (View::Struct(_) | View::Map(_), value) => {
            tell(format!("expected map, got &{{{}}}", go_plain(value)));
        }
        (View::List(item, kind), Value::Array(items)) => {
            check_items(Place::root(item), kind, items, way, found);
        }
        (View::List(..), value) => tell(format!("expected list, got &{{{}}}", go_plain(value))),
    }
}

fn check_items(item: Place<'_>, kind: &ListKind, items: &[Value], way: &Way<'_>, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (index, value) in items.iter().enumerate() {
        let step = match kind {
            ListKind::Atomic => Step::Index(index),
            ListKind::Set | ListKind::Map(_) => match item.item_step(kind, value) {
                Ok(step) => {
                    if seen.contains(&step) {
                        found.push(format!("{way}: duplicate entries for key {step}"));
                    }
                    step
                }
                // What follows such an item is not looked at.
                Err(fault) => return found.push(format!("{way}: element {index}: {fault}")),
            },
        };
        check(item, value, &Way::Item(way, &step), found);
        seen.insert(step);
    }
}

/// The fields that a value sets.
pub(super) fn fields<'a>(ty: &Type, value: &'a Value) -> Set<'a> {
    collect(Place::root(ty.shape()), value).1
}

/// Whether a value is set as a whole, and else what of it is.
fn collect<'a>(place: Place<'_>, value: &'a Value) -> (bool, Set<'a>) {
    let mut set = Set::default();
    match (place.structure([Some(value), None]), value) {
        (Structure::Leaf, _) => return (true, set),
        (Structure::Object(place), Value::Object(members)) => {
            let has_names = matches!(place.view(), View::Struct(_));
            for (name, member) in members {
                let inner = place.member(name);
                let (whole, below) = collect(inner, member);
                let empty = member.is_null() || member.as_object().is_some_and(Map::is_empty);
                let declared = has_names && inner.is_known();
                set.add(Step::field(name), whole || empty || !declared, below);
            }
        }
        (Structure::Items(item, kind), Value::Array(items)) => {
            for value in items {
                if let Ok(step) = item.item_step(kind, value) {
                    set.add(step, true, collect(item, value).1);
                }
            }
        }
        (Structure::Object(_) | Structure::Items(..), _) => {}
    }
    (false, set)
}

/// The set with every declared field on the way to a member as a member of its own.
pub(super) fn with_named<'a>(ty: &Type, set: &Set<'a>) -> Set<'a> {
    let root = Place::root(ty.shape());
    let mut named = |path: &[Step<'_>]| match path.split_last() {
        Some((Step::Field(name), way)) => {
            way.iter().fold(root, |place, step| place.step(step)).declares(name)
        }
        Some((Step::Key(_) | Step::Value(_) | Step::Index(_), _)) | None => false,
    };
    set.with_members(&mut named, &mut Vec::new())
}

/// The object without these fields and items. What becomes empty by it stays, as nothing but its own path takes it away
/// (structured-merge-diff 6.3.2, which Kubernetes 1.36.2 has; before and after it, it became null).
pub(super) fn remove(ty: &Type, object: &Value, fields: &Set<'_>) -> Value {
    removed(Place::root(ty.shape()), object, fields)
}

fn removed(place: Place<'_>, value: &Value, fields: &Set<'_>) -> Value {
    let kept = |place: Place<'_>, step: &Step<'_>, value: &Value| match (fields.has(step), fields.below(step))
    {
        (true, _) => None,
        (false, Some(below)) => Some(removed(place, value, below)),
        (false, None) => Some(value.clone()),
    };
    match (place.structure([Some(value), None]), value) {
        (Structure::Object(place), Value::Object(members)) => members
            .iter()
            .filter_map(|(name, value)| {
                Some((name.clone(), kept(place.member(name), &Step::field(name), value)?))
            })
            .collect(),
        (Structure::Items(item, kind), Value::Array(items)) => items
            .iter()
            .filter_map(|value| match item.item_step(kind, value) {
                Ok(step) => kept(item, &step, value),
                Err(_) => Some(value.clone()),
            })
            .collect(),
        (Structure::Leaf | Structure::Object(_) | Structure::Items(..), value) => value.clone(),
    }
}
