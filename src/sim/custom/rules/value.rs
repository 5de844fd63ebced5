//! Data of a custom object as the value that a rule sees, by its schema. What does not fit its schema is an error for
//! the rule that reads it.

use super::declare::{escape, has_identity};
use crate::sim::custom::schema::{Additional, Schema};
use crate::sim::expression::{self, Key, List, ListKind, Map, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map as Members, Value as Json};
use std::sync::Arc;

/// The value that a rule sees.
pub(super) fn value(schema: Schema<'_>, whole: bool, json: &Json) -> Value {
    if json.is_null() {
        return match schema.nullable() {
            true => Value::Null,
            false => unfit("invalid data, got null for schema with nullable=false"),
        };
    }
    if schema.int_or_string() {
        return match json {
            Json::String(text) => Value::text(text),
            Json::Number(number) if number.is_i64() => Value::Int(number.as_i64().unwrap_or_default()),
            _ => unfit("invalid data, expected XIntOrString value to be either a string or integer"),
        };
    }
    match (schema.kind(), json) {
        ("object", Json::Object(members)) => object(schema, whole || schema.embedded(), members),
        ("object", _) => unfit("invalid data, expected a map for the provided schema with type=object"),
        ("array", Json::Array(items)) => list(schema, items),
        ("array", _) => unfit("invalid data, expected an array for the provided schema with type=array"),
        ("string", Json::String(text)) => string(schema.text("format"), text),
        ("number", Json::Number(number)) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        ("integer", Json::Number(number)) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => unfit("invalid data, expected int, got float64"),
        },
        ("boolean", Json::Bool(truth)) => Value::Bool(*truth),
        ("string" | "number" | "integer" | "boolean", other) => {
            unfit(&format!("invalid data, expected {}, got {}", schema.kind(), go_type(other)))
        }
        (_, other) => Value::from_json(other),
    }
}

fn unfit(why: &str) -> Value {
    Value::Unfit(why.into())
}

fn go_type(json: &Json) -> &'static str {
    match json {
        Json::Null => "<nil>",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float64",
        Json::Number(_) => "int64",
        Json::String(_) => "string",
        Json::Array(_) => "[]interface {}",
        Json::Object(_) => "map[string]interface {}",
    }
}

fn string(format: &str, text: &str) -> Value {
    match format {
        "duration" => match expression::duration(text) {
            Some(duration) => Value::Duration(duration),
            None => unfit(&format!("Invalid duration {text}: unable to parse {text} as duration")),
        },
        "date" => match expression::timestamp(&format!("{text}T00:00:00Z")) {
            Some(time) => Value::Timestamp(time),
            None => unfit(&format!("Invalid date formatted string {text}")),
        },
        "date-time" => match expression::timestamp(text) {
            Some(time) => Value::Timestamp(time),
            None => unfit(&format!("Invalid date-time formatted string {text}")),
        },
        "byte" => match STANDARD.decode(text) {
            Ok(bytes) => Value::Bytes(bytes.into()),
            Err(error) => unfit(&format!("Invalid byte formatted string {text}: {error}")),
        },
        _ => Value::text(text),
    }
}

fn list(schema: Schema<'_>, items: &[Json]) -> Value {
    let Some(of) = schema.items() else {
        return unfit("invalid array type, expected Items with a non-empty Schema");
    };
    let kind = match schema.list_type() {
        "map" => {
            let keys = schema.list_keys();
            ListKind::Map(keys.map(|key| escape(key).unwrap_or_else(|| key.into()).into_owned()).collect())
        }
        "set" => ListKind::Set,
        _ => ListKind::Atomic,
    };
    let items = items.iter().map(|item| value(of, false, item)).collect();
    Value::List(Arc::new(List { items, kind }))
}

fn object(schema: Schema<'_>, whole: bool, members: &Members<String, Json>) -> Value {
    let mut map = Map::default();
    let named = schema.has("properties") || whole;
    let own = whole && !has_identity(schema);
    for (name, member) in members {
        // A null among named fields is no field at all, however nullable.
        let absent = named && member.is_null();
        let held = match (own, name.as_str(), schema.property(name), schema.additional()) {
            _ if absent => None,
            (true, "kind" | "apiVersion", _, _) => Some(Value::from_json(member)),
            (true, "metadata", _, _) => Some(names(member)),
            (_, _, Some(of), _) => Some(value(of, false, member)),
            (_, _, None, Some(Additional::Of(of))) if !named => Some(value(of, false, member)),
            (_, _, None, _) => None,
        };
        let key = if named { escape(name) } else { Some(name.into()) };
        match (held, key) {
            (Some(held), Some(key)) => {
                map.entries.insert(Key::String(key.as_ref().into()), held);
            }
            _ => {
                map.undeclared.insert(name.clone(), member.clone());
            }
        }
    }
    Value::Map(Arc::new(map))
}

/// What rules see of metadata.
fn names(metadata: &Json) -> Value {
    let seen = ["name", "generateName"].into_iter().filter_map(|field| {
        let text = metadata.get(field)?;
        Some((field.to_owned(), Value::from_json(text)))
    });
    Value::map(seen)
}
