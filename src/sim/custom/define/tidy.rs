//! A schema as it is stored: without the keywords that Kubernetes does not know and those that say nothing.

use crate::sim::custom::{embedded, numbers};
use serde_json::{Map, Value};

/// Keywords whose value is one schema, a list of schemas, or a map of them.
const ONE: [&str; 4] = ["not", "items", "additionalProperties", "additionalItems"];
const SEVERAL: [&str; 4] = ["allOf", "anyOf", "oneOf", "items"];
const NAMED: [&str; 4] = ["properties", "patternProperties", "definitions", "dependencies"];

/// Every other keyword.
const PLAIN: [&str; 33] = [
    "id",
    "$schema",
    "$ref",
    "description",
    "type",
    "format",
    "title",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "enum",
    "maxProperties",
    "minProperties",
    "required",
    "nullable",
    "externalDocs",
    "example",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-validations",
];

/// Texts and truths that are kept even where they are empty or false, since Go points to them.
const POINTED: [&str; 5] = [
    "$ref",
    "additionalProperties",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
];

/// Brings every schema of a definition into the form in which it is stored.
pub(in crate::sim) fn tidy(definition: &mut Value) {
    let versions = definition["spec"]["versions"].as_array_mut();
    for version in versions.into_iter().flatten() {
        if let Some(schema) = version.pointer_mut("/schema/openAPIV3Schema") {
            numbers(schema);
            embedded::read_defaults(schema, false);
        }
        if let Some(Value::Object(schema)) = version.pointer_mut("/schema/openAPIV3Schema") {
            tidy_schema(schema);
        }
    }
}

fn tidy_schema(schema: &mut Map<String, Value>) {
    schema.retain(|keyword, value| {
        let keyword = keyword.as_str();
        let known = PLAIN.contains(&keyword)
            || ONE.contains(&keyword)
            || SEVERAL.contains(&keyword)
            || NAMED.contains(&keyword);
        if !known {
            return false;
        }
        match &mut *value {
            Value::Object(inner) if ONE.contains(&keyword) => tidy_schema(inner),
            Value::Array(items) if SEVERAL.contains(&keyword) => items.iter_mut().for_each(tidy_value),
            Value::Object(named) if NAMED.contains(&keyword) => named.values_mut().for_each(tidy_value),
            Value::Array(rules) if keyword == "x-kubernetes-validations" => {
                rules.iter_mut().for_each(tidy_rule);
            }
            _plain => {}
        }
        matters(keyword, value)
    });
}

fn tidy_value(value: &mut Value) {
    if let Value::Object(schema) = value {
        tidy_schema(schema);
    }
}

fn tidy_rule(rule: &mut Value) {
    if let Value::Object(members) = rule {
        members.retain(|field, value| match field.as_str() {
            "rule" => true,
            "message" | "messageExpression" | "fieldPath" => {
                value.as_str().is_some_and(|text| !text.is_empty())
            }
            "reason" | "optionalOldSelf" => !value.is_null(),
            _unknown => false,
        });
    }
}

/// Whether a keyword says anything with this value.
fn matters(keyword: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        _ if matches!(keyword, "default" | "example") || POINTED.contains(&keyword) => true,
        Value::Bool(truth) => *truth,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty() || ONE.contains(&keyword),
        Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_says_nothing_is_not_kept() {
        let schema = json!({"type": "object", "properties": {}, "required": [], "nullable": false, "odd": 1,
            "items": {}, "default": false, "additionalProperties": false, "minLength": 0});
        let mut definition = json!({"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}});
        tidy(&mut definition);
        let kept = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let expected = json!({"type": "object", "items": {}, "default": false, "additionalProperties": false,
            "minLength": 0});
        assert_eq!(kept, &expected);
    }
}
