//! The EndpointSlices of Services with a selector: one set of slices for each set of ports, of at most a hundred
//! endpoints each.

use super::behind::pods;
use super::{MANAGED_BY, SERVICE_NAME, hostname, labels, ports, prefix, selects, slice_ports, stamp, target};
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::object::{list, map, name, namespace, owned_by, ready, terminating, text, uid};
use crate::sim::controller::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const BY: &str = "endpointslice-controller.k8s.io";
/// A slice holds so many endpoints at most.
const MOST: usize = 100;

/// Writes the EndpointSlices of Services with a selector.
pub(in crate::sim::controller) const CONTROLLER: Controller = Controller {
    name: "endpointslice-controller",
    program: MANAGER,
    watches: &[("", "services"), ("", "pods"), ("discovery.k8s.io", "endpointslices")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for service in view.all(resource::SERVICES).filter(|service| selects(service)) {
            reconcile(view, service, &mut work);
        }
        work
    },
};

/// Endpoints by address, where they stand for one set of ports.
#[derive(Default)]
struct Wanted {
    ports: Vec<Value>,
    endpoints: BTreeMap<String, Value>,
}

/// What to do with the slices of a Service.
#[derive(Default)]
struct Plan {
    create: Vec<Value>,
    update: Vec<Value>,
    delete: Vec<Object>,
}

fn reconcile<'a>(view: &View<'a>, service: &'a Object, work: &mut Work) {
    let of_service = |slice: &&Object| {
        let labels = map(slice, "/metadata/labels");
        let is = |key: &str, value: &str| labels.get(key).is_some_and(|label| label == value);
        is(SERVICE_NAME, name(service)) && is(MANAGED_BY, BY) && !terminating(slice)
    };
    let held: Vec<&Object> = view.within(resource::SLICES, namespace(service)).filter(of_service).collect();
    let families = list(service, "/spec/ipFamilies").iter().filter_map(Value::as_str);
    let mut families: Vec<&str> = families.collect();
    if families.is_empty() {
        families.push("IPv4");
    }
    let pods = pods(view, service, work);
    let mut plan = Plan::default();
    for family in &families {
        let of_family: Vec<&Object> =
            held.iter().copied().filter(|slice| text(slice, "/addressType") == *family).collect();
        plan_family(&pods, service, family, &of_family, &mut plan);
    }
    let foreign = held.iter().filter(|slice| !families.contains(&text(slice, "/addressType")));
    plan.delete.extend(foreign.map(|slice| (*slice).clone()));
    carry_out(view, service, plan, work);
}

fn plan_family(pods: &[&Object], service: &Object, family: &str, held: &[&Object], plan: &mut Plan) {
    let labels = labels(service, &[(MANAGED_BY, BY), (SERVICE_NAME, name(service))]);
    let mut wanted = wanted(pods, service, family);
    let mut own = Plan::default();
    let mut by_ports: BTreeMap<String, Vec<&Object>> = BTreeMap::new();
    for slice in held {
        if list(slice, "/metadata/ownerReferences").iter().any(|owner| owner["uid"] == *uid(service)) {
            by_ports.entry(key(list(slice, "/ports"))).or_default().push(slice);
        } else {
            own.delete.push((*slice).clone());
        }
    }
    for (ports, slices) in &by_ports {
        if !wanted.contains_key(ports) {
            own.delete.extend(slices.iter().map(|slice| (*slice).clone()));
        }
    }
    for (ports, wanted) in std::mem::take(&mut wanted) {
        let slices = by_ports.get(&ports).map_or(&[][..], Vec::as_slice);
        fill(service, family, slices, wanted, &labels, &mut own);
    }
    if own.delete.len() == held.len() && own.create.is_empty() {
        // A Service without pods has one slice without endpoints.
        let empty = fresh(service, family, Vec::new(), &labels);
        let is_empty = |slice: &Object| {
            list(slice, "/endpoints").is_empty()
                && list(slice, "/ports").is_empty()
                && map(slice, "/metadata/labels") == labels
                && list(slice, "/metadata/ownerReferences").iter().any(|owner| owner["uid"] == *uid(service))
        };
        if own.delete.len() == 1 && is_empty(&own.delete[0]) {
            own.delete.clear();
        } else {
            own.create.push(empty);
        }
    }
    plan.create.append(&mut own.create);
    plan.update.append(&mut own.update);
    plan.delete.append(&mut own.delete);
}

/// Ports as a text that is the same for the same set of them.
fn key(ports: &[Value]) -> String {
    let mut texts: Vec<String> = ports.iter().map(Value::to_string).collect();
    texts.sort();
    texts.join(",")
}

/// The endpoints of a Service's pods by their ports.
fn wanted(pods: &[&Object], service: &Object, family: &str) -> BTreeMap<String, Wanted> {
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for pod in pods {
        let ports = slice_ports(ports(service, pod));
        let group = wanted.entry(key(&ports)).or_default();
        group.ports = ports;
        let ips = list(pod, "/status/podIPs").iter().map(|ip| text(ip, "/ip"));
        let ips: Vec<&str> = ips.filter(|ip| ip.contains(':') == (family == "IPv6")).collect();
        if !ips.is_empty() {
            let place = format!("{} {}", ips.join(","), uid(pod));
            group.endpoints.insert(place, endpoint(service, pod, &ips));
        }
    }
    wanted
}

