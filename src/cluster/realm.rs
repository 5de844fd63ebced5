//! The embedded world among threads: one lock, the time, the controllers' next turn, and the news for those who
//! watch. Every change is written down where it happens, under the lock, so that the transcript has the true order.

use crate::call::{Call, Reply, ReplyBody};
use crate::clock::Moment;
use crate::gate::Entry;
use crate::sim::controller::settle;
use crate::sim::node::FollowedLog;
use crate::sim::{HookAnswers, HookCall, World};
use crate::snapshot::Snapshot;
use crate::transcript::{Event, Recorder};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, watch};

use super::clock::DrillClock;
use super::scope::Scope;
use super::waiting::Waits;

/// A world that is being served.
#[derive(Debug)]
pub(super) struct Realm {
    state: Mutex<State>,
    /// The version that can be seen; closed where no more will come.
    news: watch::Sender<News>,
    /// The same for those who watch one collection, so that what happens in others does not wake them.
    collections: Mutex<BTreeMap<Collection, watch::Sender<News>>>,
    /// The version at which all who watch were woken last, whatever they watch.
    woken: AtomicU64,
    /// Rings when the next turn of the controllers has moved.
    alarm: Notify,
    pub(super) clock: DrillClock,
    pub(super) waits: Waits,
    recorder: Option<Recorder>,
    scope: Scope,
}

#[derive(Debug)]
struct State {
    world: World,
    /// When the controllers have something to do next.
    wake: Option<Moment>,
    /// Up to which version the transcript has the changes.
    written: u64,
}

/// Group and resource.
pub(super) type Collection = (String, String);

/// What those who watch wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// The version of the latest change.
    pub(super) version: u64,
    /// Whether the cluster has ended.
    pub(super) closed: bool,
    /// How often it was made what it had been before: what follows an earlier life of it ends then.
    pub(super) lives: u32,
}

impl Realm {
    /// Serves a world; what is in it now is the cluster's own and is not written down.
    pub(super) fn new(
        world: World,
        clock: DrillClock,
        recorder: Option<Recorder>,
        scope: impl FnOnce(&Snapshot) -> Scope,
    ) -> Arc<Realm> {
        let version = world.snapshot().version;
        let scope = scope(world.snapshot());
        let state = Mutex::new(State { world, wake: Some(clock.now()), written: version });
        let news = watch::Sender::new(News { version, closed: false, lives: 0 });
        let (collections, woken) = (Mutex::default(), AtomicU64::new(version));
        let (alarm, waits) = (Notify::new(), Waits::default());
        Arc::new(Realm { state, news, collections, woken, alarm, clock, waits, recorder, scope })
    }

    /// Answers one call that is no watch, with webhooks that have said so much on its behalf; the error is a webhook that
    /// has to be asked first.
    pub(super) fn answer(
        &self,
        call: &Call,
        entry: &Entry,
        answers: &HookAnswers,
    ) -> Result<Reply, Box<HookCall>> {
        let mut state = self.state();
        let now = self.clock.now();
        self.catch_up(&mut state, now);
        entry.write();
        let reply = state.world.attempt(call, now, answers)?;
        if call.mutates() {
            self.turn(&mut state, now);
        }
        Ok(reply)
    }

    /// Answers a call for a log; where more of the log can come, with the reader's place in it.
    pub(super) fn log(&self, call: &Call, entry: &Entry) -> (Reply, Option<FollowedLog>) {
        let mut state = self.state();
        let now = self.clock.now();
        self.catch_up(&mut state, now);
        entry.write();
        let reply = state.world.handle(call, now);
        let followed = match &reply.body {
            ReplyBody::Raw(given) if reply.is_success() => {
                let given = String::from_utf8_lossy(given).into_owned();
                FollowedLog::start(&state.world, call, given, now)
            }
            ReplyBody::Raw(_) | ReplyBody::Json(_) | ReplyBody::Object(..) | ReplyBody::List(_) => None,
        };
        (reply, followed)
    }

    /// Looks at the world as it is now.
    pub(super) fn look<T>(&self, look: impl FnOnce(&World, Moment) -> T) -> T {
        let mut state = self.state();
        let now = self.clock.now();
        self.catch_up(&mut state, now);
        look(&state.world, now)
    }

    /// A world of its own that is the same as this one.
    pub(super) fn twin(&self) -> World {
        self.look(|world, _| world.clone())
    }

    /// The world as it is, its time, and how many entries the transcript has by then.
    pub(super) fn mark(&self) -> (World, Moment, usize) {
        self.look(|world, now| {
            let entries = self.recorder.as_ref().map_or(0, |recorder| recorder.with(|t| t.entries.len()));
            (world.clone(), now, entries)
        })
    }

