//! Whether the defaults of a schema are values of it.

use crate::sim::custom::schema::Schema;
use crate::sim::custom::{coerce, embedded, invariants, rules, values};
use crate::sim::validation::{Findings, Path, Violation};

/// What is wrong with the defaults of a schema and of every schema in it.
pub(super) fn check(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    walk(schema, path, false, found);
}

fn walk(schema: Schema<'_>, path: &Path, in_meta: bool, found: &mut Findings) {
    if let Some(default) = schema.default() {
        let at = path.child("default");
        let mut pruned = default.clone();
        if !in_meta && coerce::prune_part(schema, &mut pruned) {
            found.invalid(&at, default.clone(), "must not have unknown fields");
        }
        let mut read = default.clone();
        let unread = match in_meta {
            true => Ok(()),
            false => embedded::read(schema, &mut read, true, &at, &mut Vec::new()),
        };
        let mut told: Vec<Violation> = unread.err().into_iter().collect();
        if told.is_empty() && !in_meta {
            let mut inside = Findings::default();
            invariants::resources(schema, &read, &at, true, &mut inside);
            told = inside.into_inner();
        }
        if told.is_empty() {
            told = values::validate(schema, &read, None, &at.to_string());
        }
        if told.is_empty() {
            told = rules::of_default(schema, &read, &at);
        }
        found.extend(told);
    }
    if let Some(items) = schema.items() {
        walk(items, &path.child("items"), in_meta, found);
    }
    for (name, field) in schema.properties() {
        let meta = schema.embedded() && matches!(name.as_str(), "metadata" | "apiVersion" | "kind");
        let in_meta = (in_meta && !schema.embedded()) || meta;
        walk(field, &path.child("properties").key(name), in_meta, found);
    }
}
