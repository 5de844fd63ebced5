//! The controllers of kube-controller-manager, each a pure function of what is stored and of the time. Owns the
//! list of controllers and the words in which one says what it wants done; the scheduler and the kubelet, which
//! run in the same loop, live in `node`, and answering the calls is the API server's matter.

mod aggregation;
mod autoscaler;
mod balancer;
mod budget;
pub(super) mod call;
mod claim;
pub(super) mod correlate;
mod cronjob;
mod daemonset;
mod deployment;
pub(super) mod disruption;
mod emptying;
pub(in crate::sim) mod endpoints;
pub(super) mod ephemeral;
pub(super) mod event;
mod garbage;
mod hash;
mod history;
mod job;
mod namespace;
mod nodes;
pub(super) mod object;
mod podgc;
mod pods;
mod quota;
mod replicaset;
mod schedule;
pub(super) mod selector;
mod settle;
mod statefulset;
mod template;
mod tokens;
mod view;
pub(super) mod volume;

pub(super) use call::Work;
pub(super) use settle::Progress;
pub use settle::{settle, settle_in_order};
pub(super) use view::View;

use crate::snapshot::Change;

/// One loop of the control plane or of the node.
pub(super) struct Controller {
    /// Its name as actor of its calls: `replicaset-controller`.
    pub(super) name: &'static str,
    /// The program it is part of, whose name is the field manager of its writes: `kube-controller-manager`.
    pub(super) program: &'static str,
    /// Group and resource of what wakes it; `("*", "*")` is every resource.
    pub(super) watches: &'static [(&'static str, &'static str)],
    /// Whether a change of a watched resource concerns it.
    pub(super) wakes: fn(&Change<'_>) -> bool,
    /// What it does about one namespace, or about all where [`View::namespace`] is `None`.
    pub(super) run: fn(&View<'_>) -> Work,
}

/// The program of every controller in this module.
const MANAGER: &str = "kube-controller-manager";

/// Every watched change concerns it.
pub(super) fn always(_change: &Change<'_>) -> bool {
    true
}

/// The controllers in the order in which they are asked.
pub(super) const CONTROLLERS: &[Controller] = &[
    namespace::ACCOUNTS,
    namespace::CERTIFICATES,
    aggregation::CONTROLLER,
    tokens::CONTROLLER,
    replicaset::CONTROLLER,
    replicaset::REPLICATION,
    deployment::CONTROLLER,
    statefulset::CONTROLLER,
    // What a taint evicts, a DaemonSet need not delete.
    nodes::EVICTION,
    daemonset::CONTROLLER,
    job::CONTROLLER,
    cronjob::CONTROLLER,
    job::TTL,
    endpoints::CONTROLLER,
    endpoints::SLICES,
    endpoints::MIRROR,
    balancer::CONTROLLER,
    budget::CONTROLLER,
    autoscaler::CONTROLLER,
    volume::CONTROLLER,
    quota::CONTROLLER,
    nodes::NEWCOMERS,
    nodes::RANGES,
    nodes::CONTROLLER,
    podgc::CONTROLLER,
    garbage::CONTROLLER,
    emptying::CONTROLLER,
];
