//! The scheduler and the nodes with their kubelets: what becomes of pods. Scheduler and kubelets run in the same
//! loop as the controllers and keep no memory outside of what is stored.

use super::controller::object::{list, map, name, text};
use super::controller::{Controller, ephemeral, volume};
use crate::snapshot::Snapshot;
use serde_json::Value;

mod admit;
mod capacity;
mod choose;
mod compose;
mod drive;
mod expand;
mod files;
pub(in crate::sim) mod fit;
mod follow;
mod handler;
mod identity;
mod image;
mod kubelet;
mod life;
mod links;
mod logs;
mod mounting;
mod needs;
mod network;
mod pace;
mod preempt;
mod probe;
mod program;
mod redo;
mod register;
mod resize;
mod restart_all;
mod retry;
mod scheduler;
mod script;
mod shared;
mod start;
mod status;
mod stop;
#[cfg(test)]
mod timelines;
mod together;

pub use follow::FollowedLog;
pub use logs::{LogError, container, logs};
pub(super) use stop::parted;

/// The name of the node that every cluster has.
pub(super) const NODE: &str = "node1";
/// The internal address of that node.
pub(super) const NODE_ADDRESS: &str = "192.0.2.2";

/// The annotation of a Node that says what its kubelet does: `stopped`, so that the control plane loses it while its
/// containers go on, or `running`, which gives a node that somebody adds a kubelet.
const KUBELET: &str = "helmdrill.dev/kubelet";

/// What is behind a Node object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kubelet {
    /// A kubelet that does its work.
    Running,
    /// A kubelet that does nothing and says nothing.
    Stopped,
    /// Nobody: somebody made the object alone.
    Absent,
}

/// Whether a kubelet looks after a node.
pub(super) fn kubelet(node: &Value) -> Kubelet {
    match map(node, "/metadata/annotations").get(KUBELET).and_then(Value::as_str) {
        Some("running") => Kubelet::Running,
        Some("stopped") => Kubelet::Stopped,
        Some(_) | None if name(node) == NODE => Kubelet::Running,
        Some(_) | None => Kubelet::Absent,
    }
}

/// The internal address of the node that a pod is on.
fn address_of(pod: &Value, snapshot: &Snapshot) -> String {
    let node = snapshot.find("", "nodes", "", text(pod, "/spec/nodeName"));
    let addresses = node.map(|node| list(node, "/status/addresses")).unwrap_or_default();
    let internal = addresses.iter().find(|address| address["type"] == "InternalIP");
    internal.map_or(NODE_ADDRESS, |address| text(address, "/address")).to_owned()
}

/// The kubelet, for what is told on its behalf.
pub(super) const TELLER: &Controller = &kubelet::KUBELET;

/// Scheduler and kubelet, which run in the same loop as the controllers. The scheduler sees a pod before the claims
/// of its ephemeral volumes are made, and a claim before it is gone, as a real one does.
pub(super) const CONTROLLERS: &[Controller] =
    &[scheduler::SCHEDULER, ephemeral::CONTROLLER, volume::PROTECTION, register::REGISTRAR, kubelet::KUBELET];
