//! An immutable view of all objects of a cluster at one resourceVersion, and the difference of two such views.
//! Copying one costs nothing: the map is persistent and objects are shared. Stores nothing and changes nothing.

use imbl::OrdMap;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// A stored object, as its API server would answer it.
pub type Object = Arc<Value>;

/// Where an object lives. Ordered by group, resource, namespace and name, so that a collection is one range.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// API group; empty for the core group.
    pub group: Arc<str>,
    /// Plural resource name.
    pub resource: Arc<str>,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: Arc<str>,
    /// Object name.
    pub name: Arc<str>,
}

impl Key {
    /// The key of an object.
    pub fn new(group: &str, resource: &str, namespace: &str, name: &str) -> Key {
        Key { group: group.into(), resource: resource.into(), namespace: namespace.into(), name: name.into() }
    }
}

/// `deployments.apps production/web`, `secrets production/s`, `namespaces production`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        match &*self.namespace {
            "" => write!(f, " {}", self.name),
            namespace => write!(f, " {namespace}/{}", self.name),
        }
    }
}

/// All objects of a cluster at one resourceVersion.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The resourceVersion at which the view was taken.
    pub version: u64,
    objects: OrdMap<Key, Object>,
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
        Snapshot { version, objects }
    }

    /// Puts or removes one object, which makes this the view at `version`; gives back what was there.
    pub(crate) fn set(&mut self, version: u64, key: &Key, object: Option<Object>) -> Option<Object> {
        self.version = version;
        match object {
            Some(object) => self.objects.insert(key.clone(), object),
            None => self.objects.remove(key),
        }
    }

    /// One object.
    pub fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// One object by its parts; `namespace` is empty for cluster-scoped objects.
    pub fn find(&self, group: &str, resource: &str, namespace: &str, name: &str) -> Option<&Object> {
        self.objects.get(&Key::new(group, resource, namespace, name))
    }

    /// The objects of a collection in the order of their names; all namespaces where `namespace` is `None`.
    pub fn list<'a>(
        &'a self,
        group: &'a str,
        resource: &'a str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Object)> {
        let from = Key::new(group, resource, namespace.unwrap_or_default(), "");
        let inside = move |key: &Key| {
            &*key.group == group
                && &*key.resource == resource
                && namespace.is_none_or(|ns| &*key.namespace == ns)
        };
        self.objects.range(from..).take_while(move |(key, _)| inside(key))
    }

    /// Every object, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Object)> {
        self.objects.iter()
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
                imbl::ordmap::DiffItem::Add(key, object) => Change::Added(key, object),
                imbl::ordmap::DiffItem::Update { old, new } => Change::Changed(new.0, old.1, new.1),
                imbl::ordmap::DiffItem::Remove(key, object) => Change::Removed(key, object),
            })
            .collect()
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
