//! The rules of a schema that are written as expressions (`x-kubernetes-validations`).

use super::define::print_rule;
use super::schema::Schema;
use crate::sim::validation::{Findings, Path, Violation};
use serde_json::Value;

/// The rules of one version.
#[derive(Debug, Default)]
pub(in crate::sim) struct Rules;

impl Rules {
    pub(super) fn read(_schema: Schema<'_>) -> Rules {
        Rules
    }

    pub(super) fn is_empty(&self) -> bool {
        true
    }

    pub(super) fn check(&self, _schema: Schema<'_>, _object: &Value, _old: Option<&Value>) -> Vec<Violation> {
        Vec::new()
    }
}

/// Refuses every rule: expressions are not evaluated yet.
pub(super) fn compile(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    for (index, rule) in schema.list("x-kubernetes-validations").iter().enumerate() {
        let at = path.child("x-kubernetes-validations").index(index).child("rule");
        let detail = "helmdrill does not evaluate expressions; remove the rule from this definition";
        found.invalid_printed(&at, &print_rule(rule).to_string(), detail);
    }
}
