//! The clock of one drill: it runs as fast as the machine's, may be moved ahead where nobody outside waits, and a
//! fork's clock goes on from the moment of forking.
#![expect(
    clippy::disallowed_methods,
    reason = "drill time is read from the machine's clock here and nowhere else"
)]

use crate::clock::Moment;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Drill time. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct DrillClock {
    base: Moment,
    started: Instant,
    /// By how many microseconds it was moved ahead.
    ahead: Arc<AtomicU64>,
}

impl DrillClock {
    /// A clock that begins at the machine's time.
    pub fn start() -> DrillClock {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        DrillClock::at(Moment::default().after(since))
    }

    /// A clock that begins at `base` now.
    pub fn at(base: Moment) -> DrillClock {
        DrillClock { base, started: Instant::now(), ahead: Arc::default() }
    }

    /// What it shows.
    pub fn now(&self) -> Moment {
        let ahead = Duration::from_micros(self.ahead.load(Ordering::Relaxed));
        self.base.after(self.started.elapsed()).after(ahead)
    }

    /// A clock of its own that shows the same now.
    pub fn fork(&self) -> DrillClock {
        DrillClock::at(self.now())
    }

    /// Moves it ahead so that it shows at least `until`.
    pub(super) fn skip_to(&self, until: Moment) {
        let missing = until.since(self.now());
        self.ahead.fetch_add(u64::try_from(missing.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_moved_ahead_takes_no_other_with_it() {
        let clock = DrillClock::start();
        let (same, twin) = (clock.clone(), clock.fork());
        let noon = clock.now().after(Duration::from_secs(3600));
        clock.skip_to(noon);
        assert!(clock.now() >= noon && same.now() >= noon);
        assert!(twin.now() < noon);
        clock.skip_to(Moment::default());
        assert!(clock.now() >= noon, "it never goes back");
    }
}
