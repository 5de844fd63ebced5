//! The keywords of a schema that Kubernetes does not take, and those that do not go together.

use crate::sim::custom::rules::field_path;
use crate::sim::custom::schema::{Additional, Schema};
use crate::sim::look::text;
use crate::sim::validation::{Findings, Path};
use serde_json::Value;

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// What is wrong with the keywords of a schema and of every schema in it.
pub(super) fn check(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    Walk { root: true, no_default: None, in_meta: false }.check(schema, path, found);
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    root: bool,
    /// Why there may be no defaults here.
    no_default: Option<&'a str>,
    in_meta: bool,
}

impl Walk<'_> {
    fn check(self, schema: Schema<'_>, path: &Path, found: &mut Findings) {
        self.single(schema, path, found);
        if schema.flag("uniqueItems") {
            let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
            found.forbidden(&path.child("uniqueItems"), detail);
        }
        let inner = Walk { root: false, ..self };
        if let Some(additional) = schema.additional() {
            let at = path.child("additionalProperties");
            let open = matches!(additional, Additional::Allowed(true));
            if schema.properties().next().is_some() && !open {
                found.forbidden(&at, "additionalProperties and properties are mutual exclusive");
            }
            if let Additional::Of(of) = additional {
                let reason = "inside additionalProperties applying to object metadata";
                let no_default = if self.in_meta { Some(reason) } else { self.no_default };
                Walk { no_default, ..inner }.check(of, &at, found);
            }
        }
        for (name, field) in schema.properties() {
            let meta = (self.root || schema.embedded())
                && matches!(name.as_str(), "metadata" | "kind" | "apiVersion");
            let reason = format!("in top-level {name}");
            let no_default = if meta && self.root { Some(reason.as_str()) } else { self.no_default };
            let walk = Walk { in_meta: self.in_meta || meta, no_default, root: false };
            walk.check(field, &path.child("properties").key(name), found);
        }
        if let Some(not) = schema.not() {
            inner.check(not, &path.child("not"), found);
        }
        for keyword in ["allOf", "oneOf", "anyOf"] {
            for (index, of) in schema.junction(keyword).enumerate() {
                inner.check(of, &path.child(keyword).index(index), found);
            }
        }
        if let Some(items) = schema.items() {
            inner.check(items, &path.child("items"), found);
        }
        if schema.document()["x-kubernetes-preserve-unknown-fields"] == false {
            let at = path.child("x-kubernetes-preserve-unknown-fields");
            found.invalid(&at, false, "must be true or undefined");
        }
        maps(schema, path, found);
        lists(schema, path, found);
        rules(schema, path, found);
    }

    /// The keywords that are not taken at all.
    fn single(self, schema: Schema<'_>, path: &Path, found: &mut Findings) {
        let kind = schema.kind();
        if !kind.is_empty() && !TYPES.contains(&kind) {
            found.unsupported(&path.child("type"), kind, &TYPES);
        }
        if let Some(reason) = self.no_default.filter(|_| schema.default().is_some()) {
            found.forbidden(&path.child("default"), &format!("must not be set {reason}"));
        }
        let given = |keyword: &str| match &schema.document()[keyword] {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Object(members) => !members.is_empty() || keyword == "dependencies",
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => true,
        };
        let keywords = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];
        for keyword in keywords.into_iter().filter(|keyword| given(keyword)) {
            found.forbidden(&path.child(keyword), &format!("{keyword} is not supported"));
        }
        if kind == "null" {
            let detail = "type cannot be set to null, use nullable as an alternative";
            found.forbidden(&path.child("type"), detail);
        }
        if schema.document()["items"].as_array().is_some_and(|items| !items.is_empty()) {
            found.forbidden(&path.child("items"), "items must be a schema object and not an array");
        }
        if self.in_meta && schema.embedded() {
            let at = path.child("x-kubernetes-embedded-resource");
            found.forbidden(&at, "must not be used inside of resource meta");
        }
    }
}

/// Says that the type must be this one where a keyword is given.
fn typed(schema: Schema<'_>, path: &Path, wanted: &str, keyword: &str, found: &mut Findings) {
    let detail = format!("must be {wanted} if {keyword} is specified");
    match schema.kind() {
        kind if kind == wanted => {}
        "" => found.required(&path.child("type"), &detail),
        kind => found.invalid(&path.child("type"), kind, &detail),
    }
}

fn maps(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    let keyword = "x-kubernetes-map-type";
    if !schema.has(keyword) {
        return;
    }
    typed(schema, path, "object", keyword, found);
    let given = schema.text(keyword);
    if !matches!(given, "atomic" | "granular") {
        found.unsupported(&path.child(keyword), given, &["atomic", "granular"]);
    }
}

