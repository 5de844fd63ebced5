//! Looking things up in a stored object: by JSON pointer, with the zero value of Go where nothing is.

use serde_json::{Map, Value};

/// What stands at a pointer: what `Value::pointer` finds, without an allocation for every step on the way.
pub(in crate::sim) fn at<'a>(object: &'a Value, pointer: &str) -> Option<&'a Value> {
    let mut holder = object;
    let mut rest = pointer;
    // Pointers are short: their bytes are looked at one by one, and once.
    while let Some(behind) = rest.strip_prefix('/') {
        let (mut end, mut escaped) = (0, false);
        for byte in behind.bytes().take_while(|byte| *byte != b'/') {
            escaped |= byte == b'~';
            end += 1;
        }
        let step = &behind[..end];
        holder = match holder {
            Value::Object(members) if escaped => members.get(&step.replace("~1", "/").replace("~0", "~"))?,
            Value::Object(members) => members.get(step)?,
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
        rest = &behind[end..];
    }
    Some(holder)
}

/// The text at a pointer; empty where there is none.
pub(in crate::sim) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    at(object, pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The text at a pointer, or what stands for nothing.
pub(super) fn text_or<'a>(object: &'a Value, pointer: &str, none: &'a str) -> &'a str {
    match text(object, pointer) {
        "" => none,
        text => text,
    }
}

/// The whole number at a pointer; 0 where there is none.
pub(super) fn number(object: &Value, pointer: &str) -> i64 {
    at(object, pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// Whether true stands at a pointer.
pub(super) fn is_true(object: &Value, pointer: &str) -> bool {
    at(object, pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// The list at a pointer; empty where there is none.
pub(in crate::sim) fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    at(object, pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The map at a pointer, when there is one.
pub(super) fn map<'a>(object: &'a Value, pointer: &str) -> Option<&'a Map<String, Value>> {
    at(object, pointer).and_then(Value::as_object)
}

/// How many entries the map at a pointer has.
pub(super) fn size(object: &Value, pointer: &str) -> usize {
    map(object, pointer).map_or(0, Map::len)
}

/// Text, or the number in its place: `intstr` values and numbers print alike.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Number(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// The name of an object.
pub(super) fn name(object: &Value) -> Value {
    text(object, "/metadata/name").into()
}

/// Whether an object is being deleted.
pub(super) fn is_deleting(object: &Value) -> bool {
    !text(object, "/metadata/deletionTimestamp").is_empty()
}

/// Whether the condition of this type is `True`.
pub(super) fn has_condition(object: &Value, condition: &str) -> bool {
    let conditions = list(object, "/status/conditions");
    conditions.iter().any(|c| text(c, "/type") == condition && text(c, "/status") == "True")
}

/// A map of labels as `a=b,c=d`; `<none>` where it is empty.
pub(super) fn labels(labels: Option<&Map<String, Value>>) -> String {
    let Some(labels) = labels.filter(|labels| !labels.is_empty()) else { return "<none>".to_owned() };
    let mut pairs: Vec<(&String, &Value)> = labels.iter().collect();
    pairs.sort_by_key(|(key, _)| *key);
    pairs.iter().map(|(k, v)| format!("{k}={}", plain(v))).collect::<Vec<_>>().join(",")
}

/// A label selector as `a=b,c in (d,e),!f`, requirements in the order of their keys.
pub(super) fn selector(selector: Option<&Value>) -> String {
    let Some(selector) = selector else { return String::new() };
    let mut parts: Vec<(&str, String)> = Vec::new();
    for (key, value) in map(selector, "/matchLabels").into_iter().flatten() {
        parts.push((key, format!("{key}={}", plain(value))));
    }
    for expression in list(selector, "/matchExpressions") {
        let key = text(expression, "/key");
        let mut values: Vec<String> = list(expression, "/values").iter().map(plain).collect();
        values.sort();
        let values = values.join(",");
        parts.push((
            key,
            match text(expression, "/operator") {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "DoesNotExist" => format!("!{key}"),
                _exists => key.to_owned(),
            },
        ));
    }
    parts.sort_by(|a, b| a.0.cmp(b.0));
    parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>().join(",")
}

/// The same with `<none>` for a selector that asks for nothing.
pub(super) fn selector_or_none(of: Option<&Value>) -> String {
    match selector(of) {
        text if text.is_empty() => "<none>".to_owned(),
        text => text,
    }
}

/// The first entries of a list and how many more there are: `a,b,c + 2 more...`.
pub(super) fn first(entries: &[String], most: usize, none: &str) -> String {
    if entries.is_empty() {
        return none.to_owned();
    }
    let shown = entries[..entries.len().min(most)].join(",");
    match entries.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}
