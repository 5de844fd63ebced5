//! The scheduler and the one node with its kubelet: what becomes of pods. Scheduler and kubelet run in the same
//! loop as the controllers and keep no memory outside of what is stored.

use super::controller::{Controller, ephemeral, volume};

mod capacity;
mod compose;
mod drive;
mod files;
pub(in crate::sim) mod fit;
mod follow;
mod identity;
mod image;
mod kubelet;
mod life;
mod logs;
mod needs;
mod pace;
mod preempt;
mod probe;
mod program;
mod retry;
mod scheduler;
mod script;
mod start;
mod status;
mod stop;
#[cfg(test)]
mod timelines;

pub use follow::FollowedLog;
pub use logs::{LogError, logs};

/// The name of the node.
pub(super) const NODE: &str = "node1";
/// The node's internal address.
pub(super) const NODE_ADDRESS: &str = "192.0.2.2";

/// Scheduler and kubelet, which run in the same loop as the controllers. The scheduler sees a pod before the claims
/// of its ephemeral volumes are made, and a claim before it is gone, as a real one does.
pub(super) const CONTROLLERS: &[Controller] =
    &[scheduler::SCHEDULER, ephemeral::CONTROLLER, volume::PROTECTION, kubelet::KUBELET];
