//! How long a Job waits before it replaces failed pods: ten seconds, doubled with every further failure since the last
//! success, up to ten minutes. The count is kept in mind, not stored.

use super::count::finished_at;
use crate::clock::Moment;
use crate::sim::controller::View;
use crate::sim::controller::object::{number, uid};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(600);

/// The failures since the last success.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Backoff {
    failures: u32,
    last: Option<Moment>,
}

impl Backoff {
    /// What is kept in mind of the Job, and what its newly ended pods add.
    pub(super) fn of(view: &View<'_>, job: &Value, succeeded: &[&Object], failed: &[&Object]) -> Backoff {
        let mut backoff = view.memory.get(uid(job)).map(Backoff::read).unwrap_or_default();
        let success = succeeded.iter().map(|pod| finished_at(pod)).max();
        if success.is_some() {
            backoff = Backoff::default();
        }
        let ends = failed.iter().map(|pod| finished_at(pod));
        for end in ends.filter(|end| success.is_none_or(|success| *end > success)) {
            backoff.failures += 1;
            backoff.last = backoff.last.max(Some(end));
        }
        backoff
    }

    fn read(noted: &Value) -> Backoff {
        let failures = number(noted, "/failures").and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        Backoff { failures, last: number(noted, "/last").map(Moment::from_micros) }
    }

    /// As it is kept in mind.
    pub(super) fn noted(self) -> Value {
        json!({"failures": self.failures, "last": self.last.map(Moment::as_micros)})
    }

    /// When failed pods may be replaced.
    pub(super) fn until(self) -> Option<Moment> {
        after(self.failures, self.last?)
    }
}

/// When the pause after the last of so many failures ends.
pub(super) fn after(failures: u32, last: Moment) -> Option<Moment> {
    let doublings = failures.checked_sub(1)?.min(16);
    Some(last.after((FIRST * (1 << doublings)).min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_ten_minutes() {
        let last = Moment::default();
        let pauses: Vec<u64> =
            (1..9).filter_map(|failures| Some(after(failures, last)?.since(last).as_secs())).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(after(0, last), None);
    }
}
