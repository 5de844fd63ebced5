//! The life of one pod on the node, from its stored status and the time: what is due is done, what is not yet due
//! is when to look again. Owns the order of things (volumes, sandbox, init containers, containers); one container's
//! steps are `drive`'s, its start `start`'s, the end of a deleted pod is `stop`'s, the status text is `compose`'s.

use super::pace::Waits;
use super::program::Program;
use super::status::{Container, State};
use super::{identity, restart_all};
use crate::clock::Moment;
use crate::sim::controller::call::Step;
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{self, condition, list, number, text, time};
use crate::sim::controller::{View, Work};
use serde_json::{Value, json};
use std::time::Duration;

/// The name under which the kubelet reports events.
pub(super) const KUBELET: &str = "kubelet";

/// The role of a container in its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Runs to its end before the next one starts.
    Init,
    /// An init container that keeps running (`restartPolicy: Always`).
    Sidecar,
    /// A container of `spec.containers`.
    App,
    /// A container of `spec.ephemeralContainers`: runs once, and nothing waits for it.
    Ephemeral,
}

/// A container with what it is to do and what it does.
pub(super) struct Member<'a> {
    pub(super) spec: &'a Value,
    pub(super) role: Role,
    pub(super) program: Program,
    pub(super) container: Container,
}

/// A pod while the kubelet looks after it.
pub(super) struct Life<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) pod: &'a Value,
    pub(super) waits: Waits<'a>,
    pub(super) work: Work,
    pub(super) members: Vec<Member<'a>>,
    pub(super) start: Moment,
    /// `podIP`, once there is a sandbox.
    pub(super) ip: Option<String>,
    /// Whether the sandbox is there.
    pub(super) sandbox: bool,
    /// `DeadlineExceeded`, once it was.
    pub(super) expired: bool,
    /// When the last container ended, once that was: from then on sidecars are stopped.
    pub(super) retiring: Option<Moment>,
    /// Whether all containers are being stopped to be started anew.
    pub(super) restarting: bool,
    /// The condition that tells of a resize that is not done.
    pub(super) resizing: Option<Value>,
}

impl<'a> Life<'a> {
    /// Reads a pod as it is stored.
    pub(super) fn read(view: &'a View<'a>, pod: &'a Value) -> Life<'a> {
        let inits = list(pod, "/spec/initContainers");
        let waiting = if inits.is_empty() { "ContainerCreating" } else { "PodInitializing" };
        let member = |spec: &'a Value, role: Role, statuses: &str| Member {
            spec,
            role,
            program: Program::of(pod, spec, view.snapshot, view.config),
            container: Container::read(list(pod, statuses), text(spec, "/name"))
                .unwrap_or_else(|| Container::fresh(waiting)),
        };
        let init_role =
            |spec: &Value| if spec["restartPolicy"] == "Always" { Role::Sidecar } else { Role::Init };
        let mut members: Vec<Member<'_>> =
            inits.iter().map(|spec| member(spec, init_role(spec), "/status/initContainerStatuses")).collect();
        let apps = list(pod, "/spec/containers").iter();
        members.extend(apps.map(|spec| member(spec, Role::App, "/status/containerStatuses")));
        let more = list(pod, "/spec/ephemeralContainers").iter();
        members.extend(more.map(|spec| member(spec, Role::Ephemeral, "/status/ephemeralContainerStatuses")));
        let sandboxed = condition(&pod["status"], "PodReadyToStartContainers");
        let ip = pod.pointer("/status/podIP").and_then(Value::as_str).map(str::to_owned);
        Life {
            view,
            pod,
            waits: Waits { config: view.config, uid: object::uid(pod) },
            work: Work::default(),
            members,
            start: time(pod, "/status/startTime").unwrap_or(view.now),
            ip,
            sandbox: sandboxed.is_some_and(|condition| condition["status"] == "True"),
            expired: false,
            retiring: None,
            restarting: false,
            resizing: None,
        }
    }

    /// Does what is due in a pod that is to run.
    pub(super) fn advance(&mut self) {
        if self.overdue() || !self.mounted() {
            return;
        }
        let Some(first) = self.sandboxed() else { return };
        self.tell_pull_secrets();
        self.retiring = self.apps_over();
        let mut gate = Some(first);
        for place in 0..self.members.len() {
            match self.members[place].role {
                Role::Init | Role::Sidecar => {
                    self.drive(place, gate);
                    gate = gate.and_then(|from| self.past(place, from));
                }
                Role::App => self.drive(place, gate),
                Role::Ephemeral => self.drive(place, Some(first)),
            }
        }
        self.restart_all();
        self.retire_sidecars();
        self.resize();
    }

    /// When the container after an init container may start; `None` while it may not.
    fn past(&self, place: usize, from: Moment) -> Option<Moment> {
        let member = &self.members[place];
        match (&member.container.state, member.role) {
            (State::Terminated(ended), Role::Init) if ended.code == 0 => {
                Some(from.max(ended.finished).after(self.waits.about("next", 0.5, 1.2)))
            }
            (State::Running { since }, Role::Sidecar) if member.container.started => {
                Some(from.max(*since).after(self.waits.about("next", 0.5, 1.2)))
            }
            _ => None,
        }
    }

