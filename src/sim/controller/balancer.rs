//! The service controller of a cloud (`k8s.io/cloud-provider/controllers/service`), where the cluster stands in one: gives
//! every Service of type LoadBalancer an address from outside. Nothing listens at these addresses: 203.0.113.0/24 is set
//! aside for examples (RFC 5737).

use super::call::{self, Work, resource};
use super::event::Event;
use super::object::{has_finalizer, list, terminating, text, without_finalizer};
use super::{Controller, always};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NAME: &str = "service-controller";
const CLEANUP: &str = "service.kubernetes.io/load-balancer-cleanup";

/// Gives addresses and takes them back.
pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: "cloud-controller-manager",
    watches: &[("", "services")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        if view.config.load_balancers {
            let services = view.snapshot.list("", "services", None);
            let mut taken: BTreeSet<String> =
                services.map(|(_, service)| address(service).to_owned()).collect();
            for service in view.all(resource::SERVICES) {
                match is_wanted(service) {
                    true => ensure(service, &mut taken, &mut work),
                    false => release(service, &mut work),
                }
            }
        }
        work
    },
};

/// Whether a Service is to have an address; one of a class is somebody else's matter.
fn is_wanted(service: &Value) -> bool {
    text(service, "/spec/type") == "LoadBalancer"
        && service["spec"].get("loadBalancerClass").is_none()
        && !terminating(service)
}

/// The address that a Service has, if it has one.
fn address(service: &Value) -> &str {
    text(service, "/status/loadBalancer/ingress/0/ip")
}

/// Holds the Service, so that it is not gone before its address is given back; then gives it one.
fn ensure(service: &Object, taken: &mut BTreeSet<String>, work: &mut Work) {
    if !address(service).is_empty() {
        return;
    }
    if !has_finalizer(service, CLEANUP) {
        let mut finalizers = list(service, "/metadata/finalizers").to_vec();
        finalizers.push(json!(CLEANUP));
        let patch = json!({"metadata": {"finalizers": finalizers}});
        work.tell(said(service, "EnsuringLoadBalancer", "Ensuring load balancer"));
        return work.call(call::merge_patch(resource::SERVICES, service, &patch));
    }
    let mut addresses = (1..255).map(|host| format!("203.0.113.{host}"));
    let Some(free) = addresses.find(|address| !taken.contains(address)) else { return };
    let status = json!({"loadBalancer": {"ingress": [{"ip": free}]}});
    taken.insert(free);
    work.call(call::update_status(resource::SERVICES, service, status));
    work.tell(said(service, "EnsuredLoadBalancer", "Ensured load balancer"));
}

/// Takes back the address of a Service that is to have none any more, and lets the Service go.
fn release(service: &Object, work: &mut Work) {
    if !has_finalizer(service, CLEANUP) {
        return;
    }
    work.tell(said(service, "DeletingLoadBalancer", "Deleting load balancer"));
    if !address(service).is_empty() && !terminating(service) {
        work.call(call::update_status(resource::SERVICES, service, json!({"loadBalancer": {}})));
    }
    let patch = without_finalizer(service, CLEANUP)["metadata"]["finalizers"].clone();
    work.call(call::merge_patch(resource::SERVICES, service, &json!({"metadata": {"finalizers": patch}})));
    work.tell(said(service, "DeletedLoadBalancer", "Deleted load balancer"));
}

fn said(service: &Object, reason: &str, message: &str) -> Event {
    Event::normal(NAME, service, reason, message.to_owned())
}
