//! The end of a pod that is deleted or past its deadline: signals, grace, and the deletion that the API server
//! waits for.

use super::Kubelet;
use super::drive::grace_of;
use super::handler::{Hook, outcome};
use super::life::{KUBELET, Life, Role};
use super::status::State;
use crate::call::{Body, Call, Verb};
use crate::clock::Moment;
use crate::sim::controller::call::{call, path, resource};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{list, name, namespace, number, terminating, text, time, uid};
use crate::snapshot::Snapshot;
use serde_json::{Value, json};
use std::time::Duration;

/// So long a container has at least from the signal to its end, where something else came before the signal.
const LEAST: Duration = Duration::from_secs(2);

/// What containers are told: to stop, since when, and how long they may take.
#[derive(Clone, Copy, Debug)]
struct Stopping {
    from: Moment,
    grace: Duration,
}

impl Life<'_> {
    /// Does what is due in a pod that is being deleted; whether nothing of it is left on the node.
    pub(super) fn wind_down(&mut self) -> bool {
        let now = self.view.now;
        let grace =
            number(self.pod, "/metadata/deletionGracePeriodSeconds").unwrap_or_else(|| grace_of(self.pod));
        let grace = Duration::from_secs(grace.max(0).unsigned_abs());
        let until = time(self.pod, "/metadata/deletionTimestamp").unwrap_or(now);
        let from = Moment::from_micros(until.as_micros() - i64::try_from(grace.as_micros()).unwrap_or(0));
        if self.stop(from, grace) {
            return false;
        }
        let idle = self.members.iter().all(|member| member.container.id.is_none());
        let gone = from.after(self.waits.about("gone", 0.6, 1.0));
        if idle && self.waits.real() && now < gone {
            self.work.wake_at(gone);
            return false;
        }
        self.settle_waiting();
        self.sandbox = false;
        true
    }

    /// When a container that was told to stop at `from`, and whose turn comes at `turn`, has stopped, and its exit code.
    fn stopped(&self, place: usize, stopping: Stopping, turn: Moment) -> (Moment, i64) {
        let Stopping { from, grace } = stopping;
        let program = &self.members[place].program;
        let State::Running { since } = self.members[place].container.state else { return (from, 0) };
        let own = program.timeline.exit.map(|(after, code)| (since.after(after), code));
        let told = if self.waits.real() {
            let hook = self.pre_stop(place, from).takes.min(grace);
            let waited = hook.max(turn.min(from.after(grace)).since(from));
            // Whoever has waited has a little time left, however long it was.
            let least = if waited.is_zero() { Duration::ZERO } else { waited + LEAST };
            match program.timeline.on_term.filter(|_| !grace.is_zero()) {
                Some(code) => (from.after(waited).after(self.waits.about("stop", 0.3, 0.9)), code),
                // Counted from the full second in which it was deleted, which is all that is stored of the moment.
                None => (from.after(grace.max(least)).after(self.waits.about("stop", 1.0, 1.8)), 137),
            }
        } else {
            (self.view.now, program.timeline.on_term.unwrap_or(137))
        };
        own.filter(|(at, _)| *at <= told.0).unwrap_or(told)
    }

    /// When each container stops that was told to, and its exit code. Sidecars have their turn last, the first of them
    /// after all others.
    fn ends(&self, stopping: Stopping) -> Vec<(Moment, i64)> {
        let mut turn = stopping.from;
        let mut ends = Vec::new();
        for (place, member) in self.members.iter().enumerate().rev() {
            let own = if member.role == Role::Sidecar { turn } else { stopping.from };
            let end = match &member.container.state {
                State::Running { .. } => self.stopped(place, stopping, own),
                State::Terminated(ended) => (ended.finished, ended.code),
                State::Waiting { .. } => (stopping.from, 0),
            };
            if member.role != Role::Ephemeral {
                turn = turn.max(end.0);
            }
            ends.push(end);
        }
        ends.reverse();
        ends
    }

    /// When a container that a probe has killed at `from` has stopped, and its exit code.
    pub(super) fn ended_by_probe(&self, place: usize, from: Moment, grace: Duration) -> (Moment, i64) {
        let waited = self.pre_stop(place, from).takes.min(grace);
        let least = if waited.is_zero() { Duration::ZERO } else { waited + LEAST };
        match self.members[place].program.timeline.on_term {
            Some(code) => (from.after(waited).after(self.waits.about("stop", 0.1, 0.5)), code),
            None => (from.after(grace.max(least)), 137),
        }
    }

    /// Tells of a hook before the stop that fails: at its end or, where it runs until then, at that of its container.
    pub(super) fn tell_pre_stop(&mut self, place: usize, from: Moment, end: Moment) {
        let hook = self.pre_stop(place, from);
        let command = self.members[place].spec.pointer("/lifecycle/preStop/exec").is_some();
        let cut_short = command && self.waits.real() && from.after(hook.takes) > end;
        if hook.fails.is_none() && !cut_short {
            return;
        }
        let told = if self.waits.real() { from.after(hook.takes).min(end) } else { from };
        if self.view.now < told {
            self.work.wake_at(told);
            return;
        }
        let event = self.about(place, "Warning", "FailedPreStopHook", "PreStopHook failed".to_owned());
        self.tell_since(told, event);
    }

    /// What the container's `preStop` hook does, run at `from`.
    fn pre_stop(&self, place: usize, from: Moment) -> Hook {
        let member = &self.members[place];
        let since = match member.container.state {
            State::Running { since } => since,
            State::Waiting { .. } | State::Terminated(_) => from,
        };
        let hook = member.spec.pointer("/lifecycle/preStop");
        outcome(member, hook, self.ip.as_deref().unwrap_or_default(), from.since(since))
    }

    /// What never ran is shown as being created, what was to be restarted as ended.
    fn settle_waiting(&mut self) {
        let inits = self.members.iter().any(|member| member.role != Role::App);
        for member in &mut self.members {
            let State::Waiting { .. } = member.container.state else { continue };
            member.container.state = match member.container.last.take() {
                Some(last) => State::Terminated(last),
                None => State::waiting(if inits { "PodInitializing" } else { "ContainerCreating" }),
            };
        }
    }

    /// Stops every running container of a pod that is not being deleted, from a moment on and with the pod's grace.
    pub(super) fn stop_all(&mut self, from: Moment) {
        let grace = Duration::from_secs(grace_of(self.pod).max(0).unsigned_abs());
        self.stop(from, grace);
    }

    /// Does what is due in running containers that were told to stop at `from`; whether one still runs.
    fn stop(&mut self, from: Moment, grace: Duration) -> bool {
        let now = self.view.now;
        let mut left = false;
        for (place, (at, code)) in self.ends(Stopping { from, grace }).into_iter().enumerate() {
            let State::Running { since } = self.members[place].container.state else { continue };
            let container = text(self.members[place].spec, "/name").to_owned();
            let event = self.about(place, "Normal", "Killing", format!("Stopping container {container}"));
            self.tell_since(from, event);
            self.tell_pre_stop(place, from, at);
            if now < at {
                self.work.wake_at(at);
                left = true;
            } else {
                self.end(place, since, at.min(now), code);
            }
        }
        left
    }
}

