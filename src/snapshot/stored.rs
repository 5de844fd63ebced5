//! An object as a snapshot holds it: its text and its labels beside it.

use super::Object;
use crate::call::Text;
use std::borrow::Cow;
use std::sync::Arc;

/// An object as a snapshot holds it: with its text once somebody has asked for it, and its labels in one piece, so that
/// a selector finds them without a walk through the object.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    object: Object,
    text: Text,
    /// `key NUL value NUL …`; `None` where a label has a NUL in it.
    labels: Option<Arc<str>>,
}

/// What is compared is the object; the rest follows from it.
impl PartialEq for Stored {
    fn eq(&self, other: &Stored) -> bool {
        Arc::ptr_eq(&self.object, &other.object) || self.object == other.object
    }
}

impl Stored {
    /// An object whose text nobody has asked for yet.
    pub(crate) fn new(object: Object) -> Stored {
        let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
        let mut joined = String::new();
        let mut plain = true;
        for (key, value) in labels {
            for part in [key, value.as_str().unwrap_or_default()] {
                plain &= !part.contains('\0');
                joined += part;
                joined.push('\0');
            }
        }
        Stored { object, text: Text::default(), labels: plain.then(|| joined.into()) }
    }

    /// The object.
    pub(crate) fn object(&self) -> &Object {
        &self.object
    }

    /// The text of the object.
    pub(crate) fn text(&self) -> &Text {
        &self.text
    }

    /// The value of a label.
    pub(crate) fn label(&self, wanted: &str) -> Option<Cow<'_, str>> {
        let Some(labels) = &self.labels else {
            return self.object["metadata"]["labels"].get(wanted)?.as_str().map(Cow::Borrowed);
        };
        let mut parts = labels.split_terminator('\0');
        while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
            if key == wanted {
                return Some(Cow::Borrowed(value));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_are_found_whatever_they_hold() {
        for labels in [json!({"a": "1", "b": ""}), json!({"a": "1", "b": "", "c": "x\0y"})] {
            let stored = Stored::new(Arc::new(json!({"metadata": {"labels": labels}})));
            let found = ["a", "b", "c", "d"].map(|key| stored.label(key).map(Cow::into_owned));
            let expected = ["a", "b", "c", "d"].map(|key| labels.get(key)?.as_str().map(str::to_owned));
            assert_eq!(found, expected);
        }
        assert_eq!(Stored::new(Arc::new(json!({}))).label("a"), None);
    }
}
