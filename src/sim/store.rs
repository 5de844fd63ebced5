//! What is stored and how it came to be: all objects, the version counter, and the log of changes from which
//! watches read. Knows keys and versions, no kinds and no rules.

use crate::snapshot::{Key, Object, Snapshot};
use imbl::Vector;
use serde_json::Value;
use std::sync::Arc;

/// How many changes are remembered; a watch that asks for an older version is told that it is too old.
const REMEMBERED: usize = 4096;

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
}

/// The storage of a cluster. Clones share everything that does not change afterwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    snapshot: Snapshot,
    log: Vector<Change>,
    draws: u64,
}

impl Store {
    /// All objects at the present version.
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The version of the latest change; 0 before the first.
    pub(super) fn version(&self) -> u64 {
        self.snapshot.version
    }

    /// Stores an object under the next version, which it carries afterwards.
    pub(super) fn put(&mut self, key: Key, mut object: Value) -> Object {
        let version = self.version() + 1;
        object["metadata"]["resourceVersion"] = Value::String(version.to_string());
        let object = Arc::new(object);
        let before = self.snapshot.set(version, &key, Some(object.clone()));
        self.remember(Change { version, key, before, after: Some(object.clone()) });
        object
    }

    /// Removes an object and gives it back as it was.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Object> {
        self.snapshot.get(key)?;
        let version = self.version() + 1;
        let before = self.snapshot.set(version, key, None);
        self.remember(Change { version, key: key.clone(), before: before.clone(), after: None });
        before
    }

    /// The changes after `version`, oldest first; `Err` with the oldest version from which they are still known.
    pub(super) fn changes_since(&self, version: u64) -> Result<impl Iterator<Item = &Change>, u64> {
        let oldest = self.oldest();
        if version < oldest {
            return Err(oldest);
        }
        let from = usize::try_from(version - oldest).map_or(self.log.len(), |n| n.min(self.log.len()));
        Ok(self.log.skip_to(from))
    }

    /// All objects as they were at a version that is still remembered.
    pub(super) fn at(&self, version: u64) -> Snapshot {
        let mut past = self.snapshot.clone();
        let later: Vec<&Change> = self.changes_since(version).into_iter().flatten().collect();
        for change in later.into_iter().rev() {
            past.set(version, &change.key, change.before.clone());
        }
        past
    }

    /// The earliest version from which every later change is still remembered.
    pub(super) fn oldest(&self) -> u64 {
        self.log.front().map_or(self.version(), |change| change.version - 1)
    }

    /// Forgets the changes up to and including `version`, as etcd's compaction does.
    pub(super) fn compact(&mut self, version: u64) {
        while self.log.front().is_some_and(|change| change.version <= version) {
            self.log.pop_front();
        }
    }

    /// A number that no earlier call gave: what random draws are counted by.
    pub(super) fn count(&mut self) -> u64 {
        self.draws += 1;
        self.draws
    }

    fn remember(&mut self, change: Change) {
        self.log.push_back(change);
        if self.log.len() > REMEMBERED {
            self.log.pop_front();
        }
    }
}

/// Reading a persistent vector from the middle without walking to it.
trait SkipTo {
    fn skip_to(&self, from: usize) -> impl Iterator<Item = &Change>;
}

impl SkipTo for Vector<Change> {
    fn skip_to(&self, from: usize) -> impl Iterator<Item = &Change> {
        (from..self.len()).filter_map(|at| self.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(name: &str) -> Key {
        Key::new("", "configmaps", "a", name)
    }

    #[test]
    fn every_change_has_its_own_version_and_remembers_what_was_before() {
        let mut store = Store::default();
        store.put(key("x"), json!({"metadata": {"name": "x"}}));
        store.put(key("x"), json!({"metadata": {"name": "x"}, "data": {"a": "1"}}));
        store.remove(&key("x"));
        let log: Vec<_> = store
            .changes_since(0)
            .expect("nothing is forgotten")
            .map(|c| (c.version, c.before.is_some(), c.after.is_some()))
            .collect();
        assert_eq!(log, [(1, false, true), (2, true, true), (3, true, false)]);
        assert_eq!(store.changes_since(2).expect("known").count(), 1);
    }

    #[test]
    fn what_is_compacted_is_too_old() {
        let mut store = Store::default();
        for name in ["a", "b", "c"] {
            store.put(key(name), json!({"metadata": {"name": name}}));
        }
        store.compact(2);
        assert_eq!(store.changes_since(1).err(), Some(2));
        assert_eq!(store.changes_since(2).expect("known").count(), 1);
        store.compact(3);
        assert_eq!(store.changes_since(3).expect("known").count(), 0);
    }
}
