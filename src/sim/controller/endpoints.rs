//! The controllers of Endpoints and EndpointSlices: which pods stand behind a Service.

use super::call::{self, Work, resource};
use super::object::{finished, list, map, name, namespace, owned_by, ready, terminating, text};
use super::{Controller, MANAGER, View, always, selector};
use crate::snapshot::Object;
use serde_json::{Map, Value, json};

const TRIGGER: &str = "endpoints.kubernetes.io/last-change-trigger-time";
const HEADLESS: &str = "service.kubernetes.io/headless";
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Writes the Endpoints of Services with a selector.
pub(super) const CONTROLLER: Controller = Controller {
    name: "endpoint-controller",
    program: MANAGER,
    watches: &[("", "services"), ("", "pods"), ("", "endpoints")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for service in view.all(resource::SERVICES).filter(|service| selects(service)) {
            endpoints(view, service, &mut work);
        }
        for old in view.all(resource::ENDPOINTS).filter(|old| managed(old)) {
            if view.find(resource::SERVICES, namespace(old), name(old)).is_none() {
                work.call(call::delete(resource::ENDPOINTS, old, None));
            }
        }
        work
    },
};

/// Writes the EndpointSlices of Services with a selector.
pub(super) const SLICES: Controller = Controller {
    name: "endpointslice-controller",
    program: MANAGER,
    watches: &[("", "services"), ("", "pods"), ("discovery.k8s.io", "endpointslices")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for service in view.all(resource::SERVICES).filter(|service| selects(service)) {
            slice(view, service, &mut work);
        }
        work
    },
};

fn selects(service: &Value) -> bool {
    service["spec"]["selector"].is_object()
        && text(service, "/spec/type") != "ExternalName"
        && !terminating(service)
}

fn managed(endpoints: &Value) -> bool {
    let labels = map(endpoints, "/metadata/labels");
    labels.get("endpoints.kubernetes.io/managed-by").is_some_and(|by| by == "endpoint-controller")
}

/// One pod behind a Service, with the ports that it answers on.
struct Backend<'a> {
    pod: &'a Object,
    ready: bool,
    ports: Vec<Value>,
}

/// The pods behind a Service that have an address and have not ended, by address.
fn backends<'a>(view: &View<'a>, service: &'a Value) -> Vec<Backend<'a>> {
    let pods = view.within(resource::PODS, namespace(service));
    let standing = pods.filter(|pod| {
        selector::contains(&service["spec"]["selector"], pod)
            && !text(pod, "/status/podIP").is_empty()
            && !finished(pod)
    });
    let any = service["spec"]["publishNotReadyAddresses"] == true;
    let backend = |pod: &'a Object| Backend { pod, ready: any || ready(pod), ports: ports(service, pod) };
    let mut all: Vec<Backend<'_>> = standing.map(backend).collect();
    let ported = list(service, "/spec/ports").is_empty();
    all.retain(|backend| ported || !backend.ports.is_empty());
    all.sort_by_key(|backend| text(backend.pod, "/status/podIP"));
    all
}

/// The Service's ports as the pod has them: a named target port is looked up among its containers.
fn ports(service: &Value, pod: &Value) -> Vec<Value> {
    let of = |port: &Value| {
        let number = match &port["targetPort"] {
            Value::String(wanted) => {
                let mut declared = list(pod, "/spec/containers").iter().flat_map(|c| list(c, "/ports"));
                declared.find(|declared| declared["name"] == **wanted && same_protocol(declared, port))?["containerPort"]
                    .clone()
            }
            Value::Null => port["port"].clone(),
            number => number.clone(),
        };
        let mut entry = json!({"port": number, "protocol": port.get("protocol").unwrap_or(&json!("TCP"))});
        for field in ["name", "appProtocol"] {
            if let Some(value) = port.get(field) {
                entry[field] = value.clone();
            }
        }
        Some(entry)
    };
    list(service, "/spec/ports").iter().filter_map(of).collect()
}

fn same_protocol(one: &Value, other: &Value) -> bool {
    let of = |port: &Value| port.get("protocol").and_then(Value::as_str).unwrap_or("TCP").to_owned();
    of(one) == of(other)
}

fn target(pod: &Value) -> Value {
    json!({"kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": pod["metadata"]["uid"]})
}

/// A pod answers to its own name below the Service that it names as its subdomain.
fn hostname<'p>(service: &Value, pod: &'p Value) -> Option<&'p str> {
    let own = text(pod, "/spec/hostname");
    (!own.is_empty() && text(pod, "/spec/subdomain") == name(service)).then_some(own)
}

fn headless(service: &Value) -> bool {
    text(service, "/spec/clusterIP") == "None"
}

