//! What `pods/log` answers: the output of a container's current or previous run, worked out from what its command
//! prints.

use super::program::Program;
use super::script::Timeline;
use super::status::{Container, Ended, State};
use crate::call::Query;
use crate::clock::Moment;
use crate::sim::Config;
use crate::sim::controller::object::{list, name, text};
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::time::Duration;

/// Why there is no log to read: what kube-apiserver answers with status 400 (`BadRequest`).
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LogError {
    /// The pod has several containers and none is named.
    #[error("a container name must be specified for pod {pod}, choose one of: [{choice}]")]
    Unnamed {
        /// The pod.
        pod: String,
        /// Its containers, separated by spaces.
        choice: String,
    },
    /// The pod has no such container.
    #[error("container {container} is not valid for pod {pod}")]
    Unknown {
        /// The name that was asked for.
        container: String,
        /// The pod.
        pod: String,
    },
    /// The container has not started.
    #[error("container {container:?} in pod {pod:?} is waiting to start: {reason}")]
    Waiting {
        /// The container.
        container: String,
        /// The pod.
        pod: String,
        /// The reason of its waiting state, or what is wrong.
        reason: String,
    },
    /// There was no run before the current one.
    #[error("previous terminated container {container:?} in pod {pod:?} not found")]
    NoPrevious {
        /// The container.
        container: String,
        /// The pod.
        pod: String,
    },
}

/// The log of a container of a stored pod as the query of `pods/log` asks for it: `container`, `previous`,
/// `tailLines`, `sinceSeconds`, `sinceTime`, `timestamps`, `limitBytes`.
pub fn logs(
    pod: &Value,
    query: &Query,
    snapshot: &Snapshot,
    config: &Config,
    now: Moment,
) -> Result<String, LogError> {
    let (spec, stored) = find(pod, query)?;
    let running =
        matches!(&stored, Some(Container { state: State::Running { .. }, .. })) && !query.is_true("previous");
    let of = || (text(spec, "/name").to_owned(), name(pod).to_owned());
    let run = match stored {
        Some(container) if query.is_true("previous") => match container.last {
            Some(last) => ended_run(&last),
            None => {
                let (container, pod) = of();
                return Err(LogError::NoPrevious { container, pod });
            }
        },
        Some(Container { state: State::Running { since }, .. }) => (since, now),
        Some(Container { state: State::Terminated(ended), .. }) => ended_run(&ended),
        Some(Container { last: Some(last), .. }) => ended_run(&last),
        Some(Container { state: State::Waiting { reason, .. }, .. }) => {
            let ((container, pod), reason) = (of(), waiting(&reason));
            return Err(LogError::Waiting { container, pod, reason });
        }
        None if text(pod, "/spec/nodeName").is_empty() => return Ok(String::new()),
        None => {
            let ((container, pod), reason) = (of(), "ContainerCreating".to_owned());
            return Err(LogError::Waiting { container, pod, reason });
        }
    };
    let program = Program::of(pod, spec, snapshot, config);
    let lines = lines(&program.timeline, run);
    Ok(cut(if running { whole(lines) } else { lines }, query, now))
}

/// When the run began that goes on in the container that a query names.
pub(super) fn current(pod: &Value, query: &Query) -> Option<Moment> {
    match find(pod, query).ok()?.1?.state {
        State::Running { since } => Some(since),
        State::Waiting { .. } | State::Terminated(_) => None,
    }
}

/// The lines that have ended: the runtime keeps one that has not until it has, or until the container ends.
pub(super) fn whole(mut lines: Vec<Line>) -> Vec<Line> {
    if lines.last().is_some_and(|(_, line)| !line.ends_with('\n')) {
        lines.pop();
    }
    lines
}

/// The entry in its pod's spec of the container that a query names.
pub fn container<'a>(pod: &'a Value, query: &Query) -> Result<&'a Value, LogError> {
    Ok(find(pod, query)?.0)
}

/// The container that a query names: its entry in the pod's spec, and its state where it has one.
pub(super) fn find<'a>(pod: &'a Value, query: &Query) -> Result<(&'a Value, Option<Container>), LogError> {
    let (inits, apps) = (list(pod, "/spec/initContainers"), list(pod, "/spec/containers"));
    let asked = match query.get("container") {
        Some(asked) if !asked.is_empty() => asked,
        _ if apps.len() == 1 => text(&apps[0], "/name"),
        _ => {
            let all = inits.iter().chain(apps).chain(list(pod, "/spec/ephemeralContainers"));
            let names: Vec<&str> = all.map(|spec| text(spec, "/name")).collect();
            return Err(LogError::Unnamed { pod: name(pod).to_owned(), choice: names.join(" ") });
        }
    };
    let lists = [
        (apps, "/status/containerStatuses"),
        (inits, "/status/initContainerStatuses"),
        (list(pod, "/spec/ephemeralContainers"), "/status/ephemeralContainerStatuses"),
    ];
    for (specs, statuses) in lists {
        if let Some(spec) = specs.iter().find(|spec| text(spec, "/name") == asked) {
            return Ok((spec, Container::read(list(pod, statuses), asked)));
        }
    }
    Err(LogError::Unknown { container: asked.to_owned(), pod: name(pod).to_owned() })
}

