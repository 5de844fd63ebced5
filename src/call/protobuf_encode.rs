//! Writes messages as Go does, for tests: what is decoded must encode to the bytes that it came from.

use super::body::Body;
use super::typed;
use super::typed_fields::{self, Field, Form, Item, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;

const MEDIA: &str = "application/vnd.kubernetes.protobuf";

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).expect("seven bits"));
}

fn tagged(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    varint(u64::from(number) << 3 | 2, out);
    varint(bytes.len() as u64, out);
    out.extend(bytes);
}

fn tagged_number(number: u32, value: i64, out: &mut Vec<u8>) {
    varint(u64::from(number) << 3, out);
    varint(value.cast_unsigned(), out);
}

fn encode(value: &Value) -> Vec<u8> {
    let text = |name: &str| value[name].as_str().expect("a kind").to_owned();
    let message = typed_fields::of_kind(&text("apiVersion"), &text("kind")).expect("a known kind");
    let mut meta = Vec::new();
    tagged(1, text("apiVersion").as_bytes(), &mut meta);
    tagged(2, text("kind").as_bytes(), &mut meta);
    let mut out = Vec::new();
    tagged(1, &meta, &mut out);
    tagged(2, &encode_message(message, value), &mut out);
    tagged(3, b"", &mut out);
    tagged(4, b"", &mut out);
    [b"k8s\0".as_slice(), &out].concat()
}

fn encode_message(message: Message, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for field in message.fields() {
        match (field.inline, field.form) {
            (true, Form::One(Item::Message(inner))) => {
                let inner = typed_fields::message(inner).expect("a known message");
                tagged(field.number, &encode_message(inner, value), &mut out);
            }
            _ => encode_field(field, value.get(field.name), &mut out),
        }
    }
    out
}

fn encode_field(field: Field, value: Option<&Value>, out: &mut Vec<u8>) {
    let given = value.filter(|value| !value.is_null());
    match (field.form, given) {
        (Form::One(item @ Item::Message(_)), None) if !field.pointer => {
            encode_item(field.number, item, &Value::Null, out);
        }
        (Form::One(item @ (Item::Text | Item::Whole | Item::Truth)), None) if !field.pointer => {
            encode_item(field.number, item, &typed::zero(item), out);
        }
        (Form::One(item), Some(value)) => encode_item(field.number, item, value, out),
        (Form::List(item), Some(Value::Array(items))) => {
            items.iter().for_each(|value| encode_item(field.number, item, value, out));
        }
        (Form::Map(item), Some(Value::Object(members))) => {
            for (name, value) in members {
                let mut entry = Vec::new();
                tagged(1, name.as_bytes(), &mut entry);
                encode_item(2, item, value, &mut entry);
                tagged(field.number, &entry, out);
            }
        }
        _ => {}
    }
}

fn encode_item(number: u32, item: Item, value: &Value, out: &mut Vec<u8>) {
    let text = || value.as_str().unwrap_or_default();
    match item {
        Item::Text => tagged(number, text().as_bytes(), out),
        Item::Bytes => tagged(number, &STANDARD.decode(text()).expect("base64"), out),
        Item::Whole => tagged_number(number, value.as_i64().unwrap_or_default(), out),
        Item::Truth => tagged_number(number, i64::from(value == true), out),
        Item::Message(name) => tagged(number, &encode_part(name, value), out),
    }
}

fn encode_part(name: &str, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match (name, value) {
        ("resource.Quantity", value) => tagged(1, value.as_str().unwrap_or("0").as_bytes(), &mut out),
        ("intstr.IntOrString", Value::String(text)) => {
            tagged_number(1, 1, &mut out);
            tagged_number(2, 0, &mut out);
            tagged(3, text.as_bytes(), &mut out);
        }
        ("intstr.IntOrString", value) => {
            tagged_number(1, 0, &mut out);
            tagged_number(2, value.as_i64().unwrap_or_default(), &mut out);
            tagged(3, b"", &mut out);
        }
        ("meta.v1.Time" | "meta.v1.MicroTime", Value::String(text)) => {
            let at: jiff::Timestamp = text.parse().expect("a time");
            tagged_number(1, at.as_second(), &mut out);
            tagged_number(2, i64::from(at.subsec_nanosecond()), &mut out);
        }
        ("meta.v1.Time" | "meta.v1.MicroTime", _) => {}
        ("meta.v1.FieldsV1" | "runtime.RawExtension", Value::Null) => {}
        ("meta.v1.FieldsV1" | "runtime.RawExtension", value) => {
            tagged(1, value.to_string().as_bytes(), &mut out);
        }
        (name, value) => {
            let message = typed_fields::message(name).expect("a known message");
            out = encode_message(message, value);
        }
    }
    out
}

