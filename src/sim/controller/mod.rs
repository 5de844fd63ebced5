//! The controllers of kube-controller-manager, each a pure function of what is stored and of the time.

use super::World;
use crate::clock::Moment;

/// Runs every controller that has something to do until none has; says when the next timed step is due.
pub fn settle(_world: &mut World, _now: Moment) -> Option<Moment> {
    None
}
