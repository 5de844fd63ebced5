//! The controllers of Endpoints and EndpointSlices. Owns what they share: on which ports a pod answers, and how ports
//! are ordered; which pods stand behind a Service is in `behind`, Endpoints are in `object`, EndpointSlices in `slices`,
//! the mirroring of Endpoints made by hand in `mirror`.

mod behind;
mod mirror;
mod object;
mod repack;
mod slices;

pub(super) use mirror::CONTROLLER as MIRROR;
pub(super) use object::CONTROLLER;
pub(super) use slices::CONTROLLER as SLICES;

use super::object::{list, map, name, namespace, side_by_side, text};
use super::{View, template};
use serde_json::{Map, Value, json};

const TRIGGER: &str = "endpoints.kubernetes.io/last-change-trigger-time";
const HEADLESS: &str = "service.kubernetes.io/headless";
/// The label by which a slice says whose it is.
pub(in crate::sim) const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";

/// Whether the controllers look for pods behind a Service.
fn selects(service: &Value) -> bool {
    service["spec"]["selector"].is_object() && text(service, "/spec/type") != "ExternalName"
}

fn headless(service: &Value) -> bool {
    matches!(text(service, "/spec/clusterIP"), "None" | "")
}

/// The port of a pod that a Service's port leads to: a named target port is looked up among its containers.
fn target_port(port: &Value, pod: &Value) -> Option<Value> {
    let Value::String(wanted) = &port["targetPort"] else {
        return Some(if port["targetPort"].is_null() {
            port["port"].clone()
        } else {
            port["targetPort"].clone()
        });
    };
    let mut declared = side_by_side(pod).flat_map(|container| list(container, "/ports"));
    let found =
        declared.find(|declared| declared["name"] == **wanted && protocol(declared) == protocol(port))?;
    Some(found["containerPort"].clone())
}

fn protocol(port: &Value) -> &str {
    port["protocol"].as_str().unwrap_or("TCP")
}

/// The Service's ports as a pod has them. A port without a name has none in Endpoints, an empty one in slices.
fn ports(service: &Value, pod: &Value) -> Vec<Value> {
    let of = |port: &Value| {
        let mut entry = json!({"port": target_port(port, pod)?, "protocol": protocol(port)});
        for field in ["name", "appProtocol"] {
            if let Some(value) = port.get(field) {
                entry[field] = value.clone();
            }
        }
        Some(entry)
    };
    list(service, "/spec/ports").iter().filter_map(of).collect()
}

fn target(pod: &Value) -> Value {
    json!({"kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": pod["metadata"]["uid"]})
}

/// A pod answers to its own name below the Service that it names as its subdomain.
fn hostname<'p>(service: &Value, pod: &'p Value) -> Option<&'p str> {
    let own = text(pod, "/spec/hostname");
    (!own.is_empty() && text(pod, "/spec/subdomain") == name(service)).then_some(own)
}

/// The labels that an object takes over from its Service, and its own.
fn labels(service: &Value, own: &[(&str, &str)]) -> Map<String, Value> {
    let mut labels = map(service, "/metadata/labels");
    labels.remove(HEADLESS);
    if headless(service) {
        labels.insert(HEADLESS.to_owned(), json!(""));
    }
    labels.extend(own.iter().map(|(key, value)| ((*key).to_owned(), json!(value))));
    labels
}

/// Notes when the Service or a pod changed last.
fn stamp(view: &View<'_>, object: &mut Value) {
    if !object["metadata"]["annotations"].is_object() {
        object["metadata"]["annotations"] = json!({});
    }
    object["metadata"]["annotations"][TRIGGER] = json!(view.now.rfc3339());
}

/// The start of the names of a Service's slices.
fn prefix(service: &str) -> String {
    format!("{service}-")
}

/// The ports of a slice, each with a name, which may be empty, in the order of their hashes.
fn slice_ports(mut ports: Vec<Value>) -> Vec<Value> {
    for port in &mut ports {
        port["name"] = json!(text(port, "/name"));
    }
    ports.sort_by_cached_key(|port| hash("discovery.EndpointPort", port));
    ports
}

/// FNV-1a of 128 bits over Go's view of an object, by which ports and subsets are ordered.
fn hash(kind: &str, object: &Value) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let text = template::printed(kind, object);
    text.bytes().fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}
