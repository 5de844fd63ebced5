//! Addresses and ports of Services: given out from the seed, never twice at a time.

use super::Asked;
use crate::sim::names;
use crate::sim::validation::Violation;
use crate::sim::{World, object};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const FIRST_PORT: u64 = 30_000;
const PORTS: u64 = 2_768;

/// Gives a new Service what it asks for.
pub(super) fn create(world: &mut World, asked: &Asked<'_>, object: &mut Value) -> Result<(), Violation> {
    if !is_service(asked) {
        return Ok(());
    }
    address(world, object)?;
    ports(world, object)
}

/// Keeps what a Service has, gives what it newly asks for, and takes back what its type has no use for.
pub(super) fn update(
    world: &mut World,
    asked: &Asked<'_>,
    old: &Object,
    object: &mut Value,
) -> Result<(), Violation> {
    if !is_service(asked) {
        return Ok(());
    }
    let kind = |object: &Value| object["spec"]["type"].as_str().unwrap_or("ClusterIP").to_owned();
    if kind(object) == "ExternalName" {
        if let Some(spec) = object["spec"].as_object_mut() {
            for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if old["spec"].get(field) == spec.get(field) {
                    spec.remove(field);
                }
            }
        }
        return Ok(());
    }
    for field in ["clusterIP", "clusterIPs"] {
        if object["spec"].get(field).is_none() && old["spec"].get(field).is_some() {
            object["spec"][field] = old["spec"][field].clone();
        }
    }
    if needs_ports(&kind(old)) && needs_ports(&kind(object)) {
        keep_ports(old, object);
    }
    address(world, object)?;
    ports(world, object)
}

fn is_service(asked: &Asked<'_>) -> bool {
    asked.of.group.is_empty() && asked.of.kind == "Service"
}

fn needs_ports(kind: &str) -> bool {
    matches!(kind, "NodePort" | "LoadBalancer")
}

fn address(world: &mut World, object: &mut Value) -> Result<(), Violation> {
    if object["spec"]["type"] == "ExternalName" {
        return Ok(());
    }
    let own = (object::meta(object, "namespace").to_owned(), object::name(object).to_owned());
    let asked_for = object["spec"]["clusterIP"].as_str().unwrap_or_default().to_owned();
    let taken = in_use(world, &own, |service| {
        service["spec"]["clusterIP"].as_str().map(str::to_owned).into_iter().collect()
    });
    let address = match asked_for.as_str() {
        "None" => asked_for,
        "" => loop {
            let count = world.store.count();
            let number = 1 + names::below(world.config.seed, "address", count, 65_533);
            let address = format!("10.96.{}.{}", number >> 8, number & 255);
            if !taken.contains(&address) {
                break address;
            }
        },
        _ if taken.contains(&asked_for) => {
            return Err(address_violation(&asked_for, "provided IP is already allocated"));
        }
        _ if !asked_for.starts_with("10.96.") => {
            return Err(address_violation(
                &asked_for,
                "the provided network does not match the current range",
            ));
        }
        _ => asked_for,
    };
    object["spec"]["clusterIP"] = json!(address);
    if object["spec"]["clusterIPs"].as_array().is_none_or(Vec::is_empty) {
        object["spec"]["clusterIPs"] = json!([address]);
    }
    for (field, value) in [("ipFamilies", json!(["IPv4"])), ("ipFamilyPolicy", json!("SingleStack"))] {
        if object["spec"].get(field).is_none() {
            object["spec"][field] = value;
        }
    }
    Ok(())
}

fn address_violation(address: &str, why: &str) -> Violation {
    Violation {
        reason: "FieldValueInvalid",
        field: "spec.clusterIPs".to_owned(),
        message: format!("Invalid value: [{address:?}]: failed to allocate IP {address}: {why}"),
    }
}

/// What other Services hold.
fn in_use(world: &World, own: &(String, String), held: impl Fn(&Value) -> Vec<String>) -> BTreeSet<String> {
    let services = world.store.snapshot().list("", "services", None);
    let others =
        services.filter(|(key, _)| (&*key.namespace, &*key.name) != (own.0.as_str(), own.1.as_str()));
    others.flat_map(|(_, service)| held(service)).collect()
}

/// A port that keeps its number keeps its node port.
fn keep_ports(old: &Value, object: &mut Value) {
    let before: Vec<Value> = old["spec"]["ports"].as_array().cloned().unwrap_or_default();
    for port in object["spec"]["ports"].as_array_mut().into_iter().flatten() {
        let same = before.iter().find(|b| b["port"] == port["port"] && b["protocol"] == port["protocol"]);
        if let Some(number) = same.and_then(|b| b.get("nodePort"))
            && port["nodePort"].as_u64().unwrap_or(0) == 0
        {
            port["nodePort"] = number.clone();
        }
    }
}

fn ports(world: &mut World, object: &mut Value) -> Result<(), Violation> {
    let kind = object["spec"]["type"].as_str().unwrap_or_default().to_owned();
    if !needs_ports(&kind) || object["spec"]["allocateLoadBalancerNodePorts"] == false {
        return Ok(());
    }
    let own = (object::meta(object, "namespace").to_owned(), object::name(object).to_owned());
    let mut taken = in_use(world, &own, |service| {
        let ports = service["spec"]["ports"].as_array().into_iter().flatten();
        ports.filter_map(|port| port["nodePort"].as_u64()).map(|port| port.to_string()).collect()
    });
    let checked = kind == "LoadBalancer" && object["spec"]["externalTrafficPolicy"] == "Local";
    if checked && object["spec"]["healthCheckNodePort"].as_u64().unwrap_or(0) == 0 {
        object["spec"]["healthCheckNodePort"] = json!(free_port(world, &mut taken));
    }
    let mut ports = object["spec"]["ports"].take();
    for (at, port) in ports.as_array_mut().into_iter().flatten().enumerate() {
        match port["nodePort"].as_u64().unwrap_or(0) {
            0 => port["nodePort"] = json!(free_port(world, &mut taken)),
            number if (FIRST_PORT..FIRST_PORT + PORTS).contains(&number) => {
                if !taken.insert(number.to_string()) {
                    let why = "provided port is already allocated";
                    return Err(port_violation(at, number, why));
                }
            }
            number => {
                let why = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                return Err(port_violation(at, number, why));
            }
        }
    }
    object["spec"]["ports"] = ports;
    Ok(())
}

/// A port of all nodes that no Service holds.
fn free_port(world: &mut World, taken: &mut BTreeSet<String>) -> u64 {
    loop {
        let count = world.store.count();
        let number = FIRST_PORT + names::below(world.config.seed, "port", count, PORTS);
        if taken.insert(number.to_string()) {
            return number;
        }
    }
}

fn port_violation(at: usize, number: u64, why: &str) -> Violation {
    Violation {
        reason: "FieldValueInvalid",
        field: format!("spec.ports[{at}].nodePort"),
        message: format!("Invalid value: {number}: {why}"),
    }
}
