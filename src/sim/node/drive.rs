//! One container's steps: what keeps it from starting, its start, its probes, its end, its next start.

use super::life::{Life, Role};
use super::pace::{crash_backoff, pull_attempts};
use super::probe::{Course, Kind, Probed, course};
use super::status::{Ended, State};
use super::{identity, image, needs};
use crate::clock::Moment;
use crate::sim::controller::object::{self, number, text};
use serde_json::Value;
use std::time::Duration;

/// More steps than this at one moment do not occur: a container that ends at once is backed off.
const STEPS: usize = 8;
/// A container that ends sooner than this is first seen when it has ended, as by a kubelet that looks once a second.
const GLIMPSE: Duration = Duration::from_secs(1);
/// A back-off is forgotten after so long a run.
const RECOVERED: Duration = Duration::from_secs(600);
/// How long a failed pull is shown as such before it is shown as backing off.
const PULL_SHOWN: Duration = Duration::from_secs(12);

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
            State::Terminated(ended) if self.restarts(member) => self.backed_off(place, &ended, true),
            State::Terminated(_) => {}
            State::Waiting { .. } => match (member.container.last.clone(), gate) {
                (Some(last), _) => self.backed_off(place, &last, false),
                (None, Some(from)) if !self.blocked(place, from) => self.begin(place, from, 0),
                (None, _) => {}
            },
        }
    }

    /// Waits for the next start of a container that has ended.
    fn backed_off(&mut self, place: usize, ended: &Ended, shown: bool) {
        let restart = self.members[place].container.restarts + 1;
        let ran = ended.reason != "StartError";
        let healthy = ran && ended.finished.since(ended.started) >= RECOVERED;
        let wait = if healthy { Duration::ZERO } else { crash_backoff(restart) };
        let due = ended.finished.after(wait).after(self.waits.about("restart", 0.2, 0.9));
        if self.view.now >= due {
            self.begin(place, due, restart);
            return;
        }
        self.work.wake_at(due);
        if !shown {
            return;
        }
        let turns = ended.finished.after(self.waits.shown(restart));
        if self.view.now < turns {
            self.work.wake_at(turns);
            return;
        }
        let (name, pod) = (text(self.members[place].spec, "/name").to_owned(), self.pod);
        let of = format!("{}_{}({})", object::name(pod), object::namespace(pod), object::uid(pod));
        let span = wait_text(wait);
        let message = format!("back-off {span} restarting failed container={name} pod={of}");
        let event = self.about(
            place,
            "Warning",
            "BackOff",
            format!("Back-off restarting failed container {name} in pod {of}"),
        );
        self.work.tell(event);
        let container = &mut self.members[place].container;
        container.last = Some(ended.clone());
        container.state = State::Waiting { reason: "CrashLoopBackOff".to_owned(), message: Some(message) };
        (container.ready, container.started) = (false, false);
    }

    /// Whether something keeps the container from its first start; shows and tells what.
    fn blocked(&mut self, place: usize, from: Moment) -> bool {
        if self.view.now < from {
            return false;
        }
        let (spec, program) = (self.members[place].spec, &self.members[place].program);
        let given = text(spec, "/image");
        let Some(image) = image::Image::parse(given) else {
            let message = image::invalid(given);
            self.hold(place, "InvalidImageName", &message);
            let event = self.about(place, "Warning", "InspectFailed", message);
            self.tell_since(from, event);
            let event = self.about(place, "Warning", "Failed", "Error: InvalidImageName".to_owned());
            self.tell_since(from, event);
            return true;
        };
        if !program.pullable {
            self.pulling(place, from, &image, given);
            return true;
        }
        let Some(missing) = needs::missing_variable(self.pod, spec, self.view.snapshot) else { return false };
        let event = self.about(place, "Warning", "Failed", format!("Error: {missing}"));
        let retry = Duration::from_secs(12);
        let rounds = self.view.now.since(from).as_secs() / retry.as_secs();
        let attempt = from.after(retry * u32::try_from(rounds).unwrap_or(u32::MAX));
        self.tell_since(attempt, event);
        self.work.wake_at(attempt.after(retry));
        self.hold(place, "CreateContainerConfigError", &missing);
        true
    }

    /// An image that cannot be pulled: attempts and back-offs take turns.
    fn pulling(&mut self, place: usize, from: Moment, image: &image::Image, given: &str) {
        let (attempt, next) = pull_attempts(from, self.view.now);
        for (kind, reason, message) in [
            ("Normal", "Pulling", format!("Pulling image \"{given}\"")),
            ("Warning", "Failed", image.failure()),
            ("Warning", "Failed", "Error: ErrImagePull".to_owned()),
        ] {
            let event = self.about(place, kind, reason, message);
            self.tell_since(attempt, event);
        }
        let backing = attempt.after(GLIMPSE);
        if self.view.now >= backing {
            let event = self.about(place, "Normal", "BackOff", image.backing_off());
            self.tell_since(backing, event);
            let event = self.about(place, "Warning", "Failed", "Error: ImagePullBackOff".to_owned());
            self.tell_since(backing, event);
        }
        let turns = attempt.after(PULL_SHOWN);
        if self.view.now < turns {
            self.hold(place, "ErrImagePull", &image.refusal());
        } else {
            let message = format!("{}: ErrImagePull: {}", image.backing_off(), image.refusal());
            self.hold(place, "ImagePullBackOff", &message);
        }
        let later = [backing, turns, next].into_iter().find(|at| *at > self.view.now);
        self.work.wake_at(later.unwrap_or(next));
    }

    fn hold(&mut self, place: usize, reason: &str, message: &str) {
        let message = Some(message.to_owned());
        self.members[place].container.state = State::Waiting { reason: reason.to_owned(), message };
    }

    /// Starts the container at `due`, its `run`-th restart.
    fn begin(&mut self, place: usize, due: Moment, run: i64) {
        let now = self.view.now;
        if now < due {
            self.work.wake_at(due);
            return;
        }
        let timeline = &self.members[place].program.timeline;
        let brief = timeline.exit.filter(|(after, _)| self.waits.real() && *after < GLIMPSE);
        let start_error = self.members[place].program.start_error.clone();
        let waited = matches!(&self.members[place].container.state, State::Waiting { reason, .. }
            if !matches!(reason.as_str(), "ContainerCreating" | "PodInitializing" | "CrashLoopBackOff"));
        let since = if waited { now } else { due };
        let id = identity::container_id(self.waits.uid, text(self.members[place].spec, "/name"), run, since);
        let state = match (start_error, brief) {
            (Some(message), _) => State::Terminated(Ended {
                code: 128,
                reason: "StartError".to_owned(),
                message: Some(message),
                started: Moment::default(),
                finished: now,
                id: id.clone(),
            }),
            (None, Some((after, code))) if !waited => {
                let seen = since.after(after + self.waits.notice());
                if now < seen {
                    self.work.wake_at(seen);
                    return;
                }
                State::Terminated(ended(code, since, since.after(after), &id))
            }
            (None, _) => State::Running { since: now },
        };
        let id = match state {
            State::Running { since } => {
                identity::container_id(self.waits.uid, text(self.members[place].spec, "/name"), run, since)
            }
            State::Waiting { .. } | State::Terminated(_) => id,
        };
        self.started(place, state, id, run);
    }

    /// Notes and tells a start.
    fn started(&mut self, place: usize, state: State, id: String, run: i64) {
        let image = text(self.members[place].spec, "/image").to_owned();
        let present =
            format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
        let fourth = match &state {
            State::Terminated(Ended { reason, message: Some(message), .. }) if reason == "StartError" => {
                ("Warning", "Failed", format!("Error: {message}"))
            }
            State::Waiting { .. } | State::Running { .. } | State::Terminated(_) => {
                ("Normal", "Started", "Container started".to_owned())
            }
        };
        for (kind, reason, message) in
            [("Normal", "Pulled", present), ("Normal", "Created", "Container created".to_owned()), fourth]
        {
            let event = self.about(place, kind, reason, message);
            self.work.tell(event);
        }
        let container = &mut self.members[place].container;
        if let State::Terminated(ended) = &container.state {
            container.last = Some(ended.clone());
        }
        container.restarts = run;
        container.id = Some(id);
        container.state = state;
        (container.ready, container.started) = (false, false);
        self.mark_done(place);
    }

    /// An init container that has done its work counts as ready.
    pub(super) fn mark_done(&mut self, place: usize) {
        let member = &mut self.members[place];
        let done = matches!(&member.container.state, State::Terminated(ended) if ended.code == 0);
        if member.role == Role::Init {
            member.container.ready = done;
        }
    }

    /// A running container: whether it has ended, and what its probes make of it.
    fn running(&mut self, place: usize, since: Moment) {
        let now = self.view.now;
        let elapsed = now.since(since);
        let ip = self.ip.clone().unwrap_or_default();
        let member = &self.members[place];
        let probed = Probed { spec: member.spec, program: &member.program, ip: &ip };
        let startup = course(&probed, Kind::Startup, Duration::ZERO, self.waits.real());
        let up = match &startup {
            Some(course) => course.turns.iter().find(|(_, holds)| *holds).map(|(at, _)| *at),
            None => Some(Duration::ZERO),
        };
        let first = up.map(|up| up + self.waits.about("probe", 0.05, 0.45));
        let readiness = first.and_then(|first| course(&probed, Kind::Readiness, first, self.waits.real()));
        let liveness = first.and_then(|first| course(&probed, Kind::Liveness, first, true));
        let startup_kill =
            startup.as_ref().and_then(|course| course.tripped).filter(|at| up.is_none_or(|up| *at < up));
        let kill = startup_kill
            .map(|at| (at, Kind::Startup))
            .or_else(|| liveness.as_ref().and_then(|course| course.tripped).map(|at| (at, Kind::Liveness)));
        let natural = member.program.timeline.exit;
        if self.finish(place, since, natural, kill) {
            return;
        }
        let never = member_never_ready(&self.members[place].program);
        let started = up.is_some_and(|up| up <= elapsed);
        let ready = started
            && !never
            && match &readiness {
                Some(course) => course.holds(elapsed, false),
                None => true,
            };
        let member = &mut self.members[place];
        member.container.started = started && member.role != Role::Init;
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
    fn finish(
        &mut self,
        place: usize,
        since: Moment,
        natural: Option<(Duration, i64)>,
        kill: Option<(Duration, Kind)>,
    ) -> bool {
        let now = self.view.now;
        let mut end = natural.map(|(after, code)| (since.after(after), code));
        if let Some((at, kind)) = kill.filter(|(at, _)| natural.is_none_or(|(after, _)| *at < after)) {
            let killed = since.after(at);
            if killed > now {
                self.work.wake_at(killed);
            } else {
                let name = text(self.members[place].spec, "/name");
                let what = if kind == Kind::Startup { "startup" } else { "liveness" };
                let message = format!("Container {name} failed {what} probe, will be restarted");
                let event = self.about(place, "Normal", "Killing", message);
                self.tell_since(killed, event);
            }
            let probe = self.members[place].spec.get(kind.field());
            let grace = probe.and_then(|probe| number(probe, "/terminationGracePeriodSeconds"));
            let grace = grace.unwrap_or_else(|| grace_of(self.pod));
            let stopped = match self.members[place].program.timeline.on_term {
                Some(code) => (killed.after(self.waits.about("stop", 0.1, 0.5)), code),
                None => (killed.after(Duration::from_secs(grace.unsigned_abs())), 137),
            };
            end = Some(end.filter(|(at, _)| *at < stopped.0).unwrap_or(stopped));
        }
        let Some((at, code)) = end else { return false };
        let seen = at.after(self.waits.notice());
        if now < seen {
            self.work.wake_at(seen);
            return false;
        }
        self.end(place, since, at, code);
        true
    }

    /// Notes the end of a run.
    pub(super) fn end(&mut self, place: usize, since: Moment, at: Moment, code: i64) {
        let container = &mut self.members[place].container;
        let id = container.id.clone().unwrap_or_default();
        container.state = State::Terminated(ended(code, since, at, &id));
        (container.ready, container.started) = (false, false);
        self.mark_done(place);
    }
}

fn member_never_ready(program: &super::program::Program) -> bool {
    program.health == super::program::Health::NeverReady
}

fn ended(code: i64, started: Moment, finished: Moment, id: &str) -> Ended {
    let reason = if code == 0 { "Completed" } else { "Error" };
    Ended { code, reason: reason.to_owned(), message: None, started, finished, id: id.to_owned() }
}

/// `terminationGracePeriodSeconds` of a pod.
pub(super) fn grace_of(pod: &Value) -> i64 {
    number(pod, "/spec/terminationGracePeriodSeconds").unwrap_or(30)
}

/// A wait as Go prints it: `10s`, `1m20s`, `5m0s`.
fn wait_text(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => format!("{}m{}s", seconds / 60, seconds % 60),
    }
}
