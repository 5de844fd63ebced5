//! The loop that runs controllers until none has anything to do. Owns what it has seen and who is due; what to do
//! is each controller's matter.

use super::call::Step;
use super::correlate::Correlator;
use super::event::Event;
use super::view::Memory;
use super::{Controller, View, nodes};
use crate::call::{Actor, Call, Reply};
use crate::clock::Moment;
use crate::sim::{World, node};
use crate::snapshot::{Change, Snapshot};
use imbl::OrdMap;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// So many calls at most the control plane makes at one moment. The rest waits for [`PAUSE`], as the request limits
/// of a real one make it wait: a Deployment of a billion replicas never comes to rest, but time goes on.
const CALLS: usize = 2_000;
const PAUSE: Duration = Duration::from_secs(1);

/// How long after a refusal a controller tries again; it doubles with each further refusal up to the longest. The work
/// queues of kube-controller-manager wait so.
const RETRIES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1000));
/// The Job controller's own.
const JOB_RETRIES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// A controller (by its place in the list) and the namespace it is asked about; empty for all.
type Task = (Arc<str>, usize);

/// An event and the controller that tells it.
type Told = (&'static Controller, Event);

/// How far the controllers have come. Copying it costs nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    seen: Snapshot,
    due: OrdMap<Task, Moment>,
    refused: OrdMap<Task, u32>,
    memory: Memory,
    recorders: Correlator,
}

/// The controllers of control plane and node, with an index of who watches what.
struct Roster {
    all: Vec<&'static Controller>,
    watchers: BTreeMap<(&'static str, &'static str), Vec<usize>>,
}

fn roster() -> &'static Roster {
    static ROSTER: OnceLock<Roster> = OnceLock::new();
    ROSTER.get_or_init(|| {
        let all: Vec<&Controller> = super::CONTROLLERS.iter().chain(crate::sim::node::CONTROLLERS).collect();
        let mut watchers: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (place, controller) in all.iter().enumerate() {
            for watched in controller.watches {
                watchers.entry(*watched).or_default().push(place);
            }
        }
        Roster { all, watchers }
    })
}

/// Runs every controller that has something to do until none has, or until they have made as many calls as one
/// moment allows; says when the next timed step is due. What did not change since the last time is not looked at.
pub fn settle(world: &mut World, now: Moment) -> Option<Moment> {
    let mut last = 0;
    run_all(world, now, |tasks| {
        let task = next(tasks, last)?;
        last = task.1 + 1;
        Some(task)
    })
}

/// The same in another order: of so many tasks that are ready, `choose` says which is next. Where everything comes to
/// rest, the order makes no difference.
pub fn settle_in_order(
    world: &mut World,
    now: Moment,
    choose: &mut dyn FnMut(usize) -> usize,
) -> Option<Moment> {
    run_all(world, now, |tasks| {
        let place = if tasks.is_empty() { 0 } else { choose(tasks.len()) % tasks.len() };
        tasks.iter().nth(place).cloned()
    })
}

fn run_all(
    world: &mut World,
    now: Moment,
    mut pick: impl FnMut(&BTreeSet<Task>) -> Option<Task>,
) -> Option<Moment> {
    if !world.config().controllers {
        return None;
    }
    let mut progress = std::mem::take(world.progress());
    let mut tasks = progress.overdue(now);
    let mut calls = 0;
    loop {
        for (teller, event) in progress.notice(world.snapshot(), &mut tasks) {
            tell(world, &mut progress, teller, event, now);
        }
        let Some(task) = pick(&tasks) else { break };
        if calls >= CALLS {
            progress.postpone(tasks, now.after(PAUSE));
            break;
        }
        tasks.remove(&task);
        calls += run(world, &mut progress, &task, now);
    }
    let wake = progress.due.values().min().copied();
    *world.progress() = progress;
    wake
}

/// The next task at or after a place in the list, so that each controller gets its turn.
fn next(tasks: &BTreeSet<Task>, from: usize) -> Option<Task> {
    let turn = |task: &&Task| (task.1 < from, task.1);
    tasks.iter().min_by_key(turn).cloned()
}

