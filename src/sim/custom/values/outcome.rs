//! What comes of holding a value against a schema.

use crate::sim::validation::Violation;
use serde_json::Value;

/// One thing wrong, as the validator says it and as the answer says it.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) reason: &'static str,
    /// Where, from the value that is held against the schema; `None` for what is said of a junction of schemas.
    pub(super) path: Option<String>,
    /// The sentence by which it is told apart from others.
    pub(super) sentence: String,
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn at(self, field: &str) -> Violation {
        let inner = self.path.as_deref().map(|path| path.strip_prefix('.').unwrap_or(path));
        let field = match (field, inner.unwrap_or_default()) {
            ("", "") => "<nil>".to_owned(),
            ("", inner) => inner.to_owned(),
            (field, "") => field.to_owned(),
            (field, inner) => format!("{field}.{inner}"),
        };
        Violation { reason: self.reason, field, message: self.message }
    }
}

/// What came of one check: what is wrong, and how much was right, by which the nearest of several schemas is told.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) wrong: Vec<Wrong>,
    pub(super) matched: u64,
}

impl Outcome {
    pub(super) fn is_fine(&self) -> bool {
        self.wrong.is_empty()
    }

    pub(super) fn merge(&mut self, other: Outcome) {
        self.matched += other.matched;
        other.wrong.into_iter().for_each(|wrong| self.add(wrong));
    }

    pub(super) fn add(&mut self, wrong: Wrong) {
        if !self.wrong.iter().any(|told| told.sentence == wrong.sentence) {
            self.wrong.push(wrong);
        }
    }

    /// `spec.x in body …`: the value is not what it should be.
    pub(super) fn invalid(&mut self, path: &str, value: &Value, what: &str) {
        let sentence = format!("{path} in body {what}");
        let message = format!("Invalid value: {value}: {sentence}");
        self.add(Wrong { reason: "FieldValueInvalid", path: Some(path.to_owned()), sentence, message });
    }

    /// The value is of another type.
    pub(super) fn mistyped(&mut self, path: &str, wanted: &str, given: &str) {
        let sentence = format!("{path} in body must be of type {wanted}: {given:?}");
        let message = format!("Invalid value: {given:?}: {sentence}");
        self.add(Wrong { reason: "FieldValueTypeInvalid", path: Some(path.to_owned()), sentence, message });
    }

    pub(super) fn told(&mut self, reason: &'static str, path: &str, sentence: String, message: String) {
        self.add(Wrong { reason, path: Some(path.to_owned()), sentence, message });
    }

    /// Something that is said without a field.
    pub(super) fn general(&mut self, sentence: String) {
        let message = format!("Invalid value: \"\": {sentence}");
        self.add(Wrong { reason: "FieldValueInvalid", path: None, sentence, message });
    }
}
