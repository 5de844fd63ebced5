//! Probes: what one attempt finds, and the course of attempts since a container started, worked out ahead from
//! what the container does. When to act on it is `drive`'s matter.

use super::program::{Health, Program};
use super::script::Outcome;
use crate::sim::controller::object::{list, number, text};
use serde_json::Value;
use std::time::Duration;

/// Which of the three probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Until it passes, the other two wait.
    Startup,
    /// Decides whether the pod is sent traffic.
    Readiness,
    /// Decides whether the container is killed.
    Liveness,
}

impl Kind {
    /// The field of the container's spec.
    pub(super) fn field(self) -> &'static str {
        match self {
            Kind::Startup => "startupProbe",
            Kind::Readiness => "readinessProbe",
            Kind::Liveness => "livenessProbe",
        }
    }

    /// How events name it.
    fn title(self) -> &'static str {
        match self {
            Kind::Startup => "Startup",
            Kind::Readiness => "Readiness",
            Kind::Liveness => "Liveness",
        }
    }
}

/// A container as its probes see it.
pub(super) struct Probed<'a> {
    pub(super) spec: &'a Value,
    pub(super) program: &'a Program,
    pub(super) ip: &'a str,
}

/// The attempts of one probe since the container's start; times count from there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Course {
    /// When the result turned; before the first turn it is the initial one.
    pub(super) turns: Vec<(Duration, bool)>,
    /// Failed attempts, with what they say.
    pub(super) failures: Vec<(Duration, String)>,
    /// Where all further attempts fail: how far they lie apart.
    pub(super) failing_every: Option<Duration>,
    /// When the failure threshold was first reached.
    pub(super) tripped: Option<Duration>,
}

/// So many events about one object are sent in a row, then one in [`REFILL`] (client-go's spam filter).
const BURST: usize = 25;
const REFILL: Duration = Duration::from_secs(300);
/// Attempts that are worked out at most before the last result is taken for lasting.
const ATTEMPTS: u32 = 2_000;

impl Course {
    /// The result at a time.
    pub(super) fn holds(&self, at: Duration, initially: bool) -> bool {
        self.turns.iter().take_while(|(when, _)| *when <= at).last().map_or(initially, |(_, holds)| *holds)
    }

    /// The next turn after a time.
    pub(super) fn next_turn(&self, at: Duration) -> Option<Duration> {
        self.turns.iter().map(|(when, _)| *when).find(|when| *when > at)
    }

    /// The last failed attempt up to `at` that is told as an event, and the first one after it.
    pub(super) fn told(&self, at: Duration) -> (Option<(Duration, &str)>, Option<Duration>) {
        let mut sent = 0;
        let mut last: Option<(Duration, &str)> = None;
        for (when, message) in
            self.failures.iter().map(|(when, message)| (*when, message.as_str())).chain(self.more())
        {
            if sent >= BURST && last.is_some_and(|(before, _)| when < before + REFILL) {
                continue;
            }
            if when > at {
                return (last, Some(when));
            }
            sent += 1;
            last = Some((when, message));
        }
        (last, None)
    }

    fn more(&self) -> impl Iterator<Item = (Duration, &str)> {
        let last = self.failures.last().zip(self.failing_every);
        last.into_iter().flat_map(|((from, message), every)| {
            (1..).map(move |round: u32| (*from + every * round, message.as_str()))
        })
    }
}

/// Works out the course of a probe that begins at `from` after the container's start.
pub(super) fn course(probed: &Probed<'_>, kind: Kind, from: Duration, initial_delay: bool) -> Option<Course> {
    let probe = probed.spec.get(kind.field()).filter(|probe| probe.is_object())?;
    let seconds = |field: &str, default: i64| {
        Duration::from_secs(number(probe, field).unwrap_or(default).max(0).unsigned_abs())
    };
    let count = |field: &str, default: i64| number(probe, field).unwrap_or(default).max(1);
    let period = seconds("/periodSeconds", 10).max(Duration::from_secs(1));
    let delay = if initial_delay { seconds("/initialDelaySeconds", 0) } else { Duration::ZERO };
    let (to_pass, to_fail) = (count("/successThreshold", 1), count("/failureThreshold", 3));
    let mut course = Course::default();
    let (mut passed, mut failed, mut unknown) = (0, 0, false);
    let settled = probed.program.timeline.settled();
    let mut at = from.max(delay);
    for _ in 0..ATTEMPTS {
        match attempt(probed, probe, kind, at) {
            Finding::Well => (passed, failed) = (passed + 1, 0),
            Finding::Unwell(why) => {
                (passed, failed) = (0, failed + 1);
                course.failures.push((at, format!("{} probe failed: {why}", kind.title())));
            }
            Finding::Unknown(why) => {
                let title = kind.title();
                let told = format!("{title} probe errored and resulted in unknown state: {why}");
                course.failures.push((at, told));
                unknown = true;
            }
        }
        if passed == to_pass {
            course.turns.push((at, true));
        }
        if failed == to_fail {
            course.turns.push((at, false));
            course.tripped = course.tripped.or(Some(at));
        }
        let over = match kind {
            Kind::Startup => passed == to_pass || failed == to_fail,
            Kind::Readiness => false,
            Kind::Liveness => failed == to_fail,
        };
        if over {
            // A container that is to be killed is not asked again, nor is one whether it has started when it has.
            return Some(course);
        }
        if at >= settled && (unknown || passed.max(failed) > to_pass.max(to_fail)) {
            break;
        }
        at += period;
    }
    course.failing_every = (failed > 0 || unknown).then_some(period);
    Some(course)
}

