//! One change of one object, as the log keeps it and watchers are told of it. Its texts are made once, when somebody
//! watches, and shared by all who do. What a watcher may see of it is `api`'s to say.

use super::object::set_meta;
use crate::call::Text;
use crate::snapshot::{Key, Object, Stored};
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
    /// The text of the object as it became.
    text: Text,
    gone: Arc<OnceLock<(Object, Text)>>,
    weight: usize,
}

impl Change {
    /// A change from one stored object to another.
    pub(super) fn new(version: u64, key: Key, before: Option<&Stored>, after: Option<&Stored>) -> Change {
        let object = |stored: Option<&Stored>| stored.map(|stored| stored.object().clone());
        let text = after.map(|stored| stored.text().clone()).unwrap_or_default();
        let (before, after) = (object(before), object(after));
        let weight = after.as_deref().map_or(0, weight);
        Change { version, key, before, after, text, gone: Arc::default(), weight }
    }

    /// The text of the object as it became.
    pub(super) fn text(&self) -> &Text {
        &self.text
    }

    /// The object as it was last, under the version of this change, as those see it whose selection it leaves, and its
    /// text; `None` where it is new.
    pub(super) fn gone(&self) -> Option<&(Object, Text)> {
        let before = self.before.as_deref()?;
        Some(self.gone.get_or_init(|| {
            let mut last = before.clone();
            set_meta(&mut last, "resourceVersion", Value::String(self.version.to_string()));
            (Arc::new(last), Text::default())
        }))
    }

    /// How many bytes the object holds as it became, about: letters and what stores them.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }
}

fn weight(value: &Value) -> usize {
    /// What a text takes besides its letters.
    const TEXT: usize = 16;
    /// What the members of an object take for every eleven of them, which share a node.
    const NODE: usize = 640;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => TEXT + text.len(),
        Value::Array(items) => items.iter().map(|item| size_of::<Value>() + weight(item)).sum(),
        Value::Object(members) => {
            let inside = members.iter().map(|(name, value)| TEXT + name.len() + weight(value));
            members.len().div_ceil(11) * NODE + inside.sum::<usize>()
        }
    }
}
