//! A Kubernetes object as Go writes its JSON: the fields of a type in the order of the Go struct, the keys of maps
//! sorted, `<`, `>` and `&` escaped. What a patch took apart is a map to Go, and its keys come sorted; so do those of
//! custom resources.

use super::go_json;
use super::typed_fields::{self, Form, Item, Message};
use super::typed_order::Place;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The objects and lists that a patch took apart, by the steps that lead to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    below: BTreeMap<String, Touched>,
    /// Whether that is all that is below.
    whole: bool,
}

impl Touched {
    /// What a merge patch takes apart: every object that it has a say in, and all of the lists that it gives.
    pub fn by_merge(patch: &Value) -> Touched {
        let members = patch.as_object().into_iter().flatten();
        let apart = members.filter(|(_, value)| value.is_object() || value.is_array());
        let below = apart.map(|(name, value)| (name.clone(), Touched::by_merge(value))).collect();
        Touched { below, whole: patch.is_array() }
    }

    /// Adds what an operation of a JSON patch at this pointer takes apart: all that is on the way.
    pub fn add_pointer(&mut self, pointer: &str) {
        let steps: Vec<String> =
            pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        let mut at = self;
        for step in steps.into_iter().rev().skip(1).rev() {
            at = at.below.entry(step).or_default();
        }
    }

    fn below(&self, step: &str) -> Option<&Touched> {
        self.below.get(step).or(self.whole.then_some(self))
    }
}

/// Prints an object of a kind after a patch.
pub fn print(api_version: &str, kind: &str, object: &Value, touched: &Touched) -> String {
    let mut out = Vec::new();
    put(typed_fields::of_kind(api_version, kind), object, Some(touched), &mut out);
    go_json::text(out)
}

/// Prints an object of a kind as Go encodes it whole.
pub fn print_whole(api_version: &str, kind: &str, object: &Value) -> String {
    let mut out = Vec::new();
    put(typed_fields::of_kind(api_version, kind), object, None, &mut out);
    go_json::text(out)
}

/// Writes a document as Go does, by the kind and version that it names; one that names none has its keys sorted.
pub fn write_object(object: &Value, out: &mut Vec<u8>) {
    put(own_message(object), object, None, out);
}

/// Writes the members of an object that `is_wanted` names, each behind a comma where something is before it.
pub(super) fn write_members(object: &Value, is_wanted: impl Fn(&str) -> bool, out: &mut Vec<u8>) {
    if let Value::Object(members) = object {
        put_some(own_message(object), members, None, is_wanted, out);
    }
}

/// Whether a document is of a kind whose Go struct is known: its kind and version come first then.
pub(super) fn is_typed(object: &Value) -> bool {
    own_message(object).is_some()
}

fn own_message(object: &Value) -> Option<Message> {
    let word = |name| object.get(name).and_then(Value::as_str);
    typed_fields::of_kind(word("apiVersion")?, word("kind")?)
}

pub(super) fn put(message: Option<Message>, value: &Value, touched: Option<&Touched>, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            out.push(b'{');
            put_some(message, members, touched, |_| true, out);
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                put(message, item, touched.and_then(|touched| touched.below(&at.to_string())), out);
            }
            out.push(b']');
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => go_json::write(value, out),
    }
}

/// Puts those members that are wanted: the fields of a struct in their order, then what is no field, sorted.
fn put_some(
    message: Option<Message>,
    members: &Map<String, Value>,
    touched: Option<&Touched>,
    is_wanted: impl Fn(&str) -> bool,
    out: &mut Vec<u8>,
) {
    let place = |name: &str| message.and_then(|message| message.place(name));
    let wanted = members.iter().filter(|(name, _)| is_wanted(name));
    let mut placed: Vec<(Option<&Place>, &String, &Value)> =
        wanted.map(|(name, value)| (place(name), name, value)).collect();
    if message.is_some() && touched.is_none() {
        // Members come sorted by name, and stay so where they have no place.
        placed.sort_by_key(|(place, _, _)| place.map_or(usize::MAX, |place| place.at));
    }
    for (place, name, value) in placed {
        put_name(name, out);
        let below = touched.and_then(|touched| touched.below(name));
        match place.and_then(|place| place.form) {
            Some(Form::Map(item)) => put_map(of_item(item), value, below, out),
            Some(Form::One(item) | Form::List(item)) => put(of_item(item), value, below, out),
            None => put(None, value, below, out),
        }
    }
}

/// A map from texts: its keys are no fields.
fn put_map(item: Option<Message>, value: &Value, touched: Option<&Touched>, out: &mut Vec<u8>) {
    let Value::Object(members) = value else { return put(None, value, touched, out) };
    out.push(b'{');
    for (name, value) in members {
        put_name(name, out);
        put(item, value, touched.and_then(|touched| touched.below(name)), out);
    }
    out.push(b'}');
}

/// The name of a member, with the comma that parts it from what is before it.
pub(super) fn put_name(name: &str, out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'{')) {
        out.push(b',');
    }
    go_json::write(name, out);
    out.push(b':');
}

fn of_item(item: Item) -> Option<Message> {
    match item {
        Item::Message(name) => typed_fields::message(name),
        Item::Text | Item::Whole | Item::Truth | Item::Bytes => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn structs_print_in_their_order_and_what_was_patched_sorted() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"uid": "u", "name": "n", "labels": {"b": "<", "a": "1"}},
            "spec": {"containers": [{"image": "i", "name": "a"}], "initContainers": [], "nodeName": "x"}});
        let mut touched = Touched::default();
        touched.add_pointer("/spec/containers/0/image");
        assert_eq!(
            print("v1", "Pod", &pod, &touched),
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"n","uid":"u","labels":{"a":"1","b":"\u003c"}},"spec":{"containers":[{"image":"i","name":"a"}],"initContainers":[],"nodeName":"x"}}"#
        );
        assert_eq!(
            print("v1", "Pod", &pod, &Touched::by_merge(&json!({"metadata": {"name": "m"}}))),
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"a":"1","b":"\u003c"},"name":"n","uid":"u"},"spec":{"initContainers":[],"containers":[{"name":"a","image":"i"}],"nodeName":"x"}}"#
        );
        assert_eq!(
            print(
                "v1",
                "Pod",
                &pod,
                &Touched::by_merge(&json!({"spec": {"containers": [{"image": "i", "name": "a"}]}}))
            ),
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"n","uid":"u","labels":{"a":"1","b":"\u003c"}},"spec":{"containers":[{"image":"i","name":"a"}],"initContainers":[],"nodeName":"x"}}"#
        );
    }

    #[test]
    fn a_type_that_has_a_version_of_its_own_has_it_where_go_has_it() {
        let status = json!({"apiVersion": "v1", "code": 409, "kind": "Status", "metadata": {}, "status": "Failure",
            "details": {"kind": "pods", "name": "p"}});
        assert_eq!(
            print_whole("v1", "Status", &status),
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","details":{"name":"p","kind":"pods"},"code":409}"#
        );
        let managed = json!({"metadata": {"managedFields": [{"apiVersion": "v1", "manager": "m", "operation": "Apply"}]}});
        assert_eq!(
            print_whole("v1", "ConfigMap", &managed),
            r#"{"metadata":{"managedFields":[{"manager":"m","operation":"Apply","apiVersion":"v1"}]}}"#
        );
    }
}
