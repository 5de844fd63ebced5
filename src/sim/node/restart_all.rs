//! The restart of all containers of a pod, which a rule of one of them may ask for when it exits: every container is
//! stopped and removed, and the pod starts anew in its sandbox, init containers first, without back-off.
//! <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-all-containers>

use super::life::{Life, Member, Role};
use super::status::{Ended, State};
use crate::clock::Moment;
use crate::sim::controller::object::{condition, list, time};
use serde_json::{Value, json};
use std::time::Duration;

/// The condition of pods that have such a rule.
pub(super) const CONDITION: &str = "AllContainersRestarting";
/// The reason of containers that wait for their start after such a restart, and of their end before it.
pub(super) const REASON: &str = "RestartingAllContainers";
const MESSAGE: &str = "The container is removed because RestartAllContainers in place";

/// Whether a rule of a container asks for the restart of all.
fn asks(rule: &&Value) -> bool {
    rule["action"] == "RestartAllContainers"
}

/// Whether an end has a container ask for the restart of all.
fn triggers(member: &Member<'_>) -> bool {
    let State::Terminated(ended) = &member.container.state else { return false };
    let rules = list(member.spec, "/restartPolicyRules").iter();
    let matching = rules.clone().find(|rule| super::life::ruled(rule, ended.code));
    ended.reason != REASON && matching.is_some_and(|rule| asks(&rule))
}

impl Life<'_> {
    /// Whether the container's end restarts the whole pod.
    pub(super) fn restarts_all(&self, place: usize) -> bool {
        triggers(&self.members[place])
    }

    /// Stops and removes all containers where one has asked for that.
    pub(super) fn restart_all(&mut self) {
        let ends = self
            .members
            .iter()
            .filter(|member| triggers(member))
            .filter_map(|member| member.container.ended());
        let Some(asked) = ends.map(|ended| ended.finished).min() else { return };
        // A kubelet looks once a second.
        let told = asked.after(self.waits.notice().max(Duration::from_secs(1)));
        if self.view.now < told {
            return self.work.wake_at(told);
        }
        let stopping = condition(&self.pod["status"], CONDITION).is_some_and(|held| held["status"] == "True");
        let mut gone = told;
        for place in 0..self.members.len() {
            if let State::Running { .. } = self.members[place].container.state {
                let event = self.about(place, "Normal", "Killing", "killing".to_owned());
                self.tell_since(told, event);
                // Without grace.
                gone = gone.max(told.after(self.waits.about("stop", 0.1, 0.5)));
            }
        }
        // The moment in which the condition turns is when the containers were removed.
        if !stopping || self.view.now < gone {
            self.restarting = true;
            return self.work.wake_at(gone);
        }
        for member in self.members.iter_mut().filter(|member| member.role != Role::Ephemeral) {
            remove(member);
        }
    }

    /// Starts a container that was removed, once those before it are through.
    pub(super) fn start_anew(&mut self, place: usize, gate: Option<Moment>) {
        let Some(from) = gate else { return };
        let removed =
            condition(&self.pod["status"], CONDITION).and_then(|held| time(held, "/lastTransitionTime"));
        let from = from.max(removed.unwrap_or(self.view.now)).after(self.waits.about("anew", 0.1, 0.5));
        if !self.blocked(place, from) {
            // It was counted when the container was removed.
            self.begin(place, from, self.members[place].container.restarts);
        }
    }

    /// The condition, for a pod that has such a rule; `finished` is why it is over, where it is.
    pub(super) fn restarting_condition(
        &self,
        finished: Option<&str>,
    ) -> Option<(bool, String, &'static str)> {
        let ruled =
            |member: &Member<'_>| list(member.spec, "/restartPolicyRules").iter().any(|rule| asks(&rule));
        if !self.members.iter().any(ruled) {
            return None;
        }
        Some(match finished {
            Some(reason) => (false, reason.to_owned(), ""),
            None if self.restarting => {
                (true, "RestartAllContainersStarted".to_owned(), "container exited with restart policy rule")
            }
            None => (false, String::new(), ""),
        })
    }
}

/// A container that is removed from its node: of its end nothing is known but why.
fn remove(member: &mut Member<'_>) {
    let container = &mut member.container;
    if container.id.is_none() {
        return;
    }
    container.last = Some(Ended {
        code: 137,
        reason: REASON.to_owned(),
        message: Some(MESSAGE.to_owned()),
        started: Moment::default(),
        finished: Moment::default(),
        id: String::new(),
    });
    container.state = State::Waiting { reason: REASON.to_owned(), message: Some(MESSAGE.to_owned()) };
    (container.ready, container.started) = (false, false);
    (container.id, container.resources) = (None, None);
    container.restarts += 1;
}

/// Whether a container waits for its start after the restart of all.
pub(super) fn waits(state: &State) -> bool {
    matches!(state, State::Waiting { reason, .. } if reason == REASON)
}

/// How the end of a removed container is stored: no times, no id.
pub(super) fn stored() -> Value {
    json!({"exitCode": 137, "reason": REASON, "message": MESSAGE, "startedAt": null, "finishedAt": null})
}
