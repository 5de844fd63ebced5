//! How the time of a cluster passes: stopped, while somebody waits, or at once. Only an embedded cluster has a time of its
//! own; that of a kind cluster is the time of its machine.

use super::{Backing, Cluster};
use crate::clock::Moment;
use std::time::Duration;

impl Cluster {
    /// The drill's time.
    pub fn now(&self) -> Moment {
        match &self.backing {
            Backing::Embedded(realm) => realm.clock.now(),
            Backing::Kind(outside) => outside.observer.clock.now(),
        }
    }

    /// Stops its time where that is ours to stop, so that all its forks begin at the same moment in the same state.
    pub fn stop_time(&self) {
        match &self.backing {
            Backing::Embedded(realm) => realm.stop(),
            Backing::Kind(_) => {}
        }
    }

    /// Lets its time pass, where that is ours to stop, only while a client waits: while it watches or follows a log. How
    /// long commands take to start and to print is a matter of the machine, and no part of the cluster's time then.
    pub fn stop_time_unless_awaited(&self) {
        match &self.backing {
            Backing::Embedded(realm) => realm.stop_unless_awaited(),
            Backing::Kind(_) => {}
        }
    }

    /// Lets its time go on from where it was stopped.
    pub fn go_on(&self) {
        match &self.backing {
            Backing::Embedded(realm) => realm.go_on(),
            Backing::Kind(_) => {}
        }
    }

    /// Whether nothing will happen any more unless somebody calls. Not known of a cluster outside this process.
    pub fn is_at_rest(&self) -> bool {
        match &self.backing {
            Backing::Embedded(realm) => realm.is_at_rest(),
            Backing::Kind(_) => false,
        }
    }

    /// Lets `span` of the drill's time pass: at once where the cluster is embedded.
    pub async fn advance(&self, span: Duration) {
        match &self.backing {
            Backing::Embedded(realm) => realm.advance(span),
            Backing::Kind(_) => tokio::time::sleep(span).await,
        }
    }
}
