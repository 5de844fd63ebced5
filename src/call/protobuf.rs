//! Kubernetes' protobuf: the envelope with its magic bytes, and messages as the JSON that the same Go object gives.

use super::protobuf_wire::{Fields, Payload, WireError, packed};
use super::typed_fields::{self, Field, Form, Item, Message};
use super::{typed, typed_text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// What every body of `application/vnd.kubernetes.protobuf` starts with.
const MAGIC: &[u8] = b"k8s\0";
/// Objects of Kubernetes nest some 20 messages deep, JSON schemas apart.
const DEPTH: usize = 100;
/// How many messages, list items and map entries one body may hold.
const PARTS: usize = 300_000;

/// Why a protobuf body could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtobufError {
    /// The magic bytes are missing.
    #[error("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    Magic,
    /// The bytes are not a message.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The envelope names a kind that is in no protobuf schema.
    #[error("no kind {kind:?} is registered for version {api_version:?}")]
    Kind {
        /// `apiVersion` of the envelope.
        api_version: String,
        /// `kind` of the envelope.
        kind: String,
    },
    /// JSON inside the message cannot be read.
    #[error("embedded document: {0}")]
    Embedded(String),
}

/// Decodes a body with its envelope.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, ProtobufError> {
    Reader { parts: 0 }.envelope(bytes, 0)
}

struct Reader {
    parts: usize,
}

impl Reader {
    fn envelope(&mut self, bytes: &[u8], depth: usize) -> Result<Value, ProtobufError> {
        let body = bytes.strip_prefix(MAGIC).ok_or(ProtobufError::Magic)?;
        let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
        for field in Fields::of(body) {
            match field? {
                (1, Payload::Bytes(meta)) => {
                    for field in Fields::of(meta) {
                        match field? {
                            (1, Payload::Bytes(text)) => api_version = lossy(text),
                            (2, Payload::Bytes(text)) => kind = lossy(text),
                            _ => {}
                        }
                    }
                }
                (2, Payload::Bytes(bytes)) => raw = bytes,
                _ => {}
            }
        }
        let Some(message) = typed_fields::of_kind(&api_version, &kind) else {
            return Err(ProtobufError::Kind { api_version, kind });
        };
        let mut members = self.message(message, raw, depth + 1)?;
        members.insert("apiVersion".to_owned(), Value::String(api_version));
        members.insert("kind".to_owned(), Value::String(kind));
        typed::tidy_message(message, &mut members);
        Ok(Value::Object(members))
    }

    fn count(&mut self, depth: usize) -> Result<(), WireError> {
        self.parts += 1;
        if self.parts > PARTS || depth > DEPTH { Err(WireError::TooLarge) } else { Ok(()) }
    }

    fn message(
        &mut self,
        message: Message,
        bytes: &[u8],
        depth: usize,
    ) -> Result<Map<String, Value>, ProtobufError> {
        self.count(depth)?;
        let mut members = Map::new();
        for field in Fields::of(bytes) {
            let (number, payload) = field?;
            if let Some(known) = message.fields().find(|field| field.number == number) {
                self.field(known, payload, &mut members, depth)?;
            }
        }
        Ok(members)
    }

