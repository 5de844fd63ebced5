//! Amounts of resources as numbers, to tell which is more. How amounts are written is not checked here.

/// The amount in billionths; `None` where the text is not a quantity or is beyond all sense.
pub(super) fn nanos(text: &str) -> Option<i128> {
    let split =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(split);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let negative = whole.starts_with('-');
    let whole = whole.trim_start_matches(['+', '-']);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let places = u32::try_from(fraction.len()).ok()?;
    let (times, over): (i128, i128) = match suffix {
        "n" => (1, 1),
        "u" => (1_000, 1),
        "m" => (1_000_000, 1),
        "" => (BILLION, 1),
        "k" => (BILLION * 1_000, 1),
        "M" => (BILLION * 1_000_000, 1),
        "G" => (BILLION * BILLION, 1),
        "T" => (BILLION * BILLION * 1_000, 1),
        "P" => (BILLION * BILLION * 1_000_000, 1),
        "E" => (BILLION * BILLION * BILLION, 1),
        "Ki" => (BILLION << 10, 1),
        "Mi" => (BILLION << 20, 1),
        "Gi" => (BILLION << 30, 1),
        "Ti" => (BILLION << 40, 1),
        "Pi" => (BILLION << 50, 1),
        "Ei" => (BILLION << 60, 1),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let scale = 10_i128.checked_pow(power.unsigned_abs())?;
            if power < 0 { (BILLION, scale) } else { (BILLION.checked_mul(scale)?, 1) }
        }
    };
    let value = mantissa.checked_mul(times)? / over.checked_mul(10_i128.checked_pow(places)?)?;
    Some(if negative { -value } else { value })
}

/// An amount in billionths as text, in powers of 1024 where `like` is written so.
pub(super) fn canonical(nanos: i128, like: &str) -> String {
    let steps: &[(&str, i128)] = if like.ends_with('i') {
        &[
            ("Ei", BILLION << 60),
            ("Pi", BILLION << 50),
            ("Ti", BILLION << 40),
            ("Gi", BILLION << 30),
            ("Mi", BILLION << 20),
            ("Ki", BILLION << 10),
        ]
    } else {
        &[
            ("T", BILLION * 1_000_000_000_000),
            ("G", BILLION * BILLION),
            ("M", BILLION * 1_000_000),
            ("k", BILLION * 1_000),
        ]
    };
    let small = [("", BILLION), ("m", 1_000_000), ("u", 1_000), ("n", 1)];
    let mut all = steps.iter().chain(&small);
    all.find(|(_, step)| nanos % step == 0)
        .map_or_else(String::new, |(suffix, step)| format!("{}{suffix}", nanos / step))
}

const BILLION: i128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_compare_whatever_their_suffix() {
        let same = [
            ("1", "1000m"),
            ("1Ki", "1024"),
            ("0.5", "500m"),
            ("1e3", "1k"),
            ("1500e-3", "1.5"),
            ("2Gi", "2048Mi"),
        ];
        for (one, other) in same {
            assert_eq!(nanos(one), nanos(other), "{one} = {other}");
        }
        assert!(nanos("-1") < nanos("1n"));
        assert!(nanos("1Gi") > nanos("1G"));
        assert_eq!(nanos("much"), None);
        assert_eq!(canonical(nanos("1500m").expect("an amount"), "2"), "1500m");
        assert_eq!(canonical(nanos("96Mi").expect("an amount"), "1Gi"), "96Mi");
    }
}
