//! What of a cluster belongs to the drill: the objects of its namespaces, cluster-scoped objects that came after the
//! cluster was provided, and what its releases have put elsewhere (a chart may name `kube-system`), with all that
//! controllers made of it.

use crate::release::namespace_of;
use crate::snapshot::{Key, Object, Snapshot};
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

    /// Whether a change of this object is written down, where `after` is what it has become: all that belongs to the
    /// drill or to a namespace that it made, but no Events and no Leases, which change all the time and prove nothing, and
    /// no addresses of Services, which say nothing that those do not say.
    pub(super) fn records(&self, key: &Key, after: Option<&Object>) -> bool {
        let restless =
            matches!((&*key.group, &*key.resource), ("" | "events.k8s.io", "events") | (_, "leases"));
        let noise = restless || is_address(key);
        let system = SYSTEM.contains(&&*key.namespace);
        let released = |object: &Object| self.is_released(object) || owners(object).next().is_some();
        !noise && !self.own.contains(key) && (!system || after.is_none_or(released))
    }

    /// Whether the object is part of a snapshot of the drill by the place where it lies.
    pub(super) fn holds(&self, key: &Key) -> bool {
        match &*key.namespace {
            "" => !self.own.contains(key) && !is_address(key),
            namespace => self.namespaces.contains(namespace),
        }
    }

    /// Whether a release of the drill made the object.
    fn is_released(&self, object: &Object) -> bool {
        namespace_of(object).is_some_and(|namespace| self.namespaces.contains(namespace))
    }

    /// The part of a snapshot that belongs to the drill.
    pub(super) fn of(&self, all: &Snapshot) -> Snapshot {
        let released = self.released_elsewhere(all);
        let ours = all.iter().filter(|(key, _)| self.holds(key) || released.contains(key));
        Snapshot::new(all.version, ours.map(|(key, object)| (key.clone(), object.clone())).collect())
    }

    /// What the releases of the drill have in other namespaces, and what is owned by that.
    fn released_elsewhere<'a>(&self, all: &'a Snapshot) -> BTreeSet<&'a Key> {
        let elsewhere = || {
            all.iter()
                .filter(|(key, _)| !key.namespace.is_empty() && !self.namespaces.contains(&*key.namespace))
        };
        let marked = elsewhere().filter(|(_, object)| self.is_released(object));
        let (mut found, mut uids): (BTreeSet<&Key>, BTreeSet<&str>) =
            marked.map(|(key, object)| (key, object["metadata"]["uid"].as_str().unwrap_or_default())).unzip();
        let mut grows = !found.is_empty();
        while grows {
            let owned: Vec<_> = elsewhere()
                .filter(|(key, object)| {
                    !found.contains(key) && owners(object).any(|owner| uids.contains(owner))
                })
                .collect();
            grows = !owned.is_empty();
            for (key, object) in owned {
                found.insert(key);
                uids.insert(object["metadata"]["uid"].as_str().unwrap_or_default());
            }
        }
        found
    }
}

/// The uids of the owners of an object.
fn owners(object: &Object) -> impl Iterator<Item = &str> {
    let owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    owners.filter_map(|owner| owner["uid"].as_str())
}

/// Whether the object keeps the address of a Service, with which it comes and goes.
fn is_address(key: &Key) -> bool {
    (&*key.group, &*key.resource) == ("networking.k8s.io", "ipaddresses")
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
    fn a_drill_sees_what_its_releases_have_elsewhere_and_what_came_of_that() {
        let put = |all: Snapshot, key: Key, object| all.with(1, key, Some(Arc::new(object)));
        let of = |namespace: &str| json!({"meta.helm.sh/release-namespace": namespace});
        let owned = |uid: &str, by: &str| json!({"metadata": {"uid": uid, "ownerReferences": [{"uid": by}]}});
        let marked = |uid: &str, by: &str| json!({"metadata": {"uid": uid, "annotations": of(by)}});
        let key = |resource: &str, name: &str| Key::new("apps", resource, "kube-system", name);
        let all = put(Snapshot::default(), key("deployments", "d"), marked("1", "a"));
        let all = put(all, key("pods", "p"), owned("3", "2"));
        let all = put(all, key("replicasets", "r"), owned("2", "1"));
        let all = put(all, key("deployments", "foreign"), marked("4", "b"));
        let all = put(all, key("pods", "foreign"), owned("5", "4"));
        let seen = Scope::new(&["a".to_owned()], &Snapshot::default()).of(&all);
        let seen: Vec<&str> = seen.iter().map(|(key, _)| &*key.name).collect();
        assert_eq!(seen, ["d", "p", "r"]);
    }

    #[test]
    fn events_leases_addresses_and_system_namespaces_are_not_written_down() {
        let scope = Scope::new(&["a".to_owned()], &Snapshot::default());
        for (key, written) in [
            (Key::new("", "secrets", "a", "s"), true),
            (Key::new("", "secrets", "other", "s"), true),
            (Key::new("", "events", "a", "e"), false),
            (Key::new("events.k8s.io", "events", "a", "e"), false),
            (Key::new("coordination.k8s.io", "leases", "kube-node-lease", "n"), false),
            (Key::new("networking.k8s.io", "ipaddresses", "", "10.96.0.9"), false),
            (Key::new("", "configmaps", "kube-system", "c"), false),
        ] {
            let after = Arc::new(json!({}));
            assert_eq!(scope.records(&key, Some(&after)), written, "{key}");
        }
    }
}
