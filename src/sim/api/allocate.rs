//! Addresses and ports of Services: given out from the seed, never twice at a time.

use super::Asked;
use crate::sim::names;
use crate::sim::status::Refusal;
use crate::sim::validation::{self, Violation};
use crate::sim::{World, object};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const FIRST_PORT: u64 = 30_000;
const PORTS: u64 = 2_768;
const OUT_OF_RANGE: &str = "provided port is not in the valid range. The range of valid ports is 30000-32767";

/// The Service that keeps what it has: its namespace and its name. One that is created keeps nothing, not even where one
/// of its name is there already: that it holds them is found before that it exists.
type Holder = (String, String);

/// Gives a new Service what it asks for, before anything else of it is judged; what is wrong with that.
pub(super) fn create(
    world: &mut World,
    asked: &Asked<'_>,
    object: &mut Value,
    dry_run: bool,
) -> Result<Vec<Violation>, Refusal> {
    if !is_service(asked) {
        return Ok(Vec::new());
    }
    let unfit = validation::unaddressable(object);
    if !unfit.is_empty() {
        return Ok(unfit);
    }
    health_check(object, dry_run)?;
    let nobody = Holder::default();
    let given =
        address(world, object, &nobody, dry_run).and_then(|()| ports(world, object, &nobody, dry_run));
    Ok(given.err().into_iter().collect())
}

/// A port of all nodes at which the health of a Service is asked for is given out or refused like any other.
fn health_check(object: &Value, dry_run: bool) -> Result<(), Refusal> {
    let spec = &object["spec"];
    let checked = spec["type"] == "LoadBalancer" && spec["externalTrafficPolicy"] == "Local";
    let number = spec["healthCheckNodePort"].as_u64().unwrap_or(0);
    if checked && number != 0 && !is_node_port(number) && !dry_run {
        let why = format!("failed to allocate requested HealthCheck NodePort {number}: {OUT_OF_RANGE}");
        return Err(Refusal::internal(&why));
    }
    Ok(())
}

