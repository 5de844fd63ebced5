//! Holds a value against a schema, and tells what does not fit in the words of kube-apiserver's schema validator: types,
//! ranges, lengths, patterns, enumerations, formats, and the junctions of schemas. A part that a changed object has
//! unchanged is not held against the schema again.

mod junction;
mod number;
mod outcome;

use super::format;
use super::schema::{Additional, Schema};
use crate::sim::validation::Violation;
use outcome::Outcome;
use regex::Regex;
use serde_json::{Number, Value};

/// What is wrong with a value. `old` is what stood in its place before, for a changed object; `field` is where the value
/// stands in its object, and empty for the object itself.
pub(in crate::sim) fn validate(
    schema: Schema<'_>,
    value: &Value,
    old: Option<&Value>,
    field: &str,
) -> Vec<Violation> {
    let outcome = check(schema, value, old, "");
    outcome.wrong.into_iter().map(|wrong| wrong.at(field)).collect()
}

fn check(schema: Schema<'_>, value: &Value, old: Option<&Value>, path: &str) -> Outcome {
    let mut outcome = whole(schema, value, old, path);
    if old == Some(value) {
        outcome.wrong.clear();
    }
    outcome
}

fn whole(schema: Schema<'_>, value: &Value, old: Option<&Value>, path: &str) -> Outcome {
    let mut all = Outcome::default();
    let types = Types::of(schema);
    if value.is_null() {
        all.merge(types.check(schema, value, path));
        all.merge(enumerated(schema, value, path));
        return all;
    }
    let mut add = |part: Outcome| {
        all.merge(part);
        all.matched += 1;
    };
    if !types.names.is_empty() || !types.format.is_empty() {
        add(types.check(schema, value, path));
    }
    add(junction::check(schema, value, old, path));
    match value {
        Value::String(text) => {
            add(string(schema, text, path));
            if !types.format.is_empty() && format::is_known("string", types.format) {
                add(formatted(types.format, text, path));
            }
        }
        Value::Number(number) => add(number::check(schema, number, &types, path)),
        Value::Array(items) => add(list(schema, items, old, path)),
        Value::Null | Value::Bool(_) | Value::Object(_) => {}
    }
    add(enumerated(schema, value, path));
    if value.is_object() {
        add(object(schema, value, old, path));
    }
    all.matched += 1;
    all
}

/// The types that a schema asks for, and the format where it is one that is held to.
struct Types<'a> {
    names: Vec<&'a str>,
    format: &'a str,
}

impl<'a> Types<'a> {
    fn of(schema: Schema<'a>) -> Types<'a> {
        let names = match (schema.int_or_string(), schema.kind()) {
            (true, _) => vec!["integer", "string"],
            (false, "") => Vec::new(),
            (false, kind) => vec![kind],
        };
        let format = schema.text("format");
        let single = if let [only] = names.as_slice() { only } else { "" };
        let known = format::is_known(single, format) && (names.len() < 2 || single.is_empty());
        Types { names, format: if known { format } else { "" } }
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    fn check(&self, schema: Schema<'_>, value: &Value, path: &str) -> Outcome {
        let mut outcome = Outcome::default();
        let wanted = self.names.join(",");
        if value.is_null() {
            match self.names.is_empty() || self.has("null") || schema.nullable() {
                true => outcome.matched += 1,
                false => outcome.mistyped(path, &wanted, "null"),
            }
            return outcome;
        }
        let (kind, format) = kind_of(value);
        let text_or_list = value.is_string() || value.is_array();
        let as_number = kind == "integer" && self.has("number");
        let fits = self.has(kind) || format == self.format || as_number;
        if !(text_or_list || self.format.is_empty() || fits) {
            outcome.mistyped(path, self.format, format);
            return outcome;
        }
        let numeric = self.has("number") || self.has("integer");
        let by_format = !numeric && !self.format.is_empty() && text_or_list;
        match by_format || self.has(kind) || as_number {
            true => outcome.matched += 1,
            false => outcome.mistyped(path, &wanted, kind),
        }
        outcome
    }
}

/// The type of a value, and the format that Go gives it.
fn kind_of(value: &Value) -> (&'static str, &'static str) {
    match value {
        Value::Null => ("null", ""),
        Value::Bool(_) => ("boolean", ""),
        Value::Number(number) if number.is_f64() => ("number", "float64"),
        Value::Number(_) => ("integer", "int64"),
        Value::String(_) => ("string", ""),
        Value::Array(_) => ("array", ""),
        Value::Object(_) => ("object", ""),
    }
}

/// The first of length and pattern that a text does not meet.
fn string(schema: Schema<'_>, text: &str, path: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let value = Value::from(text);
    if let Some(most) = schema.whole("maxLength").filter(|most| length > *most) {
        let sentence = format!("{path} in body should be at most {most} chars long");
        let bytes = if most == 1 { "byte" } else { "bytes" };
        let message = format!("Too long: may not be more than {most} {bytes}");
        outcome.told("FieldValueTooLong", path, sentence, message);
    } else if let Some(least) = schema.whole("minLength").filter(|least| length < *least) {
        outcome.invalid(path, &value, &format!("should be at least {least} chars long"));
    } else if let pattern @ [_, ..] = schema.text("pattern").as_bytes() {
        let pattern = std::str::from_utf8(pattern).unwrap_or_default();
        if !Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text)) {
            outcome.invalid(path, &value, &format!("should match '{pattern}'"));
        }
    }
    outcome
}