fn lists(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    let keyword = "x-kubernetes-list-type";
    let at = path.child(keyword);
    let (given, has) = (schema.list_type(), schema.has(keyword));
    if has && schema.kind() != "array" {
        typed(schema, path, "array", keyword, found);
    } else if given == "set"
        && let Some(items) = schema.items()
    {
        atomic(items, &path.child("items"), found);
    }
    if has && !matches!(given, "atomic" | "set" | "map") {
        found.unsupported(&at, given, &["atomic", "set", "map"]);
    }
    let keys = schema.list("x-kubernetes-list-map-keys");
    if !keys.is_empty() && given != "map" {
        let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
        match has {
            false => found.required(&at, detail),
            true => found.invalid(&at, given, detail),
        }
    }
    if given == "map" {
        map_of(schema, keys, path, found);
    }
    if matches!(given, "set" | "map")
        && let Some(items) = schema.items()
    {
        not_null(schema, items, &path.child("items"), found);
    }
}

/// The items of a set are compared as a whole.
fn atomic(items: Schema<'_>, path: &Path, found: &mut Findings) {
    let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
    let list_type = items.document().get("x-kubernetes-list-type").cloned().unwrap_or_default();
    match items.kind() {
        "array" if !matches!(items.list_type(), "" | "atomic") => {
            found.invalid(&path.child("x-kubernetes-list-type"), list_type, detail);
        }
        "object" if items.text("x-kubernetes-map-type") != "atomic" => {
            found.invalid(&path.child("x-kubernetes-map-type"), list_type, detail);
        }
        _scalars_are => {}
    }
}

fn map_of(schema: Schema<'_>, keys: &[Value], path: &Path, found: &mut Findings) {
    let at = path.child("x-kubernetes-list-map-keys");
    if keys.is_empty() {
        found.required(&at, "must not be empty if x-kubernetes-list-type is map");
    }
    let Some(items) = schema.items() else {
        return found.required(&path.child("items"), "must have a schema if x-kubernetes-list-type is map");
    };
    if items.kind() != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        return found.invalid(&path.child("items").child("type"), items.kind(), detail);
    }
    for (index, key) in keys.iter().enumerate() {
        let name = key.as_str().unwrap_or_default();
        match items.property(name) {
            Some(field) if matches!(field.kind(), "array" | "object") => {
                let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                let at = path.child("items").child("properties").key(name).child("type");
                found.invalid(&at, items.kind(), detail);
            }
            Some(_) => {}
            None => found.invalid(&at, keys.to_vec(), "entries must all be names of item properties"),
        }
        if keys[..index].contains(key) {
            found.invalid(&at, keys.to_vec(), "must not contain duplicate entries");
        }
    }
}

fn not_null(schema: Schema<'_>, items: Schema<'_>, path: &Path, found: &mut Findings) {
    let given = schema.list_type();
    if items.nullable() {
        let detail = format!("cannot be nullable when x-kubernetes-list-type is {given}");
        found.forbidden(&path.child("nullable"), &detail);
    }
    for name in schema.list_keys().filter(|_| given == "map") {
        let Some(field) = items.property(name) else { continue };
        let at = path.child("properties").key(name);
        if !items.required().any(|required| required == name) && field.default().is_none() {
            let detail = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            found.required(&at.child("default"), detail);
        }
        if field.nullable() {
            let detail = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            found.forbidden(&at.child("nullable"), detail);
        }
    }
}

const REASONS: [&str; 4] =
    ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// What of a rule is not its expression.
fn rules(schema: Schema<'_>, path: &Path, found: &mut Findings) {
    let breaks = |text: &str| text.contains(['\n', '\r']);
    for (index, rule) in schema.list("x-kubernetes-validations").iter().enumerate() {
        let at = path.child("x-kubernetes-validations").index(index);
        let (expression, message) = (text(rule, "/rule"), text(rule, "/message"));
        if expression.trim().is_empty() {
            found.required(&at.child("rule"), "rule is not specified");
        } else if !message.is_empty() && message.trim().is_empty() {
            found.invalid(&at.child("message"), message, "must be non-empty if specified");
        } else if breaks(message.trim()) {
            found.invalid(&at.child("message"), message, "must not contain line breaks");
        } else if breaks(expression.trim()) && message.trim().is_empty() {
            found.required(&at.child("message"), "message must be specified if rule contains line breaks");
        }
        let told = text(rule, "/messageExpression");
        if !told.is_empty() && told.trim().is_empty() {
            let detail = "messageExpression must be non-empty if specified";
            found.required(&at.child("messageExpression"), detail);
        }
        if let Some(reason) = rule.get("reason").and_then(Value::as_str).filter(|r| !REASONS.contains(r)) {
            found.unsupported(&at.child("reason"), reason, &REASONS);
        }
        let field = text(rule, "/fieldPath");
        if !field.is_empty() && field.trim().is_empty() {
            found.invalid(&at.child("fieldPath"), field, "must be non-empty if specified");
        }
        if breaks(field) {
            found.invalid(&at.child("fieldPath"), field, "must not contain line breaks");
        }
        if !field.is_empty() && field_path(schema, field).is_err() {
            found.invalid(&at.child("fieldPath"), field, "must be a valid path");
        }
    }
}