    /// Makes the world what it was at a moment, and its time that moment. Who watches is cut off, since what was seen
    /// has not happened. `rewrite` makes the transcript agree, before anybody else writes.
    pub(super) fn turn_back(&self, world: &World, at: Moment, rewrite: impl FnOnce()) {
        let mut state = self.state();
        let version = world.snapshot().version;
        self.clock.turn_to(at);
        *state = State { world: world.clone(), wake: Some(at), written: version };
        rewrite();
        self.woken.store(version, Ordering::Relaxed);
        let begin = |news: &mut News| *news = News { version, lives: news.lives + 1, ..*news };
        self.news.send_modify(begin);
        self.collections().values().for_each(|sender| sender.send_modify(begin));
        self.alarm.notify_one();
    }

    /// What belongs to the drill, of all that there is.
    pub(super) fn snapshot(&self) -> Snapshot {
        let all = self.look(|world, _| world.snapshot().clone());
        self.scope.of(&all)
    }

    /// The rule of what belongs to the drill.
    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether nothing happens any more unless somebody calls.
    pub(super) fn is_at_rest(&self) -> bool {
        let mut state = self.state();
        let now = self.clock.now();
        self.catch_up(&mut state, now);
        state.wake.is_none()
    }

    /// Lets `span` pass at once: the controllers take every turn that falls into it, each at its own time.
    pub(super) fn advance(&self, span: Duration) {
        let mut state = self.state();
        let until = self.clock.now().after(span);
        while let Some(wake) = state.wake.filter(|wake| *wake <= until) {
            self.clock.skip_to(wake);
            let now = self.clock.now();
            self.turn(&mut state, now);
            if state.wake.is_some_and(|next| next <= wake) {
                // A turn that asks for itself again gets it a little later, so that time goes on.
                state.wake = Some(now.after(Duration::from_millis(1)));
            }
        }
        self.clock.skip_to(until);
    }

    /// Says what comes, from now on.
    pub(super) fn news(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }

    /// Says what comes to one collection, from now on.
    pub(super) fn news_of(&self, collection: Collection) -> watch::Receiver<News> {
        let mut collections = self.collections();
        let sender = collections.entry(collection).or_insert_with(|| watch::Sender::new(*self.news.borrow()));
        sender.subscribe()
    }

    /// Lets the clock run, and those who wait for a moment of it look again.
    pub(super) fn start_clock(&self) {
        self.clock.go_on();
        self.alarm.notify_one();
    }

    /// Ends what waits for news, and the keeper of the time.
    pub(super) fn close(&self) {
        let end = |news: &mut News| news.closed = true;
        self.news.send_modify(end);
        self.collections().values().for_each(|sender| sender.send_modify(end));
        self.alarm.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the controllers the turn that is due, if one is.
    fn catch_up(&self, state: &mut State, now: Moment) {
        if state.wake.is_some_and(|wake| wake <= now) {
            self.turn(state, now);
        }
    }

    /// Gives the controllers a turn, writes down what changed since the last, and tells who watches.
    fn turn(&self, state: &mut State, now: Moment) {
        let wake = settle(&mut state.world, now);
        if wake != state.wake {
            state.wake = wake;
            self.alarm.notify_one();
        }
        let version = state.world.snapshot().version;
        if version == state.written {
            return;
        }
        self.announce(&state.world, state.written, version);
        if let Some(recorder) = &self.recorder {
            for change in state.world.changes_since(state.written) {
                if self.scope.records(&change.key, change.after.as_ref()) {
                    recorder.record(now, Event::Object { key: change.key, object: change.after });
                }
            }
        }
        state.written = version;
        state.world.thrifty();
    }

    /// Wakes those whose collection has changed between two versions.
    fn announce(&self, world: &World, from: u64, version: u64) {
        let come = |news: &mut News| news.version = version;
        self.news.send_modify(come);
        let mut collections = self.collections();
        collections.retain(|_, sender| sender.receiver_count() > 0);
        // All are woken before what the last of them has seen is forgotten.
        let woken = self.woken.load(Ordering::Relaxed);
        if (version - woken) * 2 >= version - world.oldest() {
            self.woken.store(version, Ordering::Relaxed);
            collections.values().for_each(|sender| sender.send_modify(come));
        } else if !collections.is_empty() {
            let changed: BTreeSet<Collection> = world
                .changes_since(from)
                .map(|change| (change.key.group.to_string(), change.key.resource.to_string()))
                .collect();
            let concerned = changed.iter().filter_map(|collection| collections.get(collection));
            concerned.for_each(|sender| sender.send_modify(come));
        }
    }

    fn collections(&self) -> MutexGuard<'_, BTreeMap<Collection, watch::Sender<News>>> {
        self.collections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_wake(&self) -> Option<Duration> {
        let wake = self.state().wake.filter(|_| !self.clock.is_stopped());
        wake.map(|wake| wake.since(self.clock.now()))
    }
}

/// Gives the controllers their turns as time goes by, until the realm is closed or gone.
pub(super) async fn keep_time(realm: Weak<Realm>) {
    let Some(mut news) = realm.upgrade().map(|realm| realm.news()) else { return };
    loop {
        let Some(strong) = realm.upgrade().filter(|_| !news.borrow_and_update().closed) else { return };
        let wait = strong.next_wake();
        let pause = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = pause => strong.look(|_, _| ()),
            () = strong.alarm.notified() => {}
        }
    }
}
