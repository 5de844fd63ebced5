//! What decoding makes of a custom object: unknown fields and nulls that mean nothing go, defaults come, numbers take
//! the form that Go gives them. The unknown fields are told for strict decoding.

use super::schema::{Additional, Schema};
use serde_json::{Map, Value};

const META: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Drops the fields that the schema does not have from a whole object, and tells their paths in order.
pub(in crate::sim) fn prune(schema: Schema<'_>, object: &mut Value) -> Vec<String> {
    let mut told = Vec::new();
    let walk = Prune { told: &mut told };
    walk_root(schema, object, walk);
    told.sort();
    told
}

fn walk_root(schema: Schema<'_>, object: &mut Value, mut walk: Prune<'_>) {
    match object {
        Value::Object(members) => walk.members(schema, members, schema.preserves(), true, ""),
        Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Drops the fields that a part of an object should not have, such as a default; whether there were any.
pub(super) fn prune_part(schema: Schema<'_>, value: &mut Value) -> bool {
    let mut told = Vec::new();
    Prune { told: &mut told }.value(Some(schema), value, "");
    !told.is_empty()
}

struct Prune<'a> {
    told: &'a mut Vec<String>,
}

impl Prune<'_> {
    fn value(&mut self, schema: Option<Schema<'_>>, value: &mut Value, path: &str) {
        match (value, schema) {
            (Value::Object(members), None) => {
                for name in std::mem::take(members).keys() {
                    self.told.push(below(path, name));
                }
            }
            (Value::Object(members), Some(schema)) => {
                self.members(schema, members, schema.preserves(), schema.embedded(), path);
            }
            (Value::Array(items), schema) => {
                let preserved = schema.is_some_and(Schema::preserves);
                let inner = schema.and_then(Schema::items);
                for (index, item) in items.iter_mut().enumerate() {
                    match (preserved, inner) {
                        (true, None) => {}
                        (true, Some(inner)) => self.kept(inner, item, &format!("{path}[{index}]")),
                        (false, inner) => self.value(inner, item, &format!("{path}[{index}]")),
                    }
                }
            }
            (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => {}
        }
    }

    /// An item of a list that keeps unknown fields: they are kept in it too.
    fn kept(&mut self, schema: Schema<'_>, value: &mut Value, path: &str) {
        if let Value::Object(members) = value {
            self.members(schema, members, true, schema.embedded(), path);
        }
    }

    fn members(
        &mut self,
        schema: Schema<'_>,
        members: &mut Map<String, Value>,
        preserves: bool,
        resource: bool,
        path: &str,
    ) {
        members.retain(|name, value| {
            if resource && META.contains(&name.as_str()) {
                return true;
            }
            let at = below(path, name);
            match (schema.property(name), schema.additional()) {
                (Some(inner), _) | (None, Some(Additional::Of(inner))) => self.value(Some(inner), value, &at),
                (None, Some(Additional::Allowed(_))) if !preserves => self.value(None, value, &at),
                (None, Some(Additional::Allowed(_))) => {}
                (None, None) if preserves => {}
                (None, None) => {
                    self.told.push(at);
                    return false;
                }
            }
            true
        });
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Drops nulls where null is no value and no default takes its place.
pub(in crate::sim) fn prune_nulls(schema: Option<Schema<'_>>, value: &mut Value) {
    match value {
        Value::Object(members) => members.retain(|name, member| {
            let inner = schema.and_then(|schema| schema.member(name));
            let meant = inner.is_none_or(|inner| inner.nullable() || inner.default().is_some());
            if member.is_null() && !meant {
                return false;
            }
            prune_nulls(inner, member);
            true
        }),
        Value::Array(items) => {
            let inner = schema.and_then(Schema::items);
            items.iter_mut().for_each(|item| prune_nulls(inner, item));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Fills in the defaults of the schema.
pub(in crate::sim) fn default(schema: Schema<'_>, value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, property) in schema.properties() {
                let Some(default) = property.default() else { continue };
                let absent = match members.get(name) {
                    None => true,
                    Some(present) => present.is_null() && !property.nullable(),
                };
                if absent {
                    members.insert(name.clone(), default.clone());
                }
            }
            for (name, member) in members.iter_mut() {
                let Some(inner) = schema.member(name) else { continue };
                let open = schema.property(name).is_none();
                if let Some(filled) =
                    inner.default().filter(|_| open && member.is_null() && !inner.nullable())
                {
                    *member = filled.clone();
                }
                default(inner, member);
            }
        }
        Value::Array(items) => {
            let Some(inner) = schema.items() else { return };
            for item in items {
                if item.is_null()
                    && !inner.nullable()
                    && let Some(filled) = inner.default()
                {
                    *item = filled.clone();
                }
                default(inner, item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Writes numbers without a fraction as whole numbers, as Go writes them.
pub(in crate::sim) fn numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within 2^53")]
            if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
                *value = Value::from(float as i64);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(numbers),
        Value::Object(members) => members.values_mut().for_each(numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_unknown_goes_and_what_is_missing_comes() {
        let document = json!({"type": "object", "properties": {
            "spec": {"type": "object", "properties": {
                "a": {"type": "string", "default": "A"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {
                    "closed": {"type": "object"}}},
                "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {
                    "n": {"type": "integer", "default": 1}}}},
                "maybe": {"type": "string", "nullable": true}, "never": {"type": "string"}}}}});
        let schema = Schema::new(&document);
        let mut object = json!({"kind": "X", "metadata": {"name": "x", "any": 1}, "gone": 1, "spec": {
            "free": {"x": 1, "closed": {"y": 1}}, "map": {"k": {"z": 1}}, "maybe": null, "never": null}});
        assert_eq!(prune(schema, &mut object), ["gone", "spec.free.closed.y", "spec.map.k.z"]);
        prune_nulls(Some(schema), &mut object);
        default(schema, &mut object);
        let expected = json!({"kind": "X", "metadata": {"name": "x", "any": 1}, "spec": {
            "a": "A", "free": {"x": 1, "closed": {}}, "map": {"k": {"n": 1}}, "maybe": null}});
        assert_eq!(object, expected);
    }
}
