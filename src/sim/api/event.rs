//! One event of a watch: a document of `type` and `object`, or an object with the text that all watchers share.

use crate::call::{Text, write_object};
use crate::snapshot::Object;
use serde_json::{Value, json};

/// An event that is to be given.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A document of its own.
    Document(Value),
    /// A whole object: `ADDED`, `MODIFIED` or `DELETED`, and the text that it has in the version of the watch.
    Whole(&'static str, Object, Text),
}

impl Event {
    /// The event as one document.
    pub(super) fn into_document(self) -> Value {
        match self {
            Event::Document(document) => document,
            Event::Whole(kind, object, _) => json!({"type": kind, "object": *object}),
        }
    }

    /// Writes the event as one line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Event::Document(document) => {
                begin(document["type"].as_str().unwrap_or_default(), out);
                write_object(&document["object"], out);
            }
            Event::Whole(kind, object, text) => {
                begin(kind, out);
                out.extend_from_slice(text.whole(object));
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

/// Writes what comes before the object.
fn begin(kind: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\",\"object\":");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn an_event_reads_the_same_as_a_line_and_as_a_document() {
        let object = Arc::new(json!({"metadata": {"name": "x\n\"y"}}));
        let document = Event::Document(json!({"type": "ADDED", "object": *object}));
        for event in [Event::Whole("ADDED", object, Text::default()), document] {
            let mut line = Vec::new();
            event.write(&mut line);
            assert_eq!(line.pop(), Some(b'\n'));
            assert!(!line.contains(&b'\n'));
            assert_eq!(serde_json::from_slice::<Value>(&line).expect("JSON"), event.into_document());
        }
    }
}