fn formatted(format: &str, text: &str, path: &str) -> Outcome {
    let mut outcome = Outcome::default();
    if !format::fits(format, text) {
        outcome.mistyped(path, format, text);
    }
    outcome
}

/// The items of a list, and how many there are.
fn list(schema: Schema<'_>, items: &[Value], old: Option<&Value>, path: &str) -> Outcome {
    let mut outcome = Outcome::default();
    if let Some(inner) = schema.items() {
        for (index, item) in items.iter().enumerate() {
            let before = old.and_then(|old| same_item(schema, old, item));
            outcome.merge(check(inner, item, before, &format!("{path}[{index}]")));
        }
    }
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if let Some(least) = schema.whole("minItems").filter(|least| length < *least) {
        outcome.invalid(path, &length.into(), &format!("should have at least {least} items"));
    }
    if let Some(most) = schema.whole("maxItems").filter(|most| length > *most) {
        let sentence = format!("{path} in body should have at most {most} items");
        outcome.told("FieldValueTooMany", path, sentence, too_many(length, most));
    }
    outcome.matched += 1;
    outcome
}

fn too_many(given: i64, most: i64) -> String {
    let items = if most == 1 { "item" } else { "items" };
    format!("Too many: {given}: must have at most {most} {items}")
}

/// The item of the old list that has the same keys, where its items are told by keys.
pub(super) fn same_item<'a>(schema: Schema<'_>, old: &'a Value, item: &Value) -> Option<&'a Value> {
    if schema.list_type() != "map" {
        return None;
    }
    let keys: Vec<&str> = schema.list_keys().collect();
    let same = |other: &&Value| keys.iter().all(|key| other.get(key) == item.get(key));
    old.as_array()?.iter().find(same)
}

fn object(schema: Schema<'_>, value: &Value, old: Option<&Value>, path: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(members) = value.as_object() else { return outcome };
    let before = |name: &str| old.and_then(|old| old.get(name));
    let count = i64::try_from(members.len()).unwrap_or(i64::MAX);
    if let Some(least) = schema.whole("minProperties").filter(|least| count < *least) {
        outcome.invalid(path, &count.into(), &format!("should have at least {least} properties"));
    }
    if let Some(most) = schema.whole("maxProperties").filter(|most| count > *most) {
        let sentence = format!("{path} in body should have at most {most} properties");
        outcome.told("FieldValueTooMany", path, sentence, too_many(count, most));
    }
    for (name, member) in members.iter().filter(|(name, _)| schema.property(name).is_none()) {
        match schema.additional() {
            Some(Additional::Of(inner)) => {
                outcome.merge(check(inner, member, before(name), &format!("{path}.{name}")));
            }
            Some(Additional::Allowed(false)) => {
                let sentence = format!("{path}.{name} in body is a forbidden property");
                let message = format!("Invalid value: {name:?}: {sentence}");
                outcome.told("FieldValueInvalid", path, sentence, message);
            }
            Some(Additional::Allowed(true)) | None => {}
        }
    }
    for (name, inner) in schema.properties() {
        if let Some(member) = members.get(name) {
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            outcome.merge(check(inner, member, before(name), &at));
        }
    }
    for name in schema.required().filter(|name| !members.contains_key(*name)) {
        let at = format!("{path}.{name}");
        outcome.told(
            "FieldValueRequired",
            &at,
            format!("{at} in body is required"),
            "Required value".to_owned(),
        );
    }
    outcome
}

fn enumerated(schema: Schema<'_>, value: &Value, path: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let allowed = schema.list("enum");
    if allowed.is_empty() || !value.is_null() && allowed.iter().any(|one| alike(one, value)) {
        return outcome;
    }
    let shown = allowed.iter().map(|one| match one {
        Value::String(text) => format!("{text:?}"),
        other => format!("{:?}", other.to_string()),
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    let sentence = format!("{path} in body should be one of {shown}");
    let message = format!("Unsupported value: {value}: supported values: {shown}");
    outcome.told("FieldValueNotSupported", path, sentence, message);
    outcome
}

/// Equality in which 1 and 1.0 are one number.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || Number::as_f64(a) == Number::as_f64(b),
        (one, other) => one == other,
    }
}
