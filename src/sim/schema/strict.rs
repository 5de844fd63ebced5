//! Strict decoding of JSON text: unknown and duplicate fields in the order in which they are written.

use super::graph::{Shape, Type, View};
use super::unknown::push_name;
use crate::call::passing_scalars;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// kube-apiserver stops collecting after this many.
const LIMIT: usize = 100;

/// What strict decoding (`fieldValidation=Strict` or `Warn`) says of a JSON text: `unknown field "spec.foo"` and
/// `duplicate field "spec.foo"`, in the order of the text. Without a type only duplicates are told. A text that is
/// not JSON is told as far as it can be read.
pub fn strict(ty: Option<&Type>, json: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(json);
    let walk = Walk { shape: ty.map(Type::shape), path: &mut String::new(), found: &mut found };
    // A text that breaks off has been refused by the decoder before anybody asks for its fields.
    let _ = walk.deserialize(&mut reader);
    found
}

struct Walk<'a, 't> {
    shape: Option<Shape<'t>>,
    path: &'a mut String,
    found: &'a mut Vec<String>,
}

impl Walk<'_, '_> {
    fn tell(&mut self, what: &str) {
        let told = format!("{what} field \"{}\"", self.path);
        // What is written twice is told once.
        if self.found.len() < LIMIT && !self.found.contains(&told) {
            self.found.push(told);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    passing_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let shape = self.shape.and_then(|shape| match shape.view() {
            View::List(item, _) => Some(item),
            View::Struct(_) | View::Map(_) | View::Scalar(_) | View::Any => None,
        });
        let before = self.path.len();
        for index in 0.. {
            self.path.push_str(&format!("[{index}]"));
            let more = items.next_element_seed(Walk { shape, path: self.path, found: self.found })?;
            self.path.truncate(before);
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        let before = self.path.len();
        while let Some(name) = members.next_key::<String>()? {
            push_name(self.path, &name);
            let inner = self.shape.and_then(|shape| shape.member(&name));
            let closed = self.shape.is_some_and(|shape| matches!(shape.view(), View::Struct(false)));
            if closed && inner.is_none() {
                self.tell("unknown");
            } else if seen.contains(&name) {
                self.tell("duplicate");
            }
            members.next_value_seed(Walk { shape: inner, path: self.path, found: self.found })?;
            self.path.truncate(before);
            seen.insert(name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::schema;

    #[test]
    fn unknown_and_duplicate_fields_are_told_in_the_order_of_the_text() {
        let ty = schema::of("", "v1", "ConfigMap").expect("recorded");
        let text = br#"{"zeta":{"x":1,"x":2},"data":{"a":"1","a":"2"},"alpha":1,"metadata":{"name":"x","name":"y"}}"#;
        let expected = [
            "unknown field \"zeta\"",
            "duplicate field \"zeta.x\"",
            "duplicate field \"data.a\"",
            "unknown field \"alpha\"",
            "duplicate field \"metadata.name\"",
        ];
        assert_eq!(strict(Some(ty), text), expected);
        assert_eq!(strict(None, br#"{"a":[{"b":1,"b":2}]}"#), ["duplicate field \"a[0].b\""]);
        assert!(strict(Some(ty), b"{\"data\":").is_empty());
        let twice = br#"{"metadata":{"x":1,"name":"a"},"metadata":{"x":1,"name":"a"}}"#;
        assert_eq!(strict(Some(ty), twice), ["unknown field \"metadata.x\"", "duplicate field \"metadata\""]);
    }
}
