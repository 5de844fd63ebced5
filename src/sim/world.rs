//! The cluster as a value: what is stored, and the two things that can be asked of it. Routing lives in `api`.

use super::controller::Progress;
use crate::behaviour::{Behaviour, Pace};
use crate::call::{Call, Reply};
use crate::clock::Moment;
use crate::seed::Seed;
use crate::snapshot::Snapshot;
use std::sync::Arc;

/// What is settled about a cluster before its first call.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where uids, suffixes and addresses come from.
    pub seed: Seed,
    /// How fast pods come and go.
    pub pace: Pace,
    /// Whether controllers, scheduler and node run at all.
    pub controllers: bool,
    /// What containers do.
    pub behaviours: Arc<[Behaviour]>,
}

/// A whole cluster. Clones share everything that does not change afterwards.
#[derive(Clone, Debug)]
pub struct World {
    config: Arc<Config>,
    snapshot: Snapshot,
    progress: Progress,
}

impl World {
    /// A fresh cluster, as it stands when a control plane with one node has come up.
    pub fn new(config: Config, _now: Moment) -> World {
        World { config: Arc::new(config), snapshot: Snapshot::default(), progress: Progress::default() }
    }

    /// Answers one call, watches excepted.
    pub fn handle(&mut self, call: &Call, _now: Moment) -> Reply {
        Reply::raw(501, "text/plain", format!("not built: {}", call.label()))
    }

    /// All objects as they are now.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What was settled at the start.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How far the controllers have come; kept here so that a fork of the world forks it too.
    pub(super) fn progress(&mut self) -> &mut Progress {
        &mut self.progress
    }
}
