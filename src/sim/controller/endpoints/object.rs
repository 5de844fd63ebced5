//! The Endpoints of Services with a selector.

use super::behind::pods;
use super::repack::{Addresses, repack};
use super::{headless, hostname, labels, ports, selects, stamp, target};
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::object::{list, map, name, namespace, ready, terminating, text};
use crate::sim::controller::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::{Value, json};

const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
/// Endpoints hold so many addresses at most.
const MOST: usize = 1000;
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";

/// Writes the Endpoints of Services with a selector.
pub(in crate::sim::controller) const CONTROLLER: Controller = Controller {
    name: "endpoint-controller",
    program: MANAGER,
    watches: &[("", "services"), ("", "pods"), ("", "endpoints")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for service in view.all(resource::SERVICES).filter(|service| selects(service)) {
            write(view, service, &mut work);
        }
        for old in view.all(resource::ENDPOINTS).filter(|old| managed(old)) {
            if view.find(resource::SERVICES, namespace(old), name(old)).is_none() {
                work.call(call::delete(resource::ENDPOINTS, old, None));
            }
        }
        work
    },
};

fn managed(endpoints: &Value) -> bool {
    map(endpoints, "/metadata/labels").get(MANAGED_BY).is_some_and(|by| by == "endpoint-controller")
}

fn write<'a>(view: &View<'a>, service: &'a Object, work: &mut Work) {
    let labels = labels(service, &[(MANAGED_BY, "endpoint-controller")]);
    let (subsets, over) = subsets(view, service, work);
    let old = view.find(resource::ENDPOINTS, namespace(service), name(service));
    let same = |old: &Object| list(old, "/subsets") == subsets && map(old, "/metadata/labels") == labels;
    if old.is_some_and(same) {
        return;
    }
    let mut fresh = match old {
        Some(old) => Value::clone(old),
        None => json!({
            "kind": "Endpoints", "apiVersion": "v1",
            "metadata": {"name": name(service), "namespace": namespace(service)},
        }),
    };
    fresh["metadata"]["labels"] = json!(labels);
    stamp(view, &mut fresh);
    let notes = fresh["metadata"]["annotations"].as_object_mut().expect("it is stamped");
    if over {
        notes.insert(OVER_CAPACITY.to_owned(), json!("truncated"));
    } else {
        notes.remove(OVER_CAPACITY);
    }
    if subsets.is_empty() {
        fresh.as_object_mut().expect("Endpoints are an object").remove("subsets");
    } else {
        fresh["subsets"] = json!(subsets);
    }
    work.call(match old {
        Some(_) => call::update(resource::ENDPOINTS, &fresh),
        None => call::create(resource::ENDPOINTS, &fresh),
    });
}

/// Addresses grouped by the ports that they answer on, and whether there were too many.
fn subsets<'a>(view: &View<'a>, service: &'a Object, work: &mut Work) -> (Vec<Value>, bool) {
    let published = service["spec"]["publishNotReadyAddresses"] == true;
    let portless = list(service, "/spec/ports").is_empty();
    let mut addresses = Addresses::default();
    for pod in pods(view, service, work).into_iter().filter(|pod| published || !terminating(pod)) {
        let mut address = json!({"ip": text(pod, "/status/podIP"), "targetRef": target(pod)});
        if let Some(hostname) = hostname(service, pod) {
            address["hostname"] = json!(hostname);
        }
        address["nodeName"] = pod["spec"]["nodeName"].clone();
        let ready = published || ready(pod);
        if portless && headless(service) {
            addresses.add(None, &address, ready);
        }
        for port in ports(service, pod) {
            addresses.add(Some(port), &address, ready);
        }
    }
    let over = addresses.count() > MOST;
    (repack(addresses, MOST), over)
}
