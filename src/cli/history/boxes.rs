//! When a scenario is to be practised again: it lies in one of five boxes. What goes well moves a box up and rests for
//! longer, what fails goes back to the first. Pure; the day is told.

use super::ledger::Practised;
use crate::clock::Moment;
use crate::plan::Verdict;
use crate::transcript::Leaving;
use std::time::Duration;

/// How many days a scenario rests in each box.
const REST: [u64; 5] = [0, 1, 3, 7, 21];
/// The score from which on a recovery went well.
const WELL: u32 = 80;

/// How one scenario stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing<'a> {
    /// How often it was practised.
    pub(super) times: u32,
    /// The best score.
    pub(super) best: u32,
    /// The last time.
    pub(super) last: &'a Practised,
    /// From 1 to 5.
    pub(super) at_box: usize,
    /// When it is to be practised again.
    pub(super) due: Moment,
}

/// How a scenario stands after these times, in order; `None` where it was never practised.
pub(super) fn standing<'a>(times: impl Iterator<Item = &'a Practised>) -> Option<Standing<'a>> {
    let mut standing: Option<Standing<'a>> = None;
    for one in times {
        let (count, best, before) = standing.map_or((0, 0, 1), |s| (s.times, s.best, s.at_box));
        let at_box = moved(before, one);
        let due = one.at.after(Duration::from_secs(REST[at_box - 1] * 86_400));
        standing = Some(Standing { times: count + 1, best: best.max(one.score), last: one, at_box, due });
    }
    standing
}

/// The box after this time.
fn moved(at_box: usize, one: &Practised) -> usize {
    let well = one.score >= WELL && one.left == Leaving::Done;
    match one.verdict {
        Verdict::Recovered | Verdict::Degraded if well => (at_box + 1).min(REST.len()),
        // Recovered, with much help or at a price: once more after the same rest.
        Verdict::Recovered | Verdict::Degraded => at_box,
        Verdict::Failed | Verdict::Catastrophic | Verdict::Inconclusive => 1,
    }
}

/// Which of these scenarios is to be practised next, by its place: what is due, from the lowest box up; then what was
/// never practised, the easiest first; then what is due soonest. `None` where there are none.
pub(super) fn next(all: &[(u8, Option<Standing<'_>>)], now: Moment) -> Option<usize> {
    let order = |(difficulty, standing): &(u8, Option<Standing<'_>>)| match standing {
        Some(s) if s.due <= now => (0, s.at_box, s.due),
        None => (1, usize::from(*difficulty), Moment::default()),
        Some(s) => (2, 0, s.due),
    };
    (0..all.len()).min_by_key(|at| (order(&all[*at]), *at))
}

#[cfg(test)]
mod tests {
    use super::super::ledger::practised;
    use super::*;

    fn day(number: i64) -> Moment {
        Moment::from_micros(number * 86_400_000_000)
    }

    #[test]
    fn what_goes_well_rests_longer_and_what_fails_begins_anew() {
        let well = |at| practised("a", at, Verdict::Recovered, 100);
        let mut times = vec![well(0), well(1), well(4)];
        let standing_of =
            |times: &[Practised]| standing(times.iter()).map(|s| (s.at_box, s.due)).expect("practised");
        assert_eq!(standing_of(&times), (4, day(11)));
        times.push(practised("a", 11, Verdict::Recovered, 70));
        assert_eq!(standing_of(&times), (4, day(18)), "with help it stays");
        times.push(practised("a", 18, Verdict::Failed, 20));
        assert_eq!(standing_of(&times), (1, day(18)), "at once");
        let best = standing(times.iter()).map(|s| (s.times, s.best, s.last.score));
        assert_eq!(best, Some((5, 100, 20)));
        assert_eq!(standing(std::iter::empty()), None);
    }

    #[test]
    fn a_recovery_that_was_given_up_goes_no_box_up() {
        let given_up = Practised { left: Leaving::GivenUp, ..practised("a", 0, Verdict::Recovered, 100) };
        assert_eq!(standing([&given_up].into_iter()).map(|s| s.at_box), Some(1));
    }

    #[test]
    fn what_is_due_comes_before_what_is_new_and_that_before_what_rests() {
        let failed = practised("a", 5, Verdict::Failed, 0);
        let well = practised("b", 5, Verdict::Recovered, 100);
        let (due, rests) = (standing([&failed].into_iter()), standing([&well].into_iter()));
        let all = [(3, rests.clone()), (4, None), (2, None), (1, due)];
        assert_eq!(next(&all, day(5)), Some(3));
        assert_eq!(next(&all[..3], day(5)), Some(2), "the easiest that is new");
        assert_eq!(next(&all[..1], day(5)), Some(0));
        assert_eq!(next(&all[..3], day(6)), Some(0), "it has rested");
        assert_eq!(next(&[], day(5)), None);
    }
}
