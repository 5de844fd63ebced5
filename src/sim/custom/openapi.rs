//! The OpenAPI documents of custom kinds, version 2 and 3, as clients read them: to explain a kind, to check an object
//! before it is sent, and to find out what a server takes.

mod paths;

use super::definition::{Definition, Version};
use super::schema::{Additional, Schema};
use crate::sim::prose;
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};

/// Definitions of a recorded document that custom kinds refer to.
const SHARED: [&str; 15] = [
    "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
    "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause",
    "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
    "io.k8s.api.autoscaling.v1.Scale",
    "io.k8s.api.autoscaling.v1.ScaleSpec",
];

static RECORDED: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let text = prose::document("/openapi/v3/apis/apps/v1").expect("apps/v1 is recorded");
    let document: Value = serde_json::from_slice(text).expect("it is JSON");
    let schemas = document["components"]["schemas"].as_object().expect("it has schemas");
    let shared = |name: &str| SHARED.contains(&name) || name == "io.k8s.api.autoscaling.v1.ScaleStatus";
    schemas.iter().filter(|(name, _)| shared(name)).map(|(n, s)| (n.clone(), s.clone())).collect()
});

/// `com.example.v1.Widget`: the name of a kind's definition.
fn name(definition: &Definition, version: &Version, kind: &str) -> String {
    let mut parts: Vec<&str> = definition.group.split('.').collect();
    parts.reverse();
    format!("{}.{}.{kind}", parts.join("."), version.name)
}

/// The document of one group version, OpenAPI 3.
pub(in crate::sim) fn third<'a>(of: impl Iterator<Item = (&'a Arc<Definition>, &'a Version)>) -> Value {
    let mut schemas: Map<String, Value> = RECORDED
        .iter()
        .filter(|(name, _)| !name.contains("autoscaling"))
        .map(|(n, s)| (n.clone(), s.clone()))
        .collect();
    let mut all = Map::new();
    for (definition, version) in of {
        kinds(definition, version, &mut schemas, "#/components/schemas/", &|schema| full(schema, true));
        paths::of(definition, version, &name(definition, version, &definition.kind), &mut all);
        if version.scale.is_some() {
            let scales = RECORDED.iter().filter(|(name, _)| name.contains("autoscaling"));
            schemas.extend(scales.map(|(name, schema)| (name.clone(), schema.clone())));
        }
    }
    json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"},
        "paths": all, "components": {"schemas": schemas},
    })
}

/// The definitions that custom kinds add to the document of OpenAPI 2.
pub(in crate::sim) fn second<'a>(
    of: impl Iterator<Item = (&'a Arc<Definition>, &'a Version)>,
) -> Map<String, Value> {
    let mut all = Map::new();
    for (definition, version) in of {
        kinds(definition, version, &mut all, "#/definitions/", &|schema| narrowed(schema, true));
    }
    all
}

