//! Times and durations: reading and writing them as Go does, their parts, and their arithmetic.

use super::{Answer, made};
use crate::sim::expression::Failure;
use crate::sim::expression::value::Value;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    match (name, args) {
        (_, [Value::Timestamp(time)]) => part(name, &time.to_zoned(TimeZone::UTC)),
        (_, [Value::Timestamp(time), Value::String(zone)]) => match self::zone(zone) {
            Some(zone) => part(name, &time.to_zoned(zone)),
            None => Some(Err(Failure::said(format!("unknown time zone {zone}")))),
        },
        ("getHours", [Value::Duration(duration)]) => made(Value::Int(duration.as_hours())),
        ("getMinutes", [Value::Duration(duration)]) => made(Value::Int(duration.as_mins())),
        ("getSeconds", [Value::Duration(duration)]) => made(Value::Int(duration.as_secs())),
        ("getMilliseconds", [Value::Duration(duration)]) => {
            made(Value::Int(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
        }
        _ => None,
    }
}

fn part(name: &str, time: &Zoned) -> Answer {
    let number = match name {
        "getFullYear" => i64::from(time.year()),
        "getMonth" => i64::from(time.month()) - 1,
        "getDayOfYear" => i64::from(time.day_of_year()) - 1,
        "getDayOfMonth" => i64::from(time.day()) - 1,
        "getDate" => i64::from(time.day()),
        "getDayOfWeek" => i64::from(time.weekday().to_sunday_zero_offset()),
        "getHours" => i64::from(time.hour()),
        "getMinutes" => i64::from(time.minute()),
        "getSeconds" => i64::from(time.second()),
        "getMilliseconds" => i64::from(time.millisecond()),
        _ => return None,
    };
    made(Value::Int(number))
}

/// A time zone by its name, or as hours and minutes from UTC.
fn zone(text: &str) -> Option<TimeZone> {
    let Some((hours, minutes)) = text.split_once(':') else { return TimeZone::get(text).ok() };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = hours
        .checked_mul(3600)?
        .checked_add(minutes.checked_mul(60)? * if text.starts_with('-') { -1 } else { 1 })?;
    Some(TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?))
}

/// Sums and differences with times and durations in them.
pub(super) fn arithmetic(name: &str, one: &Value, other: &Value) -> Answer {
    let duration = |made: Option<SignedDuration>| {
        Some(made.map(Value::Duration).ok_or_else(|| Failure::said("integer overflow")))
    };
    let time = |made: Result<Timestamp, jiff::Error>| {
        Some(made.map(Value::Timestamp).map_err(|_| Failure::said("timestamp overflow")))
    };
    match (name, one, other) {
        ("_+_", Value::Duration(a), Value::Duration(b)) => duration(a.checked_add(*b)),
        ("_-_", Value::Duration(a), Value::Duration(b)) => duration(a.checked_sub(*b)),
        ("_+_", Value::Duration(by), Value::Timestamp(at))
        | ("_+_", Value::Timestamp(at), Value::Duration(by)) => time(at.checked_add(*by)),
        ("_-_", Value::Timestamp(at), Value::Duration(by)) => time(at.checked_sub(*by)),
        ("_-_", Value::Timestamp(a), Value::Timestamp(b)) => duration(Some(a.duration_since(*b))),
        _ => None,
    }
}

pub(super) fn to_duration(value: &Value) -> Answer {
    match value {
        Value::Duration(_) => made(value.clone()),
        Value::Int(nanos) => made(Value::Duration(SignedDuration::from_nanos(*nanos))),
        Value::String(text) => Some(match duration(text) {
            Some(duration) => Ok(Value::Duration(duration)),
            None => Err(Failure::said(format!("time: invalid duration {text:?}"))),
        }),
        _ => None,
    }
}

pub(super) fn to_timestamp(value: &Value) -> Answer {
    match value {
        Value::Timestamp(_) => made(value.clone()),
        Value::Int(seconds) => Some(match Timestamp::from_second(*seconds) {
            Ok(time) => Ok(Value::Timestamp(time)),
            Err(_) => Err(Failure::said("timestamp overflow")),
        }),
        Value::String(text) => Some(match timestamp(text) {
            Some(time) => Ok(Value::Timestamp(time)),
            None => Err(Failure::said(format!(
                "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\""
            ))),
        }),
        _ => None,
    }
}

/// A time in RFC 3339.
pub(in crate::sim) fn timestamp(text: &str) -> Option<Timestamp> {
    let shaped = text.len() >= 20 && text.as_bytes()[10] == b'T';
    text.parse().ok().filter(|_| shaped)
}

/// A duration as Go writes them: `1h30m`, `-1.5s`, `0`.
pub(in crate::sim) fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let scale: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || fraction.len() > 18 {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        let tens = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        nanos = nanos.checked_add(whole.checked_mul(scale)?)?.checked_add(part * scale / tens)?;
        rest = after;
    }
    let nanos = i64::try_from(if negative { -nanos } else { nanos }).ok()?;
    Some(SignedDuration::from_nanos(nanos))
}

/// A duration as seconds: `90s`, `0.5s`.
pub(super) fn seconds(duration: SignedDuration) -> String {
    let nanos = duration.as_nanos();
    let (whole, part) = (nanos.abs() / 1_000_000_000, nanos.abs() % 1_000_000_000);
    let sign = if nanos < 0 { "-" } else { "" };
    let part = format!("{part:09}");
    match part.trim_end_matches('0') {
        "" => format!("{sign}{whole}s"),
        part => format!("{sign}{whole}.{part}s"),
    }
}

/// A time in RFC 3339.
pub(super) fn written(time: Timestamp) -> String {
    time.to_string()
}
