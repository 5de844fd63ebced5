//! What properties are tried on: objects of any kind out of the table of fields, and things that happen to a few
//! ConfigMaps. Judges nothing.

use crate::protobuf::{Form, Item, Message, message};
use helmdrill::call::{Actor, Body, Call, ResourcePath, Verb};
use helmdrill::clock::Moment;
use helmdrill::sim::World;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

pub(crate) const NOW: Moment = Moment::from_micros(1_763_810_803_000_000);

pub(crate) fn actor() -> Actor {
    Actor::Other("test".to_owned())
}

/// A call with a JSON body.
pub(crate) fn sent(method: &str, path: &str, query: &str, media: &str, body: &Value) -> Call {
    let method = method.parse().expect("a method");
    let mut call = Call::from_http(&method, path, query, actor(), "test/1");
    call.accept = "application/json".to_owned();
    call.body = Some(Body { media: media.to_owned(), bytes: body.to_string().into() });
    call
}

/// One thing that happens to one of a few ConfigMaps in one of two namespaces.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Put { name: u8, color: u8, data: u8 },
    Delete { name: u8 },
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..8u8, 0..3u8, 0..3u8).prop_map(|(name, color, data)| Step::Put { name, color, data }),
        1 => (0..8u8).prop_map(|name| Step::Delete { name }),
    ]
}

/// The collection that a ConfigMap of this number lives in.
pub(crate) fn collection(number: u8) -> ResourcePath {
    ResourcePath::collection(
        "",
        "v1",
        "configmaps",
        if number.is_multiple_of(2) { "default" } else { "kube-public" },
    )
}

pub(crate) fn carry_out(world: &mut World, step: &Step) {
    match step {
        Step::Put { name: number, color, data } => {
            let name = format!("c{number}");
            let object = json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": name, "labels": {"color": color.to_string()}},
                "data": {"a": data.to_string()},
            });
            let update = Call::update(actor(), "test/1", collection(*number).item(&name), &object);
            if world.handle(&update, NOW).status == 404 {
                let made = world.handle(&Call::create(actor(), "test/1", collection(*number), &object), NOW);
                assert_eq!(made.status, 201, "{made:?}");
            }
        }
        Step::Delete { name } => {
            let item = collection(*name).item(&format!("c{name}"));
            let gone = world.handle(&Call::delete(actor(), "test/1", item, &Value::Null), NOW);
            assert!(matches!(gone.status, 200 | 404), "{gone:?}");
        }
    }
}

/// A list or watch of all ConfigMaps, or of those of one namespace, with these parameters.
pub(crate) fn asking(verb: Verb, namespace: &str, parameters: &[(&str, &str)]) -> Call {
    let path = ResourcePath::collection("", "v1", "configmaps", namespace);
    let mut call = Call::to(actor(), "test/1", verb, path);
    for (name, value) in parameters {
        call.query.set(name, value);
    }
    call
}

/// Draws objects out of the table of fields.
pub(crate) struct Artist {
    dice: ChaCha8Rng,
}

const WORDS: [&str; 12] = [
    "a",
    "web",
    "b-c",
    "x.y",
    "1",
    "TCP",
    "Always",
    "é\"\n",
    "example.com/a",
    "80",
    "RollingUpdate",
    "IfNotPresent",
];
const QUANTITIES: [&str; 8] = ["1", "100m", "1000m", "0.5", "1Gi", "2048Mi", "1e3", "0"];
const TIMES: [&str; 3] = ["2026-01-02T03:04:05Z", "1999-12-31T23:59:59Z", "2026-11-22T11:26:45Z"];

impl Artist {
    pub(crate) fn new(seed: u64) -> Artist {
        Artist { dice: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.dice.next_u32() as usize % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// An object of this kind with a name and some of the fields that it may have.
    pub(crate) fn object(&mut self, api_version: &str, kind: &str, of: &Message) -> Value {
        let mut object = self.message(of, 0);
        object["apiVersion"] = json!(api_version);
        object["kind"] = json!(kind);
        let labels = json!({"app": self.of(&["a", "b"])});
        object["metadata"] = json!({"name": "x", "labels": labels, "annotations": {"é": self.of(&WORDS)}});
        object
    }

    fn message(&mut self, of: &Message, depth: usize) -> Value {
        let mut members = Map::new();
        for field in &of.fields {
            // Deep parts get fewer fields, so that objects stay small.
            let given = self.below(4 + depth) < 3;
            if !given || (field.inline && depth > 6) {
                continue;
            }
            match &field.form {
                Form::One(item) => {
                    let Some(value) = self.item(item, depth + 1) else { continue };
                    match (field.inline, value) {
                        (true, Value::Object(inner)) => members.extend(inner),
                        (_, value) => drop(members.insert(field.name.clone(), value)),
                    }
                }
                Form::List(item) => {
                    let items: Vec<Value> =
                        (0..1 + self.below(2)).filter_map(|_| self.item(item, depth + 1)).collect();
                    if !items.is_empty() {
                        members.insert(field.name.clone(), Value::Array(items));
                    }
                }
                Form::Map(item) => {
                    if let Some(value) = self.item(item, depth + 1) {
                        members.insert(field.name.clone(), json!({self.of(&WORDS): value}));
                    }
                }
            }
        }
        Value::Object(members)
    }

    /// A value; `None` where none is drawn, so that recursive types come to an end.
    fn item(&mut self, item: &Item, depth: usize) -> Option<Value> {
        Some(match item {
            Item::Text => json!(self.of(&WORDS)),
            Item::Whole => json!(self.of(&[0_i64, 1, 3, 80, 70_000, -1])),
            Item::Truth => json!(self.below(2) == 0),
            Item::Bytes => json!(self.of(&["", "aGVsbG8=", "AAECAw=="])),
            Item::Message(name) => match name.as_str() {
                "resource.Quantity" => json!(self.of(&QUANTITIES)),
                "intstr.IntOrString" => match self.below(2) {
                    0 => json!(self.of(&[0, 80, 30_000])),
                    _ => json!(self.of(&["http", "25%"])),
                },
                "meta.v1.Time" => json!(self.of(&TIMES)),
                "meta.v1.MicroTime" => {
                    json!(self.of(&["2026-01-02T03:04:05.678901Z", "1999-12-31T23:59:59.000000Z"]))
                }
                "runtime.RawExtension" | "meta.v1.FieldsV1" => json!({"f:a": {}}),
                // Their JSON is not that of their fields, and no client sends them as protobuf.
                "apiextensions.v1.JSONSchemaProps" | "meta.v1.Duration" | "meta.v1.Verbs" => return None,
                name if name.ends_with(".ExtraValue") => return None,
                name if depth < 9 => self.message(message(name)?, depth),
                _ => return None,
            },
        })
    }
}
