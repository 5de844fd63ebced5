//! Writes objects as Kubernetes' protobuf, out of the table of fields alone: another pair of eyes than the decoder's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A message of the table.
pub(crate) struct Message {
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    number: u64,
    pub(crate) name: String,
    pub(crate) form: Form,
    /// Its members stand among the outer message's.
    pub(crate) inline: bool,
}

pub(crate) enum Form {
    One(Item),
    List(Item),
    Map(Item),
}

pub(crate) enum Item {
    Text,
    Whole,
    Truth,
    Bytes,
    Message(String),
}

static MESSAGES: LazyLock<BTreeMap<String, Message>> = LazyLock::new(|| {
    let table = include_str!("../../src/call/protobuf-fields.txt");
    let messages = table.lines().map(|line| {
        let mut parts = line.split('\t');
        let name = parts.next().expect("a name").to_owned();
        (name, Message { fields: parts.map(field).collect() })
    });
    messages.collect()
});

fn field(text: &str) -> Field {
    let words: Vec<&str> = text.split(' ').collect();
    let number = words[0].trim_end_matches(|c: char| !c.is_ascii_digit());
    let item = |word: &str| match word {
        "s" => Item::Text,
        "i" => Item::Whole,
        "b" => Item::Truth,
        "y" => Item::Bytes,
        name => Item::Message(name.to_owned()),
    };
    let form = match words[2].split_at(1) {
        ("[", word) => Form::List(item(word)),
        ("{", word) => Form::Map(item(word)),
        _ => Form::One(item(words[2])),
    };
    Field {
        number: number.parse().expect("a number"),
        name: words[1].to_owned(),
        form,
        inline: words[0].contains('~'),
    }
}

pub(crate) fn message(name: &str) -> Option<&'static Message> {
    MESSAGES.get(name)
}

/// The message of a kind.
pub(crate) fn of_kind(api_version: &str, kind: &str) -> Option<&'static Message> {
    let package = match api_version.split_once('/') {
        None => format!("core.{api_version}"),
        Some((group, version)) => format!("{}.{version}", group.split('.').next().unwrap_or(group)),
    };
    message(&format!("{package}.{kind}"))
}

/// A body of `application/vnd.kubernetes.protobuf`.
pub(crate) fn body(object: &Value) -> Vec<u8> {
    let text = |name: &str| object[name].as_str().expect("a kind").to_owned();
    let of = of_kind(&text("apiVersion"), &text("kind")).expect("a known kind");
    let mut meta = Vec::new();
    bytes(1, text("apiVersion").as_bytes(), &mut meta);
    bytes(2, text("kind").as_bytes(), &mut meta);
    let mut out = b"k8s\0".to_vec();
    bytes(1, &meta, &mut out);
    bytes(2, &members(of, object), &mut out);
    out
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn bytes(number: u64, value: &[u8], out: &mut Vec<u8>) {
    varint(number << 3 | 2, out);
    varint(value.len() as u64, out);
    out.extend(value);
}

fn whole(number: u64, value: i64, out: &mut Vec<u8>) {
    varint(number << 3, out);
    varint(value.cast_unsigned(), out);
}

fn members(of: &Message, object: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for field in &of.fields {
        let value = if field.inline { Some(object) } else { object.get(&field.name) };
        match (&field.form, value) {
            (_, None | Some(Value::Null)) => {}
            (Form::One(of), Some(value)) => item(field.number, of, value, &mut out),
            (Form::List(of), Some(list)) => {
                let items = list.as_array().expect("a list");
                items.iter().for_each(|value| item(field.number, of, value, &mut out));
            }
            (Form::Map(of), Some(map)) => {
                for (name, value) in map.as_object().expect("a map") {
                    let mut entry = Vec::new();
                    bytes(1, name.as_bytes(), &mut entry);
                    item(2, of, value, &mut entry);
                    bytes(field.number, &entry, &mut out);
                }
            }
        }
    }
    out
}

fn item(number: u64, of: &Item, value: &Value, out: &mut Vec<u8>) {
    let text = || value.as_str().expect("text");
    match of {
        Item::Text => bytes(number, text().as_bytes(), out),
        Item::Whole => whole(number, value.as_i64().expect("a whole number"), out),
        Item::Truth => whole(number, i64::from(value == true), out),
        Item::Bytes => bytes(number, &STANDARD.decode(text()).expect("base64"), out),
        Item::Message(name) => bytes(number, &part(name, value), out),
    }
}

/// A message; some have a JSON of their own.
fn part(name: &str, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match (name, value) {
        ("resource.Quantity", value) => bytes(1, value.as_str().expect("text").as_bytes(), &mut out),
        ("intstr.IntOrString", Value::String(text)) => {
            whole(1, 1, &mut out);
            bytes(3, text.as_bytes(), &mut out);
        }
        ("intstr.IntOrString", value) => whole(2, value.as_i64().expect("a whole number"), &mut out),
        ("meta.v1.Time" | "meta.v1.MicroTime", value) => {
            let at: jiff::Timestamp = value.as_str().expect("a time").parse().expect("a time");
            whole(1, at.as_second(), &mut out);
            whole(2, i64::from(at.subsec_nanosecond()), &mut out);
        }
        ("meta.v1.FieldsV1" | "runtime.RawExtension", value) => {
            bytes(1, value.to_string().as_bytes(), &mut out)
        }
        (name, value) => out = members(message(name).expect("a known message"), value),
    }
    out
}
