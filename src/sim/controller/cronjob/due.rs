//! Which scheduled time of a CronJob is due: the latest one that has passed, and whether many have been missed.

use super::super::schedule::Schedule;
use crate::clock::Moment;

const SECOND: i64 = 1_000_000;
/// More missed times than this are told of.
const MANY: i64 = 100;

/// A time that has passed without its Job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Due {
    /// The latest such time.
    pub(super) at: Moment,
    /// Whether there were more than a hundred.
    pub(super) many: bool,
}

/// The latest time after `since` up to `now`. How many there were is reckoned from the distance of the first two, as
/// kube-controller-manager does.
pub(super) fn latest(schedule: &Schedule, since: Moment, now: Moment) -> Option<Due> {
    let first = schedule.after(since).filter(|first| *first <= now)?;
    let Some(second) = schedule.after(first).filter(|second| *second <= now) else {
        return Some(Due { at: first, many: false });
    };
    let apart = (second.as_micros() - first.as_micros()) / SECOND;
    if apart < 1 {
        return None;
    }
    let missed = (now.as_micros() - first.as_micros()) / SECOND / apart + 1;
    let from = Moment::from_micros(first.as_micros() + (missed - 2) * apart * SECOND);
    let mut times = std::iter::successors(schedule.after(from), |at| schedule.after(*at));
    let at = times.by_ref().take_while(|at| *at <= now).last()?;
    Some(Due { at, many: missed > MANY })
}

/// When to look again.
pub(super) fn next(schedule: &Schedule, since: Moment, now: Moment) -> Option<Moment> {
    let missed = schedule.after(since).is_some_and(|first| first <= now);
    let from = latest(schedule, since, now).map(|due| due.at).unwrap_or(if missed { now } else { since });
    schedule.after(from)
}

/// `Sun, 22 Nov 2026 17:00:00 UTC`, as Go prints `time.RFC1123Z` of a time in UTC, with `+0000`.
pub(super) fn rfc1123(at: Moment) -> String {
    let time = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::super::schedule::zone;
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::parse(text).expect("a time")
    }

    #[test]
    fn only_the_latest_missed_time_counts() {
        let schedule = Schedule::parse("*/5 * * * *", &zone("").expect("UTC")).expect("an expression");
        let cases = [
            ("2026-11-22T17:01:00Z", "2026-11-22T17:04:00Z", None),
            ("2026-11-22T17:01:00Z", "2026-11-22T17:05:00Z", Some(("2026-11-22T17:05:00Z", false))),
            ("2026-11-22T17:01:00Z", "2026-11-22T17:58:00Z", Some(("2026-11-22T17:55:00Z", false))),
            ("2026-11-21T17:01:00Z", "2026-11-22T17:58:00Z", Some(("2026-11-22T17:55:00Z", true))),
            ("2026-11-22T17:55:00Z", "2026-11-22T17:58:00Z", None),
        ];
        for (since, now, expected) in cases {
            let expected = expected.map(|(at, many)| Due { at: moment(at), many });
            assert_eq!(latest(&schedule, moment(since), moment(now)), expected, "{since} {now}");
        }
    }

    #[test]
    fn a_missed_time_is_told_as_go_prints_it() {
        assert_eq!(rfc1123(moment("2026-11-22T17:00:00Z")), "Sun, 22 Nov 2026 17:00:00 +0000");
    }
}
