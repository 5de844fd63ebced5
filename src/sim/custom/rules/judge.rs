//! Holds an object against the rules of its schema: walks both together and has each rule asked, which is [`super::ask`].

use super::ask::{About, Stopped};
use super::ratchet::Ratchet;
use super::{Rules, value};
use crate::sim::custom::schema::{Additional, Schema};
use crate::sim::custom::values::same_item;
use crate::sim::expression::{self, Bindings};
use crate::sim::validation::{Findings, Path, Violation};
use serde_json::Value;

/// What all rules together may cost for one object.
const LIMIT: u64 = 10_000_000;

/// What the rules say of an object.
#[derive(Debug, Default)]
pub(in crate::sim) struct Judgement {
    /// What is wrong.
    pub(in crate::sim) violations: Vec<Violation>,
    /// What is wrong where nothing changed, and is only told.
    pub(in crate::sim) warnings: Vec<String>,
}

/// Holds an object against the rules of its schema; `old` is the object before.
pub(in crate::sim::custom) fn judge(
    rules: &Rules,
    schema: Schema<'_>,
    old: Option<&Value>,
    object: &Value,
) -> Judgement {
    let mut judge = Judge { left: LIMIT, found: Findings::default(), warnings: Vec::new() };
    let place = Place { old, ratchet: Ratchet::new(old, object) };
    // That the limit is reached has been said where it was.
    let _ = judge.part(rules, schema, object, place, &Path::root());
    let violations = judge.found.into_inner();
    Judgement { violations: violations.into_iter().map(at_root).collect(), warnings: judge.warnings }
}

/// What the rules of a schema say of its default, which stands at this path: as a value that has not changed, and else as
/// a new one.
pub(in crate::sim::custom) fn of_default(schema: Schema<'_>, default: &Value, path: &Path) -> Vec<Violation> {
    let Some(rules) = Rules::compile(schema, schema.embedded()) else { return Vec::new() };
    let told = |old| {
        let mut judge = Judge { left: LIMIT, found: Findings::default(), warnings: Vec::new() };
        let place = Place { old, ratchet: Ratchet::new(None, default) };
        let _ = judge.part(&rules, schema, default, place, path);
        judge.found.into_inner()
    };
    let violations = told(Some(default));
    if violations.is_empty() { told(None) } else { violations }
}

/// A violation at the root of an object names no field.
pub(super) fn at_root(violation: Violation) -> Violation {
    match violation.field.as_str() {
        "" => Violation { field: "<nil>".to_owned(), ..violation },
        _ => violation,
    }
}

#[derive(Clone, Copy)]
struct Place<'a> {
    /// The value before, for rules that compare.
    old: Option<&'a Value>,
    ratchet: Ratchet<'a>,
}

/// What was found so far, and what the rules that are left may still cost.
pub(super) struct Judge {
    pub(super) left: u64,
    pub(super) found: Findings,
    pub(super) warnings: Vec<String>,
}

impl Judge {
    fn part(
        &mut self,
        rules: &Rules,
        schema: Schema<'_>,
        json: &Value,
        place: Place<'_>,
        path: &Path,
    ) -> Result<(), Stopped> {
        if json.is_null() {
            return Ok(());
        }
        self.own(rules, schema, json, place, path)?;
        match json {
            Value::Object(members) => {
                for (name, member) in members {
                    self.member(rules, schema, (name, member), place, path)?;
                }
            }
            Value::Array(items) => {
                let Some((rules, of)) = rules.items.as_deref().zip(schema.items()) else { return Ok(()) };
                for (index, item) in items.iter().enumerate() {
                    let old = place.old.and_then(|old| same_item(schema, old, item));
                    let place = Place { old, ratchet: place.ratchet.item(schema, index) };
                    self.part(rules, of, item, place, &path.index(index))?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(())
    }

    fn member(
        &mut self,
        rules: &Rules,
        schema: Schema<'_>,
        (name, member): (&String, &Value),
        place: Place<'_>,
        path: &Path,
    ) -> Result<(), Stopped> {
        let inner =
            Place { old: place.old.and_then(|old| old.get(name)), ratchet: place.ratchet.field(name) };
        match (schema.property(name), schema.additional()) {
            (Some(of), _) => match rules.properties.get(name) {
                Some(rules) => self.part(rules, of, member, inner, &path.child(name)),
                None => Ok(()),
            },
            (None, Some(Additional::Of(of))) => match rules.additional.as_deref() {
                Some(rules) => self.part(rules, of, member, inner, &path.key(name)),
                None => Ok(()),
            },
            (None, _) => Ok(()),
        }
    }

    fn own(
        &mut self,
        rules: &Rules,
        schema: Schema<'_>,
        json: &Value,
        place: Place<'_>,
        path: &Path,
    ) -> Result<(), Stopped> {
        if rules.own.is_empty() {
            return Ok(());
        }
        let now = value::value(schema, rules.whole, json);
        let before = place.old.filter(|old| !old.is_null()).map(|old| value::value(schema, rules.whole, old));
        let plain = Bindings::default().with("self", now);
        let optional = plain.clone().with("oldSelf", expression::maybe(before.clone()));
        let plain = match &before {
            Some(before) => plain.with("oldSelf", before.clone()),
            None => plain,
        };
        for rule in &rules.own {
            if rule.transition && before.is_none() && !rule.optional {
                continue;
            }
            let about = About { rule, kind: schema.kind(), json, path, ratchet: place.ratchet };
            self.ask(&about, if rule.optional { &optional } else { &plain }, &plain)?;
        }
        Ok(())
    }
}
