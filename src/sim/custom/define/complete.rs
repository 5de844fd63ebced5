//! Whether every field that a junction of schemas speaks of is there outside of it.

use crate::sim::custom::schema::Schema;
use crate::sim::validation::{Findings, Path};

/// The fields that are only spoken of in junctions at the root of a schema.
pub(super) fn check(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    junctions(schema, schema, path, path, found);
}

fn junctions(of: Schema<'_>, schema: Schema<'_>, at: &Path, path: &Path, found: &mut Findings) {
    if let Some(not) = of.not() {
        nested(not, Some(schema), at, &path.child("not"), found);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for (index, inner) in of.junction(keyword).enumerate() {
            nested(inner, Some(schema), at, &path.child(keyword).index(index), found);
        }
    }
}

fn nested(of: Schema<'_>, schema: Option<Schema<'_>>, at: &Path, path: &Path, found: &mut Findings) {
    let Some(schema) = schema else {
        return found.required(at, &format!("because it is defined in {path}"));
    };
    junctions(of, schema, at, path, found);
    if let Some(items) = of.items() {
        nested(items, schema.items(), &at.child("items"), &path.child("items"), found);
    }
    for (name, field) in of.properties() {
        let at = at.child("properties").key(name);
        nested(field, schema.property(name), &at, &path.child("properties").key(name), found);
    }
}
