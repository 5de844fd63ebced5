//! The rules of a schema that are written as expressions (`x-kubernetes-validations`), which are refused.

use super::define::print_rule;
use super::schema::{Additional, Schema};
use crate::sim::validation::{Findings, Path};

/// Refuses every rule, wherever in the schema it stands: expressions are not evaluated here, and a rule that is not
/// evaluated must not look as if it were.
pub(super) fn compile(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    for (index, rule) in schema.list("x-kubernetes-validations").iter().enumerate() {
        let at = path.child("x-kubernetes-validations").index(index).child("rule");
        let detail = "helmdrill does not evaluate expressions; leave the rule out of this drill";
        found.invalid_printed(&at, &print_rule(rule).to_string(), detail);
    }
    if let Some(items) = schema.items() {
        compile(items, &path.child("items"), found);
    }
    if let Some(Additional::Of(inner)) = schema.additional() {
        compile(inner, &path.child("additionalProperties"), found);
    }
    for (name, field) in schema.properties() {
        compile(field, &path.child("properties").key(name), found);
    }
}
