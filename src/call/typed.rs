//! What becomes of a JSON object when Go reads it into its type and writes it again: unknown and empty fields go,
//! quantities and times take their canonical form, and fields that are never left out appear.

use super::typed_fields::{self, Field, Form, Item, Message};
use super::typed_text;
use serde_json::{Map, Value};

/// Brings an object of a built-in kind into the form in which kube-apiserver holds it before it fills in defaults:
/// no unknown fields, no nulls, no empty fields that Go leaves out, canonical quantities and times. Kinds that are
/// not built in are left as they are. Idempotent.
pub fn tidy(api_version: &str, kind: &str, object: &mut Value) {
    if let (Some(message), Value::Object(members)) = (typed_fields::of_kind(api_version, kind), object) {
        tidy_message(message, members);
    }
}

/// Adds the fields that Go never leaves out (`status: {}`, `strategy: {}`, `resources: {}`), as kube-apiserver
/// stores and answers them; called when defaults are filled in. Idempotent.
pub fn complete(api_version: &str, kind: &str, object: &mut Value) {
    if let (Some(message), Value::Object(members)) = (typed_fields::of_kind(api_version, kind), object) {
        complete_message(message, members);
    }
}

pub(super) fn tidy_message(message: Message, members: &mut Map<String, Value>) {
    let kind = message.is_kind();
    members.retain(|name, value| {
        if matches!(name.as_str(), "apiVersion" | "kind") && (kind || message.named(name).is_none()) {
            return kind || message.fields().next().is_none() || is_options(message);
        }
        let Some(field) = message.named(name) else { return false };
        tidy_field(field, value);
        if message.name.starts_with("core.v1.") {
            round(field, value);
        }
        !omitted(field, value)
    });
}

/// Kinds that are sent and never stored have `apiVersion` and `kind`, but no metadata.
fn is_options(message: Message) -> bool {
    message.name.ends_with("Options") || message.name == "meta.v1.Status"
}

fn tidy_field(field: Field, value: &mut Value) {
    match (field.form, value) {
        // To a pointer, null is the same as nothing at all.
        (Form::One(_), Value::Null) if field.pointer => {}
        (Form::One(item), value) => tidy_item(item, value),
        (Form::List(item), Value::Array(items)) => {
            items.iter_mut().for_each(|value| tidy_member(item, value))
        }
        (Form::Map(item), Value::Object(members)) => {
            members.values_mut().for_each(|value| tidy_member(item, value));
        }
        (Form::List(_) | Form::Map(_), _) => {}
    }
}

/// The amounts in a list of resources are kept in whole thousandths.
fn round(field: Field, value: &mut Value) {
    let (Form::Map(Item::Message("resource.Quantity")), Value::Object(members)) = (field.form, value) else {
        return;
    };
    for value in members.values_mut() {
        if let Some(rounded) = value.as_str().and_then(typed_text::quantity_in_thousandths) {
            *value = Value::String(rounded);
        }
    }
}

/// An item of a list or a value of a map: where null stands, Go holds the zero value.
fn tidy_member(item: Item, value: &mut Value) {
    // Storage makes no difference between no bytes and none at all.
    if matches!(item, Item::Bytes) && value.is_null() {
        *value = Value::String(String::new());
    }
    if let (Item::Message(name), Value::Null) = (item, &*value)
        && !opaque(name)
    {
        *value = zero(item);
    }
    tidy_item(item, value);
}

fn tidy_item(item: Item, value: &mut Value) {
    match (item, value) {
        (Item::Message("resource.Quantity"), value) => {
            let text = match &*value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if let Some(canonical) = typed_text::quantity(&text) {
                *value = Value::String(canonical);
            }
        }
        (Item::Message("meta.v1.Time"), Value::String(text)) => {
            if let Ok(at) = text.parse::<jiff::Timestamp>() {
                *text = typed_text::time(at.as_second(), 0);
            }
        }
        (Item::Message("meta.v1.MicroTime"), Value::String(text)) => {
            if let Ok(at) = text.parse::<jiff::Timestamp>() {
                *text = typed_text::micro_time(at.as_second(), i64::from(at.subsec_nanosecond()));
            }
        }
        (Item::Message(name), Value::Object(members)) if !opaque(name) => {
            if let Some(message) = typed_fields::message(name) {
                tidy_message(message, members);
            }
        }
        (Item::Bytes, value @ Value::Array(_)) => *value = typed_text::bytes(value),
        (Item::Message(_), Value::Null) => {}
        (item @ (Item::Text | Item::Whole | Item::Truth), value @ Value::Null) => *value = zero(item),
        (Item::Message(_) | Item::Text | Item::Whole | Item::Truth | Item::Bytes, _) => {}
    }
}

