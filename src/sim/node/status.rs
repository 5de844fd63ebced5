//! The status of a pod as the kubelet writes it: container states, conditions, phase. Reads it from what is stored
//! and writes it back; what happens to a container is `life`'s matter.

use super::identity;
use crate::clock::Moment;
use crate::sim::controller::object::{list, number, text, time};
use serde_json::{Value, json};

/// What a container is doing.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    /// It does not run yet or not again yet.
    Waiting {
        /// `ContainerCreating`, `CrashLoopBackOff`, …
        reason: String,
        /// What is wrong, where something is.
        message: Option<String>,
    },
    /// It runs.
    Running {
        /// When it started, to the microsecond.
        since: Moment,
    },
    /// It ended.
    Terminated(Ended),
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ended {
    pub(super) code: i64,
    pub(super) reason: String,
    pub(super) message: Option<String>,
    pub(super) started: Moment,
    pub(super) finished: Moment,
    pub(super) id: String,
}

/// One entry of `containerStatuses` or `initContainerStatuses`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Container {
    pub(super) state: State,
    pub(super) last: Option<Ended>,
    pub(super) restarts: i64,
    pub(super) ready: bool,
    pub(super) started: bool,
    /// `containerID`, once it has run.
    pub(super) id: Option<String>,
    /// The resources that it has, once it has run.
    pub(super) resources: Option<Value>,
}

impl State {
    /// Waiting without anything being wrong.
    pub(super) fn waiting(reason: &str) -> State {
        State::Waiting { reason: reason.to_owned(), message: None }
    }

    fn read(state: &Value, id: &str) -> State {
        if let Some(running) = state.get("running") {
            let stamp = time(running, "/startedAt").unwrap_or_default();
            return State::Running { since: identity::started(stamp, id) };
        }
        if let Some(ended) = state.get("terminated") {
            return State::Terminated(Ended::read(ended));
        }
        let message = state.pointer("/waiting/message").and_then(Value::as_str).map(str::to_owned);
        State::Waiting { reason: text(state, "/waiting/reason").to_owned(), message }
    }

    fn write(&self) -> Value {
        match self {
            State::Waiting { reason, message } => {
                let mut waiting = json!({ "reason": reason });
                if let Some(message) = message {
                    waiting["message"] = json!(message);
                }
                json!({ "waiting": waiting })
            }
            State::Running { since } => json!({"running": {"startedAt": since.rfc3339()}}),
            State::Terminated(ended) => json!({ "terminated": ended.write() }),
        }
    }
}

impl Ended {
    fn read(ended: &Value) -> Ended {
        let id = text(ended, "/containerID").to_owned();
        let started = identity::started(time(ended, "/startedAt").unwrap_or_default(), &id);
        Ended {
            code: number(ended, "/exitCode").unwrap_or(0),
            reason: text(ended, "/reason").to_owned(),
            message: ended.get("message").and_then(Value::as_str).map(str::to_owned),
            started,
            finished: time(ended, "/finishedAt").unwrap_or_default(),
            id,
        }
    }

    fn write(&self) -> Value {
        if self.reason == super::restart_all::REASON {
            return super::restart_all::stored();
        }
        let mut ended = json!({
            "exitCode": self.code,
            "reason": self.reason,
            "startedAt": self.started.rfc3339(),
            "finishedAt": self.finished.rfc3339(),
            "containerID": self.id,
        });
        if let Some(message) = &self.message {
            ended["message"] = json!(message);
        }
        ended
    }
}

impl Container {
    /// A container that has not been started.
    pub(super) fn fresh(reason: &str) -> Container {
        let state = State::waiting(reason);
        Container { state, last: None, restarts: 0, ready: false, started: false, id: None, resources: None }
    }

    /// The stored state of the container of this name.
    pub(super) fn read(statuses: &[Value], name: &str) -> Option<Container> {
        let stored = statuses.iter().find(|entry| entry["name"] == name)?;
        let id = text(stored, "/containerID");
        let last = stored.pointer("/lastState/terminated").map(Ended::read);
        Some(Container {
            state: State::read(&stored["state"], id),
            last,
            restarts: number(stored, "/restartCount").unwrap_or(0),
            ready: stored["ready"] == true,
            started: stored["started"] == true,
            id: (!id.is_empty()).then(|| id.to_owned()),
            resources: stored.get("resources").cloned(),
        })
    }

    /// The entry as it is stored. `spec` is the container's entry in the pod's spec.
    pub(super) fn write(&self, spec: &Value) -> Value {
        let last = self.last.as_ref().map_or_else(|| json!({}), |ended| json!({"terminated": ended.write()}));
        let given = text(spec, "/image");
        let image = super::image::Image::parse(given).filter(|_| self.id.is_some());
        let mut entry = json!({
            "name": spec["name"],
            "state": self.state.write(),
            "lastState": last,
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": image.as_ref().map_or_else(|| given.to_owned(), super::image::Image::reported),
            "imageID": image.as_ref().map_or_else(String::new, super::image::Image::id),
            "started": self.started,
        });
        if let Some(id) = &self.id {
            entry["containerID"] = json!(id);
            let resources = self.resources.clone().unwrap_or_else(|| super::resize::resources(spec));
            if let Some(requests) = resources.get("requests") {
                entry["allocatedResources"] = requests.clone();
            }
            entry["resources"] = resources;
        }
        let mounts: Vec<Value> = list(spec, "/volumeMounts").iter().map(mount).collect();
        if !mounts.is_empty() {
            entry["volumeMounts"] = json!(mounts);
        }
        entry
    }

    /// How the run ended that began then, where it has.
    pub(super) fn end_of(&self, began: Moment) -> Option<&Ended> {
        let now = match &self.state {
            State::Terminated(ended) => Some(ended),
            State::Waiting { .. } | State::Running { .. } => None,
        };
        now.into_iter().chain(&self.last).find(|ended| ended.started == began)
    }

    /// How its last run ended, where it does not run (again) now.
    pub(super) fn ended(&self) -> Option<&Ended> {
        match &self.state {
            State::Terminated(ended) => Some(ended),
            State::Waiting { .. } => self.last.as_ref(),
            State::Running { .. } => None,
        }
    }
}

fn mount(of: &Value) -> Value {
    let mut mount = json!({"name": of["name"], "mountPath": of["mountPath"]});
    if of["readOnly"] == true {
        mount["readOnly"] = json!(true);
        mount["recursiveReadOnly"] = json!("Disabled");
    }
    mount
}

/// One pod condition; its time is kept where its status does not change.
pub(super) fn condition(
    old: &[Value],
    pod: &Value,
    now: Moment,
    kind: &str,
    holds: bool,
    why: (&str, &str),
) -> Value {
    let status = if holds { "True" } else { "False" };
    let before = old.iter().find(|entry| entry["type"] == kind);
    let since =
        before.filter(|entry| entry["status"] == status).and_then(|entry| entry.get("lastTransitionTime"));
    let mut condition = json!({
        "type": kind,
        "observedGeneration": pod["metadata"]["generation"],
        "status": status,
        "lastProbeTime": null,
        "lastTransitionTime": since.cloned().unwrap_or_else(|| json!(now.rfc3339())),
    });
    for (field, text) in [("reason", why.0), ("message", why.1)] {
        if !text.is_empty() {
            condition[field] = json!(text);
        }
    }
    condition
}
