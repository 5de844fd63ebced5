//! Whether a live object says what a manifest says: in the fields that the manifest sets, and no more.

use serde_json::Value;
use std::collections::BTreeSet;

/// The first place where the live value differs, as `spec.replicas is 3, the manifest says 2`; `None` where it does
/// not. Fields that the manifest leaves out or sets to null are free; a list is as long as the manifest says, unless
/// its items have names or paths of their own: then every item of the manifest is found by its name, and a name too many
/// is a difference.
pub(super) fn difference(manifest: &Value, live: &Value, path: &str) -> Option<String> {
    match (manifest, live) {
        (Value::Null, _) => None,
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(key, value)| {
            let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match found.get(key) {
                Some(live) => difference(value, live, &inner),
                None if is_empty(value) => None,
                None => Some(format!("{inner} is missing, the manifest says {}", short(value))),
            }
        }),
        (Value::Array(wanted), Value::Array(found)) => lists(wanted, found, path),
        (wanted, found) if wanted == found || same_quantity(wanted, found) => None,
        (wanted, found) => Some(format!("{path} is {}, the manifest says {}", short(found), short(wanted))),
    }
}

fn lists(wanted: &[Value], found: &[Value], path: &str) -> Option<String> {
    if let Some(key) = key_of(wanted, found) {
        let extra = found.iter().find(|item| !wanted.iter().any(|w| w[key] == item[key]));
        if let Some(item) = extra {
            return Some(format!("{path} has {}, the manifest does not", short(&item[key])));
        }
        return wanted.iter().find_map(|item| {
            let inner = format!("{path}[{}]", item[key].as_str().unwrap_or_default());
            match found.iter().find(|live| live[key] == item[key]) {
                Some(live) => difference(item, live, &inner),
                None => Some(format!("{inner} is missing")),
            }
        });
    }
    if wanted.len() != found.len() {
        return Some(format!("{path} has {} items, the manifest {}", found.len(), wanted.len()));
    }
    let mut pairs = wanted.iter().zip(found).enumerate();
    pairs.find_map(|(i, (wanted, found))| difference(wanted, found, &format!("{path}[{i}]")))
}

/// By which field the items of a list are told apart: several mounts may be of one volume, and a variable may be stated
/// twice, so that only a field will do that no two items share.
fn key_of(wanted: &[Value], found: &[Value]) -> Option<&'static str> {
    let tells_apart = |key: &str, items: &[Value]| {
        let values: BTreeSet<&str> = items.iter().filter_map(|item| item[key].as_str()).collect();
        values.len() == items.len()
    };
    let keys = ["mountPath", "devicePath", "name"].into_iter();
    let mut fitting = keys.filter(|key| tells_apart(key, wanted) && tells_apart(key, found));
    fitting.next().filter(|_| !wanted.is_empty())
}

/// What a server leaves out: `{}`, `[]`, `""`, `false`, `0`.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(value) => value.as_f64() == Some(0.0),
        Value::String(value) => value.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
    }
}

/// `1000m` and `1`, `1Gi` and `1024Mi`: one amount in two texts.
fn same_quantity(a: &Value, b: &Value) -> bool {
    match (quantity(a), quantity(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// An amount in billionths, the finest that Kubernetes keeps; `None` for a text that is none.
fn quantity(value: &Value) -> Option<i128> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let decimals = i32::try_from(part.len()).ok()?;
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let (binary, tens) = match unit {
        "n" => (0, 0),
        "u" => (0, 3),
        "m" => (0, 6),
        "" => (0, 9),
        "k" => (0, 12),
        "M" => (0, 15),
        "G" => (0, 18),
        "T" => (0, 21),
        "P" => (0, 24),
        "Ki" => (10, 9),
        "Mi" => (20, 9),
        "Gi" => (30, 9),
        "Ti" => (40, 9),
        "Pi" => (50, 9),
        _ => return None,
    };
    let scaled = digits.checked_mul(1 << binary)?;
    match tens - decimals {
        up @ 0.. => scaled.checked_mul(10_i128.checked_pow(up.unsigned_abs())?),
        down => scaled.checked_div(10_i128.checked_pow(down.unsigned_abs())?),
    }
}

/// A value on one line, not longer than a reader likes.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_compared_in_the_fields_that_the_manifest_sets() {
        let cases = [
            (json!({"a": 1}), json!({"a": 1, "b": 2}), None),
            (json!({"a": null, "b": {}, "c": false}), json!({}), None),
            (json!({"a": {"b": 1}}), json!({"a": {"b": 2}}), Some("a.b is 2, the manifest says 1")),
            (json!({"a": "x"}), json!({}), Some("a is missing, the manifest says \"x\"")),
            (json!({"cpu": "1000m"}), json!({"cpu": "1"}), None),
            (json!({"size": "1Gi"}), json!({"size": "1024Mi"}), None),
            (json!({"cpu": 0.5, "memory": "1.5Gi"}), json!({"cpu": "500m", "memory": "1536Mi"}), None),
            (
                json!({"m": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]}),
                json!({"m": [{"name": "v", "mountPath": "/b"}, {"name": "v", "mountPath": "/a"}]}),
                None,
            ),
            (
                json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}),
                json!({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "3"}]}),
                Some("env[1].value is \"3\", the manifest says \"2\""),
            ),
            (json!({"l": [1, 2]}), json!({"l": [1]}), Some("l has 1 items, the manifest 2")),
            (json!({"l": [{"p": 1}]}), json!({"l": [{"p": 1, "q": 1}]}), None),
            (
                json!({"c": [{"name": "a", "v": 1}]}),
                json!({"c": [{"name": "b"}, {"name": "a", "v": 1}]}),
                Some("c has \"b\", the manifest does not"),
            ),
            (
                json!({"c": [{"name": "a", "v": 1}]}),
                json!({"c": [{"name": "a", "v": 3}]}),
                Some("c[a].v is 3, the manifest says 1"),
            ),
            (json!({"c": [{"name": "a"}]}), json!({"c": []}), Some("c[a] is missing")),
        ];
        for (manifest, live, expected) in cases {
            assert_eq!(difference(&manifest, &live, "").as_deref(), expected, "{manifest} against {live}");
        }
    }
}
