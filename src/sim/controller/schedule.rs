//! Cron expressions as CronJobs write them: five fields, names of months and days, steps, `@daily`, `@every 5m`, each
//! in a time zone of the tz database. Follows github.com/robfig/cron, which kube-controller-manager reads them with.

use crate::clock::Moment;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan, Zoned};
use std::sync::LazyLock;

/// When something happens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Schedule {
    /// At the times of a calendar.
    Calendar(Box<Calendar>),
    /// Again and again after so many seconds.
    Every(i64),
}

/// The minutes, hours, days, months and days of the week that an expression allows, as bits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Calendar {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
    zone: TimeZone,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const SECOND: i64 = 1_000_000;
/// How many years ahead a next time is looked for.
const HORIZON: i16 = 5;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone by its name in the tz database; UTC where the name is empty.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    if matches!(name, "" | "UTC") { Some(TimeZone::UTC) } else { ZONES.get(name).ok() }
}

/// A moment as RFC 3339 in a time zone: `2026-11-22T18:00:00+01:00`, with `Z` in UTC.
pub(super) fn local(moment: Moment, zone: &TimeZone) -> String {
    if *zone == TimeZone::UTC {
        return moment.rfc3339();
    }
    zoned(moment, zone).map_or_else(|| moment.rfc3339(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

fn zoned(moment: Moment, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_microsecond(moment.as_micros()).ok()?.to_zoned(zone.clone()))
}

impl Schedule {
    /// Reads an expression whose times are those of a time zone; `None` where it is none.
    pub(crate) fn parse(text: &str, zone: &TimeZone) -> Option<Schedule> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => match other.strip_prefix("@every ") {
                Some(pause) => return Some(Schedule::Every(seconds(pause)?.max(1))),
                None => other,
            },
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else { return None };
        Some(Schedule::Calendar(Box::new(Calendar {
            minutes: field(minutes, 0, 59, &[], 0)?,
            hours: field(hours, 0, 23, &[], 0)?,
            days: field(days, 1, 31, &[], 0)?,
            months: field(months, 1, 12, &MONTHS, 1)?,
            weekdays: field(weekdays, 0, 6, &WEEKDAYS, 0)?,
            any_day: any(days),
            any_weekday: any(weekdays),
            zone: zone.clone(),
        })))
    }

    /// The first time after `moment`; `None` where there is none in the next years.
    pub(crate) fn after(&self, moment: Moment) -> Option<Moment> {
        match self {
            Schedule::Every(seconds) => {
                let whole = moment.as_micros().div_euclid(SECOND) + seconds;
                Some(Moment::from_micros(whole * SECOND))
            }
            Schedule::Calendar(calendar) => calendar.after(moment),
        }
    }
}

impl Calendar {
    fn after(&self, moment: Moment) -> Option<Moment> {
        let start = Moment::from_micros((moment.as_micros().div_euclid(SECOND) + 1) * SECOND);
        let mut at = zoned(start, &self.zone)?;
        let end = at.year() + HORIZON;
        while at.year() <= end {
            if !bit(self.months, at.month()) {
                let first = at.with().day(1).build().ok()?.start_of_day().ok()?;
                at = first.checked_add(1.month()).ok()?.start_of_day().ok()?;
            } else if !self.allows_day(&at) {
                at = at.tomorrow().ok()?.start_of_day().ok()?;
            } else if !bit(self.hours, at.hour()) {
                let past = i64::from(at.minute()) * 60 + i64::from(at.second());
                at = at.checked_add((3600 - past).seconds()).ok()?;
            } else if !bit(self.minutes, at.minute()) || at.second() != 0 {
                at = at.checked_add((60 - i64::from(at.second())).seconds()).ok()?;
            } else {
                return Some(Moment::from_micros(at.timestamp().as_microsecond()));
            }
        }
        None
    }

    /// Where both days of the month and of the week are given, either is enough.
    fn allows_day(&self, at: &Zoned) -> bool {
        let day = bit(self.days, at.day());
        let weekday = bit(self.weekdays, at.weekday().to_sunday_zero_offset());
        if self.any_day || self.any_weekday { day && weekday } else { day || weekday }
    }
}

fn bit(set: u64, place: i8) -> bool {
    set >> place & 1 == 1
}

/// Whether a field leaves its place open: a star without a step.
fn any(text: &str) -> bool {
    text.split(',').any(|part| matches!(part, "*" | "?" | "*/1" | "?/1"))
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
        if from > to {
            return None;
        }
        for number in (from..=to).step_by(usize::try_from(step).ok()?) {
            set |= 1 << number;
        }
    }
    Some(set)
}

