//! The cluster as a value: what is stored, and the two things that can be asked of it. Routing lives in `api`.

use super::access::Keys;
use super::api::{self, Watch};
use super::bootstrap;
use super::change::Change;
use super::controller::Progress;
use super::custom::Definitions;
use super::hooks::{HookAnswers, HookCall};
use super::store::Store;
use crate::behaviour::{Behaviour, Pace};
use crate::call::{Call, Reply};
use crate::clock::Moment;
use crate::seed::Seed;
use crate::snapshot::Snapshot;
use std::sync::{Arc, OnceLock};

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
    /// Whether Services of type LoadBalancer are given addresses, as in a cloud; else they wait for one.
    pub load_balancers: bool,
    /// Whether Roles and their bindings decide who may do what; else whoever is known may do everything.
    pub rbac: bool,
    /// What makes the key that signs service account tokens another one than the seed alone would give, so that who
    /// knows the seed cannot sign tokens; all zero where a run is to be repeated exactly.
    pub salt: [u8; 32],
}

/// A whole cluster. Clones share everything that does not change afterwards.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) config: Arc<Config>,
    pub(super) store: Store,
    pub(super) definitions: Definitions,
    keys: Arc<OnceLock<Keys>>,
    progress: Progress,
}

impl World {
    /// A fresh cluster, as it stands when a control plane with one node has come up.
    pub fn new(config: Config, now: Moment) -> World {
        let mut world = World {
            config: Arc::new(config),
            store: Store::default(),
            definitions: Definitions::default(),
            keys: Arc::default(),
            progress: Progress::default(),
        };
        bootstrap::fill(&mut world, now);
        // No watch reaches back before the server was up.
        world.store.compact(world.store.version());
        world
    }

    /// Answers one call. A watch is answered with what it would have given so far, and ends; see [`World::watch`].
    /// Nobody listens where webhooks should be; see [`World::attempt`].
    pub fn handle(&mut self, call: &Call, now: Moment) -> Reply {
        api::handle(self, call, now)
    }

    /// Answers one call, with webhooks that have said so much on its behalf; the error is a webhook that has to be asked
    /// first. Then nothing has changed, and the call is to be made again with what the webhook said.
    pub fn attempt(
        &mut self,
        call: &Call,
        now: Moment,
        answers: &HookAnswers,
    ) -> Result<Reply, Box<HookCall>> {
        if !self.has_webhooks() {
            return Ok(self.handle(call, now));
        }
        let before = self.clone();
        api::attempt(self, call, now, Some(answers)).inspect_err(|_| *self = before)
    }

    /// Whether webhooks are configured.
    pub fn has_webhooks(&self) -> bool {
        api::has_webhooks(self)
    }

    /// Starts the watch that the call asks for; the error is the answer where it is refused.
    pub fn watch(&self, call: &Call, now: Moment) -> Result<Watch, Reply> {
        api::watch(self, call, now)
    }

    /// All objects as they are now.
    pub fn snapshot(&self) -> &Snapshot {
        self.store.snapshot()
    }

    /// The resourceVersion of the latest change.
    pub fn version(&self) -> u64 {
        self.store.version()
    }

    /// Every change after `version` that is still remembered, oldest first. Changes are remembered some thousand
    /// versions back; what is older than that is left out.
    pub fn changes_since(&self, version: u64) -> impl Iterator<Item = Change> + '_ {
        let from = version.max(self.store.oldest());
        self.store.changes_since(from).into_iter().flatten().cloned()
    }

    /// The earliest version from which every later change is still remembered.
    pub fn oldest(&self) -> u64 {
        self.store.oldest()
    }

    /// Forgets how the cluster came to its state up to and including `version`, as etcd's compaction does: watches
    /// from before then end with 410 "too old resource version".
    pub fn compact(&mut self, version: u64) {
        self.store.compact(version);
    }

    /// Forgets as much of how the cluster came to its state as it takes to need little memory: a thousand changes or more
    /// of small objects stay, fewer of large ones.
    pub fn thrifty(&mut self) {
        self.store.thrifty();
    }

    /// What was settled at the start.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The key that signs tokens; made when it is first needed.
    pub(super) fn keys(&self) -> &Keys {
        self.keys.get_or_init(|| Keys::of(&self.config))
    }

    /// How far the controllers have come; kept here so that a fork of the world forks it too.
    pub(super) fn progress(&mut self) -> &mut Progress {
        &mut self.progress
    }
}
