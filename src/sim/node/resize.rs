//! The resize of a running pod: whether the node has room for what its containers are to have, and the moments in which
//! a resize begins and is done. Told in the pod's conditions and in events, as a kubelet 1.36 does.
//! <https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/>

use super::capacity::{Amounts, add, amounts, requests};
use super::life::{Life, Role};
use super::status::State;
use crate::sim::controller::object::{condition, finished, list, name, namespace, number, text, time};
use serde_json::{Value, json};
use std::time::Duration;

const PENDING: &str = "PodResizePending";
const IN_PROGRESS: &str = "PodResizeInProgress";
/// The conditions that tell of a resize.
pub(super) const CONDITIONS: [&str; 2] = [PENDING, IN_PROGRESS];

/// How often it is looked whether there is room by now.
const LOOKS: Duration = Duration::from_secs(10);

impl Life<'_> {
    /// Carries out what the containers' resources ask for, as far as the node has room.
    pub(super) fn resize(&mut self) {
        let asked: Vec<usize> = (0..self.members.len()).filter(|place| self.resized(*place)).collect();
        if asked.is_empty() {
            return;
        }
        if let Some(message) = self.no_room() {
            return self.defer(&message);
        }
        let begun =
            condition(&self.pod["status"], IN_PROGRESS).and_then(|held| time(held, "/lastTransitionTime"));
        if begun.is_none() {
            self.tell_resize("Normal", "ResizeStarted", "started", None);
        }
        let done = begun.unwrap_or(self.view.now).after(self.waits.about("resize", 0.6, 1.4));
        if self.view.now < done {
            self.work.wake_at(done);
            self.resizing = Some(self.condition(IN_PROGRESS, "", ""));
            return;
        }
        for place in asked {
            self.apply(place);
        }
        self.tell_resize("Normal", "ResizeCompleted", "completed", None);
    }

    /// Whether a container has other resources than it is to have.
    fn resized(&self, place: usize) -> bool {
        let member = &self.members[place];
        let runs = matches!(member.container.state, State::Running { .. }) && member.role != Role::Ephemeral;
        let wanted = resources(member.spec);
        runs && member.container.resources.as_ref().is_some_and(|held| !equal(held, &wanted))
    }

    /// What the node lacks for the pod as it is to be, in the words with which it refuses pods.
    fn no_room(&self) -> Option<String> {
        let node = text(self.pod, "/spec/nodeName");
        let snapshot = self.view.snapshot;
        let has = amounts(&snapshot.find("", "nodes", "", node)?["status"]["allocatable"]);
        let mut used = Amounts::new();
        let others = snapshot.list("", "pods", None).map(|(_, pod)| pod);
        for other in others.filter(|other| {
            text(other, "/spec/nodeName") == node
                && !finished(other)
                && (name(other), namespace(other)) != (name(self.pod), namespace(self.pod))
        }) {
            add(&mut used, &requests(other));
        }
        let lacking = |resource: &'static str| {
            let wanted = requests(self.pod).get(resource).copied().unwrap_or(0);
            let (used, whole) = (used.get(resource).copied().unwrap_or(0), has.get(resource).copied()?);
            // CPU is told in thousandths, memory in bytes.
            let scale = if resource == "cpu" { 1 } else { 1_000 };
            (wanted > 0 && used + wanted > whole).then(|| {
                format!(
                    "Node didn't have enough resource: {resource}, requested: {}, used: {}, capacity: {}",
                    wanted / scale,
                    used / scale,
                    whole / scale
                )
            })
        };
        lacking("cpu").or_else(|| lacking("memory"))
    }

    /// Waits for room.
    fn defer(&mut self, message: &str) {
        let generation = number(self.pod, "/metadata/generation");
        let told = condition(&self.pod["status"], PENDING)
            .is_some_and(|held| number(held, "/observedGeneration") == generation);
        if !told {
            self.tell_resize("Warning", "ResizeDeferred", "Deferred", Some(message));
        }
        self.resizing = Some(self.condition(PENDING, "Deferred", message));
        // Somebody else's end makes room, and tells nobody here.
        self.work.wake_at(self.view.now.after(LOOKS));
    }

    /// Gives a container its resources; where its policy asks for that, by a restart.
    fn apply(&mut self, place: usize) {
        let member = &mut self.members[place];
        let wanted = resources(member.spec);
        let held = member.container.resources.replace(wanted.clone()).unwrap_or_default();
        let changed = |resource: &str| {
            ["requests", "limits"].iter().any(|kind| held[*kind].get(resource) != wanted[*kind].get(resource))
        };
        let restarts = list(member.spec, "/resizePolicy").iter().any(|policy| {
            policy["restartPolicy"] == "RestartContainer" && changed(text(policy, "/resourceName"))
        });
        if restarts && let State::Running { since } = member.container.state {
            self.replace(place, since, "resize requires restart");
        }
    }

    fn condition(&self, kind: &str, reason: &str, message: &str) -> Value {
        let held = condition(&self.pod["status"], kind);
        let since = held.map(|held| held["lastTransitionTime"].clone());
        let mut condition = json!({
            "type": kind, "status": "True", "lastProbeTime": null,
            "observedGeneration": self.pod["metadata"]["generation"],
            "lastTransitionTime": since.unwrap_or_else(|| json!(self.view.now.rfc3339())),
        });
        for (field, text) in [("reason", reason), ("message", message)] {
            if !text.is_empty() {
                condition[field] = json!(text);
            }
        }
        condition
    }

    fn tell_resize(&mut self, kind: &str, reason: &str, how: &str, error: Option<&str>) {
        let of = |at: &str| {
            let all = list(self.pod, at).iter();
            all.map(|of| json!({"name": of["name"], "resources": resources(of)})).collect::<Vec<Value>>()
        };
        let mut parts = Vec::new();
        for (field, all) in
            [("initContainers", of("/spec/initContainers")), ("containers", of("/spec/containers"))]
        {
            if !all.is_empty() {
                parts.push(format!("\"{field}\":{}", json!(all)));
            }
        }
        parts.push(format!("\"generation\":{}", number(self.pod, "/metadata/generation").unwrap_or(0)));
        if let Some(error) = error {
            parts.push(format!("\"error\":{}", json!(error)));
        }
        let event = self.event(kind, reason, format!("Pod resize {how}: {{{}}}", parts.join(",")));
        self.work.tell(event);
    }
}

/// The resources of a container's entry in a spec; an object, even where there are none.
pub(super) fn resources(spec: &Value) -> Value {
    spec.get("resources").filter(|held| held.is_object()).cloned().unwrap_or_else(|| json!({}))
}

/// Whether two statements of resources come to the same amounts.
fn equal(a: &Value, b: &Value) -> bool {
    ["requests", "limits"].iter().all(|kind| amounts(&a[*kind]) == amounts(&b[*kind]))
}
