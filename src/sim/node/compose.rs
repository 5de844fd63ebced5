//! The status that a pod gets: phase, conditions, addresses, containers, put together as the kubelet does.

use super::life::{Life, Member, Role};
use super::status::{State, condition};
use crate::sim::controller::object::{list, terminating, text};
use serde_json::{Value, json};

impl Life<'_> {
    /// The pod's status as it is now.
    pub(super) fn status(&self) -> Value {
        let phase = self.phase();
        let mut status = self.pod["status"].clone();
        if !status.is_object() {
            status = json!({});
        }
        status["observedGeneration"] = self.pod["metadata"]["generation"].clone();
        status["phase"] = json!(phase);
        status["conditions"] = json!(self.conditions(phase));
        let host = super::address_of(self.pod, self.view.snapshot);
        status["hostIPs"] = json!([{ "ip": host }]);
        status["hostIP"] = json!(host);
        if let Some(ip) = &self.ip {
            status["podIP"] = json!(ip);
            status["podIPs"] = json!([{ "ip": ip }]);
        }
        status["startTime"] = json!(self.start.rfc3339());
        let lists: [(&str, &[Role]); 3] = [
            ("initContainerStatuses", &[Role::Init, Role::Sidecar]),
            ("containerStatuses", &[Role::App]),
            ("ephemeralContainerStatuses", &[Role::Ephemeral]),
        ];
        for (field, roles) in lists {
            let members = self.members.iter().filter(|member| roles.contains(&member.role));
            let entries: Vec<Value> = members.map(entry).collect();
            if !entries.is_empty() {
                status[field] = json!(entries);
            }
        }
        if status.get("resources").is_none() {
            status["resources"] = json!({});
        }
        if self.expired && phase == "Failed" {
            status["reason"] = json!("DeadlineExceeded");
            status["message"] = json!("Pod was active on the node longer than the specified deadline");
        }
        status
    }

    /// The phase, by the kubelet's rules (`getPhase`).
    fn phase(&self) -> &'static str {
        let count =
            |which: &dyn Fn(&Member<'_>) -> bool| self.members.iter().filter(|member| which(member)).count();
        let begun = |member: &Member<'_>| {
            matches!(member.container.state, State::Running { .. }) || member.container.ended().is_some()
        };
        let running = |member: &Member<'_>| matches!(member.container.state, State::Running { .. });
        let failed = |member: &Member<'_>| member.container.ended().is_some_and(|ended| ended.code != 0);
        let lost =
            |member: &Member<'_>| member.role == Role::Init && failed(member) && !self.restarts(member);
        if self.expired {
            // A pod has not failed before its last container has ended.
            return match text(self.pod, "/status/phase") {
                "Running" if count(&running) > 0 => "Running",
                _ => "Failed",
            };
        }
        if count(&lost) > 0 {
            return "Failed";
        }
        let initialized = self.initialized();
        let waiting = count(&|member| match member.role {
            Role::Init => running(member) || !begun(member),
            Role::Sidecar => !begun(member) || running(member) && !member.container.started && !initialized,
            Role::App => !begun(member),
            Role::Ephemeral => false,
        });
        let app = |member: &Member<'_>| member.role == Role::App;
        if waiting > 0 {
            "Pending"
        } else if count(&|member| running(member) && matches!(member.role, Role::App | Role::Sidecar)) > 0
            || count(&|member| app(member) && self.restarts(member)) > 0
        {
            "Running"
        } else if count(&|member| app(member) && failed(member)) > 0 {
            "Failed"
        } else {
            "Succeeded"
        }
    }

    /// Whether a container of `spec.containers` has ever been started, so that all before it has been done.
    fn initialized(&self) -> bool {
        let begun = |member: &Member<'_>| {
            matches!(member.container.state, State::Running { .. }) || member.container.ended().is_some()
        };
        self.members.iter().any(|member| member.role == Role::App && begun(member))
    }

    fn conditions(&self, phase: &str) -> Vec<Value> {
        let old = list(self.pod, "/status/conditions");
        let make = |kind: &str, holds: bool, reason: &str, message: &str| {
            condition(old, self.pod, self.view.now, kind, holds, (reason, message))
        };
        let over = matches!(phase, "Succeeded" | "Failed");
        let finished = match phase {
            _ if self.expired => Some("PodFailed"),
            "Succeeded" => Some("PodCompleted"),
            "Failed" => Some("PodFailed"),
            _ => None,
        };
        let unready = self.names(|member| match member.role {
            Role::Init | Role::Ephemeral => false,
            Role::Sidecar | Role::App => !member.container.ready,
        });
        let incomplete = self.names(|member| match member.role {
            Role::Init => !matches!(&member.container.state, State::Terminated(ended) if ended.code == 0),
            Role::Sidecar => !member.container.started,
            Role::App | Role::Ephemeral => false,
        });
        let held = old.iter().any(|entry| entry["type"] == "Initialized" && entry["status"] == "True");
        let initialized = match finished {
            Some("PodCompleted") => make("Initialized", true, "PodCompleted", ""),
            _ if incomplete.is_empty() || held || self.initialized() => make("Initialized", true, "", ""),
            _ => {
                let message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
                make("Initialized", false, "ContainersNotInitialized", &message)
            }
        };
        let ready = |kind: &str, gate: Option<String>| match (finished, gate) {
            (Some(reason), _) => make(kind, false, reason, ""),
            (None, _) if !unready.is_empty() => {
                let message = format!("containers with unready status: [{}]", unready.join(" "));
                make(kind, false, "ContainersNotReady", &message)
            }
            (None, Some(gate)) => make(kind, false, "ReadinessGatesNotReady", &gate),
            (None, None) => make(kind, true, "", ""),
        };
        let sandbox = self.sandbox && !over;
        let mut conditions = vec![
            make("PodReadyToStartContainers", sandbox, "", ""),
            initialized,
            ready("Ready", self.closed_gate()),
            ready("ContainersReady", None),
            make("PodScheduled", true, "", ""),
        ];
        if let Some((holds, reason, message)) = self.restarting_condition(finished) {
            conditions.push(make(super::restart_all::CONDITION, holds, &reason, message));
        }
        let ours = conditions.clone();
        let resizes = |entry: &&Value| super::resize::CONDITIONS.contains(&text(entry, "/type"));
        let foreign =
            |entry: &&Value| ours.iter().all(|mine| mine["type"] != entry["type"]) && !resizes(entry);
        conditions.extend(self.resizing.clone());
        conditions.extend(old.iter().filter(foreign).cloned());
        conditions
    }

    fn names(&self, which: impl Fn(&Member<'_>) -> bool) -> Vec<&str> {
        self.members.iter().filter(|member| which(member)).map(|member| text(member.spec, "/name")).collect()
    }

    /// What the readiness gates that are not open say.
    fn closed_gate(&self) -> Option<String> {
        let gates = list(self.pod, "/spec/readinessGates").iter().map(|gate| text(gate, "/conditionType"));
        let closed = gates.filter_map(|kind| {
            let condition = crate::sim::controller::object::condition(&self.pod["status"], kind);
            match condition.map(|condition| text(condition, "/status")) {
                Some("True") => None,
                Some(status) => {
                    Some(format!("the status of pod readiness gate \"{kind}\" is not \"True\", but {status}"))
                }
                None => {
                    Some(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist."))
                }
            }
        });
        let closed: Vec<String> = closed.collect();
        (!closed.is_empty()).then(|| closed.join(", "))
    }

    /// Whether the pod is being deleted.
    pub(super) fn leaving(&self) -> bool {
        terminating(self.pod)
    }
}

/// A container's entry; whether it has started is not told of ephemeral ones.
fn entry(member: &Member<'_>) -> Value {
    let mut entry = member.container.write(member.spec);
    if member.role == Role::Ephemeral
        && let Some(fields) = entry.as_object_mut()
    {
        fields.remove("started");
        fields.insert("ready".to_owned(), json!(false));
    }
    entry
}
