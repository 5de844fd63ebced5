//! What differs between two objects, as sets of fields: added, changed, removed.

use super::path::Step;
use super::set::Set;
use super::walk::{Place, Structure};
use crate::sim::schema::{ListKind, Type};
use serde_json::Value;
use std::collections::BTreeMap;

/// The fields in which two objects differ.
#[derive(Debug, Default)]
pub(super) struct Difference<'a> {
    pub(super) added: Set<'a>,
    pub(super) changed: Set<'a>,
    pub(super) removed: Set<'a>,
}

/// Compares two objects of one type.
pub(super) fn compare<'a>(ty: &Type, before: &'a Value, after: &'a Value) -> Difference<'a> {
    let mut walk = Walk { found: Difference::default(), path: Vec::new() };
    walk.place(Place::root(ty.shape()), Some(before), Some(after));
    walk.found
}

impl<'a> Difference<'a> {
    /// The same difference without what belongs to another endpoint of the object.
    pub(super) fn ignoring(self, ignored: &Set<'_>) -> Difference<'a> {
        Difference {
            added: self.added.without(ignored),
            changed: self.changed.without(ignored),
            removed: self.removed.without(ignored),
        }
    }

    /// The same difference for longer than the objects that were compared.
    pub(super) fn into_owned(self) -> Difference<'static> {
        Difference {
            added: self.added.into_owned(),
            changed: self.changed.into_owned(),
            removed: self.removed.into_owned(),
        }
    }
}

struct Walk<'a> {
    found: Difference<'a>,
    path: Vec<Step<'a>>,
}

impl<'a> Walk<'a> {
    fn place(&mut self, place: Place<'_>, before: Option<&'a Value>, after: Option<&'a Value>) {
        let empty = |value: Option<&Value>| match value {
            None | Some(Value::Null) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(members)) => members.is_empty(),
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => false,
        };
        // A value of another type comes after the one that was there has gone with all of its fields.
        if let (Some(old), Some(new)) = (before, after)
            && old.is_object() != new.is_object()
            && place.is_open()
        {
            self.place(place, before, None);
            return self.place(place, None, after);
        }
        match place.structure([before, after]) {
            Structure::Leaf => return self.leaf(before, after),
            Structure::Object(_) | Structure::Items(..) if empty(before) && empty(after) => {
                return self.leaf(before, after);
            }
            Structure::Object(place) => self.members(place, before, after),
            Structure::Items(item, kind) => self.items(item, kind, before, after),
        }
        match (before, after) {
            (None, Some(_)) => self.found.added.insert(&self.path),
            (Some(_), None) => self.found.removed.insert(&self.path),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn leaf(&mut self, before: Option<&'a Value>, after: Option<&'a Value>) {
        match (before, after) {
            (None, Some(_)) => self.found.added.insert(&self.path),
            (Some(_), None) => self.found.removed.insert(&self.path),
            (Some(a), Some(b)) if a != b => self.found.changed.insert(&self.path),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn members(&mut self, place: Place<'_>, before: Option<&'a Value>, after: Option<&'a Value>) {
        let before = before.and_then(Value::as_object);
        let after = after.and_then(Value::as_object);
        for (name, old) in before.into_iter().flatten() {
            self.member(place, name, Some(old), after.and_then(|members| members.get(name)));
        }
        for (name, new) in after.into_iter().flatten() {
            if !before.is_some_and(|members| members.contains_key(name)) {
                self.member(place, name, None, Some(new));
            }
        }
    }

    /// Most of what is compared is the same, and nothing differs within it.
    fn member(
        &mut self,
        place: Place<'_>,
        name: &'a str,
        before: Option<&'a Value>,
        after: Option<&'a Value>,
    ) {
        if before == after {
            return;
        }
        self.path.push(Step::field(name));
        self.place(place.member(name), before, after);
        self.path.pop();
    }

    fn items(
        &mut self,
        item: Place<'_>,
        kind: &ListKind,
        before: Option<&'a Value>,
        after: Option<&'a Value>,
    ) {
        if before == after {
            return;
        }
        let mut pairs: BTreeMap<Step<'a>, [Vec<&'a Value>; 2]> = BTreeMap::new();
        for (side, list) in [before, after].into_iter().enumerate() {
            for value in list.and_then(Value::as_array).into_iter().flatten() {
                if let Ok(step) = item.item_step(kind, value) {
                    pairs.entry(step).or_default()[side].push(value);
                }
            }
        }
        for (step, [before, after]) in pairs {
            self.path.push(step);
            match (&*before, &*after) {
                ([], [new]) => self.place(item, None, Some(new)),
                ([old], []) => self.place(item, Some(old), None),
                ([old], [new]) => self.place(item, Some(old), Some(new)),
                // Items that occur twice are looked at as a whole.
                ([], _) => self.found.added.insert(&self.path),
                (_, []) => self.found.removed.insert(&self.path),
                (old, new) if old != new => self.found.changed.insert(&self.path),
                _ => {}
            }
            self.path.pop();
        }
    }
}