/// What one attempt finds; the text is what the event says of it.
enum Finding {
    Well,
    Unwell(String),
    /// The attempt itself failed: it counts for nothing.
    Unknown(String),
}

impl From<Result<(), String>> for Finding {
    fn from(found: Result<(), String>) -> Finding {
        match found {
            Ok(()) => Finding::Well,
            Err(why) => Finding::Unwell(why),
        }
    }
}

fn attempt(probed: &Probed<'_>, probe: &Value, kind: Kind, at: Duration) -> Finding {
    match (probed.program.health, kind) {
        (Health::Well, _) | (Health::NeverReady, Kind::Startup | Kind::Liveness) => Finding::Well,
        (Health::NotLive, Kind::Startup | Kind::Readiness) => Finding::Well,
        (Health::NeverReady, Kind::Readiness) | (Health::NotLive, Kind::Liveness) => {
            Finding::Unwell(unwell(probe))
        }
        (Health::Timeline, _) => match probe.get("exec") {
            Some(exec) => command(probed, exec, probe, at),
            None => truth(probed, probe, at).into(),
        },
    }
}

/// What a probe says of a container that a rule makes unwell.
fn unwell(probe: &Value) -> String {
    if probe.get("httpGet").is_some() {
        "HTTP probe failed with statuscode: 503".to_owned()
    } else if probe.get("exec").is_some() {
        "command failed".to_owned()
    } else {
        "service unhealthy (responded with \"NOT_SERVING\")".to_owned()
    }
}

fn truth(probed: &Probed<'_>, probe: &Value, at: Duration) -> Result<(), String> {
    let timeline = &probed.program.timeline;
    if let Some(http) = probe.get("httpGet") {
        let scheme = if http["scheme"] == "HTTPS" { "https" } else { "http" };
        return match fetch(probed, http, scheme, at)? {
            200..400 => Ok(()),
            status => Err(format!("HTTP probe failed with statuscode: {status}")),
        };
    }
    let grpc = probe.get("grpc").is_some();
    let port = port(probed.spec, &probe[if grpc { "grpc" } else { "tcpSocket" }]["port"]);
    match timeline.listener(port, at) {
        Some(_) => Ok(()),
        None if grpc => {
            let (ip, limit) = (probed.ip, limit(probe));
            Err(format!(
                "timeout: failed to connect service \"{ip}:{port}\" within {limit:?}: context deadline exceeded"
            ))
        }
        None => Err(refused(probed.ip, port)),
    }
}

/// The status of what a container answers to a request, or why there is no answer.
pub(super) fn fetch(probed: &Probed<'_>, http: &Value, scheme: &str, at: Duration) -> Result<u16, String> {
    let port = port(probed.spec, &http["port"]);
    let path = format!("/{}", text(http, "/path").trim_start_matches('/'));
    let ip = http.get("host").and_then(Value::as_str).unwrap_or(probed.ip);
    let answers = probed.program.timeline.answers(port, at).ok_or_else(|| {
        let dial = refused(ip, port);
        format!("Get \"{scheme}://{ip}:{port}{path}\": {dial}")
    })?;
    match answers.page(&path) {
        Some(page) => Ok(if page.is_some() { 200 } else { 404 }),
        None => Err(format!("Get \"{scheme}://{ip}:{port}{path}\": EOF")),
    }
}

/// `timeoutSeconds`.
fn limit(probe: &Value) -> Duration {
    Duration::from_secs(number(probe, "/timeoutSeconds").unwrap_or(1).max(1).unsigned_abs())
}

fn refused(ip: &str, port: u16) -> String {
    format!("dial tcp {ip}:{port}: connect: connection refused")
}

/// A port by number or by the name that the container gives it.
fn port(spec: &Value, port: &Value) -> u16 {
    let named = |name: &str| {
        let port = list(spec, "/ports").iter().find(|port| port["name"] == name)?;
        number(port, "/containerPort")
    };
    let number =
        port.as_i64().or_else(|| port.as_str().and_then(|text| text.parse().ok().or_else(|| named(text))));
    number.and_then(|number| u16::try_from(number).ok()).unwrap_or(0)
}

fn command(probed: &Probed<'_>, exec: &Value, probe: &Value, at: Duration) -> Finding {
    let (argv, outcome) = probed.program.executes(probed.spec, exec, at);
    let run = match outcome {
        Outcome::Ran(run) => run,
        Outcome::Opaque => return Finding::Well,
        Outcome::Missing => return Finding::Unknown(not_executed(&argv[0])),
    };
    let limit = limit(probe);
    match run.exit {
        Some((after, 0)) if after <= limit => Finding::Well,
        Some((after, _)) if after <= limit => {
            Finding::Unwell(run.prints.into_iter().map(|(_, text)| text).collect())
        }
        Some(_) | None => {
            Finding::Unwell(format!("command timed out: {:?} timed out after {limit:?}", argv.join(" ")))
        }
    }
}

/// What the runtime says of a command that is not there; each attempt has an id of its own on a real node.
pub(super) fn not_executed(program: &str) -> String {
    let id = super::identity::hex(program, 64);
    let why = super::program::not_found(program);
    format!(
        "rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"{id}\": OCI runtime exec \
         failed: exec failed: unable to start container process: {why}: unknown"
    )
}
