//! The document of a collection, told from the objects as they are stored: nothing of them is copied until somebody
//! asks for the document as one value, and it is written piece by piece as the reader takes it.

use super::text::is_head;
use super::typed_print::{self, put_name};
use super::{Text, go_json, typed_fields};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// A list of objects in one version of their API.
#[derive(Clone, Debug)]
pub struct Listing {
    /// `SecretList`.
    pub kind: String,
    /// `v1`.
    pub api_version: String,
    /// `metadata`: the version of the list, and where it goes on.
    pub metadata: Value,
    /// The objects, each with its kind and version, and their texts.
    pub items: Vec<(Arc<Value>, Text)>,
    /// Whether items are told with their kind and version, as those of custom resources are.
    pub named: bool,
    document: OnceLock<Value>,
}

/// The parts of a list are compared, not whether it was asked for as a document before.
impl PartialEq for Listing {
    fn eq(&self, other: &Listing) -> bool {
        let head = |list: &Listing| (list.kind.clone(), list.api_version.clone(), list.named);
        head(self) == head(other) && self.metadata == other.metadata && self.items == other.items
    }
}

impl Listing {
    /// A list of these objects.
    pub fn new(
        kind: String,
        api_version: String,
        metadata: Value,
        items: Vec<(Arc<Value>, Text)>,
        named: bool,
    ) -> Listing {
        Listing { kind, api_version, metadata, items, named, document: OnceLock::new() }
    }

    /// The whole document as one value, made when it is asked for first.
    pub fn document(&self) -> &Value {
        self.document.get_or_init(|| {
            let items = self.items.iter().map(|(item, _)| self.item(item)).collect();
            let members = [
                ("apiVersion", Value::String(self.api_version.clone())),
                ("items", Value::Array(items)),
                ("kind", Value::String(self.kind.clone())),
                ("metadata", self.metadata.clone()),
            ];
            Value::Object(members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
        })
    }

    fn item(&self, item: &Value) -> Value {
        match item {
            Value::Object(members) if !self.named => {
                let bare = members.iter().filter(|(name, _)| !is_head(name));
                Value::Object(bare.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            other => other.clone(),
        }
    }

    /// Writes the JSON of the items from place `from` on until `out` has at least `enough` bytes, with what comes
    /// before the first and behind the last; gives the place where it goes on, and `None` at the end. A typed list has
    /// its members in the order of its Go struct, one of custom resources has them sorted.
    pub fn write(&self, from: usize, enough: usize, out: &mut Vec<u8>) -> Option<usize> {
        if from == 0 {
            out.push(b'{');
            if !self.named {
                put_text("kind", &self.kind, out);
            }
            put_text("apiVersion", &self.api_version, out);
            if !self.named {
                self.put_metadata(out);
            }
            out.extend_from_slice(b",\"items\":[");
        }
        for (at, (item, text)) in self.items.iter().enumerate().skip(from) {
            if at > from && out.len() >= enough {
                return Some(at);
            }
            if at > 0 {
                out.push(b',');
            }
            if self.named {
                out.extend_from_slice(text.whole(item));
            } else {
                text.write_bare(item, out);
            }
        }
        out.push(b']');
        if self.named {
            put_text("kind", &self.kind, out);
            self.put_metadata(out);
        }
        out.extend_from_slice(b"}\n");
        None
    }

    fn put_metadata(&self, out: &mut Vec<u8>) {
        put_name("metadata", out);
        let message = if self.named { None } else { typed_fields::message("meta.v1.ListMeta") };
        typed_print::put(message, &self.metadata, None, out);
    }
}

fn put_text(name: &str, text: &str, out: &mut Vec<u8>) {
    put_name(name, out);
    go_json::write(text, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pieces_of_any_size_join_to_the_document() {
        for (count, named) in [(0, false), (1, false), (5, false), (5, true)] {
            let object =
                |at| json!({"kind": "K", "apiVersion": "v1", "metadata": {"name": format!("o{at}")}});
            let items = (0..count).map(|at| (Arc::new(object(at)), Text::default())).collect();
            let list = Listing::new(
                "KList".to_owned(),
                "v1".to_owned(),
                json!({"resourceVersion": "7"}),
                items,
                named,
            );
            for enough in [0, 1, 40, 100_000] {
                let (mut text, mut from) = (Vec::new(), Some(0));
                while let Some(at) = from {
                    let mut piece = Vec::new();
                    from = list.write(at, enough, &mut piece);
                    text.extend(piece);
                }
                assert_eq!(serde_json::from_slice::<Value>(&text).expect("JSON"), *list.document());
            }
            assert_eq!(list.document()["items"].as_array().map(Vec::len), Some(count));
            assert_eq!(list.document()["items"][0].get("kind").is_some(), named && count > 0);
        }
    }
}
