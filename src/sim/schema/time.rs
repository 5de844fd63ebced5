//! Times in texts as Go's `time.Parse` reads them, and what it says of those that it cannot read: what of the text is
//! left where it stops, and which part of the layout stands there.

/// The layout of a `Time`; a fraction of the second is taken as well.
const SECONDS: &str = "2006-01-02T15:04:05Z07:00";
/// The layout of a `MicroTime`, whose fraction has six digits.
const MICROS: &str = "2006-01-02T15:04:05.000000Z07:00";

/// Why a text does not read as a time.
pub(super) fn fault(text: &str, micro: bool) -> Option<String> {
    let layout = if micro { MICROS } else { SECONDS };
    read(text, micro).err().map(|stop| match stop {
        Stop::At(rest, part) => {
            format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {part:?}")
        }
        Stop::Range(what) => format!("parsing time {text:?}: {what} out of range"),
        Stop::More(rest) => format!("parsing time {text:?}: extra text: {rest:?}"),
    })
}

/// Where reading stops.
enum Stop<'a> {
    /// Before this rest, which is not what the part of the layout asks for.
    At(&'a str, &'static str),
    /// At a number that is too large.
    Range(&'static str),
    /// With this much left.
    More(&'a str),
}

fn read(text: &str, micro: bool) -> Result<(), Stop<'_>> {
    let (year, rest) = number(text, 4, 4, "2006")?;
    let (month, rest) = number(literal(rest, "-")?, 2, 2, "01")?;
    if !(1..=12).contains(&month) {
        return Err(Stop::Range("month"));
    }
    let (day, rest) = number(literal(rest, "-")?, 2, 2, "02")?;
    let (hour, rest) = number(literal(rest, "T")?, 1, 2, "15")?;
    below(hour, 24, "hour")?;
    let (minute, rest) = number(literal(rest, ":")?, 2, 2, "04")?;
    below(minute, 60, "minute")?;
    let (second, rest) = number(literal(rest, ":")?, 2, 2, "05")?;
    below(second, 60, "second")?;
    let rest = fraction(rest, micro)?;
    let rest = zone(rest)?;
    if !rest.is_empty() {
        return Err(Stop::More(rest));
    }
    if day < 1 || day > days(year, month) {
        return Err(Stop::Range("day"));
    }
    Ok(())
}

fn literal<'a>(rest: &'a str, word: &'static str) -> Result<&'a str, Stop<'a>> {
    rest.strip_prefix(word).ok_or(Stop::At(rest, word))
}

/// A number of so many digits.
fn number<'a>(
    rest: &'a str,
    least: usize,
    most: usize,
    part: &'static str,
) -> Result<(u32, &'a str), Stop<'a>> {
    let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits < least {
        return Err(Stop::At(rest, part));
    }
    let (number, left) = rest.split_at(digits);
    Ok((number.parse().unwrap_or_default(), left))
}

fn below(number: u32, limit: u32, what: &'static str) -> Result<(), Stop<'static>> {
    if number < limit { Ok(()) } else { Err(Stop::Range(what)) }
}

fn fraction(rest: &str, micro: bool) -> Result<&str, Stop<'_>> {
    let digits =
        rest.strip_prefix(['.', ',']).map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    match (micro, digits) {
        (true, Some(digits)) if digits >= 6 => Ok(&rest[7..]),
        (true, _) => Err(Stop::At(rest, ".000000")),
        (false, Some(digits)) if digits > 0 => Ok(&rest[1 + digits..]),
        (false, _) => Ok(rest),
    }
}

/// `Z`, or the distance from it.
fn zone(rest: &str) -> Result<&str, Stop<'_>> {
    if let Some(rest) = rest.strip_prefix('Z') {
        return Ok(rest);
    }
    let stop = || Stop::At(rest, "Z07:00");
    let shape = rest.get(..6).ok_or_else(stop)?;
    let (sign, clock) = shape.split_at(1);
    let (hours, minutes) = clock.split_once(':').ok_or_else(stop)?;
    let two = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(sign, "+" | "-") || !two(hours) || !two(minutes) {
        return Err(stop());
    }
    let count = |text: &str| text.parse::<u32>().unwrap_or_default();
    below(count(hours), 25, "time zone offset hour")?;
    below(count(minutes), 61, "time zone offset minute")?;
    Ok(&rest[6..])
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_cannot_be_read_is_told_by_where_reading_stops() {
        let cases = [
            ("2026-01-01T00:00:00Z", false, None),
            ("2026-01-01T00:00:00,5+01:00", false, None),
            ("2026-01-01T00:00:00.000000+01:00", true, None),
            ("2026-01-01T00:00:00Z", true, Some("cannot parse \"Z\" as \".000000\"")),
            ("2026-01-01T00:00:00.123Z", true, Some("cannot parse \".123Z\" as \".000000\"")),
            ("2026-01-01T00:00:00.123456789Z", true, Some("cannot parse \"789Z\" as \"Z07:00\"")),
            ("2026-01-01", false, Some("cannot parse \"\" as \"T\"")),
            ("x", false, Some("cannot parse \"x\" as \"2006\"")),
            ("2026-1-01T00:00:00Z", false, Some("cannot parse \"1-01T00:00:00Z\" as \"01\"")),
            ("2026-02-30T00:00:00Z", false, Some("day out of range")),
            ("2026-13-01T00:00:00Z", false, Some("month out of range")),
            ("2026-01-01T24:00:00Z", false, Some("hour out of range")),
            ("2026-01-01T00:00:00Zx", false, Some("extra text: \"x\"")),
        ];
        for (text, micro, expected) in cases {
            let told = fault(text, micro);
            assert_eq!(told.is_some(), expected.is_some(), "{text}: {told:?}");
            assert!(told.unwrap_or_default().ends_with(expected.unwrap_or_default()), "{text}");
        }
    }
}
