//! How a pod prints: above all its STATUS, which kube-apiserver derives from phase, conditions and containers.

use super::age::{age, since};
use crate::clock::Moment;
use crate::sim::look::{has_condition, is_deleting, is_true, list, name, number, text, text_or};
use serde_json::{Value, json};

/// The cells of a pod, the wide ones included.
pub(super) fn pod(pod: &Value, now: Moment) -> Vec<Value> {
    let told = Told::of(pod);
    let restarts = match told.last_restart {
        Some(last) if told.restarts != 0 => format!("{} ({} ago)", told.restarts, since(last, now)),
        Some(_) | None => told.restarts.to_string(),
    };
    let ip = list(pod, "/status/podIPs").first().map_or("", |ip| text(ip, "/ip"));
    vec![
        name(pod),
        format!("{}/{}", told.ready, told.containers).into(),
        told.reason.into(),
        restarts.into(),
        age(pod, now),
        if ip.is_empty() { "<none>" } else { ip }.into(),
        text_or(pod, "/spec/nodeName", "<none>").into(),
        text_or(pod, "/status/nominatedNodeName", "<none>").into(),
        gates(pod).into(),
    ]
}

/// The condition of the row of a pod that has ended.
pub(super) fn completed(pod: &Value) -> Option<Value> {
    let (reason, message) = match text(pod, "/status/phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _going_on => return None,
    };
    Some(json!({"type": "Completed", "status": "True", "reason": reason, "message": message}))
}

/// What the lists of container statuses tell.
struct Told<'a> {
    containers: usize,
    ready: usize,
    restarts: i64,
    last_restart: Option<&'a str>,
    reason: String,
}

impl<'a> Told<'a> {
    fn of(pod: &'a Value) -> Told<'a> {
        let sidecars = list(pod, "/spec/initContainers").iter().filter(|c| is_sidecar(c)).count();
        let reason = match text(pod, "/status/reason") {
            "" if is_gated(pod) => "SchedulingGated",
            "" => text(pod, "/status/phase"),
            reason => reason,
        };
        let mut told = Told {
            containers: list(pod, "/spec/containers").len() + sidecars,
            ready: 0,
            restarts: 0,
            last_restart: None,
            reason: reason.to_owned(),
        };
        let sidecar_restarts = told.initial(pod);
        if let Some((restarts, last)) = sidecar_restarts {
            (told.restarts, told.last_restart) = (restarts, last);
            told.regular(pod);
        }
        if is_deleting(pod) {
            match (text(pod, "/status/reason"), text(pod, "/status/phase")) {
                ("NodeLost", _) => "Unknown".clone_into(&mut told.reason),
                (_, "Succeeded" | "Failed") => {}
                (_, _) => "Terminating".clone_into(&mut told.reason),
            }
        }
        told
    }

    /// Init containers; what sidecars restarted, unless an init container still holds the pod back.
    fn initial(&mut self, pod: &'a Value) -> Option<(i64, Option<&'a str>)> {
        let specs = list(pod, "/spec/initContainers");
        let (mut sidecar_restarts, mut sidecar_last) = (0, None);
        for (index, status) in list(pod, "/status/initContainerStatuses").iter().enumerate() {
            self.count(status);
            let spec = specs.iter().find(|spec| text(spec, "/name") == text(status, "/name"));
            let sidecar = spec.is_some_and(is_sidecar);
            if sidecar {
                sidecar_restarts += number(status, "/restartCount");
                sidecar_last = later(sidecar_last, restarted(status));
            }
            let ended = status.pointer("/state/terminated");
            if ended.is_some() && number(status, "/state/terminated/exitCode") == 0 {
                continue;
            }
            if sidecar && is_true(status, "/started") {
                self.ready += usize::from(is_true(status, "/ready"));
                continue;
            }
            let waiting = text(status, "/state/waiting/reason");
            self.reason = match ended {
                Some(ended) => format!("Init:{}", ending(ended)),
                None if !waiting.is_empty() && waiting != "PodInitializing" => format!("Init:{waiting}"),
                None => format!("Init:{index}/{}", specs.len()),
            };
            return has_condition(pod, "Initialized").then_some((sidecar_restarts, sidecar_last));
        }
        Some((sidecar_restarts, sidecar_last))
    }

    fn regular(&mut self, pod: &'a Value) {
        let mut running = false;
        for status in list(pod, "/status/containerStatuses").iter().rev() {
            self.count(status);
            let waiting = text(status, "/state/waiting/reason");
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.reason);
            } else if let Some(ended) = status.pointer("/state/terminated") {
                self.reason = ending(ended);
            } else if is_true(status, "/ready") && status.pointer("/state/running").is_some() {
                running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" && running {
            let ready = has_condition(pod, "Ready");
            if ready { "Running" } else { "NotReady" }.clone_into(&mut self.reason);
        }
    }

