//! One container's steps: its run, its probes, its end. What keeps it from starting and its start are `start`'s,
//! the wait for its next start is `retry`'s.

use super::life::{Life, Role, second};
use super::probe::{Course, Kind, Probed, course};
use super::program::Health;
use super::restart_all;
use super::status::{Ended, State};
use crate::clock::Moment;
use crate::sim::controller::object::{number, text};
use serde_json::Value;
use std::time::Duration;

/// More steps than this at one moment do not occur: a container that ends at once is backed off.
const STEPS: usize = 8;
/// So much of a log or a file becomes a termination message, in bytes.
const MESSAGE: usize = 4096;
/// So much of the log becomes one: bytes and lines.
const LOGGED: (usize, usize) = (2048, 80);

/// How a container is killed by a probe: when, counted from its start, and by which.
pub(super) type Kill = (Duration, Kind);

impl Life<'_> {
    /// Does what is due for one container, which may start at `gate`.
    pub(super) fn drive(&mut self, place: usize, gate: Option<Moment>) {
        for _ in 0..STEPS {
            let before = self.members[place].container.clone();
            self.step(place, gate);
            if self.members[place].container == before {
                break;
            }
        }
    }

    fn step(&mut self, place: usize, gate: Option<Moment>) {
        let member = &self.members[place];
        match member.container.state.clone() {
            State::Running { since } => self.running(place, since),
            State::Terminated(_) if self.restarts_all(place) => {}
            state if restart_all::waits(&state) => self.start_anew(place, gate),
            State::Terminated(ended) if self.restarts(member) => self.retry(place, &ended),
            State::Terminated(_) => {}
            State::Waiting { .. } => match (member.container.last.clone(), gate) {
                (Some(last), _) => self.retry(place, &last),
                (None, Some(from)) if !self.blocked(place, from) => self.begin(place, from, 0),
                (None, _) => {}
            },
        }
    }

    /// An init container that has done its work counts as ready.
    pub(super) fn mark_done(&mut self, place: usize) {
        let member = &mut self.members[place];
        let done = matches!(&member.container.state, State::Terminated(ended) if ended.code == 0);
        if member.role == Role::Init {
            member.container.ready = done;
        }
    }

    /// The probes of a run since its start: startup, when it is up, the other two once it is.
    fn courses(
        &self,
        place: usize,
        since: Moment,
    ) -> (Option<Course>, Option<Duration>, Option<Course>, Option<Course>) {
        let ip = self.ip.clone().unwrap_or_default();
        let member = &self.members[place];
        let probed = Probed { spec: member.spec, program: &member.program, ip: &ip };
        let startup =
            course(&probed, Kind::Startup, self.waits.about("startup", 0.5, 0.9), self.waits.real());
        let up = match &startup {
            Some(course) => course.turns.iter().find(|(_, holds)| *holds).map(|(at, _)| *at),
            None => Some(Duration::ZERO),
        };
        let first = up.map(|up| up + self.waits.about("probe", 0.05, 0.45));
        let readiness = first.and_then(|first| course(&probed, Kind::Readiness, first, self.waits.real()));
        let ticks = |up: Duration| course(&probed, Kind::Liveness, self.tick(member.spec, since, up), true);
        let liveness = up.and_then(ticks);
        (startup, up, readiness, liveness)
    }

    /// When the first liveness probe is due after a start. The kubelet counts its periods from the pod's start, and
    /// learns a little late that a container runs.
    fn tick(&self, spec: &Value, since: Moment, up: Duration) -> Duration {
        if !self.waits.real() {
            return up;
        }
        let count = |field: &str| number(spec, &format!("/livenessProbe/{field}")).unwrap_or(0).max(0);
        let period = count("periodSeconds").max(1) * 1_000_000;
        let delay = Duration::from_secs(count("initialDelaySeconds").unsigned_abs());
        let known = since.after(delay.max(up + Duration::from_millis(600))).as_micros();
        let grid = self.start.as_micros();
        let at = grid + (known - grid).max(0).div_euclid(period) * period + period;
        Moment::from_micros(at).since(since)
    }

    /// Which probe has a run killed, unless it ends by itself before.
    pub(super) fn kill_of(&self, place: usize, since: Moment) -> Option<Kill> {
        let (startup, up, _, liveness) = self.courses(place, since);
        self.kill(place, startup.as_ref(), up, liveness.as_ref())
    }

    fn kill(
        &self,
        place: usize,
        startup: Option<&Course>,
        up: Option<Duration>,
        liveness: Option<&Course>,
    ) -> Option<Kill> {
        let startup = startup.and_then(|course| course.tripped).filter(|at| up.is_none_or(|up| *at < up));
        let kill = startup
            .map(|at| (at, Kind::Startup))
            .or_else(|| liveness.and_then(|course| course.tripped).map(|at| (at, Kind::Liveness)));
        let natural = self.members[place].program.timeline.exit;
        kill.filter(|(at, _)| natural.is_none_or(|(after, _)| *at < after))
    }

    /// A running container: whether it has ended, and what its probes make of it.
    fn running(&mut self, place: usize, since: Moment) {
        if self.redefined(place) && self.is_redone(place, since) {
            return;
        }
        let elapsed = self.view.now.since(since);
        let (startup, up, readiness, liveness) = self.courses(place, since);
        let kill = self.kill(place, startup.as_ref(), up, liveness.as_ref());
        if self.finish(place, since, kill) {
            return;
        }
        let started = up.is_some_and(|up| up <= elapsed);
        let ready = started
            && self.members[place].program.health != Health::NeverReady
            && match &readiness {
                Some(course) => course.holds(elapsed, false),
                None => true,
            };
        let member = &mut self.members[place];
        member.container.started = started;
        member.container.ready = ready && member.role != Role::Init;
        let turn = readiness.as_ref().and_then(|course| course.next_turn(elapsed));
        for at in [turn, up.filter(|up| *up > elapsed)].into_iter().flatten() {
            self.work.wake_at(since.after(at));
        }
        let startup = startup.filter(|_| !started);
        for course in [startup, readiness, liveness].into_iter().flatten() {
            self.tell_failures(place, since, elapsed, &course);
        }
    }

    fn tell_failures(&mut self, place: usize, since: Moment, elapsed: Duration, course: &Course) {
        let (last, next) = course.told(elapsed);
        if let Some((at, message)) = last {
            let event = self.about(place, "Warning", "Unhealthy", message.to_owned());
            self.tell_since(since.after(at), event);
        }
        if let Some(next) = next {
            self.work.wake_at(since.after(next));
        }
    }

    /// Ends a run whose time has come; says whether it did.
    fn finish(&mut self, place: usize, since: Moment, kill: Option<Kill>) -> bool {
        let now = self.view.now;
        let natural = self.members[place].program.timeline.exit;
        let mut end = natural.map(|(after, code)| (since.after(after), code));
        if let Some((at, kind)) = kill {
            let killed = since.after(at);
            if killed > now {
                self.work.wake_at(killed);
            }
            let probe = self.members[place].spec.get(kind.field());
            let grace = probe.and_then(|probe| number(probe, "/terminationGracePeriodSeconds"));
            let grace = grace.unwrap_or_else(|| grace_of(self.pod));
            let stopped = self.ended_by_probe(place, killed, Duration::from_secs(grace.unsigned_abs()));
            let stopped = end.filter(|(at, _)| *at < stopped.0).unwrap_or(stopped);
            if killed <= now {
                self.tell_kill(place, killed, kind, stopped.0);
            }
            end = Some(stopped);
        }
        let Some((at, code)) = end else { return false };
        // A kubelet that kills waits for the end; what ends by itself it notices later.
        let seen = if kill.is_some() { at } else { at.after(self.waits.notice()) };
        if now < seen {
            self.work.wake_at(seen);
            return false;
        }
        let before = self.members[place].container.last.clone();
        self.end(place, since, at, code);
        if kill.is_some() {
            self.start_after_kill(place, before.as_ref(), at);
        }
        true
    }

    fn tell_kill(&mut self, place: usize, killed: Moment, kind: Kind, end: Moment) {
        let member = &self.members[place];
        let what = if kind == Kind::Startup { "startup" } else { "liveness" };
        let mut message = format!("Container {} failed {what} probe", text(member.spec, "/name"));
        let policy = match text(member.spec, "/restartPolicy") {
            "" => text(self.pod, "/spec/restartPolicy"),
            own => own,
        };
        if policy != "Never" {
            message.push_str(", will be restarted");
        } else if !self.others_run(place) {
            // With its last container the whole pod is stopped.
            message = format!("Stopping container {}", text(member.spec, "/name"));
        }
        let event = self.about(place, "Normal", "Killing", message);
        self.tell_since(killed, event);
        self.tell_pre_stop(place, killed, end);
    }

    /// Whether another container of `spec.containers` runs.
    fn others_run(&self, place: usize) -> bool {
        let others = self.members.iter().enumerate().filter(|(at, _)| *at != place);
        let mut others = others.filter(|(_, member)| member.role == Role::App);
        others.any(|(_, member)| matches!(member.container.state, State::Running { .. }))
    }

    /// Notes the end of a run.
    pub(super) fn end(&mut self, place: usize, since: Moment, at: Moment, code: i64) {
        let id = self.members[place].container.id.clone().unwrap_or_default();
        let ended = self.ended(place, since, at, code, id);
        let container = &mut self.members[place].container;
        container.state = State::Terminated(ended);
        (container.ready, container.started) = (false, false);
        self.mark_done(place);
    }

    /// The end of a run, with what it leaves as its message.
    pub(super) fn ended(&self, place: usize, since: Moment, at: Moment, code: i64, id: String) -> Ended {
        let reason = if code == 0 { "Completed" } else { "Error" };
        let message = self.last_words(place, at.since(since), code);
        Ended { code, reason: reason.to_owned(), message, started: since, finished: second(at), id }
    }

    /// The file that the container names for it, or the end of its log where it asks for that.
    fn last_words(&self, place: usize, ran: Duration, code: i64) -> Option<String> {
        let member = &self.members[place];
        let path = match text(member.spec, "/terminationMessagePath") {
            "" => "/dev/termination-log",
            path => path,
        };
        let written = member.program.timeline.files_at(ran).remove(path).unwrap_or_default();
        let falls_back = text(member.spec, "/terminationMessagePolicy") == "FallbackToLogsOnError";
        let words = if written.is_empty() && falls_back && code != 0 {
            let printed = member.program.timeline.prints.iter().filter(|(at, _)| *at <= ran);
            let printed: String = printed.map(|(_, text)| text.as_str()).collect();
            let lines: Vec<&str> = printed.split_inclusive('\n').collect();
            let kept: String = lines[lines.len().saturating_sub(LOGGED.1)..].concat();
            let from = (kept.len().saturating_sub(LOGGED.0)..).find(|at| kept.is_char_boundary(*at));
            kept[from.unwrap_or(0)..].to_owned()
        } else {
            let to = (0..=MESSAGE.min(written.len())).rev().find(|at| written.is_char_boundary(*at));
            written[..to.unwrap_or(0)].to_owned()
        };
        (!words.is_empty()).then_some(words)
    }
}

/// `terminationGracePeriodSeconds` of a pod.
pub(super) fn grace_of(pod: &Value) -> i64 {
    number(pod, "/spec/terminationGracePeriodSeconds").unwrap_or(30)
}