/// Runs one controller on one namespace; how many calls it made.
fn run(world: &mut World, progress: &mut Progress, task: &Task, now: Moment) -> usize {
    let controller = roster().all[task.1];
    let work = {
        let namespace = (!task.0.is_empty()).then_some(&*task.0);
        let (memory, recorders) = (&progress.memory, &progress.recorders);
        let view =
            View { snapshot: world.snapshot(), now, config: world.config(), namespace, memory, recorders };
        (controller.run)(&view)
    };
    for (key, value) in work.notes {
        progress.memory.insert(key, value);
    }
    let mut calls = 0;
    let mut refused = false;
    let mut steps = VecDeque::from(work.steps);
    while let Some(step) = steps.pop_front() {
        calls += 1;
        match step {
            Step::Call(call) => refused |= !perform(world, controller, *call, now).is_success(),
            Step::Ask(call, then) => {
                let reply = perform(world, controller, *call, now);
                refused |= !reply.is_success();
                for step in then(&reply).into_iter().rev() {
                    steps.push_front(step);
                }
            }
            Step::Tell(event) => tell(world, progress, controller, event, now),
        }
    }
    progress.reschedule(task, work.wake, refused, now);
    calls
}

/// Sends what is to be sent of an event. One that is gone by now is made anew.
fn tell(world: &mut World, progress: &mut Progress, controller: &Controller, event: Event, now: Moment) {
    let Some(record) = progress.recorders.record(event, now) else { return };
    if !record.repeats() || perform(world, controller, record.again(), now).status == 404 {
        perform(world, controller, record.anew(), now);
    }
}

fn perform(world: &mut World, controller: &Controller, mut call: Call, now: Moment) -> Reply {
    call.actor = Actor::Controller(controller.name.to_owned());
    call.user_agent = format!("{}/v1.36.2 (linux/amd64)", controller.program);
    world.handle(&call, now)
}

impl Progress {
    /// Takes out the tasks whose time has come.
    fn overdue(&mut self, now: Moment) -> BTreeSet<Task> {
        let tasks: BTreeSet<Task> =
            self.due.iter().filter(|(_, at)| **at <= now).map(|(task, _)| task.clone()).collect();
        for task in &tasks {
            self.due.remove(task);
        }
        tasks
    }

    /// Leaves tasks for later.
    fn postpone(&mut self, tasks: BTreeSet<Task>, until: Moment) {
        for task in tasks {
            let at = self.due.get(&task).map_or(until, |due| until.min(*due));
            self.due.insert(task, at);
        }
    }

    /// Adds who is concerned by what changed since the last look; what is told of pods and nodes that are gone.
    fn notice(&mut self, snapshot: &Snapshot, tasks: &mut BTreeSet<Task>) -> Vec<Told> {
        let roster = roster();
        let mut told = Vec::new();
        for change in self.seen.diff(snapshot) {
            let key = match change {
                Change::Added(key, _) | Change::Changed(key, _, _) => key,
                Change::Removed(key, old) => {
                    self.memory.remove(super::object::uid(old));
                    match (&*key.group, &*key.resource) {
                        ("", "pods") => {
                            let events = node::parted(old, snapshot).into_iter();
                            told.extend(events.map(|event| (node::TELLER, event)));
                        }
                        ("", "nodes") => told.push((&nodes::NEWCOMERS, nodes::gone(old))),
                        _ => {}
                    }
                    key
                }
            };
            let namespace = match &*key.resource {
                "namespaces" => &key.name,
                _ => &key.namespace,
            };
            let watchers = [(&*key.group, &*key.resource), ("*", "*")];
            for place in watchers.iter().filter_map(|watched| roster.watchers.get(watched)).flatten() {
                if (roster.all[*place].wakes)(&change) {
                    tasks.insert((namespace.clone(), *place));
                }
            }
        }
        self.seen = snapshot.clone();
        told
    }

    /// Notes when a task is due again: when it asked to be, and after a refusal with growing distance.
    fn reschedule(&mut self, task: &Task, wake: Option<Moment>, refused: bool, now: Moment) {
        let mut at = wake;
        if refused {
            let count = self.refused.get(task).copied().unwrap_or(0);
            let (first, longest) = match roster().all[task.1].name {
                "job-controller" => JOB_RETRIES,
                _ => RETRIES,
            };
            let retry = now.after((first * (1 << count.min(18))).min(longest));
            self.refused.insert(task.clone(), count + 1);
            at = Some(at.map_or(retry, |at| at.min(retry)));
        } else {
            self.refused.remove(task);
        }
        match at {
            Some(at) => self.due.insert(task.clone(), at),
            None => self.due.remove(task),
        };
    }
}
