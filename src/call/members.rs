//! How many members the objects of a JSON text name, and how many the document has that was read from it: where there
//! are fewer, a name stands twice in one object. Which one is not told here.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// What a visitor that walks through a text says of its scalars: nothing.
macro_rules! passing_scalars {
    () => {
        fn visit_bool<E>(self, _: bool) -> Result<(), E> {
            Ok(())
        }

        fn visit_i64<E>(self, _: i64) -> Result<(), E> {
            Ok(())
        }

        fn visit_u64<E>(self, _: u64) -> Result<(), E> {
            Ok(())
        }

        fn visit_f64<E>(self, _: f64) -> Result<(), E> {
            Ok(())
        }

        fn visit_str<E>(self, _: &str) -> Result<(), E> {
            Ok(())
        }

        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }
    };
}
pub(crate) use passing_scalars;

/// How many members all objects of a text name together; `None` where it is not JSON.
pub(super) fn named(json: &[u8]) -> Option<usize> {
    let mut count = 0;
    let mut reader = serde_json::Deserializer::from_slice(json);
    Count(&mut count).deserialize(&mut reader).and_then(|()| reader.end()).ok()?;
    Some(count)
}

/// How many members all objects of a document have together.
pub(super) fn held(document: &Value) -> usize {
    match document {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        Value::Array(items) => items.iter().map(held).sum(),
        Value::Object(members) => members.len() + members.values().map(held).sum::<usize>(),
    }
}

struct Count<'a>(&'a mut usize);

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    passing_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Count(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key::<IgnoredAny>()?.is_some() {
            *self.0 += 1;
            members.next_value_seed(Count(self.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_fewer_members_than_its_text_names_where_a_name_stands_twice() {
        for (text, unique) in [
            (r#"{"a":1,"b":{"a":[{"a":null},{"a":"x"}]},"c":1.5}"#, true),
            (r#"{"a":1,"b":{"a":[{"a":null,"a":"x"}]}}"#, false),
            (r#"{"a":1,"\u0061":2}"#, false),
            ("[]", true),
        ] {
            let document: Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(named(text.as_bytes()) == Some(held(&document)), unique, "{text}");
        }
        for text in ["a: 1", "{\"a\":1", "{} {}"] {
            assert_eq!(named(text.as_bytes()), None, "{text}");
        }
    }
}
