//! Versions and schemas as kube-apiserver prints them in messages: its own types written as JSON.

use super::version::Common;
use serde_json::{Value, json};

/// Keyword and name of a schema's fields in the order of Go's type, with the text, truth or null that stands for nothing.
const FIELDS: [(&str, &str, Nothing); 43] = [
    ("id", "ID", Nothing::Text),
    ("$schema", "Schema", Nothing::Text),
    ("$ref", "Ref", Nothing::Null),
    ("description", "Description", Nothing::Text),
    ("type", "Type", Nothing::Text),
    ("nullable", "Nullable", Nothing::False),
    ("format", "Format", Nothing::Text),
    ("title", "Title", Nothing::Text),
    ("default", "Default", Nothing::Null),
    ("maximum", "Maximum", Nothing::Null),
    ("exclusiveMaximum", "ExclusiveMaximum", Nothing::False),
    ("minimum", "Minimum", Nothing::Null),
    ("exclusiveMinimum", "ExclusiveMinimum", Nothing::False),
    ("maxLength", "MaxLength", Nothing::Null),
    ("minLength", "MinLength", Nothing::Null),
    ("pattern", "Pattern", Nothing::Text),
    ("maxItems", "MaxItems", Nothing::Null),
    ("minItems", "MinItems", Nothing::Null),
    ("uniqueItems", "UniqueItems", Nothing::False),
    ("multipleOf", "MultipleOf", Nothing::Null),
    ("enum", "Enum", Nothing::Null),
    ("maxProperties", "MaxProperties", Nothing::Null),
    ("minProperties", "MinProperties", Nothing::Null),
    ("required", "Required", Nothing::Null),
    ("items", "Items", Nothing::Null),
    ("allOf", "AllOf", Nothing::Null),
    ("oneOf", "OneOf", Nothing::Null),
    ("anyOf", "AnyOf", Nothing::Null),
    ("not", "Not", Nothing::Null),
    ("properties", "Properties", Nothing::Null),
    ("additionalProperties", "AdditionalProperties", Nothing::Null),
    ("patternProperties", "PatternProperties", Nothing::Null),
    ("dependencies", "Dependencies", Nothing::Null),
    ("additionalItems", "AdditionalItems", Nothing::Null),
    ("definitions", "Definitions", Nothing::Null),
    ("externalDocs", "ExternalDocs", Nothing::Null),
    ("example", "Example", Nothing::Null),
    ("x-kubernetes-preserve-unknown-fields", "XPreserveUnknownFields", Nothing::Null),
    ("x-kubernetes-embedded-resource", "XEmbeddedResource", Nothing::False),
    ("x-kubernetes-int-or-string", "XIntOrString", Nothing::False),
    ("x-kubernetes-list-map-keys", "XListMapKeys", Nothing::Null),
    ("x-kubernetes-list-type", "XListType", Nothing::Null),
    ("x-kubernetes-map-type", "XMapType", Nothing::Null),
];

#[derive(Clone, Copy)]
enum Nothing {
    Text,
    False,
    Null,
}

/// JSON whose members keep the order of Go's fields.
pub(in crate::sim::custom) struct Printed(String);

impl std::fmt::Display for Printed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // As Go writes JSON. These stand in texts alone.
        let written = self.0.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
        f.write_str(&written)
    }
}

