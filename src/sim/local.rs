//! The APIServices that say what this API server serves itself: one for each group version, of its own and of custom
//! resources. They come and go as what they stand for does. Those of other servers are written by whoever has them.

use super::World;
use super::bootstrap;
use crate::clock::Moment;
use crate::snapshot::Key;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::OnceLock;

const GROUP: &str = "apiregistration.k8s.io";
const RESOURCE: &str = "apiservices";
/// The label of what the aggregator looks after, and its values: of the server's own groups, and of others.
const MANAGED: &str = "kube-aggregator.kubernetes.io/automanaged";
const ALWAYS: &str = "onstart";
const WHILE_SERVED: &str = "true";

/// The priorities of the groups: group, version, priority of the group, priority of the version in it. Where two groups
/// have the same kind, clients that name no group mean that of the higher one.
const PRIORITIES: [(&str, &str, u32, u32); 21] = [
    ("", "v1", 18_000, 1),
    ("admissionregistration.k8s.io", "v1", 16_700, 15),
    ("apiextensions.k8s.io", "v1", 16_700, 15),
    ("apps", "v1", 17_800, 15),
    ("authentication.k8s.io", "v1", 17_700, 15),
    ("authorization.k8s.io", "v1", 17_600, 15),
    ("autoscaling", "v1", 17_500, 15),
    ("autoscaling", "v2", 17_500, 30),
    ("batch", "v1", 17_400, 15),
    ("certificates.k8s.io", "v1", 17_300, 15),
    ("coordination.k8s.io", "v1", 16_500, 15),
    ("discovery.k8s.io", "v1", 16_200, 15),
    ("events.k8s.io", "v1", 17_750, 15),
    ("flowcontrol.apiserver.k8s.io", "v1", 16_100, 21),
    ("networking.k8s.io", "v1", 17_200, 15),
    ("node.k8s.io", "v1", 16_300, 15),
    ("policy", "v1", 17_100, 15),
    ("rbac.authorization.k8s.io", "v1", 17_000, 15),
    ("resource.k8s.io", "v1", 16_200, 21),
    ("scheduling.k8s.io", "v1", 16_600, 15),
    ("storage.k8s.io", "v1", 16_800, 15),
];
/// The same of every custom resource.
const OF_CUSTOM: (u32, u32) = (1_000, 100);

/// Their uids have draws of their own, above all that are counted.
const UIDS: u64 = 3 << 40;

/// Stores those of the server's own groups.
pub(super) fn fill(world: &mut World, now: Moment) {
    static OWN: OnceLock<Vec<Value>> = OnceLock::new();
    let own = OWN.get_or_init(|| {
        let made = |(group, version, minimum, priority)| made(group, version, (minimum, priority), ALWAYS);
        PRIORITIES.map(made).to_vec()
    });
    for (place, object) in (0..).zip(own) {
        bootstrap::store_recorded(world, GROUP, RESOURCE, object.clone(), UIDS + place, now);
    }
}

/// Stores and removes those of custom resources, as these come and go.
pub(super) fn follow(world: &mut World, now: Moment) {
    let served: BTreeSet<(String, String)> = world
        .definitions
        .served()
        .flat_map(|definition| {
            let versions = definition.versions.iter().filter(|version| version.served);
            versions.map(|version| (definition.group.clone(), version.name.clone()))
        })
        .collect();
    let mut gone = Vec::new();
    for (key, object) in world.store.snapshot().list(GROUP, RESOURCE, None) {
        let text = |field: &str| object["spec"][field].as_str().unwrap_or_default().to_owned();
        let managed = object["metadata"]["labels"][MANAGED] == WHILE_SERVED;
        if managed && !served.contains(&(text("group"), text("version"))) {
            gone.push(key.clone());
        }
    }
    for key in gone {
        world.store.remove(&key);
    }
    for (group, version) in &served {
        if world.store.snapshot().get(&key(group, version)).is_none() {
            let object = made(group, version, OF_CUSTOM, WHILE_SERVED);
            let count = world.store.count();
            bootstrap::store_recorded(world, GROUP, RESOURCE, object, count, now);
        }
    }
}

fn key(group: &str, version: &str) -> Key {
    Key::new(GROUP, RESOURCE, "", &format!("{version}.{group}"))
}

/// One of them; when it came to be is said where it is stored.
fn made(group: &str, version: &str, (minimum, priority): (u32, u32), managed: &str) -> Value {
    let mut object = json!({
        "kind": "APIService", "apiVersion": format!("{GROUP}/v1"),
        "metadata": {"name": format!("{version}.{group}"), "labels": {MANAGED: managed}},
        "spec": {"group": group, "version": version, "groupPriorityMinimum": minimum, "versionPriority": priority},
    });
    if group.is_empty() {
        object["spec"].as_object_mut().expect("it is one").remove("group");
    }
    let mut object = bootstrap::owned(object, GROUP, "kube-apiserver", Moment::from_micros(0));
    object["status"] = json!({"conditions": [{
        "type": "Available", "status": "True", "reason": "Local",
        "message": "Local APIServices are always available",
    }]});
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::documents;

    #[test]
    fn every_group_version_that_is_served_has_a_priority() {
        let mut known: Vec<String> =
            PRIORITIES.iter().map(|(group, version, ..)| format!("{group}/{version}")).collect();
        known.retain(|name| name != "/v1");
        // What tells of APIServices is served by the aggregator itself.
        let mut served: Vec<&str> =
            documents::group_versions().filter(|name| !name.starts_with(GROUP)).collect();
        served.sort_unstable();
        known.sort_unstable();
        assert_eq!(known, served);
    }
}