fn labels(service: &Value, more: &[(&str, &str)]) -> Map<String, Value> {
    let mut labels = map(service, "/metadata/labels");
    labels.remove(HEADLESS);
    if headless(service) {
        labels.insert(HEADLESS.to_owned(), json!(""));
    }
    labels.extend(more.iter().map(|(key, value)| ((*key).to_owned(), json!(value))));
    labels
}

fn endpoints<'a>(view: &View<'a>, service: &'a Object, work: &mut Work) {
    let labels = labels(service, &[("endpoints.kubernetes.io/managed-by", "endpoint-controller")]);
    let subsets = subsets(service, &backends(view, service));
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

fn stamp(view: &View<'_>, object: &mut Value) {
    if !object["metadata"]["annotations"].is_object() {
        object["metadata"]["annotations"] = json!({});
    }
    object["metadata"]["annotations"][TRIGGER] = json!(view.now.rfc3339());
}

/// Addresses grouped by the ports that they answer on.
fn subsets(service: &Value, backends: &[Backend<'_>]) -> Vec<Value> {
    let mut subsets: Vec<Value> = Vec::new();
    for backend in backends.iter().filter(|backend| !terminating(backend.pod)) {
        let mut address = json!({"ip": text(backend.pod, "/status/podIP"), "targetRef": target(backend.pod)});
        if let Some(hostname) = hostname(service, backend.pod) {
            address["hostname"] = json!(hostname);
        }
        address["nodeName"] = backend.pod["spec"]["nodeName"].clone();
        let field = if backend.ready { "addresses" } else { "notReadyAddresses" };
        let place = subsets.iter().position(|subset| list(subset, "/ports") == backend.ports);
        let place = place.unwrap_or_else(|| {
            let ports = &backend.ports;
            subsets.push(if ports.is_empty() { json!({}) } else { json!({"ports": ports}) });
            subsets.len() - 1
        });
        let mut held = list(&subsets[place], &format!("/{field}")).to_vec();
        held.push(address);
        subsets[place][field] = json!(held);
    }
    subsets
}

fn slice<'a>(view: &View<'a>, service: &'a Object, work: &mut Work) {
    let by = "endpointslice-controller.k8s.io";
    let labels =
        labels(service, &[("endpointslice.kubernetes.io/managed-by", by), (SERVICE_NAME, name(service))]);
    let backends = backends(view, service);
    let ports = backends.first().map_or(Value::Null, |first| slice_ports(&first.ports));
    let endpoints: Vec<Value> = backends.iter().map(|backend| endpoint(service, backend)).collect();
    let endpoints = if endpoints.is_empty() { Value::Null } else { json!(endpoints) };
    let mut slices = view.within(resource::SLICES, namespace(service));
    let old = slices
        .find(|slice| map(slice, "/metadata/labels").get(SERVICE_NAME).is_some_and(|of| of == name(service)));
    let same = |old: &Object| {
        list(old, "/endpoints") == endpoints.as_array().map_or(&[][..], Vec::as_slice)
            && list(old, "/ports") == ports.as_array().map_or(&[][..], Vec::as_slice)
            && map(old, "/metadata/labels") == labels
    };
    if old.is_some_and(same) {
        return;
    }
    let mut fresh = match old {
        Some(old) => Value::clone(old),
        None => json!({
            "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
            "metadata": {
                "generateName": format!("{}-", name(service)), "namespace": namespace(service),
                "ownerReferences": [owned_by(service)],
            },
            "addressType": list(service, "/spec/ipFamilies").first().unwrap_or(&json!("IPv4")),
        }),
    };
    fresh["metadata"]["labels"] = json!(labels);
    stamp(view, &mut fresh);
    fresh["endpoints"] = endpoints;
    fresh["ports"] = ports;
    work.call(match old {
        Some(_) => call::update(resource::SLICES, &fresh),
        None => call::create(resource::SLICES, &fresh),
    });
}

/// In a slice even a port without a name has one.
fn slice_ports(ports: &[Value]) -> Value {
    let named = ports.iter().map(|port| {
        let mut port = port.clone();
        port["name"] = json!(text(&port, "/name"));
        port
    });
    json!(named.collect::<Vec<_>>())
}

fn endpoint(service: &Value, backend: &Backend<'_>) -> Value {
    let leaving = terminating(backend.pod);
    let published = service["spec"]["publishNotReadyAddresses"] == true;
    let mut endpoint = json!({
        "addresses": [text(backend.pod, "/status/podIP")],
        "conditions": {
            "ready": published || backend.ready && !leaving,
            "serving": ready(backend.pod),
            "terminating": leaving,
        },
        "targetRef": target(backend.pod),
        "nodeName": backend.pod["spec"]["nodeName"],
    });
    if let Some(hostname) = hostname(service, backend.pod) {
        endpoint["hostname"] = json!(hostname);
    }
    endpoint
}