/// From when to when what an ended run printed is looked for.
pub(super) fn ended_run(ended: &Ended) -> (Moment, Moment) {
    (ended.started, ended.finished.after(Duration::from_secs(1)))
}

/// What a container waits for, in the words of the kubelet.
fn waiting(reason: &str) -> String {
    match reason {
        "ErrImagePull" => "image can't be pulled".to_owned(),
        "ImagePullBackOff" => "trying and failing to pull image".to_owned(),
        other => other.to_owned(),
    }
}

/// When a line was printed, and its text with what ends it.
pub(super) type Line = (Moment, String);

/// The lines that were printed in a run.
pub(super) fn lines(timeline: &Timeline, (from, to): (Moment, Moment)) -> Vec<Line> {
    let span = to.since(from);
    let mut printed: Vec<(Duration, &str)> =
        timeline.prints.iter().map(|(at, text)| (*at, text.as_str())).collect();
    if let Some(chorus) = &timeline.chorus {
        let rounds = (0_u32..).map(|round| chorus.from.saturating_add(chorus.period.saturating_mul(round)));
        for start in rounds.take_while(|start| *start <= span) {
            printed.extend(chorus.lines.iter().map(|(at, text)| (start + *at, text.as_str())));
        }
    }
    let seen = printed.into_iter().filter(|(at, _)| *at <= span);
    seen.flat_map(|(at, text)| text.split_inclusive('\n').map(move |line| (from.after(at), line.to_owned())))
        .collect()
}

fn cut(mut lines: Vec<Line>, query: &Query, now: Moment) -> String {
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
    let since = number("sinceSeconds").map(|seconds| {
        Moment::from_micros(now.as_micros() - i64::try_from(seconds).unwrap_or(0) * 1_000_000)
    });
    if let Some(since) = since.or_else(|| query.get("sinceTime").and_then(Moment::parse)) {
        lines.retain(|(at, _)| *at >= since);
    }
    if let Some(tail) = number("tailLines") {
        let keep = usize::try_from(tail).unwrap_or(usize::MAX);
        lines.drain(..lines.len().saturating_sub(keep));
    }
    let mut text = stamped(&lines, query);
    if let Some(limit) = number("limitBytes").and_then(|limit| usize::try_from(limit).ok()) {
        cut_short(&mut text, limit);
    }
    text
}

/// The text of lines, each with its time where the query wants that.
pub(super) fn stamped(lines: &[Line], query: &Query) -> String {
    let stamps = query.is_true("timestamps");
    let text = lines.iter().map(|(at, line)| {
        if stamps { format!("{} {line}", at.rfc3339_micros().replace('Z', "000Z")) } else { line.clone() }
    });
    text.collect()
}

/// Leaves no more than so many bytes of a text.
pub(super) fn cut_short(text: &mut String, limit: usize) {
    let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(state: Value, query: &str) -> Result<String, LogError> {
        let pod = json!({
            "metadata": {"name": "p", "namespace": "ns"},
            "spec": {"nodeName": "node1", "containers": [{
                "name": "app", "image": "busybox:1.36",
                "command": ["sh", "-c", "echo one; sleep 10; echo two; while true; do echo more; sleep 10; done"],
            }]},
            "status": {"containerStatuses": [{"name": "app", "state": state}]},
        });
        let now = Moment::parse("2026-11-22T12:00:25Z").expect("a time");
        logs(&pod, &Query::parse(query), &Snapshot::default(), &Config::default(), now)
    }

    #[test]
    fn a_log_holds_what_was_printed_so_far() {
        let running = || json!({"running": {"startedAt": "2026-11-22T12:00:00Z"}});
        assert_eq!(read(running(), "").as_deref(), Ok("one\ntwo\nmore\nmore\n"));
        assert_eq!(read(running(), "tailLines=1").as_deref(), Ok("more\n"));
        assert_eq!(read(running(), "sinceSeconds=20").as_deref(), Ok("two\nmore\nmore\n"));
        assert_eq!(read(running(), "limitBytes=5").as_deref(), Ok("one\nt"));
        let stamped = read(running(), "timestamps=true&tailLines=1");
        assert_eq!(stamped.as_deref(), Ok("2026-11-22T12:00:20.000000000Z more\n"));
    }

    #[test]
    fn a_log_that_is_not_there_is_refused_as_kube_apiserver_does() {
        let told = |state: Value, query: &str| read(state, query).map_err(|error| error.to_string());
        let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
        let cases = [
            (
                waiting("ImagePullBackOff"),
                "",
                "container \"app\" in pod \"p\" is waiting to start: trying and failing to pull image",
            ),
            (
                waiting("ErrImagePull"),
                "",
                "container \"app\" in pod \"p\" is waiting to start: image can't be pulled",
            ),
            (
                waiting("InvalidImageName"),
                "",
                "container \"app\" in pod \"p\" is waiting to start: InvalidImageName",
            ),
            (
                waiting("ContainerCreating"),
                "",
                "container \"app\" in pod \"p\" is waiting to start: ContainerCreating",
            ),
            (waiting("ContainerCreating"), "container=x", "container x is not valid for pod p"),
            (
                waiting("ContainerCreating"),
                "previous=true",
                "previous terminated container \"app\" in pod \"p\" not found",
            ),
        ];
        for (state, query, expected) in cases {
            assert_eq!(told(state, query), Err(expected.to_owned()));
        }
    }
}
