//! JSON that somebody wrote by hand into a text, read as Go's `encoding/json` reads it into a type: names of fields in
//! upper or lower case, nothing where null stands, and nothing of it where one value is of another type.

use super::typed;
use super::typed_fields::{self, Field, Form, Item, Message};
use super::typed_text;
use serde_json::{Map, Value};

/// A list of a kind's values in the text; `None` where Go cannot read it as one.
pub fn read_list(api_version: &str, kind: &str, text: &str) -> Option<Vec<Value>> {
    let message = typed_fields::of_kind(api_version, kind)?;
    match serde_json::from_str(text).ok()? {
        Value::Null => Some(Vec::new()),
        Value::Array(items) => items.iter().map(|item| element(Item::Message(message.name), item)).collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
    }
}

/// One value of a kind in the text; `None` where Go cannot read it as one.
pub fn read_one(api_version: &str, kind: &str, text: &str) -> Option<Value> {
    let message = typed_fields::of_kind(api_version, kind)?;
    element(Item::Message(message.name), &serde_json::from_str(text).ok()?)
}

/// An item of a list: where null stands, Go holds the zero value.
fn element(item: Item, value: &Value) -> Option<Value> {
    match value {
        Value::Null => Some(typed::zero(item)),
        given => one(item, given),
    }
}

fn one(item: Item, value: &Value) -> Option<Value> {
    match (item, value) {
        (Item::Text, Value::String(_)) | (Item::Truth, Value::Bool(_)) => Some(value.clone()),
        (Item::Whole, Value::Number(number)) => {
            number.as_i64().and_then(|whole| i32::try_from(whole).ok()).map(Value::from)
        }
        (Item::Message("resource.Quantity"), Value::String(text)) => {
            typed_text::quantity(text).map(Value::from)
        }
        (Item::Message("resource.Quantity"), Value::Number(number)) => {
            typed_text::quantity(&number.to_string()).map(Value::from)
        }
        (Item::Message("meta.v1.Time"), Value::String(text)) => {
            text.parse::<jiff::Timestamp>().ok().map(|at| typed_text::time(at.as_second(), 0).into())
        }
        (Item::Message(name), Value::Object(members)) => {
            fields(typed_fields::message(name)?, members).map(Value::Object)
        }
        (Item::Text | Item::Whole | Item::Truth | Item::Bytes | Item::Message(_), _) => None,
    }
}

/// The fields of a message among these members. What it has no field for is passed over.
fn fields(message: Message, members: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut read = Map::new();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let exact = message.named(name);
        let folded = || message.fields().find(|field| field.name.eq_ignore_ascii_case(name));
        if let Some(field) = exact.or_else(folded) {
            read.insert(field.name.to_owned(), held(field, value)?);
        }
    }
    Some(read)
}

fn held(field: Field, value: &Value) -> Option<Value> {
    match (field.form, value) {
        (Form::One(item), value) => one(item, value),
        (Form::List(item), Value::Array(items)) => items.iter().map(|value| element(item, value)).collect(),
        (Form::Map(item), Value::Object(members)) => {
            let members = members.iter().map(|(key, value)| Some((key.clone(), element(item, value)?)));
            members.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        (Form::List(_) | Form::Map(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_read_in_any_case_and_one_wrong_value_spoils_it_all() {
        let read = |text: &str| read_list("autoscaling/v1", "MetricSpec", text);
        assert_eq!(
            read(r#"[{"Type":"Pods","PODS":{"metricName":"m","targetAverageValue":0.5},"more":1}]"#),
            Some(vec![json!({"type": "Pods", "pods": {"metricName": "m", "targetAverageValue": "500m"}})])
        );
        assert_eq!(read("null"), Some(vec![]));
        assert_eq!(read("[null]"), Some(vec![json!({"type": ""})]));
        for unread in ["", "{}", "[1]", r#"[{"type":1}]"#, r#"[{"pods":{"targetAverageValue":"x"}}]"#] {
            assert_eq!(read(unread), None, "{unread}");
        }
    }
}
