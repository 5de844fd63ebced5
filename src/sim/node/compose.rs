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
        status["hostIP"] = json!(super::NODE_ADDRESS);
        status["hostIPs"] = json!([{"ip": super::NODE_ADDRESS}]);
        if let Some(ip) = &self.ip {
            status["podIP"] = json!(ip);
            status["podIPs"] = json!([{ "ip": ip }]);
        }
        status["startTime"] = json!(self.start.rfc3339());
        for (field, apps) in [("initContainerStatuses", false), ("containerStatuses", true)] {
            let members = self.members.iter().filter(|member| (member.role == Role::App) == apps);
            let entries: Vec<Value> = members.map(|member| member.container.write(member.spec)).collect();
            if !entries.is_empty() {
                status[field] = json!(entries);
            }
        }
        if status.get("resources").is_none() {
            status["resources"] = json!({});
        }
        if self.expired {
            status["reason"] = json!("DeadlineExceeded");
            status["message"] = json!("Pod was active on the node longer than the specified deadline");
        }
        status
    }

    /// The phase, by the kubelet's rules.
    fn phase(&self) -> &'static str {
        if self.expired {
            return "Failed";
        }
        let ends = |member: &Member<'_>| !self.restarts(member);
        let failed = |member: &Member<'_>| member.container.ended().is_some_and(|ended| ended.code != 0);
        let mut inits = self.members.iter().filter(|member| member.role == Role::Init);
        if inits.clone().any(|member| failed(member) && ends(member)) {
            return "Failed";
        }
        let undone = |member: &Member<'_>| !matches!(&member.container.state, State::Terminated(ended) if ended.code == 0);
        let apps: Vec<&Member<'_>> = self.members.iter().filter(|member| member.role == Role::App).collect();
        let virgin = |member: &Member<'_>| {
            matches!(member.container.state, State::Waiting { .. }) && member.container.last.is_none()
        };
        let over = |member: &Member<'_>| matches!(member.container.state, State::Terminated(_));
        if inits.any(undone) || apps.iter().any(|member| virgin(member)) {
            "Pending"
        } else if apps.iter().any(|member| !over(member) || !ends(member)) {
            "Running"
        } else if apps.iter().any(|member| failed(member)) {
            "Failed"
        } else {
            "Succeeded"
        }
    }

    fn conditions(&self, phase: &str) -> Vec<Value> {
        let old = list(self.pod, "/status/conditions");
        let make = |kind: &str, holds: bool, reason: &str, message: &str| {
            condition(old, self.pod, self.view.now, kind, holds, (reason, message))
        };
        let finished = match phase {
            "Succeeded" => Some("PodCompleted"),
            "Failed" => Some("PodFailed"),
            _ => None,
        };
        let unready = self.names(|member| match member.role {
            Role::Init => false,
            Role::Sidecar | Role::App => !member.container.ready,
        });
        let incomplete = self.names(|member| match member.role {
            Role::Init => !matches!(&member.container.state, State::Terminated(ended) if ended.code == 0),
            Role::Sidecar => !member.container.started,
            Role::App => false,
        });
        let initialized = match finished {
            Some("PodCompleted") => make("Initialized", true, "PodCompleted", ""),
            _ if incomplete.is_empty() => make("Initialized", true, "", ""),
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
        let sandbox = self.sandbox && finished.is_none();
        let mut conditions = vec![
            make("PodReadyToStartContainers", sandbox, "", ""),
            initialized,
            ready("Ready", self.closed_gate()),
            ready("ContainersReady", None),
            make("PodScheduled", true, "", ""),
        ];
        let ours = conditions.clone();
        let foreign = |entry: &&Value| ours.iter().all(|mine| mine["type"] != entry["type"]);
        conditions.extend(old.iter().filter(foreign).cloned());
        conditions
    }

    fn names(&self, which: impl Fn(&Member<'_>) -> bool) -> Vec<&str> {
        self.members.iter().filter(|member| which(member)).map(|member| text(member.spec, "/name")).collect()
    }

    /// What the first readiness gate that is not open says.
    fn closed_gate(&self) -> Option<String> {
        list(self.pod, "/spec/readinessGates").iter().map(|gate| text(gate, "/conditionType")).find_map(
            |kind| match crate::sim::controller::object::condition(&self.pod["status"], kind) {
                Some(condition) if condition["status"] == "True" => None,
                Some(condition) => {
                    let status = text(condition, "/status");
                    Some(format!("the status of pod readiness gate \"{kind}\" is not \"True\", but {status}"))
                }
                None => {
                    Some(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist."))
                }
            },
        )
    }

    /// Whether the pod is being deleted.
    pub(super) fn leaving(&self) -> bool {
        terminating(self.pod)
    }
}
