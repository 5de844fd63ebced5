//! The scheduler and the one node with its kubelet: what becomes of pods. Scheduler and kubelet run in the same
//! loop as the controllers and keep no memory outside of what is stored.

use super::controller::Controller;

mod capacity;
mod compose;
mod drive;
pub(in crate::sim) mod fit;
mod identity;
mod image;
mod kubelet;
mod life;
mod logs;
mod needs;
mod pace;
mod probe;
mod program;
mod scheduler;
mod script;
mod status;
mod stop;
#[cfg(test)]
mod timelines;

pub use logs::{LogError, logs};

/// The name of the node.
pub(super) const NODE: &str = "node1";
/// The node's internal address.
pub(super) const NODE_ADDRESS: &str = "192.0.2.2";

/// Scheduler and kubelet, which run in the same loop as the controllers.
pub(super) const CONTROLLERS: &[Controller] = &[scheduler::SCHEDULER, kubelet::KUBELET];