/// The whole seconds of a Go duration: `1h30m`.
fn seconds(text: &str) -> Option<i64> {
    let mut total = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, tail) = rest.split_at(number);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += amount.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a pause of more seconds than fit ends in the largest"
    )]
    let whole = total as i64;
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::parse(text).expect("a time")
    }

    fn next(text: &str, zone_name: &str, from: &str) -> Option<String> {
        let zone = zone(zone_name).expect(zone_name);
        Schedule::parse(text, &zone).expect(text).after(moment(from)).map(Moment::rfc3339)
    }

    #[test]
    fn the_next_time_of_an_expression_is_found() {
        let cases = [
            ("* * * * *", "2026-11-22T17:00:30Z", "2026-11-22T17:01:00Z"),
            ("*/15 * * * *", "2026-11-22T17:01:00Z", "2026-11-22T17:15:00Z"),
            ("0 0 1 1 *", "2026-11-22T17:01:00Z", "2027-01-01T00:00:00Z"),
            ("30 4 * * mon", "2026-11-22T17:01:00Z", "2026-11-23T04:30:00Z"),
            ("0 0 13 * 5", "2026-11-22T17:01:00Z", "2026-11-27T00:00:00Z"),
            ("0 0 */2 * 5", "2026-11-22T17:01:00Z", "2026-11-23T00:00:00Z"),
            ("0 0 29 2 *", "2026-11-22T17:01:00Z", "2028-02-29T00:00:00Z"),
            ("@daily", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("@every 1h30m", "2026-11-22T00:00:10Z", "2026-11-22T01:30:10Z"),
        ];
        for (text, from, expected) in cases {
            assert_eq!(next(text, "", from).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(next("59 23 31 2 *", "", "2026-11-22T00:00:00Z"), None);
        for text in
            ["", "* * * *", "61 * * * *", "@never", "*/0 * * * *", "0 0 * * 7", "5-1 * * * *", "@every x"]
        {
            assert_eq!(Schedule::parse(text, &TimeZone::UTC), None, "{text}");
        }
    }

    #[test]
    fn times_are_those_of_the_zone_in_summer_and_winter() {
        let cases = [
            ("Europe/Berlin", "0 3 * * *", "2026-01-10T00:00:00Z", "2026-01-10T02:00:00Z"),
            ("Europe/Berlin", "0 3 * * *", "2026-07-10T00:00:00Z", "2026-07-10T01:00:00Z"),
            // Clocks go from 02:00 to 03:00: that day has no 02:30.
            ("Europe/Berlin", "30 2 * * *", "2026-03-29T00:00:00Z", "2026-03-30T00:30:00Z"),
            ("America/New_York", "0 0 * * *", "2026-11-01T05:00:00Z", "2026-11-02T05:00:00Z"),
            ("Asia/Kolkata", "0 9 * * 1-5", "2026-11-20T04:00:00Z", "2026-11-23T03:30:00Z"),
        ];
        for (zone, text, from, expected) in cases {
            assert_eq!(next(text, zone, from).as_deref(), Some(expected), "{zone} {text} {from}");
        }
        assert!(zone("Nowhere/Else").is_none());
    }

    #[test]
    fn a_moment_is_printed_in_its_zone() {
        let at = moment("2026-11-22T17:00:00Z");
        for (name, expected) in [("", "2026-11-22T17:00:00Z"), ("Europe/Berlin", "2026-11-22T18:00:00+01:00")]
        {
            assert_eq!(local(at, &zone(name).expect(name)), expected);
        }
    }
}
