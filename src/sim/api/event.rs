//! One event of a watch: a document of `type` and `object`, or an object with the text that all watchers share.

use crate::snapshot::Object;
use bytes::Bytes;
use serde_json::{Value, json};

/// An event that is to be given.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A document of its own.
    Document(Value),
    /// A whole object.
    Whole {
        /// `ADDED`, `MODIFIED` or `DELETED`.
        kind: &'static str,
        /// The object in the version of the watch.
        object: Object,
        /// Whether that is the version in which it is stored.
        as_stored: bool,
        /// Its JSON, where it is known already.
        text: Option<Bytes>,
    },
}

impl Event {
    /// The same with the JSON of the object as it is stored.
    pub(super) fn with_text(self, known: Bytes) -> Event {
        match self {
            Event::Whole { kind, object, as_stored: true, text: _ } => {
                Event::Whole { kind, object, as_stored: true, text: Some(known) }
            }
            Event::Whole { as_stored: false, .. } | Event::Document(_) => self,
        }
    }

    /// The event as one document.
    pub(super) fn into_document(self) -> Value {
        match self {
            Event::Document(document) => document,
            Event::Whole { kind, object, .. } => json!({"type": kind, "object": *object}),
        }
    }

    /// Writes the event as one line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let json = |value: &Value, out: &mut Vec<u8>| {
            serde_json::to_writer(out, value).expect("JSON values are written to memory");
        };
        match self {
            Event::Document(document) => json(document, out),
            Event::Whole { kind, object, text, .. } => {
                out.extend_from_slice(b"{\"type\":\"");
                out.extend_from_slice(kind.as_bytes());
                out.extend_from_slice(b"\",\"object\":");
                match text {
                    Some(text) => out.extend_from_slice(text),
                    None => json(object, out),
                }
                out.push(b'}');
            }
        }
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn an_event_reads_the_same_as_a_line_and_as_a_document() {
        let object = Arc::new(json!({"metadata": {"name": "x\n\"y"}}));
        let text = Bytes::from(object.to_string());
        let whole = |text| Event::Whole { kind: "ADDED", object: object.clone(), as_stored: true, text };
        for event in [whole(None), whole(Some(text.clone())), whole(None).with_text(text)] {
            let mut line = Vec::new();
            event.write(&mut line);
            assert_eq!(line.pop(), Some(b'\n'));
            assert!(!line.contains(&b'\n'));
            assert_eq!(serde_json::from_slice::<Value>(&line).expect("JSON"), event.into_document());
        }
    }
}
