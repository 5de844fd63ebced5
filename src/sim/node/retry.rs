//! The wait for a container's next start: back-off after crashes, and when that is shown. Between a failed start and
//! the end of its back-off the kubelet looks at a pod only when something else happens in it, so that the state
//! `CrashLoopBackOff` often shows no sooner than the next start (`completeWork`, `doBackOff`).

use super::life::{Life, Role};
use super::pace::crash_backoff;
use super::status::{Ended, State};
use crate::clock::Moment;
use crate::sim::controller::object::{self, text};
use std::time::Duration;

/// A back-off is forgotten after so long a run.
const RECOVERED: Duration = Duration::from_secs(600);
/// The kubelet looks at every pod so often.
const RESYNC: Duration = Duration::from_secs(60);
/// What is shown of a back-off before a start, is shown so long.
const AGAIN: (f64, f64) = (0.2, 0.5);

impl Life<'_> {
    /// Waits for the next start of a container that has ended.
    pub(super) fn retry(&mut self, place: usize, ended: &Ended) {
        let restart = self.members[place].container.restarts + 1;
        let killed = ended.reason != "StartError" && self.killed(place, ended);
        let ran = ended.reason != "StartError" && ended.finished.since(ended.started) >= RECOVERED;
        // A start that follows a kill at once is not counted.
        let wait = if ran { Duration::ZERO } else { crash_backoff(restart - i64::from(killed)) };
        let (first, due) = self.looks(ended, wait, restart);
        let start = if wait.is_zero() { due } else { due.after(self.waits.about("again", AGAIN.0, AGAIN.1)) };
        if self.view.now >= start {
            self.begin(place, start, restart);
            return;
        }
        self.work.wake_at(start);
        if wait.is_zero() || self.shows_backoff(place) {
            return;
        }
        let (name, of) = (text(self.members[place].spec, "/name").to_owned(), self.named());
        let message = format!("Back-off restarting failed container {name} in pod {of}");
        let event = self.about(place, "Warning", "BackOff", message);
        self.tell_since(ended.finished, event);
        let turns = self.shown(place, ended, killed).unwrap_or(first).min(due);
        if self.view.now < turns {
            self.work.wake_at(turns);
            return;
        }
        let span = wait_text(wait);
        self.show_backoff(
            place,
            ended,
            format!("back-off {span} restarting failed container={name} pod={of}"),
        );
    }

    fn show_backoff(&mut self, place: usize, ended: &Ended, message: String) {
        let container = &mut self.members[place].container;
        container.last = Some(ended.clone());
        container.state = State::Waiting { reason: "CrashLoopBackOff".to_owned(), message: Some(message) };
        (container.ready, container.started) = (false, false);
    }

    fn shows_backoff(&self, place: usize) -> bool {
        let state = &self.members[place].container.state;
        matches!(state, State::Waiting { reason, .. } if reason == "CrashLoopBackOff")
    }

    /// `web-0_default(uid)`: a pod as the kubelet names it in messages.
    pub(super) fn named(&self) -> String {
        format!("{}_{}({})", object::name(self.pod), object::namespace(self.pod), object::uid(self.pod))
    }

    /// When the kubelet looks next after it found that it has to wait, and when it looks after the wait.
    fn looks(&self, ended: &Ended, wait: Duration, restart: i64) -> (Moment, Moment) {
        let noticed = ended.finished.after(self.waits.notice());
        let expires = ended.finished.after(wait);
        if !self.waits.real() {
            return (expires, expires);
        }
        if wait.is_zero() {
            let due = noticed.after(self.waits.about("restart", 0.1, 0.4));
            return (due, due);
        }
        let stretch = 1.0 + self.waits.about(&format!("stretch/{restart}"), 0.0, 0.5).as_secs_f64();
        let mut looks = Vec::new();
        let mut at = noticed;
        while at < expires {
            at = at.after(expires.since(at).min(RESYNC).mul_f64(stretch));
            looks.push(at);
        }
        let last = looks.last().copied().unwrap_or(at);
        (looks.first().copied().unwrap_or(last), last)
    }

    /// When the back-off is shown because something else happens in the pod; `None` where nothing does.
    fn shown(&self, place: usize, ended: &Ended, killed: bool) -> Option<Moment> {
        if !self.waits.real() {
            return Some(ended.finished);
        }
        let soon = |from: Moment| from.after(self.waits.about("shown", 1.0, 1.6));
        let member = &self.members[place];
        if killed || self.hook_failed(place) {
            return Some(soon(ended.finished));
        }
        let others = self.members.iter().enumerate().filter(|(other, _)| *other != place);
        let begun = ended.started.as_micros() - 200_000;
        let turned = others.filter_map(|(_, other)| match &other.container.state {
            State::Running { since } => Some(*since).filter(|since| since.as_micros() >= begun),
            State::Terminated(end) => Some(end.finished).filter(|at| *at > ended.finished),
            State::Waiting { .. } => None,
        });
        let turned = turned.map(|at| soon(at.max(ended.finished))).min();
        let ticks = member.role != Role::Init && member.spec.get("readinessProbe").is_some();
        let tick = ticks.then(|| {
            let period = object::number(member.spec, "/readinessProbe/periodSeconds").unwrap_or(10).max(1);
            let part = self.waits.about("tick", 0.1, 1.0).as_secs_f64();
            ended.finished.after(Duration::from_secs(period.unsigned_abs()).mul_f64(part))
        });
        turned.into_iter().chain(tick).min()
    }

    /// Whether a run was ended by a probe.
    fn killed(&self, place: usize, ended: &Ended) -> bool {
        let after =
            |at: Duration| ended.finished.as_micros() + 1_000_000 > ended.started.after(at).as_micros();
        self.kill_of(place, ended.started).is_some_and(|(at, _)| after(at))
    }

    /// Starts a container that a probe has had killed, in the same breath unless starts are backed off already: the
    /// back-off counts from the end of the run before (`before`), which is all that the kubelet knows of then.
    pub(super) fn start_after_kill(&mut self, place: usize, before: Option<&Ended>, at: Moment) {
        if !self.restarts(&self.members[place]) {
            return;
        }
        let restart = self.members[place].container.restarts + 1;
        let wait = crash_backoff(restart - 1);
        if before.is_none_or(|before| at.since(before.finished) >= wait) || wait.is_zero() {
            self.begin(place, at, restart);
        }
    }
}

/// A wait as Go prints it: `10s`, `1m20s`, `5m0s`.
fn wait_text(wait: Duration) -> String {
    match wait.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => format!("{}m{}s", seconds / 60, seconds % 60),
    }
}
