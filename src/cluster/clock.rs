//! The clock of one drill: it runs as fast as the machine's, may be moved ahead or stopped where nobody outside waits,
//! and a fork's clock goes on from the moment of forking.
#![expect(
    clippy::disallowed_methods,
    reason = "drill time is read from the machine's clock here and nowhere else"
)]

use crate::clock::Moment;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime};

/// What [`DrillClock::stopped`] holds while the clock runs.
const RUNNING: i64 = i64::MIN;

/// Drill time. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct DrillClock {
    base: Moment,
    started: Instant,
    /// By how many microseconds it was moved ahead, less those for which it stood still.
    ahead: Arc<AtomicI64>,
    /// Where it stands, in microseconds; [`RUNNING`] where it does not.
    stopped: Arc<AtomicI64>,
}

impl DrillClock {
    /// A clock that begins at the machine's time.
    pub fn start() -> DrillClock {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        DrillClock::at(Moment::default().after(since))
    }

    /// A clock that begins at `base` now.
    pub fn at(base: Moment) -> DrillClock {
        let stopped = Arc::new(AtomicI64::new(RUNNING));
        DrillClock { base, started: Instant::now(), ahead: Arc::default(), stopped }
    }

    /// What it shows.
    pub fn now(&self) -> Moment {
        match self.stopped.load(Ordering::SeqCst) {
            RUNNING => Moment::from_micros(self.running()),
            at => Moment::from_micros(at),
        }
    }

    /// A clock of its own that shows the same now, and runs.
    pub fn fork(&self) -> DrillClock {
        DrillClock::at(self.now())
    }

    /// Moves it ahead so that it shows at least `until`.
    pub(super) fn skip_to(&self, until: Moment) {
        let missing = until.since(self.now());
        let missing = i64::try_from(missing.as_micros()).unwrap_or(i64::MAX);
        match self.is_stopped() {
            true => self.stopped.fetch_add(missing, Ordering::SeqCst),
            false => self.ahead.fetch_add(missing, Ordering::SeqCst),
        };
    }

    /// Turns it back, or ahead, to `moment`.
    pub(super) fn turn_to(&self, moment: Moment) {
        let missing = moment.as_micros() - self.now().as_micros();
        match self.is_stopped() {
            true => self.stopped.fetch_add(missing, Ordering::SeqCst),
            false => self.ahead.fetch_add(missing, Ordering::SeqCst),
        };
    }

    /// Stops it where it is.
    pub(super) fn stop(&self) {
        self.stopped.store(self.now().as_micros(), Ordering::SeqCst);
    }

    /// Lets it run on from where it was stopped.
    pub(super) fn go_on(&self) {
        let at = self.stopped.load(Ordering::SeqCst);
        if at != RUNNING {
            self.ahead.fetch_add(at - self.running(), Ordering::SeqCst);
            self.stopped.store(RUNNING, Ordering::SeqCst);
        }
    }

    /// Whether it stands still.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst) != RUNNING
    }

    /// What it shows while it runs.
    fn running(&self) -> i64 {
        self.base.after(self.started.elapsed()).as_micros() + self.ahead.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_that_is_moved_ahead_takes_no_other_with_it() {
        let clock = DrillClock::start();
        let (same, twin) = (clock.clone(), clock.fork());
        let noon = clock.now().after(Duration::from_secs(3600));
        clock.skip_to(noon);
        assert!(clock.now() >= noon && same.now() >= noon);
        assert!(twin.now() < noon);
        clock.skip_to(Moment::default());
        assert!(clock.now() >= noon, "it does not go back by itself");
        clock.turn_to(Moment::from_micros(7));
        assert!(same.now() >= Moment::from_micros(7) && same.now() < noon, "it is turned back for all");
    }

    #[test]
    fn a_clock_that_stands_shows_the_same_to_every_fork_and_goes_on_from_there() {
        let clock = DrillClock::start();
        clock.stop();
        let stood = clock.now();
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(2) {
            assert_eq!(clock.now(), stood);
        }
        assert!(clock.fork().now() >= stood);
        clock.skip_to(stood.after(Duration::from_secs(5)));
        assert_eq!(clock.now(), stood.after(Duration::from_secs(5)));
        clock.go_on();
        assert!(
            (5_000..6_900).contains(&clock.now().since(stood).as_millis()),
            "what it stood is not made up for"
        );
    }
}
