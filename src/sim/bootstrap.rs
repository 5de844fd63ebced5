//! What a cluster holds when its control plane has come up and before anybody has used it.

use super::World;
use super::addresses;
use super::fields::{self, Manager};
use super::leaders;
use super::local;
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
        put(world, "", "namespaces", object, &["/spec", "/status"], now);
    }
    let given = ["/spec/clusterIPs", "/spec/ipFamilies", "/status"];
    put(world, "", "services", plane::service(), &given, now);
    for (name, value, description) in PRIORITY_CLASSES {
        let object = json!({
            "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1",
            "metadata": {"name": name, "generation": 1}, "value": value, "description": description,
            "preemptionPolicy": "PreemptLowerPriority",
        });
        put(world, "scheduling.k8s.io", "priorityclasses", object, &[], now);
    }
    let recorded = policy().iter().map(|(resource, object)| (RBAC, resource, object));
    let recorded = recorded.chain(flow().iter().map(|(resource, object)| (FLOW, resource, object)));
    for (place, (group, resource, object)) in (0..).zip(recorded) {
        store_recorded(world, group, resource, object.clone(), RECORDED_UIDS + place, now);
    }
    local::fill(world, now);
    leaders::fill(world, now);
    if world.config.controllers {
        put_bare(world, "", "nodes", plane::node(NODE, NODE_ADDRESS, now), now);
    }
    put(world, "", "endpoints", plane::endpoints(), &[], now);
    put(world, "discovery.k8s.io", "endpointslices", plane::slice(), &[], now);
    let range = plane::range(world.config.controllers, now);
    put(world, "networking.k8s.io", "servicecidrs", range, &["/metadata/finalizers", "/status"], now);
    let node = world.store.snapshot().find("", "nodes", "", NODE).cloned();
    if let Some(node) = node {
        put_bare(world, "coordination.k8s.io", "leases", plane::lease(&node, now), now);
        put_bare(world, "storage.k8s.io", "csinodes", plane::drivers(&node), now);
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";
const FLOW: &str = "flowcontrol.apiserver.k8s.io";
/// Who writes the configuration of flow control.
const FLOW_MANAGER: &str = "api-priority-and-fairness-config-producer-v1";

/// The uids of what was recorded have draws of their own, above all that are counted.
const RECORDED_UIDS: u64 = 1 << 40;

/// Stores an object that has its owners and conditions already, as of now.
pub(super) fn store_recorded(
    world: &mut World,
    group: &str,
    resource: &str,
    mut object: Value,
    uid: u64,
    now: Moment,
) {
    let at = now.rfc3339();
    for entry in object["metadata"]["managedFields"].as_array_mut().into_iter().flatten() {
        entry["time"] = json!(at);
    }
    if let Some(conditions) = object.pointer_mut("/status/conditions").and_then(Value::as_array_mut) {
        conditions.iter_mut().for_each(|condition| condition["lastTransitionTime"] = json!(at));
    }
    store(world, group, resource, object, uid, now);
}

/// The resource and the object, whose fields have their owners.
type Recorded = Vec<(&'static str, Value)>;

/// The default roles and bindings, recorded from a kube-apiserver 1.36.2.
fn policy() -> &'static Recorded {
    static POLICY: OnceLock<Recorded> = OnceLock::new();
    POLICY.get_or_init(|| {
        read(include_str!("recorded/rbac.json"))
            .into_iter()
            .map(|object| recorded(object, RBAC, "kube-apiserver"))
            .collect()
    })
}

/// The default flow schemas and priority levels, recorded in the same way.
fn flow() -> &'static Recorded {
    static SCHEMAS: OnceLock<Recorded> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let mut schemas = read(include_str!("recorded/flow.json"));
        for object in &mut schemas {
            object["metadata"]["generation"] = json!(1);
            object["metadata"]["annotations"] = json!({"apf.kubernetes.io/autoupdate-spec": "true"});
        }
        let schemas = schemas.into_iter().map(|object| recorded(object, FLOW, FLOW_MANAGER));
        schemas.map(|(resource, object)| (resource, plane::judged_flow(object))).collect()
    })
}

fn read(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("what was recorded is JSON")
}

/// The resource of a recorded object, and the object with its owner.
fn recorded(object: Value, group: &str, manager: &str) -> (&'static str, Value) {
    let resource = match object["kind"].as_str() {
        Some("ClusterRole") => "clusterroles",
        Some("ClusterRoleBinding") => "clusterrolebindings",
        Some("Role") => "roles",
        Some("FlowSchema") => "flowschemas",
        Some("PriorityLevelConfiguration") => "prioritylevelconfigurations",
        _ => "rolebindings",
    };
    (resource, owned(object, group, manager, Moment::from_micros(0)))
}

/// An object in version `v1` of a group, of which a part of the control plane owns every field.
pub(super) fn owned(mut object: Value, group: &str, manager: &str, at: Moment) -> Value {
    let kind = object["kind"].as_str().unwrap_or_default();
    let ty = schema::of(group, "v1", kind).expect("the control plane has built-in kinds");
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let owner = Manager { name: manager.to_owned(), api_version, subresource: String::new(), at };
    fields::track(ty, None, &mut object, &owner);
    object
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

/// Stores an object of the API server, which owns its fields but for those that it is given while it is stored.
fn put(world: &mut World, group: &str, resource: &str, mut object: Value, given: &[&str], now: Moment) {
    let mut sent = object.clone();
    for pointer in given {
        remove(&mut sent, pointer);
    }
    let sent = owned(sent, group, "kube-apiserver", now);
    let applied = plane::applied(group, object["kind"].as_str().unwrap_or_default(), now);
    let managed = sent["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    object["metadata"]["managedFields"] = applied.into_iter().chain(managed).collect();
    put_bare(world, group, resource, object, now);
}

fn remove(object: &mut Value, pointer: &str) {
    if let Some((at, field)) = pointer.rsplit_once('/')
        && let Some(Value::Object(members)) = object.pointer_mut(at)
    {
        members.remove(field);
    }
}

fn put_bare(world: &mut World, group: &str, resource: &str, object: Value, now: Moment) {
    let count = world.store.count();
    store(world, group, resource, object, count, now);
}

/// Stores an object that came to be now, with the uid of so many draws.
fn store(world: &mut World, group: &str, resource: &str, mut object: Value, uid: u64, now: Moment) {
    object["metadata"]["uid"] = json!(names::uid(world.config.seed, uid));
    object["metadata"]["creationTimestamp"] = json!(now.rfc3339());
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    let key = Key::new(group, resource, &text("namespace"), &text("name"));
    addresses::put(world, key, object, now);
}