    /// Whether `activeDeadlineSeconds` have passed; ends the containers then.
    fn overdue(&mut self) -> bool {
        let Some(seconds) = number(self.pod, "/spec/activeDeadlineSeconds") else { return false };
        let deadline = self.start.after(Duration::from_secs(seconds.unsigned_abs()));
        if self.view.now < deadline {
            self.work.wake_at(deadline);
            return false;
        }
        self.expired = true;
        let message = "Pod was active on the node longer than the specified deadline";
        let event = self.event("Normal", "DeadlineExceeded", message.to_owned());
        self.tell_since(deadline, event);
        self.stop_all(deadline);
        true
    }

    /// When the first container may start, once the sandbox is there.
    fn sandboxed(&mut self) -> Option<Moment> {
        if !self.sandbox {
            let due = self.waits.sandbox(self.start);
            if self.view.now < due {
                self.work.wake_at(due);
                return None;
            }
            self.sandbox = true;
            let host = self.pod["spec"]["hostNetwork"] == true;
            let snapshot = self.view.snapshot;
            self.ip = Some(match host {
                true => super::address_of(self.pod, snapshot),
                false => identity::address(snapshot, self.pod),
            });
            return Some(self.waits.first(second(self.view.now)));
        }
        let since = condition(&self.pod["status"], "PodReadyToStartContainers");
        Some(self.waits.first(since.and_then(|at| time(at, "/lastTransitionTime")).unwrap_or(self.start)))
    }

    /// When the last container has ended, if none of them is to be started again.
    fn apps_over(&self) -> Option<Moment> {
        let over = |member: &Member<'_>| {
            member.container.ended().filter(|_| !self.restarts(member)).map(|ended| ended.finished)
        };
        let apps = self.members.iter().filter(|member| member.role == Role::App);
        let ends: Option<Vec<Moment>> = apps.map(over).collect();
        ends.and_then(|ends| ends.into_iter().max())
    }

    /// Sidecars are stopped when the last container has ended.
    fn retire_sidecars(&mut self) {
        self.retiring = self.apps_over();
        if let Some(over) = self.retiring {
            self.stop_all(over);
        }
    }

    /// Whether the restart policy has an ended container started again.
    pub(super) fn restarts(&self, member: &Member<'_>) -> bool {
        if self.expired || object::terminating(self.pod) {
            return false;
        }
        let code = member.container.ended().map_or(0, |ended| ended.code);
        let removed = member.container.ended().is_some_and(|ended| ended.reason == restart_all::REASON);
        match member.role {
            Role::Init | Role::App if removed => true,
            Role::Sidecar => self.retiring.is_none(),
            Role::Init => code != 0 && self.restarts_after(member.spec, code),
            Role::App => self.restarts_after(member.spec, code),
            Role::Ephemeral => false,
        }
    }

    /// What the container's own restart rules and policy say of an exit code, else the pod's policy.
    fn restarts_after(&self, spec: &Value, code: i64) -> bool {
        let own = text(spec, "/restartPolicy");
        if !own.is_empty() && list(spec, "/restartPolicyRules").iter().any(|rule| ruled(rule, code)) {
            return true;
        }
        let policy = if own.is_empty() { text(self.pod, "/spec/restartPolicy") } else { own };
        policy == "Always" || (policy == "OnFailure" && code != 0)
    }

    /// An event about the pod.
    pub(super) fn event(&self, kind: &str, reason: &str, message: String) -> Event {
        let make = if kind == "Normal" { Event::normal } else { Event::warning };
        let mut event = make(KUBELET, self.pod, reason, message);
        event.host = Some(text(self.pod, "/spec/nodeName").to_owned());
        event
    }

    /// An event about one container.
    pub(super) fn about(&self, place: usize, kind: &str, reason: &str, message: String) -> Event {
        let member = &self.members[place];
        let list = match member.role {
            Role::App => "containers",
            Role::Init | Role::Sidecar => "initContainers",
            Role::Ephemeral => "ephemeralContainers",
        };
        let mut event = self.event(kind, reason, message);
        event.about["fieldPath"] = json!(format!("spec.{list}{{{}}}", text(member.spec, "/name")));
        event
    }

    /// Tells an event unless it was told at or after `moment`: how what is no change of the status is told once.
    pub(super) fn tell_since(&mut self, moment: Moment, event: Event) {
        let told = self.told(&event, moment);
        let telling = |step: &Step| matches!(step, Step::Tell(other) if *other == event);
        if !told && !self.work.steps.iter().any(telling) {
            self.work.tell(event);
        }
    }
}

impl Life<'_> {
    /// Whether an event has been told at or after `moment`.
    pub(super) fn told(&self, event: &Event, moment: Moment) -> bool {
        self.view.recorders.told(event).is_some_and(|at| second(at) >= second(moment))
    }
}

/// Whether a restart rule speaks of an exit code.
pub(super) fn ruled(rule: &Value, code: i64) -> bool {
    let listed = list(rule, "/exitCodes/values").iter().any(|value| value.as_i64() == Some(code));
    listed == (text(rule, "/exitCodes/operator") == "In")
}

/// A moment without its fraction, as it is stored.
pub(super) fn second(moment: Moment) -> Moment {
    Moment::from_micros(moment.as_micros().div_euclid(1_000_000) * 1_000_000)
}
