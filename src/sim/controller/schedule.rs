//! Cron expressions as CronJobs write them: five fields, names of months and days, steps, `@daily` and the like.
//! Times are UTC; a CronJob with a `timeZone` other than UTC is read as UTC.

use crate::clock::Moment;

/// When something happens: the minutes, hours, days, months and days of the week that a cron expression allows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MINUTE: i64 = 60_000_000;
/// How far ahead a next time is looked for: every expression that ever holds does so within a leap cycle.
const HORIZON_DAYS: i64 = 8 * 366;

impl Schedule {
    /// Reads an expression; `None` where it is none.
    pub(super) fn parse(text: &str, _zone: &str) -> Option<Schedule> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        let week = field(weekdays, 0, 7, &WEEKDAYS, 0)?;
        Some(Schedule {
            minutes: field(minutes, 0, 59, &[], 0)?,
            hours: field(hours, 0, 23, &[], 0)?,
            days: field(days, 1, 31, &[], 0)?,
            months: field(months, 1, 12, &MONTHS, 1)?,
            weekdays: (week | week >> 7) & 0x7f,
            any_day: days.starts_with(['*', '?']),
            any_weekday: weekdays.starts_with(['*', '?']),
        })
    }

    /// The first time after `moment`.
    pub(super) fn after(&self, moment: Moment) -> Option<Moment> {
        let mut at = (moment.as_micros().div_euclid(MINUTE) + 1) * MINUTE;
        let end = at + HORIZON_DAYS * 1440 * MINUTE;
        while at < end {
            let time = Parts::of(at);
            if !self.allows_day(&time) {
                at += (1440 - time.minute_of_day) * MINUTE;
            } else if self.hours >> (time.minute_of_day / 60) & 1 == 0 {
                at += (60 - time.minute_of_day % 60) * MINUTE;
            } else if self.minutes >> (time.minute_of_day % 60) & 1 == 0 {
                at += MINUTE;
            } else {
                return Some(Moment::from_micros(at));
            }
        }
        None
    }

    /// The latest time after `from` that is not later than `to`. Looks back over the last hundred days at most.
    pub(super) fn latest(&self, from: Moment, to: Moment) -> Option<Moment> {
        let oldest = Moment::from_micros(to.as_micros() - 100 * 1440 * MINUTE);
        let mut span = MINUTE;
        loop {
            let start = Moment::from_micros(to.as_micros() - span).max(from).max(oldest);
            let mut found = self.after(start).filter(|at| *at <= to);
            while let Some(next) = found.and_then(|at| self.after(at)).filter(|at| *at <= to) {
                found = Some(next);
            }
            if found.is_some() || start <= from || start <= oldest {
                return found;
            }
            span *= 4;
        }
    }

    fn allows_day(&self, time: &Parts) -> bool {
        let day = self.days >> time.day & 1 == 1;
        let weekday = self.weekdays >> time.weekday & 1 == 1;
        let of_week_or_month = if self.any_day || self.any_weekday { day && weekday } else { day || weekday };
        self.months >> time.month & 1 == 1 && of_week_or_month
    }
}

/// A minute in the calendar.
struct Parts {
    month: i64,
    day: i64,
    weekday: i64,
    minute_of_day: i64,
}

impl Parts {
    fn of(micros: i64) -> Parts {
        let minutes = micros.div_euclid(MINUTE);
        let days = minutes.div_euclid(1440);
        let text = Moment::from_micros(micros).rfc3339();
        let number = |from: usize| text.get(from..from + 2).and_then(|part| part.parse().ok()).unwrap_or(1);
        Parts {
            month: number(5),
            day: number(8),
            weekday: (days + 4).rem_euclid(7),
            minute_of_day: minutes.rem_euclid(1440),
        }
    }
}

/// One field as a set of numbers.
fn field(text: &str, low: u32, high: u32, names: &[&str], first: u32) -> Option<u64> {
    let value = |word: &str| -> Option<u32> {
        let named = names.iter().position(|name| word.eq_ignore_ascii_case(name));
        let number = match named {
            Some(place) => u32::try_from(place).ok()? + first,
            None => word.parse().ok()?,
        };
        (low..=high).contains(&number).then_some(number)
    };
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step: u32 = step.parse().ok().filter(|step| *step > 0)?;
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from)?, value(to)?),
            None if matches!(range, "*" | "?") => (low, high),
            None if part.contains('/') => (value(range)?, high),
            None => (value(range)?, value(range)?),
        };
        for number in (from..=to).step_by(usize::try_from(step).ok()?) {
            set |= 1 << number;
        }
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_time_of_an_expression_is_found() {
        let cases = [
            ("* * * * *", "2026-11-22T17:00:30Z", "2026-11-22T17:01:00Z"),
            ("*/15 * * * *", "2026-11-22T17:01:00Z", "2026-11-22T17:15:00Z"),
            ("0 0 1 1 *", "2026-11-22T17:01:00Z", "2027-01-01T00:00:00Z"),
            ("30 4 * * mon", "2026-11-22T17:01:00Z", "2026-11-23T04:30:00Z"),
            ("0 0 13 * 5", "2026-11-22T17:01:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 29 2 *", "2026-11-22T17:01:00Z", "2028-02-29T00:00:00Z"),
            ("@daily", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
        ];
        for (text, from, next) in cases {
            let schedule = Schedule::parse(text, "").expect(text);
            let from = Moment::parse(from).expect("a time");
            assert_eq!(schedule.after(from).map(Moment::rfc3339).as_deref(), Some(next), "{text}");
        }
        for text in ["", "* * * *", "61 * * * *", "@never", "*/0 * * * *"] {
            assert_eq!(Schedule::parse(text, ""), None, "{text}");
        }
    }

    #[test]
    fn only_the_latest_missed_time_counts() {
        let schedule = Schedule::parse("*/5 * * * *", "").expect("an expression");
        let moment = |text: &str| Moment::parse(text).expect("a time");
        let latest = schedule.latest(moment("2026-11-22T17:01:00Z"), moment("2026-11-22T17:58:00Z"));
        assert_eq!(latest, Some(moment("2026-11-22T17:55:00Z")));
        assert_eq!(schedule.latest(moment("2026-11-22T17:55:00Z"), moment("2026-11-22T17:58:00Z")), None);
    }
}
