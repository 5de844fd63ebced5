//! What of an object is as it was before: a rule that does not hold of such a part is told as a warning, so that an
//! object may be changed elsewhere under a definition that has become stricter.

use crate::sim::custom::schema::Schema;
use crate::sim::custom::values::same_item;
use serde_json::Value;

/// A part of an object, and the part of the object before that it is told to be.
#[derive(Clone, Copy, Default)]
pub(super) struct Ratchet<'a> {
    here: Option<Pair<'a>>,
    /// The nearest part above that is told.
    above: Option<Pair<'a>>,
}

#[derive(Clone, Copy)]
struct Pair<'a> {
    old: &'a Value,
    new: &'a Value,
}

impl<'a> Ratchet<'a> {
    /// The whole object; a new one was nothing before.
    pub(super) fn new(old: Option<&'a Value>, new: &'a Value) -> Ratchet<'a> {
        Ratchet { here: old.map(|old| Pair { old, new }), above: None }
    }

    /// Whether it is as it was.
    pub(super) fn is_unchanged(self) -> bool {
        self.here.or(self.above).is_some_and(|pair| pair.old == pair.new)
    }

    /// A field of it.
    pub(super) fn field(self, name: &str) -> Ratchet<'a> {
        let Some(pair) = self.here else { return self };
        if self.above.is_none() && matches!(name, "apiVersion" | "kind") {
            return Ratchet::default();
        }
        let here = pair.old.get(name).zip(pair.new.get(name)).map(|(old, new)| Pair { old, new });
        Ratchet { here, above: Some(pair) }
    }

    /// An item of it.
    pub(super) fn item(self, schema: Schema<'_>, index: usize) -> Ratchet<'a> {
        let Some(pair) = self.here else { return self };
        let new = pair.new.get(index);
        let here = new.and_then(|new| Some(Pair { old: same_item(schema, pair.old, new)?, new }));
        Ratchet { here, above: Some(pair) }
    }
}
