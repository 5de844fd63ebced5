//! Holds an object against the rules of its schema.

use super::ratchet::Ratchet;
use super::{Rule, Rules, value};
use crate::sim::custom::schema::{Additional, Schema};
use crate::sim::custom::values::same_item;
use crate::sim::expression::{self, Bindings, Expression, Failure, LIMIT_OF_ONE};
use crate::sim::look::text;
use crate::sim::validation::{Findings, Path, Violation};
use serde_json::Value;

/// What all rules together may cost for one object.
const LIMIT: u64 = 10_000_000;

/// The longest message that an expression may make.
const LONGEST_MESSAGE: usize = 5 * 1024;

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

fn at_root(violation: Violation) -> Violation {
    match violation.field.as_str() {
        "" => Violation { field: "<nil>".to_owned(), ..violation },
        _ => violation,
    }
}

/// No further rule is asked.
struct Stopped;

#[derive(Clone, Copy)]
struct Place<'a> {
    /// The value before, for rules that compare.
    old: Option<&'a Value>,
    ratchet: Ratchet<'a>,
}

struct Judge {
    left: u64,
    found: Findings,
    warnings: Vec<String>,
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

    fn ask(
        &mut self,
        about: &About<'_>,
        bindings: &Bindings<'_>,
        plain: &Bindings<'_>,
    ) -> Result<(), Stopped> {
        let (path, kind, named) = (about.path, about.kind, about.named());
        if self.left == 0 {
            self.found.invalid(path, kind, RAN_OUT);
            return Err(Stopped);
        }
        let rule = match &about.rule.rule {
            Ok(rule) => rule,
            Err(why) => {
                self.found.invalid(path, kind, &format!("rule compile error: {why}"));
                return Ok(());
            }
        };
        let (made, cost) = rule.evaluate(bindings, LIMIT_OF_ONE);
        self.pay(cost).inspect_err(|Stopped| self.found.invalid(path, kind, RAN_OUT))?;
        match made {
            Ok(expression::Value::Bool(true)) => Ok(()),
            Ok(_) => self.broken(about, plain),
            Err(failure @ Failure::Exhausted) => {
                let why = format!(
                    "'{failure}': no further validation rules will be run due to call cost exceeds limit for rule: {named}"
                );
                self.found.invalid(path, kind, &why);
                Err(Stopped)
            }
            Err(failure) => {
                let failure = failure.to_string();
                let why = match failure.starts_with("no such overload") {
                    true => format!(
                        "'{failure}': call arguments did not match a supported operator, function or macro signature for \
                         rule: {named}"
                    ),
                    false => format!("{failure} evaluating rule: {named}"),
                };
                self.found.invalid(path, kind, &why);
                Ok(())
            }
        }
    }

    fn pay(&mut self, cost: u64) -> Result<(), Stopped> {
        self.left = self.left.checked_sub(cost).ok_or(Stopped)?;
        Ok(())
    }

    /// Says that a rule does not hold.
    fn broken(&mut self, about: &About<'_>, bindings: &Bindings<'_>) -> Result<(), Stopped> {
        let path = match &about.rule.field {
            Some(field) => about.path.child(field),
            None => about.path.clone(),
        };
        let told = match &about.rule.message {
            Some(Ok(message)) => {
                self.message(message, text(&about.rule.document, "/messageExpression"), bindings)
            }
            Some(Err(_)) | None => Ok(None),
        };
        let detail = match told {
            Ok(Some(told)) => told,
            Ok(None) => about.message(),
            Err(why) => {
                self.found.invalid(&path, about.kind, &why);
                return Err(Stopped);
            }
        };
        let mut wrong = Findings::default();
        let shown = !matches!(about.kind, "object" | "array");
        match (text(&about.rule.document, "/reason"), shown) {
            ("FieldValueForbidden", _) => wrong.forbidden(&path, &detail),
            ("FieldValueRequired", _) => wrong.required(&path, &detail),
            ("FieldValueDuplicate", true) => wrong.duplicate(&path, about.json.clone()),
            ("FieldValueDuplicate", false) => wrong.duplicate_unshown(&path),
            (_, true) => wrong.invalid(&path, about.json.clone(), &detail),
            (_, false) => wrong.invalid_unshown(&path, &detail),
        }
        let unchanged = !about.rule.transition && about.ratchet.is_unchanged();
        for violation in wrong.into_inner() {
            match unchanged {
                true => {
                    let violation = at_root(violation);
                    self.warnings.push(format!("{}: {}", violation.field, violation.message));
                }
                false => self.found.extend(vec![violation]),
            }
        }
        Ok(())
    }

    /// The message that an expression makes; none where it makes none that is fit to be told.
    fn message(
        &mut self,
        message: &Expression,
        written: &str,
        bindings: &Bindings<'_>,
    ) -> Result<Option<String>, String> {
        let (made, cost) = message.evaluate(bindings, LIMIT_OF_ONE);
        self.pay(cost).map_err(|Stopped| {
            "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run"
                .to_owned()
        })?;
        match made {
            Ok(expression::Value::String(told)) => {
                let told = told.trim();
                let fit = !told.is_empty() && !told.contains('\n') && told.len() <= LONGEST_MESSAGE;
                Ok(fit.then(|| told.to_owned()))
            }
            Ok(_) | Err(Failure::Said(_)) => Ok(None),
            Err(Failure::Exhausted) => Err(format!(
                "no further validation rules will be run due to call cost exceeds limit for messageExpression: {written:?}"
            )),
        }
    }
}

const RAN_OUT: &str =
    "validation failed due to running out of cost budget, no further validation rules will be run";

/// A rule, and what it is asked about.
struct About<'a> {
    rule: &'a Rule,
    /// The type of the value.
    kind: &'a str,
    json: &'a Value,
    path: &'a Path,
    ratchet: Ratchet<'a>,
}

impl About<'_> {
    /// What the rule is called: its message, or itself.
    fn named(&self) -> &str {
        let document = &self.rule.document;
        match text(document, "/message") {
            "" => text(document, "/rule").trim(),
            message => message.trim(),
        }
    }

    fn message(&self) -> String {
        match text(&self.rule.document, "/message") {
            "" => format!("failed rule: {}", self.named()),
            message => message.trim().to_owned(),
        }
    }
}
