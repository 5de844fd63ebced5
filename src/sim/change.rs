//! One change of one object, as the log keeps it and watchers are told of it. Its texts are made once, when somebody
//! watches, and shared by all who do. What a watcher may see of it is `api`'s to say.

use super::object::set_meta;
use crate::snapshot::{Key, Object};
use bytes::Bytes;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// One change of one object.
#[derive(Clone, Debug)]
pub struct Change {
    /// The resourceVersion that the change has got; each change has its own, and there are no gaps.
    pub version: u64,
    /// Which object.
    pub key: Key,
    /// The object as it was; `None` where it is new.
    pub before: Option<Object>,
    /// The object as it became; `None` where it is gone.
    pub after: Option<Object>,
    texts: Arc<Texts>,
}

#[derive(Debug, Default)]
struct Texts {
    after: OnceLock<Bytes>,
    gone: OnceLock<(Object, Bytes)>,
}

impl Change {
    /// A change whose texts nobody has asked for yet.
    pub(super) fn new(version: u64, key: Key, before: Option<Object>, after: Option<Object>) -> Change {
        Change { version, key, before, after, texts: Arc::default() }
    }

    /// The JSON of the object as it became; `null` where it is gone.
    pub(super) fn after_text(&self) -> Bytes {
        self.texts.after.get_or_init(|| text(self.after.as_deref().unwrap_or(&Value::Null))).clone()
    }

    /// The object as it was last, under the version of this change, as those see it whose selection it leaves, and its
    /// JSON; `None` where it is new.
    pub(super) fn gone(&self) -> Option<(Object, Bytes)> {
        let before = self.before.as_deref()?;
        let gone = self.texts.gone.get_or_init(|| {
            let mut last = before.clone();
            set_meta(&mut last, "resourceVersion", Value::String(self.version.to_string()));
            let told = text(&last);
            (Arc::new(last), told)
        });
        Some(gone.clone())
    }

    /// How many bytes the object holds as it became, about: letters and what stores them.
    pub(super) fn weight(&self) -> usize {
        self.after.as_deref().map_or(0, weight)
    }
}

/// The JSON of an object.
pub(super) fn text(object: &Value) -> Bytes {
    Bytes::from(serde_json::to_vec(object).expect("JSON values are written to memory"))
}

fn weight(value: &Value) -> usize {
    /// What a value takes besides its letters.
    const EACH: usize = 48;
    EACH + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + weight(value)).sum(),
    }
}
