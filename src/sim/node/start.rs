//! What keeps a container from starting, and its start: image, configuration, the runtime, the hook after the start.

use super::handler::{Failure, Hook, outcome};
use super::life::Life;
use super::pace::pull_attempts;
use super::status::{Ended, State};
use super::{identity, image, needs};
use crate::clock::Moment;
use crate::sim::controller::event::Event;
use crate::sim::controller::object::text;
use std::time::Duration;

/// A container that ends sooner than this is first seen when it has ended, as by a kubelet that looks once a second.
const GLIMPSE: Duration = Duration::from_secs(1);
/// How long a failed pull is shown as such before it is shown as backing off.
const PULL_SHOWN: Duration = Duration::from_secs(12);
/// The kubelet gives every container so long to stop (`minimumGracePeriodInSeconds`).
const LEAST_GRACE: Duration = Duration::from_secs(2);
/// How far apart the attempts lie to start what is not configured.
const RETRY: Duration = Duration::from_secs(12);

impl Life<'_> {
    /// Whether something keeps the container from its first start; shows and tells what.
    pub(super) fn blocked(&mut self, place: usize, from: Moment) -> bool {
        if self.view.now < from {
            return false;
        }
        let (spec, pullable) = (self.members[place].spec, self.members[place].program.pullable);
        let given = text(spec, "/image");
        let Some(image) = image::Image::parse(given) else {
            let message = image::invalid(given);
            self.refuse(place, from, "InspectFailed", &message, "InvalidImageName");
            return true;
        };
        if text(spec, "/imagePullPolicy") == "Never" && !self.members[place].program.present {
            let message = format!("Container image \"{given}\" is not present with pull policy of Never");
            self.refuse(place, from, "ErrImageNeverPull", &message, "ErrImageNeverPull");
            return true;
        }
        if !pullable {
            self.pulling(place, from, &image, given);
            return true;
        }
        self.unconfigured(place, from)
    }

    /// Shows and tells, again and again, what is wrong with an image's name.
    fn refuse(&mut self, place: usize, from: Moment, reason: &str, message: &str, state: &str) {
        let (attempt, next) = attempts(from, self.view.now);
        let event = self.about(place, "Warning", reason, message.to_owned());
        self.tell_since(attempt, event);
        let event = self.about(place, "Warning", "Failed", format!("Error: {state}"));
        self.tell_since(attempt, event);
        self.work.wake_at(next);
        self.hold(place, state, message);
    }

    /// Whether its environment or its user is missing something. What was is looked at again at the next attempt.
    fn unconfigured(&mut self, place: usize, from: Moment) -> bool {
        let spec = self.members[place].spec;
        let (attempt, next) = attempts(from, self.view.now);
        let held = match &self.members[place].container.state {
            State::Waiting { reason, message: Some(message) } if reason == "CreateContainerConfigError" => {
                Some(format!("Error: {message}"))
            }
            State::Waiting { .. } | State::Running { .. } | State::Terminated(_) => None,
        };
        if let Some(message) = held.filter(|_| self.waits.real())
            && self.told(&self.about(place, "Warning", "Failed", message), attempt)
        {
            self.work.wake_at(next);
            return true;
        }
        let missing = needs::missing_variable(self.pod, spec, self.view.snapshot);
        let Some(missing) = missing.or_else(|| needs::wrong_user(self.pod, spec, &self.named())) else {
            return false;
        };
        for event in [self.pulled(place), self.about(place, "Warning", "Failed", format!("Error: {missing}"))]
        {
            self.tell_since(attempt, event);
        }
        self.work.wake_at(next);
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
    pub(super) fn begin(&mut self, place: usize, due: Moment, run: i64) {
        let now = self.view.now;
        if now < due {
            self.work.wake_at(due);
            return;
        }
        let waited = matches!(&self.members[place].container.state, State::Waiting { reason, .. }
            if !matches!(reason.as_str(), "ContainerCreating" | "PodInitializing" | "CrashLoopBackOff"))
            && self.members[place].container.last.is_none();
        let since = if waited { now } else { due };
        if let Some(message) = self.members[place].program.start_error.clone() {
            self.start_error(place, since, run, &message);
            return;
        }
        let hook = self.hook(place);
        let seen = since.after(self.unseen(place, waited, &hook));
        if now < seen {
            self.work.wake_at(seen);
            return;
        }
        self.tell_start(place, ("Normal", "Started", "Container started".to_owned()));
        match hook.fails {
            Some(why) => self.hook_error(place, since, run, hook.takes, &why),
            None => self.show_start(place, since, run, waited),
        }
    }

    /// How long a start stays unseen: until a brief run has been noticed, or the hook is done.
    fn unseen(&self, place: usize, waited: bool, hook: &Hook) -> Duration {
        if !self.waits.real() {
            return Duration::ZERO;
        }
        let brief =
            self.members[place].program.timeline.exit.filter(|(after, _)| !waited && *after < GLIMPSE);
        let brief = brief.map_or(Duration::ZERO, |(after, _)| after + self.waits.notice());
        let noticed = self.grace(place) + self.waits.notice();
        let killed = hook.fails.as_ref().map_or(Duration::ZERO, |_| noticed);
        brief.max(hook.takes + killed)
    }

    /// How long the container takes to stop once it is told to.
    fn grace(&self, place: usize) -> Duration {
        match self.members[place].program.timeline.on_term {
            Some(_) => self.waits.about("stop", 0.1, 0.5),
            None => Duration::from_secs(super::drive::grace_of(self.pod).unsigned_abs()).max(LEAST_GRACE),
        }
    }

    fn show_start(&mut self, place: usize, since: Moment, run: i64, waited: bool) {
        let brief = self.members[place].program.timeline.exit;
        let brief = brief.filter(|(after, _)| self.waits.real() && !waited && *after < GLIMPSE);
        let since = if self.waits.real() { since } else { self.view.now };
        let id = identity::container_id(self.waits.uid, self.members[place].spec, run, since);
        let state = match brief {
            Some((after, code)) => {
                State::Terminated(self.ended(place, since, since.after(after), code, id.clone()))
            }
            None => State::Running { since },
        };
        self.started(place, state, id, run);
    }

    /// Notes a start that the runtime refuses.
    fn start_error(&mut self, place: usize, since: Moment, run: i64, message: &str) {
        let id = identity::container_id(self.waits.uid, self.members[place].spec, run, since);
        let ended = Ended {
            code: 128,
            reason: "StartError".to_owned(),
            message: Some(message.to_owned()),
            started: Moment::default(),
            finished: super::life::second(self.view.now),
            id: id.clone(),
        };
        self.tell_start(place, ("Warning", "Failed", format!("Error: {message}")));
        self.started(place, State::Terminated(ended), id, run);
        self.failed_to_run(place, "RunContainerError", message);
    }

    /// Shows why a container does not run that is to be started again.
    fn failed_to_run(&mut self, place: usize, reason: &str, message: &str) {
        let State::Terminated(ended) = self.members[place].container.state.clone() else { return };
        if self.restarts(&self.members[place]) {
            self.members[place].container.last = Some(ended);
            self.hold(place, reason, message);
        }
    }

    /// The end of a container whose hook failed.
    fn hook_error(&mut self, place: usize, since: Moment, run: i64, takes: Duration, why: &Failure) {
        let spec = self.members[place].spec;
        let message = why.told(&spec["lifecycle"]["postStart"], text(spec, "/name"), &self.named());
        for (kind, reason, message) in [
            ("Warning", "FailedPostStartHook", "PostStartHook failed"),
            ("Normal", "Killing", "FailedPostStartHook"),
        ] {
            let event = self.about(place, kind, reason, message.to_owned());
            self.work.tell(event);
        }
        let id = identity::container_id(self.waits.uid, spec, run, since);
        let code = self.members[place].program.timeline.on_term.unwrap_or(137);
        let ended = self.ended(place, since, since.after(takes + self.grace(place)), code, id.clone());
        self.started(place, State::Terminated(ended), id, run);
        self.failed_to_run(place, "PostStartHookError", &message);
    }

    /// Whether the container's hook fails after every start.
    pub(super) fn hook_failed(&self, place: usize) -> bool {
        self.hook(place).fails.is_some()
    }

    /// What the container's `postStart` hook does.
    fn hook(&self, place: usize) -> Hook {
        let member = &self.members[place];
        let hook = member.spec.pointer("/lifecycle/postStart");
        outcome(member, hook, self.ip.as_deref().unwrap_or_default(), Duration::ZERO)
    }

    /// The event that the image is there.
    fn pulled(&self, place: usize) -> Event {
        let image = text(self.members[place].spec, "/image");
        let message =
            format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
        self.about(place, "Normal", "Pulled", message)
    }

    /// Tells of the image, of the container and of its start.
    fn tell_start(&mut self, place: usize, start: (&str, &str, String)) {
        let given = text(self.members[place].spec, "/image").to_owned();
        let always = text(self.members[place].spec, "/imagePullPolicy") == "Always";
        let mut events = Vec::new();
        match image::Image::parse(&given).filter(|_| always) {
            Some(image) => {
                let message = format!("Pulling image \"{given}\"");
                events.push(self.about(place, "Normal", "Pulling", message));
                let message = image.success(&self.waits.about("pull", 0.8, 2.5));
                events.push(self.about(place, "Normal", "Pulled", message));
            }
            None => events.push(self.pulled(place)),
        }
        events.push(self.about(place, "Normal", "Created", "Container created".to_owned()));
        let (kind, reason, message) = start;
        events.push(self.about(place, kind, reason, message));
        for event in events {
            self.work.tell(event);
        }
    }

    /// Notes a start.
    fn started(&mut self, place: usize, state: State, id: String, run: i64) {
        let container = &mut self.members[place].container;
        if let State::Terminated(ended) = &container.state {
            container.last = Some(ended.clone());
        }
        container.restarts = run;
        container.id = Some(id);
        container.resources = None;
        container.state = state;
        (container.ready, container.started) = (false, false);
        self.mark_done(place);
    }
}

/// Attempts to start what is not configured: when the last one up to `now` was, when the next one is.
fn attempts(from: Moment, now: Moment) -> (Moment, Moment) {
    let rounds = now.since(from).as_secs() / RETRY.as_secs();
    let attempt = from.after(RETRY * u32::try_from(rounds).unwrap_or(u32::MAX));
    (attempt, attempt.after(RETRY))
}