fn decode(bytes: &[u8]) -> Result<Value, String> {
    let body = Body { media: MEDIA.to_owned(), bytes: Bytes::copy_from_slice(bytes) };
    body.decode().map_err(|error| error.to_string())
}

/// Objects as a real server answered them.
fn recorded_objects() -> Vec<Value> {
    serde_json::from_str(include_str!("../../tests/recorded/objects.json")).expect("recorded objects")
}

fn kind(object: &Value) -> (String, String) {
    let text = |name: &str| object[name].as_str().expect("a kind").to_owned();
    (text("apiVersion"), text("kind"))
}

#[test]
fn recorded_bodies_encode_to_the_bytes_that_they_were_decoded_from() {
    let bodies: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/recorded/protobuf.json")).expect("recorded bodies");
    assert!(bodies.len() > 10);
    for body in bodies {
        let bytes = STANDARD.decode(body["base64"].as_str().expect("base64")).expect("base64");
        let decoded = decode(&bytes).unwrap_or_else(|error| panic!("{}: {error}", body["what"]));
        assert!(encode(&decoded) == bytes, "{}: {decoded}", body["what"]);
    }
}

#[test]
fn recorded_objects_survive_the_typed_form_and_protobuf() {
    for object in recorded_objects() {
        let (api_version, kind) = kind(&object);
        let Some(message) = typed_fields::of_kind(&api_version, &kind) else {
            panic!("{api_version} {kind} is in no table");
        };
        let complete = |mut value: Value| {
            typed::complete(&api_version, &kind, &mut value);
            value
        };
        let mut tidied = object.clone();
        typed::tidy(&api_version, &kind, &mut tidied);
        assert_eq!(complete(tidied.clone()), object, "{}", message.name);
        // A definition's schema is never sent as protobuf, and a claim's own kind is not part of it.
        if !["CustomResourceDefinition", "StatefulSet"].contains(&&*kind) {
            assert_eq!(decode(&encode(&object)).map(complete), Ok(object), "{}", message.name);
        }
    }
}

#[test]
fn bodies_that_break_off_or_nest_without_end_are_refused() {
    let object = recorded_objects().swap_remove(2);
    let bytes = encode(&object);
    // The last four bytes are the envelope's two empty fields.
    for length in 0..bytes.len() - 4 {
        if let Ok(short) = decode(&bytes[..length]) {
            assert_ne!(short, object, "{length} bytes are taken for the whole");
        }
    }
    let mut nested = Vec::new();
    for _ in 0..5_000 {
        let mut outer = Vec::new();
        tagged(1, &nested, &mut outer);
        nested = [b"k8s\0".as_slice(), &envelope("v1", "List", &list_of(&outer))].concat();
    }
    assert!(decode(&nested).is_err());
}

/// The items of a `v1` List, each a raw extension.
fn list_of(item: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    tagged(2, item, &mut out);
    out
}

fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let (mut meta, mut out) = (Vec::new(), Vec::new());
    tagged(1, api_version.as_bytes(), &mut meta);
    tagged(2, kind.as_bytes(), &mut meta);
    tagged(1, &meta, &mut out);
    tagged(2, raw, &mut out);
    out
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(
        raw in proptest::collection::vec(any::<u8>(), 0..200),
        kind in prop::sample::select(vec!["Pod", "Secret", "List", "DeleteOptions", "Event"]),
    ) {
        let _ = decode(&[b"k8s\0".as_slice(), &envelope("v1", kind, &raw)].concat());
    }

    #[test]
    fn a_changed_byte_never_makes_the_decoder_panic(at in 0_usize..4000, byte in any::<u8>(), which in 0_usize..40) {
        let objects = recorded_objects();
        let mut bytes = encode(&objects[which % objects.len()]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = decode(&bytes);
    }
}
