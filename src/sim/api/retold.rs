//! Empty lists and maps of what was sent: to almost everything they are nothing. But messages that show a value of Go show
//! them, and what is wrong with an object is told once more with them in it; and two comparisons see them, by which fields
//! change hands and generations are counted.

use super::Asked;
use super::judge::changed_violations;
use super::part::Part;
use crate::sim::convert::bundle;
use crate::sim::schema::Type;
use crate::sim::validation::{self, Violation};
use crate::sim::{World, fields, look, object};
use serde_json::{Value, json};

/// Where they stand, and which they are.
pub(super) type Empties = Vec<(Vec<Step<String>>, Value)>;

/// One step to where a value stands.
#[derive(Clone, Copy)]
pub(super) enum Step<N> {
    Member(N),
    Item(usize),
}

impl Step<String> {
    /// The name of a member.
    fn name(&self) -> Option<&str> {
        match self {
            Step::Member(name) => Some(name),
            Step::Item(_) => None,
        }
    }
}

/// Notes where the object that was sent has empty lists and maps.
pub(super) fn note(asked: &Asked<'_>, sent: &Value) {
    let mut places = Vec::new();
    for (name, member) in sent.as_object().into_iter().flatten().filter(|(name, _)| *name != "metadata") {
        collect(member, &mut vec![Step::Member(name)], &mut places);
    }
    asked.empties.replace(places);
}

fn collect<'a>(value: &'a Value, at: &mut Vec<Step<&'a str>>, places: &mut Empties) {
    let mut enter = |step, inner| {
        at.push(step);
        collect(inner, at, places);
        at.pop();
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, item)| enter(Step::Item(index), item));
        }
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, member)| enter(Step::Member(name), member));
        }
        Value::Array(_) | Value::Object(_) => {
            places.push((at.iter().map(kept).collect(), value.clone()));
        }
        // So may certificates be empty.
        Value::String(text) if text.is_empty() && matches!(at.last(), Some(Step::Member("caBundle"))) => {
            places.push((at.iter().map(kept).collect(), value.clone()));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn kept(step: &Step<&str>) -> Step<String> {
    match *step {
        Step::Member(name) => Step::Member(name.to_owned()),
        Step::Item(index) => Step::Item(index),
    }
}

/// The same violations with the empty lists and maps shown, where nothing else about them is another.
pub(super) fn with_empties(
    world: &World,
    asked: &Asked<'_>,
    (old, object): (Option<&Value>, &Value),
    part: Part,
    violations: Vec<Violation>,
) -> Vec<Violation> {
    if asked.empties.borrow().is_empty() || asked.of.custom {
        return violations;
    }
    let whole = as_sent(asked, object);
    let again = match old {
        Some(old) => changed_violations(world, asked, old, &whole, part),
        None => validation::create(&asked.of.group, &asked.of.kind, &whole),
    };
    let place = |violation: &Violation| (violation.reason, violation.field.clone());
    if again.iter().map(place).eq(violations.iter().map(place)) { again } else { violations }
}

/// The object with the empty lists and maps by which a list that is one value is another one; `None` where there are none.
pub(super) fn in_values(asked: &Asked<'_>, ty: &Type, object: &Value) -> Option<Value> {
    if asked.of.custom {
        return None;
    }
    let places = asked.empties.borrow();
    let seen = places.iter().filter(|(place, _)| {
        let names = place.iter().map(Step::name);
        fields::makes_another_value(ty, names)
    });
    let mut whole = None;
    for (place, empty) in seen {
        restore(whole.get_or_insert_with(|| object.clone()), place, empty);
    }
    whole
}

/// Counts another generation where that of a kind tells empty from absent, and nothing else has changed it.
pub(super) fn count(world: &World, asked: &Asked<'_>, old: &Value, object: &mut Value, part: Part) {
    let counted = match (part, validation::tells_empty_from_absent(&asked.of.group, &asked.of.kind)) {
        (Part::Main, Some(counted)) if !asked.of.custom => counted,
        (Part::Main | Part::Status | Part::Approval | Part::Finalize | Part::Ephemeral | Part::Resize, _) => {
            return;
        }
    };
    let generation = look::number(object, "/metadata/generation");
    if generation != look::number(old, "/metadata/generation") {
        return;
    }
    let whole = as_sent(asked, object);
    let changed = match bundle::concerns(&asked.of) {
        // Empty certificates are stored, other empties are not.
        true => {
            let certificates = bundle::held(&whole);
            let mut others = object.clone();
            bundle::hold(&mut others, &certificates);
            let stored = asked.stored(world).map(|stored| bundle::held(stored.object()));
            stored != Some(certificates) || whole.pointer(counted) != others.pointer(counted)
        }
        false => whole.pointer(counted) != object.pointer(counted),
    };
    if changed {
        object::set_meta(object, "generation", json!(generation + 1));
    }
}

/// Puts empty certificates back before the object is stored.
pub(super) fn hold_certificates(asked: &Asked<'_>, object: &mut Value) {
    if bundle::concerns(&asked.of) {
        bundle::hold(object, &bundle::held(&as_sent(asked, object)));
    }
}

/// An object with the empty lists, maps and certificates that were sent.
fn as_sent(asked: &Asked<'_>, object: &Value) -> Value {
    let mut whole = object.clone();
    asked.empties.borrow().iter().for_each(|(place, empty)| restore(&mut whole, place, empty));
    whole
}

/// Puts an empty list or map back where nothing stands.
fn restore(object: &mut Value, place: &[Step<String>], empty: &Value) {
    let Some((Step::Member(name), way)) = place.split_last() else { return };
    let holder = way.iter().try_fold(object, |at, step| match step {
        Step::Member(name) => at.get_mut(name),
        Step::Item(index) => at.get_mut(index),
    });
    if let Some(Value::Object(members)) = holder {
        let held = members.entry(name).or_insert(Value::Null);
        if held.is_null() {
            *held = empty.clone();
        }
    }
}