fn endpoint(service: &Value, pod: &Value, ips: &[&str]) -> Value {
    let leaving = terminating(pod);
    let published = service["spec"]["publishNotReadyAddresses"] == true;
    let mut endpoint = json!({
        "addresses": ips,
        "conditions": {
            "ready": published || ready(pod) && !leaving,
            "serving": ready(pod),
            "terminating": leaving,
        },
        "targetRef": target(pod),
        "nodeName": pod["spec"]["nodeName"],
    });
    if let Some(hostname) = hostname(service, pod) {
        endpoint["hostname"] = json!(hostname);
    }
    endpoint
}

fn fresh(service: &Object, family: &str, ports: Vec<Value>, labels: &Map<String, Value>) -> Value {
    // As it comes back from where it is stored: what is empty is null.
    let ports = if ports.is_empty() { Value::Null } else { Value::Array(ports) };
    json!({
        "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "generateName": prefix(name(service)), "namespace": namespace(service), "labels": labels,
            "ownerReferences": [owned_by(service)],
        },
        "addressType": family, "endpoints": null, "ports": ports,
    })
}

/// Which endpoint of a slice is which: the same addresses of the same pod.
fn place(endpoint: &Value) -> String {
    let ips: Vec<&str> = list(endpoint, "/addresses").iter().filter_map(Value::as_str).collect();
    format!("{} {}", ips.join(","), text(endpoint, "/targetRef/uid"))
}

/// Brings the slices of one set of ports up to date, filling those that change anyway before others.
fn fill(
    service: &Object,
    family: &str,
    held: &[&Object],
    mut wanted: Wanted,
    labels: &Map<String, Value>,
    plan: &mut Plan,
) {
    let (mut changed, mut unchanged): (Vec<Value>, Vec<&Object>) = (Vec::new(), Vec::new());
    for slice in held {
        let old = list(slice, "/endpoints");
        let kept: Vec<Value> =
            old.iter().filter_map(|endpoint| wanted.endpoints.remove(&place(endpoint))).collect();
        if kept.is_empty() && !old.is_empty() {
            plan.delete.push((*slice).clone());
        } else if kept != old || map(slice, "/metadata/labels") != *labels {
            changed.push(with_endpoints(slice, kept, labels));
        } else {
            unchanged.push(slice);
        }
    }
    let mut left: Vec<Value> = wanted.endpoints.into_values().collect();
    changed.sort_by_key(|slice| std::cmp::Reverse(list(slice, "/endpoints").len()));
    for slice in &mut changed {
        top_up(slice, &mut left);
    }
    while !left.is_empty() {
        let room = |slice: &&Object| MOST.checked_sub(list(slice, "/endpoints").len() + left.len());
        let best = unchanged.iter().enumerate().filter_map(|(at, slice)| Some((room(slice)?, at))).min();
        match best {
            Some((_, at)) => {
                let slice = unchanged.remove(at);
                let mut full = with_endpoints(slice, list(slice, "/endpoints").to_vec(), labels);
                top_up(&mut full, &mut left);
                changed.push(full);
            }
            None => {
                let mut slice = fresh(service, family, wanted.ports.clone(), labels);
                top_up(&mut slice, &mut left);
                plan.create.push(slice);
            }
        }
    }
    plan.update.extend(changed);
}

fn with_endpoints(slice: &Object, endpoints: Vec<Value>, labels: &Map<String, Value>) -> Value {
    let mut slice = Value::clone(slice);
    slice["endpoints"] = if endpoints.is_empty() { Value::Null } else { Value::Array(endpoints) };
    slice["metadata"]["labels"] = json!(labels);
    slice
}

/// Moves as many endpoints into a slice as it still holds.
fn top_up(slice: &mut Value, left: &mut Vec<Value>) {
    let mut endpoints = list(slice, "/endpoints").to_vec();
    let more = MOST.saturating_sub(endpoints.len()).min(left.len());
    endpoints.extend(left.drain(..more));
    slice["endpoints"] = Value::Array(endpoints);
}

/// Writes what changed. A slice that is to go is used for one that is to come.
fn carry_out(view: &View<'_>, service: &Object, mut plan: Plan, work: &mut Work) {
    let reusable = |old: &Object, new: &Value| {
        old["addressType"] == new["addressType"]
            && list(old, "/metadata/ownerReferences").iter().any(|owner| owner["uid"] == *uid(service))
    };
    plan.delete.retain(|old| match plan.create.last().is_some_and(|new| reusable(old, new)) {
        true => {
            let mut new = plan.create.pop().expect("there is a last one");
            new["metadata"] = with_metadata(old, &new["metadata"]);
            plan.update.push(new);
            false
        }
        false => true,
    });
    if !terminating(service) {
        for mut slice in plan.create {
            stamp(view, &mut slice);
            work.call(call::create(resource::SLICES, &slice));
        }
    }
    for mut slice in plan.update {
        stamp(view, &mut slice);
        work.call(call::update(resource::SLICES, &slice));
    }
    for slice in &plan.delete {
        work.call(call::delete(resource::SLICES, slice, None));
    }
}

/// The metadata of a slice that is used anew.
fn with_metadata(old: &Value, new: &Value) -> Value {
    let mut metadata = old["metadata"].clone();
    metadata["labels"] = new["labels"].clone();
    metadata["ownerReferences"] = new["ownerReferences"].clone();
    metadata
}
