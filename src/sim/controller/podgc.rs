//! The pod garbage collector: removes pods whose node is gone and deleted pods that no node ever had.

use super::call::{self, Work, resource};
use super::object::{terminating, text};
use super::{Controller, MANAGER, View, always};

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "pod-garbage-collector",
    program: MANAGER,
    watches: &[("", "pods"), ("", "nodes")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        collect(view, &mut work);
        work
    },
};

fn collect(view: &View<'_>, work: &mut Work) {
    for pod in view.all(resource::PODS) {
        let node = text(pod, "/spec/nodeName");
        let lost = !node.is_empty() && view.snapshot.find("", "nodes", "", node).is_none();
        let never_placed = node.is_empty() && terminating(pod);
        let held = !super::object::list(pod, "/metadata/finalizers").is_empty();
        if (lost || never_placed) && !(terminating(pod) && held) {
            let mut call = call::delete(resource::PODS, pod, None);
            call.query.set("gracePeriodSeconds", "0");
            work.call(call);
        }
    }
}