    fn field(
        &mut self,
        field: Field,
        payload: Payload<'_>,
        members: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<(), ProtobufError> {
        self.count(depth)?;
        let number = field.number;
        match field.form {
            Form::One(item) => {
                let value = self.item(number, item, payload, depth)?;
                match (field.inline, value) {
                    (true, Value::Object(inner)) => members.extend(inner),
                    (_, value) => drop(members.insert(field.name.to_owned(), value)),
                }
            }
            Form::List(item) => {
                let list = members.entry(field.name).or_insert_with(|| Value::Array(Vec::new()));
                let Value::Array(list) = list else { return Err(WireError::WireType(number).into()) };
                match (item, payload) {
                    (Item::Whole | Item::Truth, Payload::Bytes(bytes)) => {
                        for number in packed(bytes)? {
                            self.count(depth)?;
                            list.push(scalar(item, number));
                        }
                    }
                    _ => list.push(self.item(number, item, payload, depth)?),
                }
            }
            Form::Map(item) => {
                let map = members.entry(field.name).or_insert_with(|| Value::Object(Map::new()));
                let (Value::Object(map), Payload::Bytes(entry)) = (map, payload) else {
                    return Err(WireError::WireType(number).into());
                };
                let (name, value) = self.entry(number, item, entry, depth)?;
                map.insert(name, value);
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        number: u32,
        item: Item,
        entry: &[u8],
        depth: usize,
    ) -> Result<(String, Value), ProtobufError> {
        let mut name = String::new();
        let mut value = None;
        for field in Fields::of(entry) {
            match field? {
                (1, Payload::Bytes(text)) => name = lossy(text),
                (2, payload) => value = Some(self.item(number, item, payload, depth)?),
                _ => {}
            }
        }
        Ok((name, value.unwrap_or_else(|| typed::zero(item))))
    }

    fn item(
        &mut self,
        number: u32,
        item: Item,
        payload: Payload<'_>,
        depth: usize,
    ) -> Result<Value, ProtobufError> {
        match (item, payload) {
            (Item::Text, Payload::Bytes(text)) => Ok(Value::String(lossy(text))),
            (Item::Bytes, Payload::Bytes(bytes)) => Ok(Value::String(STANDARD.encode(bytes))),
            (Item::Whole | Item::Truth, Payload::Varint(number)) => Ok(scalar(item, number)),
            (Item::Message(name), Payload::Bytes(bytes)) => self.part(name, bytes, depth + 1),
            (Item::Text | Item::Bytes | Item::Whole | Item::Truth | Item::Message(_), _) => {
                Err(WireError::WireType(number).into())
            }
        }
    }

    /// A message inside another: one of those that JSON writes in a form of their own, or an object.
    fn part(&mut self, name: &str, bytes: &[u8], depth: usize) -> Result<Value, ProtobufError> {
        match name {
            "resource.Quantity" => Ok(Value::String(text_field(bytes)?)),
            "intstr.IntOrString" => int_or_string(bytes),
            "meta.v1.Time" => Ok(time(bytes, typed_text::time)?),
            "meta.v1.MicroTime" => Ok(time(bytes, typed_text::micro_time)?),
            "meta.v1.Duration" => {
                let (nanos, _) = numbers(bytes)?;
                Ok(Value::String(typed_text::duration(nanos)))
            }
            // No client sends a definition's schema as protobuf; its JSON is not that of its fields.
            "apiextensions.v1.JSONSchemaProps" => {
                Err(ProtobufError::Embedded("a schema in protobuf is not read".to_owned()))
            }
            "runtime.RawExtension" | "meta.v1.FieldsV1" => self.embedded(bytes, depth),
            "meta.v1.Verbs" | "authentication.v1.ExtraValue" => Ok(Value::Array(texts(bytes)?)),
            _ if name.ends_with(".ExtraValue") => Ok(Value::Array(texts(bytes)?)),
            _ => {
                let message = typed_fields::message(name).ok_or(WireError::TooLarge)?;
                self.message(message, bytes, depth).map(Value::Object)
            }
        }
    }

    fn embedded(&mut self, bytes: &[u8], depth: usize) -> Result<Value, ProtobufError> {
        let mut raw = &[][..];
        for field in Fields::of(bytes) {
            if let (1, Payload::Bytes(bytes)) = field? {
                raw = bytes;
            }
        }
        self.count(depth)?;
        match raw {
            [] => Ok(Value::Null),
            raw if raw.starts_with(MAGIC) => self.envelope(raw, depth),
            raw => serde_json::from_slice(raw).map_err(|error| ProtobufError::Embedded(error.to_string())),
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scalar(item: Item, number: u64) -> Value {
    match item {
        Item::Truth => Value::Bool(number != 0),
        // Negative numbers are sign-extended to 64 bits on the wire.
        Item::Whole | Item::Text | Item::Bytes | Item::Message(_) => Value::from(number.cast_signed()),
    }
}

fn text_field(bytes: &[u8]) -> Result<String, WireError> {
    Ok(match texts(bytes)?.pop() {
        Some(Value::String(text)) => text,
        _ => String::new(),
    })
}

fn texts(bytes: &[u8]) -> Result<Vec<Value>, WireError> {
    let mut found = Vec::new();
    for field in Fields::of(bytes) {
        if let (1, Payload::Bytes(text)) = field? {
            found.push(Value::String(lossy(text)));
        }
    }
    Ok(found)
}

/// The first two fields, as numbers.
fn numbers(bytes: &[u8]) -> Result<(i64, i64), WireError> {
    let (mut first, mut second) = (0, 0);
    for field in Fields::of(bytes) {
        match field? {
            (1, Payload::Varint(number)) => first = number.cast_signed(),
            (2, Payload::Varint(number)) => second = number.cast_signed(),
            _ => {}
        }
    }
    Ok((first, second))
}

fn time(bytes: &[u8], print: fn(i64, i64) -> String) -> Result<Value, WireError> {
    match numbers(bytes)? {
        (0, 0) => Ok(Value::Null),
        (seconds, nanos) => Ok(Value::String(print(seconds, nanos))),
    }
}

fn int_or_string(bytes: &[u8]) -> Result<Value, ProtobufError> {
    let (kind, number) = numbers(bytes)?;
    if kind == 0 {
        return Ok(Value::from(number));
    }
    let mut text = String::new();
    for field in Fields::of(bytes) {
        if let (3, Payload::Bytes(bytes)) = field? {
            text = lossy(bytes);
        }
    }
    Ok(Value::String(text))
}
