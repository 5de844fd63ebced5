//! The pod garbage collector: removes pods whose node is gone, deleted pods that no node ever had, and deleted pods of a
//! node that is out of service.

use super::call::{self, Work, resource};
use super::disruption::Disruption;
use super::object::{condition, finished, list, terminating, text, time};
use super::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

/// A node that is missing may still come: so long its pods are left alone.
const QUARANTINE: Duration = Duration::from_secs(60);

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "pod-garbage-collector",
    program: MANAGER,
    watches: &[("", "pods"), ("", "nodes")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for pod in view.all(resource::PODS) {
            collect(view, pod, &mut work);
        }
        work
    },
};

fn collect(view: &View<'_>, pod: &Object, work: &mut Work) {
    let node = text(pod, "/spec/nodeName");
    let stored = view.snapshot.find("", "nodes", "", node);
    let lost = !node.is_empty() && stored.is_none();
    let abandoned = terminating(pod) && stored.is_some_and(|node| out_of_service(node));
    let never_placed = node.is_empty() && terminating(pod);
    let held = !list(pod, "/metadata/finalizers").is_empty();
    if !(lost || never_placed || abandoned) || terminating(pod) && held {
        return;
    }
    let made = time(pod, "/metadata/creationTimestamp").unwrap_or(view.now).after(QUARANTINE);
    if lost && view.now < made {
        return work.wake_at(made);
    }
    if (lost || abandoned) && !finished(pod) {
        fail(view, pod, lost, work);
    }
    let mut call = call::delete(resource::PODS, pod, None);
    call.query.set("gracePeriodSeconds", "0");
    work.call(call);
}

/// Whether a node is not ready and somebody has said that it will not come back.
fn out_of_service(node: &Value) -> bool {
    let said = |taint: &Value| taint["key"] == "node.kubernetes.io/out-of-service";
    let ready = condition(&node["status"], "Ready").is_some_and(|ready| ready["status"] == "True");
    !ready && list(node, "/spec/taints").iter().any(said)
}

/// Notes that a pod ends that nobody runs any more, and where its node is gone, why.
fn fail(view: &View<'_>, pod: &Object, lost: bool, work: &mut Work) {
    let mut status = if lost { Disruption::LostNode.noted(pod, view.now) } else { pod["status"].clone() };
    status["phase"] = json!("Failed");
    work.call(call::update_status(resource::PODS, pod, status));
}
