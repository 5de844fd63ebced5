//! An immutable view of all objects of a cluster at one resourceVersion, and the difference of two such views.
//! Copying one costs nothing: the map is persistent and objects are shared. Stores nothing and changes nothing. Where
//! objects live is `key`'s matter, what is known of each is `stored`'s.

mod key;
mod stored;

pub use key::Key;
pub(crate) use stored::Stored;

use imbl::OrdMap;
use key::Place;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::Bound;
use std::sync::Arc;

/// A stored object, as its API server would answer it.
pub type Object = Arc<Value>;

/// All objects of a cluster at one resourceVersion.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The resourceVersion at which the view was taken.
    pub version: u64,
    #[serde(with = "pairs")]
    objects: OrdMap<Key, Stored>,
}

/// What became of one object between two snapshots.
#[derive(Clone, Debug)]
pub enum Change<'a> {
    /// It is in the later view only.
    Added(&'a Key, &'a Object),
    /// It is in both and differs.
    Changed(&'a Key, &'a Object, &'a Object),
    /// It is in the earlier view only.
    Removed(&'a Key, &'a Object),
}

impl Snapshot {
    /// A view of these objects.
    pub fn new(version: u64, objects: OrdMap<Key, Object>) -> Snapshot {
        let objects = objects.into_iter().map(|(key, object)| (key, Stored::new(object))).collect();
        Snapshot { version, objects }
    }

    /// Puts or removes one object, which makes this the view at `version`; gives back what was there.
    pub(crate) fn set(&mut self, version: u64, key: &Key, object: Option<Stored>) -> Option<Stored> {
        self.version = version;
        match object {
            Some(object) => self.objects.insert(key.clone(), object),
            None => self.objects.remove(key),
        }
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key).map(Stored::object)
    }

    /// One object by its parts; `namespace` is empty for cluster-scoped objects.
    pub fn find(&self, group: &str, resource: &str, namespace: &str, name: &str) -> Option<&Object> {
        self.find_stored(group, resource, namespace, name).map(Stored::object)
    }

    /// The same with its text and its labels.
    pub(crate) fn find_stored(
        &self,
        group: &str,
        resource: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&Stored> {
        self.objects.get(&Place { group, resource, namespace, name })
    }

    /// The objects of a collection in the order of their names; all namespaces where `namespace` is `None`.
    pub fn list<'a>(
        &'a self,
        group: &'a str,
        resource: &'a str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Object)> {
        self.all(group, resource, namespace).map(|(key, stored)| (key, stored.object()))
    }

    /// The same with the texts of the objects.
    pub(crate) fn all<'a>(
        &'a self,
        group: &str,
        resource: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Stored)> {
        let from = Place { group, resource, namespace: namespace.unwrap_or_default(), name: "" };
        let within = |key: &Key| {
            (&*key.group, &*key.resource) == (group, resource)
                && namespace.is_none_or(|namespace| &*key.namespace == namespace)
        };
        // Most collections that are looked into at every write are empty: then one look is enough.
        let first = self.objects.range((Bound::Included(from), Bound::Unbounded)).next();
        let some = first.is_some_and(|(key, _)| within(key));
        some.then(|| self.between(from, namespace.is_some())).into_iter().flatten()
    }

    /// What follows a place in its namespace, or in its collection.
    fn between<'a>(
        &'a self,
        from: Place<'_>,
        in_namespace: bool,
    ) -> impl Iterator<Item = (&'a Key, &'a Stored)> + use<'a> {
        // The least text that is greater than another is that text with a NUL behind it; behind a slash comes a 0.
        let next = match in_namespace {
            true => format!("{}0", from.namespace),
            false => format!("{}\0", from.resource),
        };
        let to = match in_namespace {
            true => Place { namespace: &next, ..from },
            false => Place { resource: &next, ..from },
        };
        self.objects.range((Bound::Included(from), Bound::Excluded(to)))
    }

    /// Every object, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Object)> {
        self.objects.iter().map(|(key, stored)| (key, stored.object()))
    }

    /// This view with one object put in place of what was there, or removed.
    pub fn with(&self, version: u64, key: Key, object: Option<Object>) -> Snapshot {
        let objects = match object {
            Some(object) => self.objects.update(key, Stored::new(object)),
            None => self.objects.without(&key),
        };
        Snapshot { version, objects }
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// What changed from this view to a later one, in the order of the keys.
    pub fn diff<'a>(&'a self, later: &'a Snapshot) -> Vec<Change<'a>> {
        let items = self.objects.diff(&later.objects);
        items
            .map(|item| match item {
                imbl::ordmap::DiffItem::Add(key, stored) => Change::Added(key, stored.object()),
                imbl::ordmap::DiffItem::Update { old, new } => {
                    Change::Changed(new.0, old.1.object(), new.1.object())
                }
                imbl::ordmap::DiffItem::Remove(key, stored) => Change::Removed(key, stored.object()),
            })
            .collect()
    }
}

/// JSON has no maps with keys such as ours, so a snapshot is written as a list of pairs.
mod pairs {
    use super::{Key, Object, OrdMap, Stored};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(objects: &OrdMap<Key, Stored>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(objects.iter().map(|(key, stored)| (key, stored.object())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<OrdMap<Key, Stored>, D::Error> {
        let pairs = Vec::<(Key, Object)>::deserialize(from)?.into_iter();
        Ok(pairs.map(|(key, object)| (key, Stored::new(object))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn view(names: &[(&str, &str, u8)]) -> Snapshot {
        let objects =
            names.iter().map(|(ns, name, v)| (Key::new("", "secrets", ns, name), Arc::new(json!({"v": v}))));
        Snapshot::new(1, objects.collect())
    }

    #[test]
    fn a_collection_is_listed_by_namespace_or_whole() {
        let snapshot = view(&[("a", "x", 1), ("a", "y", 1), ("b", "x", 1)]);
        let names = |ns| snapshot.list("", "secrets", ns).map(|(k, _)| k.to_string()).collect::<Vec<_>>();
        assert_eq!(names(Some("a")), ["secrets a/x", "secrets a/y"]);
        assert_eq!(names(None), ["secrets a/x", "secrets a/y", "secrets b/x"]);
        assert_eq!(names(Some("c")), [""; 0]);
    }

    #[test]
    fn namespaces_come_in_the_order_of_their_paths() {
        let snapshot = view(&[("a", "x", 1), ("a-b", "x", 1), ("a0", "x", 1), ("ab", "x", 1)]);
        let names = |ns| snapshot.list("", "secrets", ns).map(|(k, _)| k.to_string()).collect::<Vec<_>>();
        assert_eq!(names(None), ["secrets a-b/x", "secrets a/x", "secrets a0/x", "secrets ab/x"]);
        for one in ["a", "a-b", "a0", "ab"] {
            assert_eq!(names(Some(one)), [format!("secrets {one}/x")]);
        }
    }

    #[test]
    fn a_difference_names_what_came_changed_and_went() {
        let (before, after) = (view(&[("a", "x", 1), ("a", "y", 1)]), view(&[("a", "y", 2), ("a", "z", 1)]));
        let told = before.diff(&after);
        let told: Vec<_> = told
            .iter()
            .map(|change| match change {
                Change::Added(key, _) => format!("+{key}"),
                Change::Changed(key, _, _) => format!("~{key}"),
                Change::Removed(key, _) => format!("-{key}"),
            })
            .collect();
        assert_eq!(told, ["-secrets a/x", "~secrets a/y", "+secrets a/z"]);
    }
}
