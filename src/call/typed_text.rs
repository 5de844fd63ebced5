//! Kubernetes' scalars in the text that Go writes for them: times, durations, canonical quantities.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// `metav1.Time`: whole seconds in UTC.
pub(super) fn time(seconds: i64, _nanos: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |at| format!("{at:.0}"))
}

/// `metav1.MicroTime`: microseconds in UTC.
pub(super) fn micro_time(seconds: i64, nanos: i64) -> String {
    let nanos = i32::try_from(nanos).unwrap_or(0);
    jiff::Timestamp::new(seconds, nanos).map_or_else(|_| String::new(), |at| format!("{at:.6}"))
}

/// A `time.Duration` as Go prints it: `1h2m3.5s`, `1.5ms`, `0s`.
pub(super) fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let fraction = |whole: u64, part: u64, digits: usize| match part {
        0 => whole.to_string(),
        part => format!("{whole}.{}", format!("{part:0digits$}").trim_end_matches('0')),
    };
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{nanos}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", fraction(nanos / 1_000, nanos % 1_000, 3)),
        1_000_000..1_000_000_000 => {
            format!("{sign}{}ms", fraction(nanos / 1_000_000, nanos % 1_000_000, 6))
        }
        _ => {
            let (seconds, part) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            let seconds = fraction(seconds % 60, part, 9);
            match (hours, minutes) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// Bytes that are given as a list of numbers, as Go writes them.
pub(super) fn bytes(numbers: &Value) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "larger ones were refused or wrap"
    )]
    let byte = |number: &Value| number.as_i64().unwrap_or(0) as u8;
    let bytes: Vec<u8> = numbers.as_array().into_iter().flatten().map(byte).collect();
    Value::String(STANDARD.encode(bytes))
}

/// The powers of ten that have a letter, from nano to exa.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
/// The powers of 1024 that have a name.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// A `resource.Quantity` in its canonical form: `1000m` → `1`, `0.5` → `500m`, `2048Mi` → `2Gi`. `None` where the
/// text is no quantity or too large to be one that Kubernetes keeps exactly.
pub(super) fn quantity(text: &str) -> Option<String> {
    canonical(text, NANO)
}

/// The same, rounded up to whole thousandths, as the amounts in lists of resources are.
pub(super) fn quantity_in_thousandths(text: &str) -> Option<String> {
    canonical(text, -3)
}

/// The power of ten below which no quantity keeps anything.
const NANO: i32 = -9;

fn canonical(text: &str, least: i32) -> Option<String> {
    let text = text.trim();
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || text.is_empty() {
        return None;
    }
    // Where there are no digits they count as none.
    let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let scale = -i32::try_from(fraction.len()).ok()?;
    let printed = match BINARY.iter().skip(1).position(|name| *name == suffix) {
        Some(power) => binary(digits, scale, u32::try_from(power).ok()? + 1, least)?,
        None => match DECIMAL.iter().position(|name| *name == suffix) {
            Some(at) => decimal(digits, scale + 3 * i32::try_from(at).ok()? - 9, least)?,
            None => {
                let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
                exponent(digits, scale.checked_add(power)?, least)?
            }
        },
    };
    Some(if printed == "0" { printed } else { format!("{sign}{printed}") })
}

/// `digits` × 10^`scale` with a scale that is a multiple of three and no more digits than needed.
fn normal(mut digits: i128, mut scale: i32, least: i32) -> Option<(i128, i32)> {
    if digits == 0 {
        return Some((0, 0));
    }
    while digits % 10 == 0 {
        digits /= 10;
        scale += 1;
    }
    while scale < least {
        // Nothing below is kept: Kubernetes rounds up.
        digits = digits / 10 + i128::from(digits % 10 != 0);
        scale += 1;
    }
    while scale.rem_euclid(3) != 0 {
        digits = digits.checked_mul(10)?;
        scale -= 1;
    }
    Some((digits, scale))
}

fn decimal(digits: i128, scale: i32, least: i32) -> Option<String> {
    let (mut digits, mut scale) = normal(digits, scale, least)?;
    while scale > 18 {
        digits = digits.checked_mul(1000)?;
        scale -= 3;
    }
    let suffix = DECIMAL[usize::try_from(scale / 3 + 3).ok()?];
    Some(format!("{digits}{suffix}"))
}

fn exponent(digits: i128, scale: i32, least: i32) -> Option<String> {
    match normal(digits, scale, least)? {
        (digits, 0) => Some(digits.to_string()),
        (digits, scale) => Some(format!("{digits}e{scale}")),
    }
}

fn binary(digits: i128, scale: i32, power: u32, least: i32) -> Option<String> {
    let multiplied = digits.checked_mul(1024_i128.checked_pow(power)?)?;
    let divisor = 10_i128.checked_pow(scale.unsigned_abs())?;
    if multiplied < 1024 * divisor {
        return decimal(multiplied, scale, least);
    }
    let mut amount = multiplied / divisor + i128::from(multiplied % divisor != 0);
    let mut power = 0;
    while amount % 1024 == 0 && power + 1 < BINARY.len() {
        amount /= 1024;
        power += 1;
    }
    Some(format!("{amount}{}", BINARY[power]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_in_their_canonical_form() {
        for (text, expected) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1500m", "1500m"),
            ("2048Mi", "2Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("2000000", "2M"),
            ("128974848", "128974848"),
            ("129e6", "129e6"),
            ("1e3", "1e3"),
            ("12e-1", "1200e-3"),
            ("-250m", "-250m"),
            ("0.0Gi", "0"),
            ("100E", "100E"),
            (" 1 ", "1"),
            ("Mi", "0"),
            ("0.5u", "500n"),
        ] {
            assert_eq!(quantity(text).as_deref(), Some(expected), "{text}");
        }
        for bad in ["", "x", "1.2.3", "1Q", "1i"] {
            assert_eq!(quantity(bad), None, "{bad}");
        }
        for (text, expected) in
            [("0.5m", "1m"), ("1.0005", "1001m"), ("1n", "1m"), ("2Gi", "2Gi"), ("-1.5m", "-2m")]
        {
            assert_eq!(quantity_in_thousandths(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        for (nanos, expected) in [
            (0, "0s"),
            (1_500_000, "1.5ms"),
            (30_000_000_000, "30s"),
            (3_723_500_000_000, "1h2m3.5s"),
            (3_600_000_000_000, "1h0m0s"),
            (-60_000_000_000, "-1m0s"),
        ] {
            assert_eq!(duration(nanos), expected);
        }
    }
}
