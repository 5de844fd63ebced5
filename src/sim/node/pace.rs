//! How long things take on the node: starts, notices, back-offs. Draws come from the seed, by pod; with
//! [`Pace::Instant`] only back-offs remain.

use super::identity::span;
use crate::behaviour::Pace;
use crate::clock::Moment;
use crate::sim::Config;
use std::time::Duration;

/// The waits of one pod.
#[derive(Clone, Copy)]
pub(super) struct Waits<'a> {
    pub(super) config: &'a Config,
    pub(super) uid: &'a str,
}

impl Waits<'_> {
    /// Whether things take the time they took on the recorded node.
    pub(super) fn real(&self) -> bool {
        match self.config.pace {
            Pace::Instant => false,
            Pace::Real => true,
        }
    }

    /// A drawn wait in seconds; none at all with [`Pace::Instant`].
    pub(super) fn about(&self, purpose: &str, from: f64, to: f64) -> Duration {
        if self.real() { span(self.config, self.uid, purpose, from, to) } else { Duration::ZERO }
    }

    /// When the pod's sandbox is there.
    pub(super) fn sandbox(&self, start: Moment) -> Moment {
        start.after(self.about("sandbox", 1.1, 1.4))
    }

    /// When the first container starts, by the second in which the sandbox came.
    pub(super) fn first(&self, sandbox: Moment) -> Moment {
        sandbox.after(self.about("first", 0.4, 0.9))
    }

    /// How long after a container's end the kubelet takes note of it.
    pub(super) fn notice(&self) -> Duration {
        self.about("notice", 0.5, 1.0)
    }
}

/// The wait before the n-th restart: none, 10 s, doubled up to 300 s.
pub(super) fn crash_backoff(restart: i64) -> Duration {
    match u32::try_from(restart - 2) {
        Ok(doublings) => Duration::from_secs(10 << doublings.min(5)).min(Duration::from_secs(300)),
        Err(_) => Duration::ZERO,
    }
}

/// Attempts to pull an image: when the last one up to `now` was, when the next one is.
pub(super) fn pull_attempts(first: Moment, now: Moment) -> (Moment, Moment) {
    let mut attempt = first;
    for round in 0_u32.. {
        let wait = Duration::from_secs((10 << round.min(5)).min(300) + 5);
        let next = attempt.after(wait);
        if next > now {
            return (attempt, next);
        }
        attempt = next;
    }
    unreachable!("the loop has no end but its return")
}

/// Attempts to mount volumes, half a second apart at first and two minutes in the end.
pub(super) fn mount_attempts(first: Moment, now: Moment) -> (Moment, Moment) {
    let mut attempt = first;
    for round in 0_u32.. {
        let next = attempt.after(Duration::from_millis((500 << round.min(8)).min(122_000)));
        if next > now {
            return (attempt, next);
        }
        attempt = next;
    }
    unreachable!("the loop has no end but its return")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crashes_are_backed_off_as_the_kubelet_does() {
        let seconds: Vec<u64> = (1..=9).map(|restart| crash_backoff(restart).as_secs()).collect();
        assert_eq!(seconds, [0, 10, 20, 40, 80, 160, 300, 300, 300]);
    }

    #[test]
    fn pulls_are_tried_again_with_growing_distance() {
        let at = |second: i64| Moment::from_micros(second * 1_000_000);
        let told = [0, 14, 15, 39, 40, 85].map(|now| pull_attempts(at(0), at(now)).0);
        assert_eq!(told, [0, 0, 15, 15, 40, 85].map(at));
    }
}
