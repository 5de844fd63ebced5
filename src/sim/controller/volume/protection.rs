//! Claims and volumes that are in use are not let go, however they were deleted.

use super::super::call::{self, Work, resource};
use super::super::object::{has_finalizer, terminating, text, without_finalizer};
use super::super::{Controller, MANAGER, always};
use super::mounting;
use crate::snapshot::Object;

const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// Lets deleted claims and volumes go once nothing uses them.
pub(crate) const PROTECTION: Controller = Controller {
    name: "pvc-protection-controller",
    program: MANAGER,
    watches: &[("", "persistentvolumeclaims"), ("", "persistentvolumes"), ("", "pods")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for claim in view.all(resource::CLAIMS).filter(|claim| terminating(claim)) {
            let placed = |pod: &&Object| !text(pod, "/spec/nodeName").is_empty();
            if has_finalizer(claim, CLAIM_PROTECTION) && !mounting(view, claim).any(|pod| placed(&pod)) {
                work.call(call::update(resource::CLAIMS, &without_finalizer(claim, CLAIM_PROTECTION)));
            }
        }
        for (_, volume) in view.snapshot.list("", "persistentvolumes", Some("")) {
            let bound = text(volume, "/status/phase") == "Bound";
            if terminating(volume) && !bound && has_finalizer(volume, VOLUME_PROTECTION) {
                work.call(call::update(resource::VOLUMES, &without_finalizer(volume, VOLUME_PROTECTION)));
            }
        }
        work
    },
};
