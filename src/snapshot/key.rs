//! Where an object lives, and the order in which objects are listed.

use equivalent::{Comparable, Equivalent};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Where an object lives. Ordered by group, resource, and the path of namespace and name as etcd has it, so that a
/// collection is one range and lists come in Kubernetes' order: what lies in `web-2` stands before what lies in `web`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// Where an object lives, as it is looked for: nothing is copied for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) group: &'a str,
    pub(super) resource: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

impl Place<'_> {
    fn of(key: &Key) -> Place<'_> {
        Place { group: &key.group, resource: &key.resource, namespace: &key.namespace, name: &key.name }
    }

    fn order(self, other: Place<'_>) -> Ordering {
        let collection = self.group.cmp(other.group).then_with(|| self.resource.cmp(other.resource));
        collection
            .then_with(|| match self.namespace == other.namespace {
                true => Ordering::Equal,
                false => path(self.namespace).cmp(path(other.namespace)),
            })
            .then_with(|| self.name.cmp(other.name))
    }
}

impl Equivalent<Key> for Place<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.order(Place::of(key)).is_eq()
    }
}

impl Comparable<Key> for Place<'_> {
    fn compare(&self, key: &Key) -> Ordering {
        self.order(Place::of(key))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Key) -> Ordering {
        Place::of(self).order(Place::of(other))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A namespace as it stands in a path: with a slash behind it.
fn path(namespace: &str) -> impl Iterator<Item = u8> {
    namespace.bytes().chain(std::iter::once(b'/'))
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
