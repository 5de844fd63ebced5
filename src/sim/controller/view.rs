//! What a controller sees when it runs: all objects, the time, and the namespace that changed.

use super::call::Resource;
use super::correlate::Correlator;
use super::object::controlled_by;
use crate::clock::Moment;
use crate::sim::Config;
use crate::snapshot::{Object, Snapshot};
use imbl::OrdMap;
use serde_json::Value;

/// The cluster at one moment, with the namespace that a controller is asked about.
pub(crate) struct View<'a> {
    /// All objects.
    pub(crate) snapshot: &'a Snapshot,
    /// The time.
    pub(crate) now: Moment,
    /// What was settled about the cluster before its first call.
    pub(crate) config: &'a Config,
    /// The namespace to look after; all of them where it is `None`.
    pub(crate) namespace: Option<&'a str>,
    /// What controllers keep in mind and store nowhere: [`Work::notes`](super::call::Work), by uid.
    pub(crate) memory: &'a Memory,
    /// What those keep in mind who record events.
    pub(crate) recorders: &'a Correlator,
}

/// What a controller keeps in mind about objects, by uid: the back-off of a Job, say.
pub(crate) type Memory = OrdMap<String, Value>;

impl<'a> View<'a> {
    /// The objects of a kind that the controller is asked about.
    pub(crate) fn all(&self, of: Resource) -> impl Iterator<Item = &'a Object> {
        self.snapshot.list(of.group, of.name, self.namespace).map(|(_, object)| object)
    }

    /// The objects of a kind in one namespace.
    pub(crate) fn within<'b>(&self, of: Resource, namespace: &'b str) -> impl Iterator<Item = &'b Object>
    where
        'a: 'b,
    {
        self.snapshot.list(of.group, of.name, Some(namespace)).map(|(_, object)| object)
    }

    /// One object.
    pub(crate) fn find(&self, of: Resource, namespace: &str, name: &str) -> Option<&'a Object> {
        self.snapshot.find(of.group, of.name, namespace, name)
    }

    /// The objects of a kind whose controller is `owner`, in its namespace.
    pub(crate) fn controlled<'b>(&self, of: Resource, owner: &'b Value) -> Vec<&'b Object>
    where
        'a: 'b,
    {
        let namespace = super::object::namespace(owner);
        self.within(of, namespace).filter(|object| controlled_by(object, owner)).collect()
    }
}
