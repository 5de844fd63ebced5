//! Whether a schema is structural: every field has a type outside of the junctions, and junctions only say what values
//! are fine.

use crate::sim::custom::schema::{Additional, Schema};
use crate::sim::validation::{Findings, Path};
use regex::Regex;
use serde_json::Value;

/// Where a schema stands, as messages about a missing type tell it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// The keyword that no structural schema can be made of, if there is one.
pub(super) fn unsupported(schema: Schema<'_>) -> Option<String> {
    let told = |keyword: &str| Some(format!("OpenAPIV3Schema '{keyword}' is not supported"));
    for (keyword, name) in [("id", "id"), ("$schema", "schema"), ("$ref", "$ref")] {
        if !schema.text(keyword).is_empty() {
            return told(name);
        }
    }
    for keyword in ["patternProperties", "dependencies", "additionalItems", "definitions"] {
        if schema.has(keyword) {
            return told(keyword);
        }
    }
    if schema.document()["x-kubernetes-preserve-unknown-fields"] == false {
        let why = "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
        return Some(why.to_owned());
    }
    if schema.document()["items"].is_array() {
        return Some("OpenAPIV3Schema 'items' must be a schema, but is an array".to_owned());
    }
    inner(schema).find_map(unsupported)
}

fn inner(schema: Schema<'_>) -> impl Iterator<Item = Schema<'_>> {
    let additional = match schema.additional() {
        Some(Additional::Of(inner)) => Some(inner),
        Some(Additional::Allowed(_)) | None => None,
    };
    let junctions = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(move |keyword| schema.junction(keyword));
    let named = schema.properties().map(|(_, inner)| inner);
    schema.not().into_iter().chain(junctions).chain(schema.items()).chain(additional).chain(named)
}

/// What of a schema is not structural.
pub(super) fn check(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    invariants(schema, Level::Root, path, found);
}

fn invariants(schema: Schema<'_>, level: Level, path: &Path, found: &mut Findings) {
    match schema.items() {
        Some(items) => invariants(items, Level::Item, &path.child("items"), found),
        None if schema.kind() == "array" => found.required(&path.child("items"), "must be specified"),
        None => {}
    }
    for (name, field) in schema.properties() {
        invariants(field, Level::Field, &path.child("properties").key(name), found);
    }
    if let Some(additional) = schema.additional() {
        if level == Level::Root {
            found.forbidden(&path.child("additionalProperties"), "must not be used at the root");
        }
        if let Additional::Of(inner) = additional {
            invariants(inner, Level::Field, &path.child("additionalProperties"), found);
        }
    }
    extensions(schema, path, found);
    let first_any = schema.junction("allOf").next().is_some_and(is_int_or_string);
    value(schema, is_int_or_string(schema), first_any, path, found);
    kind(schema, level, path, found);
    meta(schema, level, path, found);
    if schema.embedded() && !schema.preserves() && schema.properties().next().is_none() {
        let detail = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
        found.required(&path.child("properties"), detail);
    }
}

fn extensions(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    for keyword in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
        if schema.int_or_string() && schema.flag(keyword) {
            found.invalid(&path.child(keyword), true, "must be false if x-kubernetes-int-or-string is true");
        }
    }
}

fn kind(schema: Schema<'_>, level: Level, path: &Path, found: &mut Findings) {
    let at = path.child("type");
    let given = schema.kind();
    if schema.embedded() && given != "object" {
        let detail = "must be object if x-kubernetes-embedded-resource is true";
        match given {
            "" => found.required(&at, detail),
            given => found.invalid(&at, given, detail),
        }
    } else if given.is_empty() && !schema.int_or_string() && !schema.preserves() {
        let detail = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        found.required(&at, detail);
    }
    if schema.embedded() && schema.additional().is_some() {
        let detail = "must not be used if x-kubernetes-embedded-resource is set";
        found.forbidden(&path.child("additionalProperties"), detail);
    }
    if level == Level::Root && !given.is_empty() && given != "object" {
        found.invalid(&at, given, "must be object at the root");
    }
}

/// Kind, version and metadata of a whole object are what they are.
fn meta(schema: Schema<'_>, level: Level, path: &Path, found: &mut Findings) {
    let whole = level == Level::Root || schema.embedded();
    for name in ["kind", "apiVersion"] {
        if let Some(field) = schema.property(name).filter(|field| whole && field.kind() != "string") {
            let at = path.child("properties").key(name).child("type");
            found.invalid(&at, field.kind(), "must be string");
        }
    }
    let Some(metadata) = schema.property("metadata") else { return };
    let at = path.child("properties").key("metadata");
    if whole && metadata.kind() != "object" {
        found.invalid(&at.child("type"), metadata.kind(), "must be object");
    }
    let named = |name: &str| matches!(name, "name" | "generateName");
    let plain = metadata.document().as_object().into_iter().flatten().all(|(keyword, value)| {
        matches!(keyword.as_str(), "type" | "default")
            || keyword == "properties"
                && value.as_object().is_some_and(|all| all.keys().all(|name| named(name)))
    });
    if level == Level::Root && !plain {
        let detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
        found.forbidden(&at, detail);
    }
}