/// What a kubelet tells of a pod that is gone before it was told to stop: deleted by force, its containers run until
/// the kubelet notices.
pub(in crate::sim) fn parted(pod: &Value, snapshot: &Snapshot) -> Vec<Event> {
    let node = snapshot.find("", "nodes", "", text(pod, "/spec/nodeName"));
    if terminating(pod) || node.is_none_or(|node| super::kubelet(node) != Kubelet::Running) {
        return Vec::new();
    }
    let statuses = list(pod, "/status/containerStatuses").iter();
    let running = statuses.filter(|status| status["state"].get("running").is_some());
    let events = running.map(|status| {
        let container = text(status, "/name");
        let message = format!("Stopping container {container}");
        let mut event = Event::normal(KUBELET, pod, "Killing", message);
        event.host = Some(text(pod, "/spec/nodeName").to_owned());
        event.about["fieldPath"] = json!(format!("spec.containers{{{container}}}"));
        event
    });
    events.collect()
}

/// The deletion with which the kubelet says that nothing of the pod is left.
pub(super) fn farewell(pod: &Value) -> Call {
    let options = json!({
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "gracePeriodSeconds": 0,
        "preconditions": {"uid": uid(pod)},
    });
    let at = path(resource::PODS, namespace(pod), Some(name(pod)), None);
    call(Verb::Delete, at, Some(Body::json(&options)))
}