/// Messages whose JSON is not an object of their fields.
fn opaque(name: &str) -> bool {
    matches!(name, "runtime.RawExtension" | "meta.v1.FieldsV1" | "apiextensions.v1.JSONSchemaProps")
}

/// Whether Go leaves the field out.
fn omitted(field: Field, value: &Value) -> bool {
    let empty = match value {
        Value::Null => return true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    };
    // An empty list of managers is not nothing: it asks for all managers to be forgotten.
    if field.name == "managedFields" {
        return false;
    }
    let part = matches!(field.form, Form::One(Item::Message(name)) if name != "intstr.IntOrString");
    empty && !field.pointer && !field.always && (!part || field.omit_zero)
}

fn complete_message(message: Message, members: &mut Map<String, Value>) {
    for field in message.fields() {
        if let (true, Form::One(Item::Message(inner))) = (field.inline, field.form) {
            if let Some(inner) = typed_fields::message(inner) {
                complete_message(inner, members);
            }
            continue;
        }
        // Most fields have nothing in them that could be missing, and are not looked for.
        if !has_parts(field) && !is_shown_when_absent(field) {
            continue;
        }
        match members.get_mut(field.name) {
            Some(value) => complete_field(field, value),
            None => {
                if let Some(zero) = shown_when_absent(field) {
                    members.insert(field.name.to_owned(), zero);
                }
            }
        }
    }
}

fn complete_field(field: Field, value: &mut Value) {
    let (Form::One(Item::Message(name)) | Form::List(Item::Message(name)) | Form::Map(Item::Message(name))) =
        field.form
    else {
        return;
    };
    let Some(message) = typed_fields::message(name).filter(|_| !opaque(name)) else { return };
    match (field.form, value) {
        (Form::One(_), Value::Object(members)) => complete_message(message, members),
        (Form::List(_), Value::Array(items)) => {
            items
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|item| complete_message(message, item));
        }
        (Form::Map(_), Value::Object(members)) => {
            let values = members.values_mut().filter_map(Value::as_object_mut);
            values.for_each(|value| complete_message(message, value));
        }
        (Form::One(_) | Form::List(_) | Form::Map(_), _) => {}
    }
}

/// Whether the values of a field are objects with fields of their own.
fn has_parts(field: Field) -> bool {
    let (Form::One(item) | Form::List(item) | Form::Map(item)) = field.form;
    matches!(item, Item::Message(name) if !opaque(name))
}

/// Whether JSON shows a field that is not given.
fn is_shown_when_absent(field: Field) -> bool {
    let part = matches!(field.form, Form::One(Item::Message(_)));
    field.always || (part && !field.pointer && !field.omit_zero)
}

/// What JSON shows of it.
fn shown_when_absent(field: Field) -> Option<Value> {
    is_shown_when_absent(field).then(|| match field.form {
        Form::One(item) if !field.pointer => zero(item),
        Form::One(_) | Form::List(_) | Form::Map(_) => Value::Null,
    })
}

/// The JSON of Go's zero value.
pub(super) fn zero(item: Item) -> Value {
    match item {
        Item::Text => Value::String(String::new()),
        Item::Whole => Value::from(0),
        Item::Truth => Value::Bool(false),
        Item::Bytes => Value::Null,
        Item::Message("resource.Quantity") => Value::from("0"),
        Item::Message("intstr.IntOrString") => Value::from(0),
        Item::Message("meta.v1.Duration") => Value::from("0s"),
        Item::Message("meta.v1.Time" | "meta.v1.MicroTime" | "runtime.RawExtension") => Value::Null,
        Item::Message(name) => {
            let mut members = Map::new();
            if let Some(message) = typed_fields::message(name) {
                complete_message(message, &mut members);
            }
            Value::Object(members)
        }
    }
}
