//! Mirrors the Endpoints of Services without a selector, which somebody else wrote, to EndpointSlices.

use super::repack::{Addresses, repack};
use super::{MANAGED_BY, SERVICE_NAME, TRIGGER, prefix, slice_ports};
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{list, map, name, namespace, owned_by, terminating, text};
use crate::sim::controller::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const NAME: &str = "endpointslice-mirroring-controller";
const BY: &str = "endpointslicemirroring-controller.k8s.io";
/// So many addresses of a subset are mirrored.
const MOST: usize = 1000;

/// The controller.
pub(in crate::sim::controller) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("", "services"), ("", "endpoints"), ("discovery.k8s.io", "endpointslices")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        let mut held: BTreeMap<(&str, String), Vec<&Object>> = BTreeMap::new();
        for slice in view.all(resource::SLICES).filter(|slice| mirrored(slice)) {
            let of =
                map(slice, "/metadata/labels").get(SERVICE_NAME).and_then(Value::as_str).map(str::to_owned);
            held.entry((namespace(slice), of.unwrap_or_default())).or_default().push(slice);
        }
        for endpoints in view.all(resource::ENDPOINTS).filter(|endpoints| mirrors(view, endpoints)) {
            let slices = held.remove(&(namespace(endpoints), name(endpoints).to_owned()));
            mirror(endpoints, &slices.unwrap_or_default(), &mut work);
        }
        for slice in held.into_values().flatten() {
            work.call(call::delete(resource::SLICES, slice, None));
        }
        work
    },
};

fn mirrored(slice: &Value) -> bool {
    map(slice, "/metadata/labels").get(MANAGED_BY).is_some_and(|by| by == BY) && !terminating(slice)
}

/// Whether Endpoints are to be mirrored: they have a Service that has no selector, and do not ask to be left alone.
fn mirrors(view: &View<'_>, endpoints: &Value) -> bool {
    let skips = map(endpoints, "/metadata/labels")
        .get("endpointslice.kubernetes.io/skip-mirror")
        .is_some_and(|skip| matches!(skip.as_str(), Some("true" | "True" | "TRUE" | "t" | "T" | "1")));
    let elects =
        map(endpoints, "/metadata/annotations").contains_key("control-plane.alpha.kubernetes.io/leader");
    let service = view.find(resource::SERVICES, namespace(endpoints), name(endpoints));
    !skips && !elects && service.is_some_and(|service| !service["spec"]["selector"].is_object())
}

/// The slices that Endpoints should have: ports, address type and endpoints of each.
fn wanted(endpoints: &Object, work: &mut Work) -> Vec<(Vec<Value>, &'static str, Vec<Value>)> {
    let mut addresses = Addresses::default();
    list(endpoints, "/subsets").iter().for_each(|subset| addresses.add_subset(subset));
    let mut wanted = Vec::new();
    let mut skipped = 0;
    for subset in repack(addresses, usize::MAX) {
        let ports = slice_ports(list(&subset, "/ports").to_vec());
        let all =
            [("/addresses", true), ("/notReadyAddresses", false)].into_iter().flat_map(|(field, ready)| {
                list(&subset, field).iter().map(move |address| endpoint(address, ready))
            });
        let all: Vec<Value> = all.collect();
        skipped += all.len().saturating_sub(MOST);
        let (six, four): (Vec<Value>, Vec<Value>) =
            all.into_iter().take(MOST).partition(|endpoint| text(endpoint, "/addresses/0").contains(':'));
        for (family, of_family) in [("IPv4", four), ("IPv6", six)] {
            if !of_family.is_empty() {
                wanted.push((ports.clone(), family, of_family));
            }
        }
    }
    if skipped > 0 {
        let message = format!(
            "A max of {MOST} addresses can be mirrored to EndpointSlices per Endpoints subset. {skipped} addresses were \
             skipped"
        );
        work.tell(Event::warning(NAME, endpoints, "TooManyAddressesToMirror", message));
    }
    wanted
}

fn endpoint(address: &Value, ready: bool) -> Value {
    let mut endpoint = json!({"addresses": [text(address, "/ip")], "conditions": {"ready": ready}});
    for field in ["targetRef", "nodeName", "hostname"] {
        if let Some(value) = address.get(field).filter(|value| !value.is_null()) {
            endpoint[field] = value.clone();
        }
    }
    endpoint
}

fn mirror(endpoints: &Object, held: &[&Object], work: &mut Work) {
    let mut left = held.to_vec();
    let (mut missing, mut stale) = (Vec::new(), Vec::new());
    for (ports, family, entries) in wanted(endpoints, work) {
        let same = |slice: &&Object| slice["addressType"] == family && list(slice, "/ports") == ports;
        let slice = slice(endpoints, ports.clone(), family, entries);
        match left.iter().position(same) {
            Some(at) => stale.push((left.remove(at), slice)),
            None => missing.push(slice),
        }
    }
    for slice in missing {
        match left.iter().position(|old| old["addressType"] == slice["addressType"]) {
            Some(at) => stale.push((left.remove(at), slice)),
            None if terminating(endpoints) => {}
            None => work.call(call::create(resource::SLICES, &slice)),
        }
    }
    for (old, mut new) in stale {
        let parts = |slice: &Value| {
            let notes = map(slice, "/metadata/annotations");
            let labels = map(slice, "/metadata/labels");
            (notes, labels, list(slice, "/endpoints").to_vec(), list(slice, "/ports").to_vec())
        };
        if parts(old) != parts(&new) {
            let metadata = new["metadata"].as_object_mut().expect("a slice has metadata");
            metadata.remove("generateName");
            metadata.insert("name".to_owned(), json!(name(old)));
            work.call(call::update(resource::SLICES, &new));
        }
    }
    for slice in left {
        work.call(call::delete(resource::SLICES, slice, None));
    }
}

fn slice(endpoints: &Object, ports: Vec<Value>, family: &str, entries: Vec<Value>) -> Value {
    let mut labels = map(endpoints, "/metadata/labels");
    labels.insert(SERVICE_NAME.to_owned(), json!(name(endpoints)));
    labels.insert(MANAGED_BY.to_owned(), json!(BY));
    let mut notes: Map<String, Value> = map(endpoints, "/metadata/annotations");
    notes.remove(TRIGGER);
    notes.remove("kubectl.kubernetes.io/last-applied-configuration");
    let ports = if ports.is_empty() { Value::Null } else { Value::Array(ports) };
    let mut slice = json!({
        "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "generateName": prefix(name(endpoints)), "namespace": namespace(endpoints), "labels": labels,
            "ownerReferences": [owned_by(endpoints)],
        },
        "addressType": family, "endpoints": entries, "ports": ports,
    });
    if !notes.is_empty() {
        slice["metadata"]["annotations"] = json!(notes);
    }
    slice
}
