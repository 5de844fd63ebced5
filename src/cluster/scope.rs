//! What of a cluster belongs to the drill: the objects of its namespaces, and cluster-scoped objects that came after
//! the cluster was provided.

use crate::snapshot::{Key, Snapshot};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The namespaces that every Kubernetes has for itself.
const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// The rule of what belongs to the drill.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    namespaces: Arc<BTreeSet<String>>,
    /// Cluster-scoped objects that the cluster itself made.
    own: Arc<BTreeSet<Key>>,
}

impl Scope {
    /// The rule for these namespaces, where `fresh` is the cluster before anything was done to it.
    pub(super) fn new(namespaces: &[String], fresh: &Snapshot) -> Scope {
        let own = fresh.iter().map(|(key, _)| key).filter(|key| key.namespace.is_empty()).cloned();
        Scope { namespaces: Arc::new(namespaces.iter().cloned().collect()), own: Arc::new(own.collect()) }
    }

    /// Whether a change of this object is written down: all that belongs to the drill or to a namespace that it
    /// made, but no Events and no Leases, which change all the time and prove nothing.
    pub(super) fn records(&self, key: &Key) -> bool {
        let noise = matches!((&*key.group, &*key.resource), ("" | "events.k8s.io", "events") | (_, "leases"));
        let system = SYSTEM.contains(&&*key.namespace);
        !noise && !system && !self.own.contains(key)
    }

    /// Whether the object is part of a snapshot of the drill.
    pub(super) fn holds(&self, key: &Key) -> bool {
        match &*key.namespace {
            "" => !self.own.contains(key),
            namespace => self.namespaces.contains(namespace),
        }
    }

    /// The part of a snapshot that belongs to the drill.
    pub(super) fn of(&self, all: &Snapshot) -> Snapshot {
        let ours = all.iter().filter(|(key, _)| self.holds(key));
        Snapshot::new(all.version, ours.map(|(key, object)| (key.clone(), object.clone())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(snapshot: &Snapshot, keys: &[Key]) -> Snapshot {
        keys.iter().fold(snapshot.clone(), |all, key| all.with(1, key.clone(), Some(Arc::new(json!({})))))
    }

    #[test]
    fn a_drill_sees_its_namespaces_and_what_was_added_to_the_cluster() {
        let fresh = with(&Snapshot::default(), &[Key::new("rbac", "clusterroles", "", "admin")]);
        let scope = Scope::new(&["a".to_owned()], &fresh);
        let later = with(
            &fresh,
            &[
                Key::new("", "secrets", "a", "s"),
                Key::new("", "secrets", "b", "s"),
                Key::new("rbac", "clusterroles", "", "chart"),
            ],
        );
        let seen = scope.of(&later);
        let seen: Vec<String> = seen.iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(seen, ["secrets a/s", "clusterroles.rbac chart"]);
    }

    #[test]
    fn events_leases_and_system_namespaces_are_not_written_down() {
        let scope = Scope::new(&["a".to_owned()], &Snapshot::default());
        for (key, written) in [
            (Key::new("", "secrets", "a", "s"), true),
            (Key::new("", "secrets", "other", "s"), true),
            (Key::new("", "events", "a", "e"), false),
            (Key::new("events.k8s.io", "events", "a", "e"), false),
            (Key::new("coordination.k8s.io", "leases", "kube-node-lease", "n"), false),
            (Key::new("", "configmaps", "kube-system", "c"), false),
        ] {
            assert_eq!(scope.records(&key), written, "{key}");
        }
    }
}