fn members(fields: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn each<'a>(items: impl IntoIterator<Item = &'a Value>, print: impl Fn(&'a Value) -> String) -> String {
    format!("[{}]", items.into_iter().map(print).collect::<Vec<_>>().join(","))
}

/// A schema.
pub(super) fn schema(schema: &Value) -> Printed {
    let field = |(keyword, name, nothing): (&'static str, &'static str, Nothing)| {
        let shown = match (schema.get(keyword).filter(|value| !value.is_null()), nothing) {
            (None, Nothing::Text) => "\"\"".to_owned(),
            (None, Nothing::False) => "false".to_owned(),
            (None, Nothing::Null) => "null".to_owned(),
            (Some(value), _) => keyword_value(keyword, value),
        };
        (name, shown)
    };
    let rules = schema.get("x-kubernetes-validations").and_then(Value::as_array);
    let rules = rules.map_or_else(|| "null".to_owned(), |rules| each(rules, |one| rule(one).0));
    Printed(members(FIELDS.into_iter().map(field).chain([("XValidations", rules)])))
}

fn keyword_value(keyword: &str, value: &Value) -> String {
    let one = |value: &Value| schema(value).0;
    match (keyword, value) {
        ("allOf" | "oneOf" | "anyOf", Value::Array(items)) => each(items, one),
        ("not", value) => one(value),
        ("items", Value::Array(items)) => {
            members([("Schema", "null".to_owned()), ("JSONSchemas", each(items, one))])
        }
        ("items", value) => members([("Schema", one(value)), ("JSONSchemas", "null".to_owned())]),
        ("additionalProperties" | "additionalItems", Value::Bool(allowed)) => {
            members([("Allows", allowed.to_string()), ("Schema", "null".to_owned())])
        }
        ("additionalProperties" | "additionalItems", value) => {
            members([("Allows", "true".to_owned()), ("Schema", one(value))])
        }
        ("properties" | "patternProperties" | "definitions", Value::Object(fields)) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{}:{}", json!(name), one(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        (_, value) => value.to_string(),
    }
}

/// A rule of a schema.
pub(in crate::sim::custom) fn rule(rule: &Value) -> Printed {
    let text = |field: &str| json!(rule[field].as_str().unwrap_or_default()).to_string();
    let maybe = |field: &str| rule.get(field).cloned().unwrap_or_default().to_string();
    Printed(members([
        ("Rule", text("rule")),
        ("Message", text("message")),
        ("MessageExpression", text("messageExpression")),
        ("Reason", maybe("reason")),
        ("FieldPath", text("fieldPath")),
        ("OptionalOldSelf", maybe("optionalOldSelf")),
    ]))
}

/// The versions of a definition, without what they have in common.
pub(super) fn versions(versions: &[Value], common: &Common) -> String {
    each(versions, |version| {
        let flag = |field: &str| version[field].as_bool().unwrap_or(false).to_string();
        let part = |field: &str, alike: bool, print: fn(&Value) -> String| match version.get(field) {
            Some(value) if !alike && !value.is_null() => print(value),
            _ => "null".to_owned(),
        };
        members([
            ("Name", version["name"].to_string()),
            ("Served", flag("served")),
            ("Storage", flag("storage")),
            ("Deprecated", flag("deprecated")),
            (
                "DeprecationWarning",
                version.get("deprecationWarning").cloned().unwrap_or_default().to_string(),
            ),
            ("Schema", part("schema", common.schema, validation)),
            ("Subresources", part("subresources", common.subresources, subresources)),
            ("AdditionalPrinterColumns", part("additionalPrinterColumns", common.columns, columns)),
            ("SelectableFields", part("selectableFields", common.selectable, selectable)),
        ])
    })
}

fn validation(value: &Value) -> String {
    let inner = value.get("openAPIV3Schema").map_or_else(|| "null".to_owned(), |inner| schema(inner).0);
    members([("OpenAPIV3Schema", inner)])
}

fn subresources(value: &Value) -> String {
    let status = value.get("status").map_or("null", |_| "{}").to_owned();
    let scale = value.get("scale").map_or_else(
        || "null".to_owned(),
        |scale| {
            members([
                ("SpecReplicasPath", scale["specReplicasPath"].to_string()),
                ("StatusReplicasPath", scale["statusReplicasPath"].to_string()),
                ("LabelSelectorPath", scale["labelSelectorPath"].to_string()),
            ])
        },
    );
    members([("Status", status), ("Scale", scale)])
}

fn columns(value: &Value) -> String {
    each(value.as_array().into_iter().flatten(), |column| {
        let text = |field: &str| json!(column[field].as_str().unwrap_or_default()).to_string();
        let priority = column["priority"].as_i64().unwrap_or(0).to_string();
        members([
            ("Name", text("name")),
            ("Type", text("type")),
            ("Format", text("format")),
            ("Description", text("description")),
            ("Priority", priority),
            ("JSONPath", text("jsonPath")),
        ])
    })
}

fn selectable(value: &Value) -> String {
    each(value.as_array().into_iter().flatten(), |field| {
        members([("JSONPath", field["jsonPath"].to_string())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    #[test]
    fn a_rule_prints_as_the_type_of_kube_apiserver() {
        let printed = rule(&json!({"rule": "self.a > 1", "reason": "FieldValueInvalid"})).to_string();
        let expected = r#"{"Rule":"self.a \u003e 1","Message":"","MessageExpression":"","Reason":"FieldValueInvalid","FieldPath":"","OptionalOldSelf":null}"#;
        assert_eq!(printed, expected);
        let whole = schema(&json!({"type": "object"})).to_string();
        let read: Map<String, Value> = serde_json::from_str(&whole).expect("it is JSON");
        assert_eq!((read.len(), &read["Type"]), (44, &json!("object")));
    }
}
