//! Empty lists and maps of what was sent: to everything else they are nothing, but messages that show a value of Go show
//! them. What is wrong with an object is told once more with them in it.

use super::Asked;
use super::judge::changed_violations;
use super::part::Part;
use crate::sim::World;
use crate::sim::validation::{self, Violation};
use serde_json::Value;

/// Where they stand, and which they are.
pub(super) type Empties = Vec<(String, Value)>;

/// Notes where the object that was sent has empty lists and maps.
pub(super) fn note(asked: &Asked<'_>, sent: &Value) {
    let mut places = Vec::new();
    for (name, member) in sent.as_object().into_iter().flatten().filter(|(name, _)| *name != "metadata") {
        collect(member, &mut format!("/{}", escaped(name)), &mut places);
    }
    asked.empties.replace(places);
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn collect(value: &Value, at: &mut String, places: &mut Empties) {
    let before = at.len();
    match value {
        Value::Array(items) if items.is_empty() => places.push((at.clone(), value.clone())),
        Value::Object(members) if members.is_empty() => places.push((at.clone(), value.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push_str(&format!("/{index}"));
                collect(item, at, places);
                at.truncate(before);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                at.push_str(&format!("/{}", escaped(name)));
                collect(member, at, places);
                at.truncate(before);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
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
    let places = asked.empties.borrow();
    if places.is_empty() || asked.of.custom {
        return violations;
    }
    let mut whole = object.clone();
    places.iter().for_each(|(place, empty)| restore(&mut whole, place, empty));
    let again = match old {
        Some(old) => changed_violations(world, asked, old, &whole, part),
        None => validation::create(&asked.of.group, &asked.of.kind, &whole),
    };
    let place = |violation: &Violation| (violation.reason, violation.field.clone());
    if again.iter().map(place).eq(violations.iter().map(place)) { again } else { violations }
}

/// Puts an empty list or map back where nothing stands.
fn restore(object: &mut Value, place: &str, empty: &Value) {
    let Some((at, name)) = place.rsplit_once('/') else { return };
    if let Some(Value::Object(members)) = object.pointer_mut(at) {
        members.entry(name.replace("~1", "/").replace("~0", "~")).or_insert_with(|| empty.clone());
    }
}