fn is_node_port(number: u64) -> bool {
    (FIRST_PORT..FIRST_PORT + PORTS).contains(&number)
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
            let held = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"];
            for field in held {
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
    let own = (object::meta(object, "namespace").to_owned(), object::name(object).to_owned());
    address(world, object, &own, false)?;
    ports(world, object, &own, false)
}

fn is_service(asked: &Asked<'_>) -> bool {
    asked.of.group.is_empty() && asked.of.kind == "Service"
}

fn needs_ports(kind: &str) -> bool {
    matches!(kind, "NodePort" | "LoadBalancer")
}

fn address(world: &mut World, object: &mut Value, own: &Holder, dry_run: bool) -> Result<(), Violation> {
    if object["spec"]["type"] == "ExternalName" {
        return Ok(());
    }
    let asked_for = object["spec"]["clusterIP"].as_str().unwrap_or_default().to_owned();
    let taken = in_use(world, own, |service| {
        service["spec"]["clusterIP"].as_str().map(str::to_owned).into_iter().collect()
    });
    // The address is written down under the name of its Service.
    let unnamed = object::name(object).is_empty() && !dry_run;
    let address = match asked_for.as_str() {
        "None" => asked_for.clone(),
        "" => loop {
            let count = world.store.count();
            let number = 1 + names::below(world.config.seed, "address", count, 65_533);
            let address = format!("10.96.{}.{}", number >> 8, number & 255);
            if !taken.contains(&address) {
                break address;
            }
        },
        // What is only tried takes nothing from anybody.
        _ if taken.contains(&asked_for) && !dry_run => {
            return Err(address_violation(&asked_for, "provided IP is already allocated"));
        }
        _ if !is_in_range(&asked_for) && dry_run => {
            let why = format!(
                "the provided IP ({asked_for}) is not in the valid range. The range of valid IPs is 10.96.0.0/16"
            );
            return Err(address_violation(&asked_for, &why));
        }
        _ if !is_in_range(&asked_for) => {
            let why = "the provided network does not match the current range";
            return Err(address_violation(&asked_for, why));
        }
        _ => asked_for.clone(),
    };
    if unnamed && address != "None" {
        let why = format!(
            "IPAddress.networking.k8s.io {address:?} is invalid: spec.parentRef.name: Required value"
        );
        return Err(address_violation(&asked_for, &why));
    }
    object["spec"]["clusterIP"] = json!(address);
    if object["spec"]["clusterIPs"].as_array().is_none_or(Vec::is_empty) {
        object["spec"]["clusterIPs"] = json!([address]);
    }
    Ok(())
}

/// Neither the first nor the last address of the range is given out.
fn is_in_range(address: &str) -> bool {
    address.starts_with("10.96.") && !matches!(address, "10.96.0.0" | "10.96.255.255")
}

fn address_violation(address: &str, why: &str) -> Violation {
    Violation {
        reason: "FieldValueInvalid",
        field: "spec.clusterIPs".to_owned(),
        message: match address {
            "" => format!("Invalid value: [{address:?}]: failed to allocate IP: {why}"),
            address => format!("Invalid value: [{address:?}]: failed to allocate IP {address}: {why}"),
        },
    }
}

/// What other Services hold.
fn in_use(world: &World, own: &Holder, held: impl Fn(&Value) -> Vec<String>) -> BTreeSet<String> {
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

/// Gives every port its node port. Ports of one number (in several protocols) share one, unless they name others.
fn ports(world: &mut World, object: &mut Value, own: &Holder, dry_run: bool) -> Result<(), Violation> {
    let kind = object["spec"]["type"].as_str().unwrap_or_default().to_owned();
    if !needs_ports(&kind) {
        return Ok(());
    }
    let needed = kind == "NodePort" || object["spec"]["allocateLoadBalancerNodePorts"] != false;
    let mut taken = in_use(world, own, |service| {
        let ports = service["spec"]["ports"].as_array().into_iter().flatten();
        ports.filter_map(|port| port["nodePort"].as_u64()).map(|port| port.to_string()).collect()
    });
    let checked = kind == "LoadBalancer" && object["spec"]["externalTrafficPolicy"] == "Local";
    if checked && object["spec"]["healthCheckNodePort"].as_u64().unwrap_or(0) == 0 {
        object["spec"]["healthCheckNodePort"] = json!(free_port(world, &mut taken));
    }
    let mut ports = object["spec"]["ports"].take();
    let number = |port: &Value| port["nodePort"].as_u64().unwrap_or(0);
    let all = ports.as_array().cloned().unwrap_or_default();
    let mut given: BTreeMap<Option<u64>, u64> = BTreeMap::new();
    for (at, port) in ports.as_array_mut().into_iter().flatten().enumerate() {
        let (asked, own) = (number(port), port["port"].as_u64());
        if asked == 0 && !needed {
            continue;
        }
        match given.get(&own).copied() {
            None => {
                let named = all.iter().find(|other| other["port"].as_u64() == own && number(other) != 0);
                let chosen = match named.map(number) {
                    Some(named) => take_port(at, named, dry_run, &mut taken)?,
                    None => free_port(world, &mut taken),
                };
                given.insert(own, chosen);
                port["nodePort"] = json!(chosen);
            }
            Some(chosen) if asked == 0 => port["nodePort"] = json!(chosen),
            Some(chosen) if asked == chosen => {}
            Some(_) => drop(take_port(at, asked, dry_run, &mut taken)?),
        }
    }
    object["spec"]["ports"] = ports;
    Ok(())
}

/// A node port that is asked for by its number.
fn take_port(at: usize, number: u64, dry_run: bool, taken: &mut BTreeSet<String>) -> Result<u64, Violation> {
    let why = if !is_node_port(number) && !dry_run {
        OUT_OF_RANGE
    } else if !taken.insert(number.to_string()) {
        "provided port is already allocated"
    } else {
        return Ok(number);
    };
    Err(port_violation(at, number, why))
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
