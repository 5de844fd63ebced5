//! Drill time as data: moments and their text forms. Owns no clock; whoever stands at an edge reads one and passes it in.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// The moment that lies `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Moment {
        Moment(micros)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This moment moved later by `span`; saturates at the end of time.
    pub fn after(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this moment lies; zero where it does not.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds in UTC as Kubernetes' `metav1.Time` prints them: `2026-11-22T11:26:43Z`.
    pub fn rfc3339(self) -> String {
        self.stamp(0)
    }

    /// Microseconds in UTC as Kubernetes' `metav1.MicroTime` prints them: `2026-11-22T11:26:43.000001Z`.
    pub fn rfc3339_micros(self) -> String {
        self.stamp(6)
    }

    /// Reads an RFC 3339 time with any fraction and offset; `None` where it is not one.
    pub fn parse(text: &str) -> Option<Moment> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Moment(t.as_microsecond()))
    }

    fn stamp(self, digits: u8) -> String {
        let held = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        let floored = if digits == 0 {
            jiff::Timestamp::from_second(held.as_microsecond().div_euclid(1_000_000)).unwrap_or(held)
        } else {
            held
        };
        format!("{floored:.*}", usize::from(digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_as_kubernetes_prints_times() {
        let moment = Moment::from_micros(1_763_810_803_999_001);
        assert_eq!(moment.rfc3339(), "2025-11-22T11:26:43Z");
        assert_eq!(moment.rfc3339_micros(), "2025-11-22T11:26:43.999001Z");
        assert_eq!(Moment::parse("2025-11-22T11:26:43.999001Z"), Some(moment));
    }

    #[test]
    fn spans_never_go_below_zero() {
        let early = Moment::from_micros(5);
        let late = early.after(Duration::from_micros(7));
        assert_eq!(late.since(early), Duration::from_micros(7));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}
