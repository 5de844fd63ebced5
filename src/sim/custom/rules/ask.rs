//! Asks one rule of one value: what it costs, what it says where it does not hold, and what is told where it cannot be
//! answered. Which rule is asked of which value is in [`super::judge`].

use super::Rule;
use super::judge::{Judge, at_root};
use super::ratchet::Ratchet;
use crate::sim::expression::{self, Bindings, Expression, Failure, LIMIT_OF_ONE};
use crate::sim::look::text;
use crate::sim::validation::{Findings, Path};
use serde_json::Value;

/// The longest message that an expression may make.
const LONGEST_MESSAGE: usize = 5 * 1024;

const RAN_OUT: &str =
    "validation failed due to running out of cost budget, no further validation rules will be run";

/// No further rule is asked.
pub(super) struct Stopped;

impl Judge {
    /// Asks one rule; `plain` is what the expression of its message sees.
    pub(super) fn ask(
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

/// A rule, and what it is asked about.
pub(super) struct About<'a> {
    pub(super) rule: &'a Rule,
    /// The type of the value.
    pub(super) kind: &'a str,
    pub(super) json: &'a Value,
    pub(super) path: &'a Path,
    pub(super) ratchet: Ratchet<'a>,
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
