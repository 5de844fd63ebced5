//! The OpenAPI v2 document in its protobuf form, gnostic's `openapi.v2.Document`: kubectl and helm read it to validate
//! objects of kinds that OpenAPI v3 does not know. Only what validation looks at is in it: the definitions.

use serde_json::Value;
use std::sync::LazyLock;

/// The media types by which it is asked for; the second spells the first without an `@`.
pub(super) const MEDIA: [&str; 2] = [
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
];

/// The document of this server.
pub(super) fn protobuf() -> &'static [u8] {
    static ENCODED: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let text = super::documents::document("/openapi/v2").expect("it is recorded");
        encoded(&serde_json::from_slice(text).expect("it is JSON"))
    });
    &ENCODED
}

/// A message as it grows. Numbers are those of gnostic's `OpenAPIv2.proto`.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    /// A text, where there is one.
    fn text(&mut self, field: u64, value: &Value) {
        if let Some(text) = value.as_str() {
            self.bytes(field, text.as_bytes());
        }
    }

    /// A flag, where it is set.
    fn flag(&mut self, field: u64, value: &Value) {
        if value.as_bool() == Some(true) {
            self.varint(field << 3);
            self.varint(1);
        }
    }
}

/// A document in this form. `Document`: swagger 1, info 2, paths 8, definitions 9.
pub(super) fn encoded(from: &Value) -> Vec<u8> {
    let mut info = Message::default();
    info.text(1, &from["info"]["title"]);
    info.text(2, &from["info"]["version"]);
    let mut all = Message::default();
    all.text(1, &from["swagger"]);
    all.bytes(2, &info.0);
    all.bytes(8, &[]);
    all.bytes(9, &named_schemas(&from["definitions"]));
    all.0
}

/// `Definitions` and `Properties`: repeated `NamedSchema` 1, of name 1 and value 2.
fn named_schemas(from: &Value) -> Vec<u8> {
    let mut all = Message::default();
    for (name, value) in from.as_object().into_iter().flatten() {
        let mut named = Message::default();
        named.bytes(1, name.as_bytes());
        named.bytes(2, &schema(value));
        all.bytes(1, &named.0);
    }
    all.0
}

/// `Schema`: reference 1, format 2, required 19, further properties 21, type 22, items 23, properties 25, extensions 31.
fn schema(from: &Value) -> Vec<u8> {
    let mut all = Message::default();
    all.text(1, &from["$ref"]);
    all.text(2, &from["format"]);
    for required in from["required"].as_array().into_iter().flatten() {
        all.text(19, required);
    }
    if let Some(further) = from.get("additionalProperties") {
        let mut item = Message::default();
        match further.is_object() {
            true => item.bytes(1, &schema(further)),
            false => item.flag(2, further),
        }
        all.bytes(21, &item.0);
    }
    if from["type"].is_string() {
        let mut item = Message::default();
        item.text(1, &from["type"]);
        all.bytes(22, &item.0);
    }
    if from["items"].is_object() {
        let mut item = Message::default();
        item.bytes(1, &schema(&from["items"]));
        all.bytes(23, &item.0);
    }
    if from["properties"].is_object() {
        all.bytes(25, &named_schemas(&from["properties"]));
    }
    for (name, value) in from.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("x-")) {
        // `Any`, whose YAML 2 may be JSON as well.
        let mut any = Message::default();
        any.bytes(2, value.to_string().as_bytes());
        let mut named = Message::default();
        named.bytes(1, name.as_bytes());
        named.bytes(2, &any.0);
        all.bytes(31, &named.0);
    }
    all.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_is_encoded_field_by_field() {
        let small = json!({"required": ["a"], "properties": {"a": {"type": "string"}}, "type": "object"});
        let expected = b"\x9a\x01\x01a\xb2\x01\x08\x0a\x06object\xca\x01\x12\x0a\x10\x0a\x01a\x12\x0b\xb2\x01\x08\x0a\x06string";
        assert_eq!(schema(&small), expected);
    }
}
