//! What a cluster holds when its control plane has come up and before anybody has used it.

use super::World;
use super::fields::{self, Manager};
use super::names;
use super::node::{NODE, NODE_ADDRESS};
use super::plane;
use super::schema;
use crate::clock::Moment;
use crate::snapshot::Key;
use serde_json::{Value, json};
use std::sync::OnceLock;

const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Stores the first objects.
pub(super) fn fill(world: &mut World, now: Moment) {
    for name in NAMESPACES {
        let object = json!({
            "kind": "Namespace", "apiVersion": "v1",
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
        });
        put(world, "", "namespaces", object, now);
    }
    put(world, "", "services", plane::service(), now);
    for (name, value, description) in PRIORITY_CLASSES {
        let object = json!({
            "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1",
            "metadata": {"name": name, "generation": 1}, "value": value, "description": description,
            "preemptionPolicy": "PreemptLowerPriority",
        });
        put(world, "scheduling.k8s.io", "priorityclasses", object, now);
    }
    for (place, (resource, object)) in policy().iter().enumerate() {
        let mut object = object.clone();
        let at = now.rfc3339();
        let count = POLICY_UIDS + u64::try_from(place).expect("a short list");
        object["metadata"]["uid"] = json!(names::uid(world.config.seed, count));
        object["metadata"]["creationTimestamp"] = json!(at);
        object["metadata"]["managedFields"][0]["time"] = json!(at);
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let key = Key::new(RBAC, resource, &text("namespace"), &text("name"));
        world.store.put(key, object);
    }
    if world.config.controllers {
        put(world, "", "nodes", plane::node(NODE, NODE_ADDRESS, now), now);
    }
    put(world, "", "endpoints", plane::endpoints(), now);
    put(world, "discovery.k8s.io", "endpointslices", plane::slice(), now);
    put(world, "networking.k8s.io", "servicecidrs", plane::range(now), now);
    let node = world.store.snapshot().find("", "nodes", "", NODE).cloned();
    if let Some(node) = node {
        put(world, "coordination.k8s.io", "leases", plane::lease(&node, now), now);
        put(world, "storage.k8s.io", "csinodes", plane::drivers(&node), now);
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// The uids of the default policy have draws of their own, above all that are counted.
const POLICY_UIDS: u64 = 1 << 40;

/// The default roles and bindings, recorded from a kube-apiserver 1.36.2: the resource and the object, whose fields
/// the API server owns.
fn policy() -> &'static [(&'static str, Value)] {
    static POLICY: OnceLock<Vec<(&'static str, Value)>> = OnceLock::new();
    POLICY.get_or_init(|| {
        let recorded: Vec<Value> =
            serde_json::from_str(include_str!("recorded/rbac.json")).expect("the recorded policy is JSON");
        recorded.into_iter().map(owned).collect()
    })
}

fn owned(mut object: Value) -> (&'static str, Value) {
    let (kind, resource) = match object["kind"].as_str() {
        Some("ClusterRole") => ("ClusterRole", "clusterroles"),
        Some("ClusterRoleBinding") => ("ClusterRoleBinding", "clusterrolebindings"),
        Some("Role") => ("Role", "roles"),
        _ => ("RoleBinding", "rolebindings"),
    };
    let manager = Manager {
        name: "kube-apiserver".to_owned(),
        api_version: format!("{RBAC}/v1"),
        subresource: String::new(),
        at: Moment::from_micros(0),
    };
    let ty = schema::of(RBAC, "v1", kind).expect("roles and bindings are built in");
    fields::track(ty, None, &mut object, &manager);
    (resource, object)
}

const PRIORITY_CLASSES: [(&str, i64, &str); 2] = [
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
    (
        "system-node-critical",
        2_000_001_000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
];

fn put(world: &mut World, group: &str, resource: &str, mut object: Value, now: Moment) {
    let count = world.store.count();
    object["metadata"]["uid"] = json!(names::uid(world.config.seed, count));
    object["metadata"]["creationTimestamp"] = json!(now.rfc3339());
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    let key = Key::new(group, resource, &text("namespace"), &text("name"));
    world.store.put(key, object);
}
