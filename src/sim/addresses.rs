//! The IPAddress objects in which the API server keeps which Service holds which address: they come before their Service
//! and go after it. Which address a Service is given is decided in `api::allocate`.

use super::World;
use super::bootstrap;
use crate::clock::Moment;
use crate::snapshot::{Key, Object};
use serde_json::{Value, json};

const GROUP: &str = "networking.k8s.io";
/// Who looks after them, as a label says.
const ALLOCATOR: &str = "ipallocator.k8s.io";
/// Their uids have draws of their own, above all that are counted.
const UIDS: u64 = 5 << 40;

/// Stores an object, and where it is a Service its addresses.
pub(super) fn put(world: &mut World, key: Key, object: Value, now: Moment) -> Object {
    if !is_service(&key) {
        return world.store.put(key, object);
    }
    let before = held_by(world.store.snapshot().get(&key));
    let after = held(&object);
    for address in after.iter().filter(|address| !before.contains(address)) {
        let (name, uid) = (key.name.to_string(), UIDS + world.store.version());
        let made = made(address, &key.namespace, &name, now);
        bootstrap::store_recorded(world, GROUP, "ipaddresses", made, uid, now);
    }
    let stored = world.store.put(key, object);
    give_back(world, before.iter().filter(|address| !after.contains(address)));
    stored
}

/// Removes an object, and where it was a Service its addresses.
pub(super) fn remove(world: &mut World, key: &Key) {
    let removed = world.store.remove(key);
    if is_service(key) {
        give_back(world, held_by(removed.as_ref()).iter());
    }
}

/// Whether another than the Service of that namespace and name holds an address.
pub(super) fn is_taken(world: &World, address: &str, namespace: &str, name: &str) -> bool {
    let found = world.store.snapshot().get(&address_key(address));
    found.is_some_and(|found| {
        let parent = &found["spec"]["parentRef"];
        (&parent["namespace"], &parent["name"]) != (&json!(namespace), &json!(name))
    })
}

fn is_service(key: &Key) -> bool {
    key.group.is_empty() && &*key.resource == "services"
}

fn address_key(address: &str) -> Key {
    Key::new(GROUP, "ipaddresses", "", address)
}

fn give_back<'a>(world: &mut World, addresses: impl Iterator<Item = &'a String>) {
    for address in addresses {
        world.store.remove(&address_key(address));
    }
}

fn held_by(service: Option<&Object>) -> Vec<String> {
    service.map(|service| held(service)).unwrap_or_default()
}

/// The addresses of a Service; one without a head and one that is a name elsewhere have none.
fn held(service: &Value) -> Vec<String> {
    let addresses = service["spec"]["clusterIPs"].as_array().into_iter().flatten();
    let addresses = addresses.filter_map(Value::as_str).filter(|address| *address != "None");
    match service["spec"]["type"].as_str() {
        Some("ExternalName") => Vec::new(),
        Some(_) | None => addresses.map(str::to_owned).collect(),
    }
}

fn made(address: &str, namespace: &str, name: &str, now: Moment) -> Value {
    let family = if address.contains(':') { "IPv6" } else { "IPv4" };
    let object = json!({
        "kind": "IPAddress", "apiVersion": format!("{GROUP}/v1"),
        "metadata": {
            "name": address,
            "labels": {"ipaddress.kubernetes.io/ip-family": family, "ipaddress.kubernetes.io/managed-by": ALLOCATOR},
        },
        "spec": {"parentRef": {"resource": "services", "namespace": namespace, "name": name}},
    });
    bootstrap::owned(object, GROUP, "kube-apiserver", now)
}