/// `anyOf` of an integer and a text, which is how an int-or-string may be written.
fn is_int_or_string(schema: Schema<'_>) -> bool {
    let of = |kind: &str| serde_json::json!({"type": kind});
    schema.document()["anyOf"] == Value::Array(vec![of("integer"), of("string")])
}

fn value(schema: Schema<'_>, skip_any: bool, skip_first: bool, path: &Path, found: &mut Findings) {
    for keyword in ["anyOf", "allOf", "oneOf"] {
        if keyword == "anyOf" && skip_any {
            continue;
        }
        for (index, inner) in schema.junction(keyword).enumerate() {
            let skip = keyword == "allOf" && skip_first && index == 0;
            nested(inner, skip, &path.child(keyword).index(index), found);
        }
    }
    if let Some(not) = schema.not() {
        nested(not, false, &path.child("not"), found);
    }
    let pattern = schema.text("pattern");
    if !pattern.is_empty() && Regex::new(pattern).is_err() {
        let detail = format!("must be a valid regular expression, but isn't: {}", broken(pattern));
        found.invalid(&path.child("pattern"), pattern, &detail);
    }
}

/// What Go says of a pattern that is no regular expression.
pub(in crate::sim::custom) fn broken(pattern: &str) -> String {
    let told = |what: &str, part: &str| format!("error parsing regexp: {what}: `{part}`");
    let (mut depth, mut class, mut escaped) = (0_i32, None, false);
    let mut previous = ' ';
    for (at, c) in pattern.char_indices() {
        match (escaped, class, c) {
            (true, _, _) => escaped = false,
            (false, _, '\\') => escaped = true,
            (false, None, '[') => class = Some(at),
            (false, Some(from), ']') if at > from + 1 => class = None,
            (false, None, '(') => depth += 1,
            (false, None, ')') if depth == 0 => return told("unexpected )", pattern),
            (false, None, ')') => depth -= 1,
            (false, None, '*' | '+' | '?') if at == 0 || matches!(previous, '(' | '|') => {
                return told("missing argument to repetition operator", &c.to_string());
            }
            (false, None, '=' | '!' | '<') if previous == '?' && pattern[..at].ends_with("(?") => {
                return told("invalid or unsupported Perl syntax", &pattern[at - 2..=at]);
            }
            (false, _, _) => {}
        }
        previous = c;
    }
    match (class, escaped, depth) {
        (Some(from), _, _) => told("missing closing ]", &pattern[from..]),
        (None, true, _) => "error parsing regexp: trailing backslash at end of expression: ``".to_owned(),
        (None, false, depth) if depth > 0 => told("missing closing )", pattern),
        (None, false, _) => told("invalid or unsupported syntax", pattern),
    }
}

fn nested(schema: Schema<'_>, skip_any: bool, path: &Path, found: &mut Findings) {
    value(schema, skip_any, false, path, found);
    if let Some(items) = schema.items() {
        nested(items, false, &path.child("items"), found);
    }
    for (name, field) in schema.properties() {
        nested(field, false, &path.child("properties").key(name), found);
    }
    let forbidden = [
        ("type", !schema.kind().is_empty(), "must be empty to be structural"),
        ("default", schema.default().is_some(), "must be undefined to be structural"),
        ("title", !schema.text("title").is_empty(), "must be empty to be structural"),
        ("description", !schema.text("description").is_empty(), "must be empty to be structural"),
        ("nullable", schema.nullable(), "must be false to be structural"),
        ("x-kubernetes-preserve-unknown-fields", schema.preserves(), "must be false to be structural"),
        ("x-kubernetes-embedded-resource", schema.embedded(), "must be false to be structural"),
        ("x-kubernetes-int-or-string", schema.int_or_string(), "must be false to be structural"),
        ("x-kubernetes-list-map-keys", schema.list_keys().next().is_some(), "must be empty to be structural"),
        ("x-kubernetes-list-type", !schema.list_type().is_empty(), "must be undefined to be structural"),
        ("x-kubernetes-map-type", schema.has("x-kubernetes-map-type"), "must be undefined to be structural"),
        (
            "x-kubernetes-validations",
            !schema.list("x-kubernetes-validations").is_empty(),
            "must be empty to be structural",
        ),
    ];
    let additional = match schema.additional() {
        Some(Additional::Of(_) | Additional::Allowed(true)) => true,
        Some(Additional::Allowed(false)) | None => false,
    };
    if additional {
        found.forbidden(&path.child("additionalProperties"), "must be undefined to be structural");
    }
    for (keyword, _, detail) in forbidden.iter().filter(|(_, given, _)| *given) {
        found.forbidden(&path.child(keyword), detail);
    }
    if schema.property("metadata").is_some() {
        let at = path.child("properties").key("metadata");
        found.forbidden(&at, "must not be specified in a nested context");
    }
}
