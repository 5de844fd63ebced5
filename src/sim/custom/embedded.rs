//! Objects inside custom objects and inside the defaults of their schemas: their metadata is read as that of every object,
//! so that it loses what metadata has no field for.

use super::schema::Schema;
use crate::call::typed;
use crate::sim::object;
use crate::sim::schema;
use crate::sim::validation::{Path, Violation};
use serde_json::{Map, Value, json};

/// Why metadata cannot be read.
pub(in crate::sim) fn metadata_fault(metadata: &Value) -> Option<String> {
    if !metadata.is_object() && !metadata.is_null() {
        let found = crate::sim::patch::go_name(metadata);
        return Some(format!("json: cannot unmarshal {found} into Go value of type v1.ObjectMeta"));
    }
    let ty = schema::of("", "v1", "ConfigMap")?;
    let why = schema::mistyped(ty, &json!({"metadata": metadata}), || None)?;
    Some(why.replacen("field ObjectMeta.metadata.", "field ObjectMeta.", 1))
}

/// Reads the objects inside a value, of which `inside` says whether it may be one itself; the unknown fields of their
/// metadata go and are told. The error is the first that cannot be read.
pub(in crate::sim) fn read(
    schema: Schema<'_>,
    value: &mut Value,
    inside: bool,
    path: &Path,
    told: &mut Vec<String>,
) -> Result<(), Violation> {
    match value {
        Value::Object(members) => {
            if inside && schema.embedded() {
                resource(members, path, told)?;
            }
            for (name, member) in members {
                match (schema.property(name), schema.member(name)) {
                    (Some(inner), _) => read(inner, member, true, &path.child(name), told)?,
                    (None, Some(inner)) => read(inner, member, true, &path.key(name), told)?,
                    (None, None) => {}
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                if let Some(inner) = schema.items() {
                    read(inner, item, true, &path.index(index), told)?;
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(())
}

fn resource(members: &mut Map<String, Value>, path: &Path, told: &mut Vec<String>) -> Result<(), Violation> {
    for field in ["apiVersion", "kind"] {
        if let Some(given) = members.get(field).filter(|given| !given.is_string()) {
            return Err(invalid(&path.child(field), given, "must be a string"));
        }
    }
    let Some(metadata) = members.get_mut("metadata") else { return Ok(()) };
    if let Some(why) = metadata_fault(metadata) {
        return Err(invalid(&path.child("metadata"), metadata, &why));
    }
    let mut whole = json!({"metadata": metadata});
    let unknown = schema::of("", "v1", "ConfigMap").map(|ty| schema::unknown_fields(ty, &whole));
    let (from, to) = ("\"metadata", format!("\"{}", path.child("metadata")));
    told.extend(unknown.into_iter().flatten().map(|text| text.replacen(from, &to, 1)));
    typed::tidy("v1", "ConfigMap", &mut whole);
    object::tidy_metadata(&mut whole);
    *metadata = whole.get_mut("metadata").map_or_else(|| json!({}), Value::take);
    if metadata.is_null() {
        *metadata = json!({});
    }
    Ok(())
}

fn invalid(path: &Path, given: &Value, why: &str) -> Violation {
    Violation {
        reason: "FieldValueInvalid",
        field: path.to_string(),
        message: format!("Invalid value: {given}: {why}"),
    }
}

/// Reads the objects inside the defaults of a schema as those inside an object, and keeps what was read. A default inside
/// metadata is none of them, and one that cannot be read is left as it is, to be refused.
pub(super) fn read_defaults(schema: &mut Value, in_meta: bool) {
    if !in_meta && let Some(mut default) = schema.get_mut("default").map(Value::take) {
        let mut read_one = default.clone();
        if read(Schema::new(schema), &mut read_one, true, &Path::root(), &mut Vec::new()).is_ok() {
            default = read_one;
        }
        schema["default"] = default;
    }
    let embedded = Schema::new(schema).embedded();
    if let Some(items) = schema.get_mut("items") {
        read_defaults(items, in_meta);
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        let meta = embedded && matches!(name.as_str(), "metadata" | "apiVersion" | "kind");
        read_defaults(property, (in_meta && !embedded) || meta);
    }
}
