//! A Kubernetes object as Go writes its JSON: the fields of a type in the order of the Go struct, the keys of maps
//! sorted, `<`, `>` and `&` escaped. What a patch took apart is a map to Go, and its keys come sorted.

use super::typed_fields::{self, Form, Item, Message};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One line per message whose Go struct has another order than its protobuf numbers: the message, a tab, the fields.
const ORDERS: &str = include_str!("go-order.txt");

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
    let mut out = String::new();
    put(typed_fields::of_kind(api_version, kind), object, Some(touched), &mut out);
    out
}

/// Prints an object of a kind as Go encodes it whole.
pub fn print_whole(api_version: &str, kind: &str, object: &Value) -> String {
    let mut out = String::new();
    put(typed_fields::of_kind(api_version, kind), object, None, &mut out);
    out
}

fn put(message: Option<Message>, value: &Value, touched: Option<&Touched>, out: &mut String) {
    match value {
        Value::Object(members) => put_members(message, members, touched, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                put(message, item, touched.and_then(|touched| touched.below(&at.to_string())), out);
            }
            out.push(']');
        }
        Value::String(_) => {
            let text = value.to_string();
            *out += &text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => *out += &value.to_string(),
    }
}

fn put_members(
    message: Option<Message>,
    members: &Map<String, Value>,
    touched: Option<&Touched>,
    out: &mut String,
) {
    let order = message.filter(|_| touched.is_none()).map(order).unwrap_or_default();
    let rank = |name: &str| order.iter().position(|field| *field == name).unwrap_or(usize::MAX);
    let mut names: Vec<&String> = members.keys().collect();
    names.sort_by(|a, b| rank(a).cmp(&rank(b)).then(a.cmp(b)));
    out.push('{');
    for (at, name) in names.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        put(None, &Value::String(name.clone()), None, out);
        out.push(':');
        let below = touched.and_then(|touched| touched.below(name));
        let value = &members[name];
        match message.and_then(|message| message.named(name)).map(|field| field.form) {
            Some(Form::Map(item)) => put_map(of_item(item), value, below, out),
            Some(Form::One(item) | Form::List(item)) => put(of_item(item), value, below, out),
            None => put(None, value, below, out),
        }
    }
    out.push('}');
}

/// A map from texts: its keys are no fields.
fn put_map(item: Option<Message>, value: &Value, touched: Option<&Touched>, out: &mut String) {
    let Value::Object(members) = value else { return put(None, value, touched, out) };
    out.push('{');
    for (at, (name, value)) in members.iter().collect::<BTreeMap<_, _>>().into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        put(None, &Value::String(name.clone()), None, out);
        out.push(':');
        put(item, value, touched.and_then(|touched| touched.below(name)), out);
    }
    out.push('}');
}

fn of_item(item: Item) -> Option<Message> {
    match item {
        Item::Message(name) => typed_fields::message(name),
        Item::Text | Item::Whole | Item::Truth | Item::Bytes => None,
    }
}

/// The fields of a Go struct in their order. Those that protobuf leaves out, `kind` and `apiVersion`, come first.
fn order(message: Message) -> Vec<&'static str> {
    let own = |name: &str| message.named(name).is_some();
    let mut names = vec!["kind", "apiVersion"];
    names.retain(|name| !own(name));
    let line = ORDERS.lines().find_map(|line| line.strip_prefix(message.name)?.strip_prefix('\t'));
    match line {
        Some(fields) => names.extend(fields.split(' ')),
        None => {
            for field in message.fields() {
                match (field.inline, field.form) {
                    (true, Form::One(Item::Message(inner))) => {
                        names.extend(typed_fields::message(inner).map(order).unwrap_or_default());
                    }
                    _ => names.push(field.name),
                }
            }
        }
    }
    names
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
