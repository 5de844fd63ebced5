//! What is stored and how it came to be: all objects, the version counter, and the log of changes from which
//! watches read. Knows keys and versions, no kinds and no rules.

use super::change::Change;
use crate::snapshot::{Key, Object, Snapshot, Stored};
use imbl::Vector;
use serde_json::Value;
use std::sync::Arc;

/// How many changes are remembered; a watch that asks for an older version is told that it is too old.
const REMEMBERED: usize = 4096;
/// How many bytes the remembered objects may hold, about, when whoever serves the world tells it to be
/// [thrifty](Store::thrifty). Large objects are then remembered for fewer changes.
const HELD: usize = 12 * 1024 * 1024;

/// The storage of a cluster. Clones share everything that does not change afterwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    snapshot: Snapshot,
    log: Vector<Change>,
    /// The bytes that the log holds.
    held: usize,
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
        let after = Stored::new(object.clone());
        let before = self.snapshot.set(version, &key, Some(after.clone()));
        self.remember(Change::new(version, key, before.as_ref(), Some(&after)));
        object
    }

    /// Removes an object and gives it back as it was.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Object> {
        self.snapshot.get(key)?;
        let version = self.version() + 1;
        let before = self.snapshot.set(version, key, None);
        self.remember(Change::new(version, key.clone(), before.as_ref(), None));
        before.map(|stored| stored.object().clone())
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
            past.set(version, &change.key, change.before.clone().map(Stored::new));
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
            self.forget();
        }
    }

    /// A number that no earlier call gave: what random draws are counted by.
    pub(super) fn count(&mut self) -> u64 {
        self.draws += 1;
        self.draws
    }

    fn remember(&mut self, change: Change) {
        self.held += change.weight();
        self.log.push_back(change);
        while self.log.len() > REMEMBERED {
            self.forget();
        }
    }

    /// Forgets old changes until those that are remembered take little memory; the latest is kept in any case.
    pub(super) fn thrifty(&mut self) {
        while self.held > HELD && self.log.len() > 1 {
            self.forget();
        }
    }

    fn forget(&mut self) {
        if let Some(change) = self.log.pop_front() {
            self.held -= change.weight();
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

    #[test]
    fn large_objects_are_remembered_for_fewer_changes_and_the_latest_always() {
        let mut store = Store::default();
        let mut put = |name: &str, size: usize| {
            store.put(key(name), json!({"metadata": {"name": name}, "data": {"a": "x".repeat(size)}}));
            store.thrifty();
            (store.version() - store.oldest(), store.held)
        };
        let (known, held) = (0..100).map(|_| put("x", 1024 * 1024)).last().expect("a hundred changes");
        assert!((8..12).contains(&known) && held <= HELD, "{known} changes, {held} bytes");
        assert_eq!(put("y", HELD).0, 1);
        let (known, held) = put("z", 1);
        assert!(known == 1 && held < 10_000, "{known} changes, {held} bytes");
    }
}