    fn count(&mut self, status: &'a Value) {
        self.restarts += number(status, "/restartCount");
        self.last_restart = later(self.last_restart, restarted(status));
    }
}

fn ending(terminated: &Value) -> String {
    match (text(terminated, "/reason"), number(terminated, "/signal")) {
        ("", 0) => format!("ExitCode:{}", number(terminated, "/exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

/// When the run before this one ended.
fn restarted(status: &Value) -> Option<&str> {
    Some(text(status, "/lastState/terminated/finishedAt")).filter(|time| !time.is_empty())
}

fn later<'a>(one: Option<&'a str>, other: Option<&'a str>) -> Option<&'a str> {
    let at = |time: Option<&str>| time.and_then(Moment::parse);
    if at(other) > at(one) { other } else { one }
}

fn is_sidecar(container: &Value) -> bool {
    text(container, "/restartPolicy") == "Always"
}

fn is_gated(pod: &Value) -> bool {
    let conditions = list(pod, "/status/conditions");
    conditions.iter().any(|c| text(c, "/type") == "PodScheduled" && text(c, "/reason") == "SchedulingGated")
}

fn gates(pod: &Value) -> String {
    let gates = list(pod, "/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates.iter().filter(|gate| has_condition(pod, text(gate, "/conditionType"))).count();
    format!("{open}/{}", gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(pod_json: Value) -> String {
        let now = Moment::parse("2026-01-01T00:01:00Z").expect("a time");
        let cells = pod(&pod_json, now);
        cells[1..4].iter().map(|cell| cell.as_str().expect("text")).collect::<Vec<_>>().join(" ")
    }

    fn with(status: Value, spec: Value, deleted: bool) -> Value {
        let mut pod = json!({"metadata": {"name": "p"}, "spec": spec, "status": status});
        if deleted {
            pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        pod
    }

    #[test]
    fn the_status_of_a_pod_is_that_of_its_containers() {
        let one = json!({"containers": [{"name": "a"}]});
        let running = json!({"name": "a", "ready": true, "restartCount": 0, "state": {"running": {}}});
        let crashing = json!({"name": "a", "ready": false, "restartCount": 2,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"finishedAt": "2026-01-01T00:00:46Z"}}});
        let done = json!({"name": "a", "restartCount": 0,
            "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}});
        let killed =
            json!({"name": "a", "restartCount": 0, "state": {"terminated": {"exitCode": 137, "signal": 9}}});
        let cases = [
            (json!({"phase": "Pending"}), false, "0/1 Pending 0"),
            (json!({"phase": "Running", "containerStatuses": [running]}), false, "1/1 Running 0"),
            (json!({"phase": "Running", "containerStatuses": [running]}), true, "1/1 Terminating 0"),
            (
                json!({"phase": "Running", "containerStatuses": [crashing]}),
                false,
                "0/1 CrashLoopBackOff 2 (14s ago)",
            ),
            (json!({"phase": "Succeeded", "containerStatuses": [done]}), true, "0/1 Completed 0"),
            (json!({"phase": "Failed", "containerStatuses": [killed]}), false, "0/1 Signal:9 0"),
            (json!({"phase": "Failed", "reason": "Evicted"}), false, "0/1 Evicted 0"),
        ];
        for (status, deleted, expected) in cases {
            assert_eq!(printed(with(status, one.clone(), deleted)), expected);
        }
    }

    #[test]
    fn an_init_container_that_holds_the_pod_back_shows_first() {
        let spec = json!({"initContainers": [{"name": "i"}, {"name": "j"}], "containers": [{"name": "a"}]});
        let waiting =
            json!({"name": "a", "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}});
        let done = json!({"name": "i", "restartCount": 0, "state": {"terminated": {"exitCode": 0}}});
        let failed = json!({"name": "j", "restartCount": 1,
            "state": {"terminated": {"exitCode": 1, "reason": "Error"}}});
        let not_yet =
            json!({"name": "j", "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}});
        for (second, expected) in [(failed, "0/1 Init:Error 1"), (not_yet, "0/1 Init:1/2 0")] {
            let status = json!({"phase": "Pending", "initContainerStatuses": [done, second],
                "containerStatuses": [waiting]});
            assert_eq!(printed(with(status, spec.clone(), false)), expected);
        }
    }
}