/// Adds a kind and its list.
fn kinds(
    definition: &Definition,
    version: &Version,
    all: &mut Map<String, Value>,
    place: &str,
    print: &dyn Fn(Schema<'_>) -> Value,
) {
    let single = name(definition, version, &definition.kind);
    let gvk = |kind: &str| json!([{"group": definition.group, "version": version.name, "kind": kind}]);
    let meta = |kind: &str| {
        let reference = json!({"$ref": format!("{place}io.k8s.apimachinery.pkg.apis.meta.v1.{kind}")});
        if place.contains("components") { json!({"allOf": [reference]}) } else { reference }
    };
    let selectable: Vec<Value> = version.selectable.iter().map(|path| json!({"fieldPath": path})).collect();
    let mut kind = print(version.schema());
    if !kind.is_object() {
        kind = json!({"type": "object"});
    }
    // A schema that keeps unknown fields at its root says nothing of its own fields.
    let fields = kind["properties"].as_object().cloned().unwrap_or_default();
    kind["properties"] = Value::Object(fields);
    for (field, mut schema) in [
        ("apiVersion", json!({"type": "string"})),
        ("kind", json!({"type": "string"})),
        ("metadata", meta("ObjectMeta")),
    ] {
        schema["description"] = prose::of_every_kind(field).into();
        kind["properties"][field] = schema;
    }
    kind["x-kubernetes-group-version-kind"] = gvk(&definition.kind);
    let mut list = list(definition, json!({"$ref": format!("{place}{single}")}), meta("ListMeta"));
    list["x-kubernetes-group-version-kind"] = gvk(&definition.list_kind);
    if !selectable.is_empty() {
        kind["x-kubernetes-selectable-fields"] = json!(selectable);
        list["x-kubernetes-selectable-fields"] = json!(selectable);
    }
    all.insert(single, kind);
    all.insert(name(definition, version, &definition.list_kind), list);
}

/// The list of a kind.
fn list(definition: &Definition, item: Value, mut metadata: Value) -> Value {
    let conventions = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";
    let told = prose::of_every_kind;
    metadata["description"] = format!("Standard list metadata. More info: {conventions}#types-kinds").into();
    let items = format!("List of {}. More info: {conventions}", definition.plural);
    json!({
        "type": "object", "required": ["items"],
        "description": format!("{} is a list of {}", definition.list_kind, definition.kind),
        "properties": {
            "apiVersion": {"type": "string", "description": told("apiVersion")},
            "kind": {"type": "string", "description": told("kind")},
            "metadata": metadata,
            "items": {"type": "array", "items": item, "description": items},
        },
    })
}

/// A schema as OpenAPI 3 has it: as it was written, with what the extensions stand for.
fn full(schema: Schema<'_>, root: bool) -> Value {
    let mut out = schema.document().clone();
    for (field, inner) in schema.properties() {
        out["properties"][field] = full(inner, false);
    }
    if let Some(items) = schema.items() {
        out["items"] = full(items, false);
    }
    if let Some(Additional::Of(inner)) = schema.additional() {
        out["additionalProperties"] = full(inner, false);
    }
    if schema.int_or_string() && !schema.has("anyOf") {
        out["anyOf"] = json!([{"type": "integer"}, {"type": "string"}]);
    }
    if schema.embedded() && !root {
        let meta = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
        if !out["properties"].is_object() {
            out["properties"] = json!({});
        }
        out["properties"]["apiVersion"] = json!({"type": "string"});
        out["properties"]["kind"] = json!({"type": "string"});
        out["properties"]["metadata"] = json!({"allOf": [{"$ref": meta}]});
        let mut required = schema.list("required").to_vec();
        required.extend(
            ["kind", "apiVersion"]
                .map(Value::from)
                .into_iter()
                .filter(|r| !schema.list("required").contains(r)),
        );
        out["required"] = json!(required);
    }
    out
}

/// Keywords that say nothing in OpenAPI 2 or that its readers do not know.
const NARROWED: [&str; 8] =
    ["default", "nullable", "oneOf", "anyOf", "allOf", "not", "x-kubernetes-validations", "example"];

/// A schema as OpenAPI 2 has it: what could be anything has no type.
fn narrowed(schema: Schema<'_>, root: bool) -> Value {
    let mut out = schema.document().clone();
    let Some(members) = out.as_object_mut() else { return json!({}) };
    members.retain(|keyword, _| !NARROWED.contains(&keyword.as_str()));
    if schema.nullable() {
        for keyword in ["type", "items", "properties", "additionalProperties", "format"] {
            members.remove(keyword);
        }
    }
    if schema.preserves() || schema.int_or_string() {
        for keyword in ["type", "items", "properties", "additionalProperties", "format"] {
            if !(root && keyword == "type") {
                members.remove(keyword);
            }
        }
    }
    if let Some(fields) = members.get_mut("properties").and_then(Value::as_object_mut) {
        for (field, inner) in fields.iter_mut() {
            *inner = schema.property(field).map(|inner| narrowed(inner, false)).unwrap_or_default();
        }
    }
    if let (true, Some(items)) = (members.contains_key("items"), schema.items()) {
        members.insert("items".to_owned(), narrowed(items, false));
    }
    if let (true, Some(Additional::Of(inner))) =
        (members.contains_key("additionalProperties"), schema.additional())
    {
        members.insert("additionalProperties".to_owned(), narrowed(inner, false));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_told_in_both_versions() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string", "default": "x", "description": "about a"},
            "b": {"x-kubernetes-int-or-string": true},
            "n": {"type": "string", "nullable": true},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}});
        let second = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string", "description": "about a"}, "b": {"x-kubernetes-int-or-string": true}, "n": {},
            "free": {"x-kubernetes-preserve-unknown-fields": true}}});
        assert_eq!(narrowed(Schema::new(&schema), true), second);
        let third = full(Schema::new(&schema), true);
        assert_eq!(third["properties"]["b"]["anyOf"][1]["type"], "string");
        assert_eq!(third["properties"]["a"]["default"], "x");
    }
}
