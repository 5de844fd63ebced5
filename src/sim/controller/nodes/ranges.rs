//! The ranges of pod addresses: each new node gets the first that is free.

use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::object::text;
use crate::sim::controller::{Controller, MANAGER, View, always};
use serde_json::json;
use std::collections::BTreeSet;

/// The controller.
pub(in crate::sim::controller) const CONTROLLER: Controller = Controller {
    name: "node-ipam-controller",
    program: MANAGER,
    watches: &[("", "nodes")],
    wakes: always,
    run,
};

/// One node at a time, so that the next one sees what is taken.
fn run(view: &View<'_>) -> Work {
    let mut work = Work::default();
    let nodes = super::all(view);
    let taken: BTreeSet<&str> = nodes.iter().map(|node| text(node, "/spec/podCIDR")).collect();
    let Some(node) = nodes.iter().find(|node| text(node, "/spec/podCIDR").is_empty()) else { return work };
    let ranges = (0..256).map(|third| format!("10.244.{third}.0/24"));
    if let Some(free) = ranges.into_iter().find(|range| !taken.contains(range.as_str())) {
        let patch = json!({"spec": {"podCIDR": free, "podCIDRs": [free]}});
        work.call(call::strategic_patch(resource::NODES, node, &patch));
    }
    work
}
