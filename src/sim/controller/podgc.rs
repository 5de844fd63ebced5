//! The pod garbage collector: removes pods whose node is gone and deleted pods that no node ever had.

use super::call::{self, Work, resource};
use super::object::{finished, list, terminating, text, time};
use super::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::json;
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
    let lost = !node.is_empty() && view.snapshot.find("", "nodes", "", node).is_none();
    let never_placed = node.is_empty() && terminating(pod);
    let held = !list(pod, "/metadata/finalizers").is_empty();
    if !(lost || never_placed) || terminating(pod) && held {
        return;
    }
    let made = time(pod, "/metadata/creationTimestamp").unwrap_or(view.now).after(QUARANTINE);
    if lost && view.now < made {
        return work.wake_at(made);
    }
    if lost && !finished(pod) {
        fail(view, pod, work);
    }
    let mut call = call::delete(resource::PODS, pod, None);
    call.query.set("gracePeriodSeconds", "0");
    work.call(call);
}

/// Notes why a pod ends that nobody runs any more.
fn fail(view: &View<'_>, pod: &Object, work: &mut Work) {
    let mut status = pod["status"].clone();
    status["phase"] = json!("Failed");
    let mut conditions = list(pod, "/status/conditions").to_vec();
    conditions.push(json!({
        "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC",
        "message": "PodGC: node no longer exists", "observedGeneration": pod["metadata"]["generation"],
        "lastProbeTime": null, "lastTransitionTime": view.now.rfc3339(),
    }));
    status["conditions"] = json!(conditions);
    work.call(call::update_status(resource::PODS, pod, status));
}
