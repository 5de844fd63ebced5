//! The ResourceQuota controller: how much of a quota is used. Refusing what would exceed it is admission's matter,
//! and what counts against which quota is `quota`'s.

use super::call::{self, Work, resource};
use super::object::map;
use super::{Controller, MANAGER, View, always};
use crate::sim::amount::{amounts, written};
use crate::sim::quota;
use crate::snapshot::Object;
use serde_json::json;

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "resourcequota-controller",
    program: MANAGER,
    watches: &[("*", "*")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for quota in view.all(resource::QUOTAS) {
            sync(view, quota, &mut work);
        }
        work
    },
};

/// Writes what is used where it differs from what stands in the status. What nobody knows how to count keeps the
/// number that it has.
fn sync(view: &View<'_>, quota: &Object, work: &mut Work) {
    let hard = map(quota, "/spec/hard");
    let (before, mut used) = (amounts(&quota["status"]["used"]), amounts(&quota["status"]["used"]));
    used.extend(quota::used(view.snapshot, quota, view.now));
    used.retain(|name, _| hard.contains_key(name));
    let limits = amounts(&quota["spec"]["hard"]);
    let known = quota["status"]["hard"].is_object() && quota["status"]["used"].is_object();
    if !known || limits != amounts(&quota["status"]["hard"]) || used != before {
        let status = json!({"hard": quota["spec"]["hard"], "used": written(&used)});
        work.call(call::update_status(resource::QUOTAS, quota, status));
    }
}
