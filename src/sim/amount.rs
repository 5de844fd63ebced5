//! Amounts of resources (`250m`, `1Gi`, `2e3`) as numbers that can be added and compared, and their canonical text.
//! Follows `k8s.io/apimachinery/pkg/api/resource`: an amount remembers in which family of suffixes it was written.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The family of suffixes that an amount is printed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// `m`, `k`, `M`, …
    Decimal,
    /// `Ki`, `Mi`, …
    Binary,
    /// `e3`, `e6`, …
    Exponent,
}

const BILLION: i128 = 1_000_000_000;

/// An amount, exact to a billionth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    nanos: i128,
    format: Format,
}

/// Amounts by the name of the resource: `cpu`, `requests.memory`, `count/jobs.batch`.
pub(crate) type Amounts = BTreeMap<String, Amount>;

impl Amount {
    /// So many whole things.
    pub(crate) fn whole(number: i64) -> Amount {
        Amount { nanos: i128::from(number) * BILLION, format: Format::Decimal }
    }

    /// Reads a quantity as JSON has it: a text or a number. `None` where it is none.
    pub(crate) fn read(value: &Value) -> Option<Amount> {
        match value {
            Value::String(text) => Amount::parse(text),
            Value::Number(number) => Amount::parse(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn parse(text: &str) -> Option<Amount> {
        let end =
            text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
        let (digits, suffix) = text.split_at(end);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let negative = whole.starts_with('-');
        let whole = whole.trim_start_matches(['+', '-']);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        let places = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let (times, over, format) = scale(suffix)?;
        let over = over.checked_mul(places)?;
        let product = mantissa.checked_mul(times)?;
        // What is finer than a billionth counts as a whole one.
        let nanos = product / over + i128::from(product % over != 0);
        Some(Amount { nanos: if negative { -nanos } else { nanos }, format })
    }

    /// Whether it is nothing.
    pub(crate) fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Whether it is less than nothing.
    pub(crate) fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// In thousandths, rounded up.
    pub(crate) fn thousandths(self) -> i128 {
        ceiling(self.nanos, 1_000_000)
    }

    /// Rounded up to whole units.
    pub(crate) fn rounded_up(self) -> Amount {
        Amount { nanos: ceiling(self.nanos, BILLION) * BILLION, ..self }
    }

    /// The sum, in the first one's format unless that is nothing.
    #[must_use]
    pub(crate) fn plus(self, other: Amount) -> Amount {
        let format = if self.is_zero() { other.format } else { self.format };
        Amount { nanos: self.nanos.saturating_add(other.nanos), format }
    }

    /// The difference, in the first one's format unless that is nothing.
    #[must_use]
    pub(crate) fn minus(self, other: Amount) -> Amount {
        self.plus(Amount { nanos: -other.nanos, ..other })
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Amount) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Amount {}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Amount) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Amount {
    fn cmp(&self, other: &Amount) -> std::cmp::Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

fn ceiling(nanos: i128, unit: i128) -> i128 {
    nanos.div_euclid(unit) + i128::from(nanos.rem_euclid(unit) != 0)
}

/// What one unit of the suffix is in billionths, as a fraction, and the family of the suffix.
fn scale(suffix: &str) -> Option<(i128, i128, Format)> {
    const DECIMAL: [(&str, i128); 9] = [
        ("n", 1),
        ("u", 1_000),
        ("m", 1_000_000),
        ("", BILLION),
        ("k", BILLION * 1_000),
        ("M", BILLION * 1_000_000),
        ("G", BILLION * BILLION),
        ("T", BILLION * BILLION * 1_000),
        ("P", BILLION * BILLION * 1_000_000),
    ];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some((_, times)) = DECIMAL.iter().find(|(word, _)| *word == suffix) {
        return Some((*times, 1, Format::Decimal));
    }
    if suffix == "E" {
        return Some((BILLION * BILLION * BILLION, 1, Format::Decimal));
    }
    if let Some(place) = BINARY.iter().position(|word| *word == suffix) {
        return Some((BILLION << (10 * (place + 1)), 1, Format::Binary));
    }
    let power: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let scale = 10_i128.checked_pow(power.unsigned_abs())?;
    Some(if power < 0 {
        (BILLION, scale, Format::Exponent)
    } else {
        (BILLION.checked_mul(scale)?, 1, Format::Exponent)
    })
}

/// The canonical text: no fraction, the largest suffix that leaves a whole number.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.nanos % BILLION == 0;
        let small = self.nanos.abs() < 1024 * BILLION;
        match self.format {
            Format::Binary if whole && !small => binary(self.nanos / BILLION, f),
            Format::Binary | Format::Decimal => {
                decimal(self.nanos, f, |power| DECIMAL_WORDS[power].to_owned())
            }
            Format::Exponent => decimal(self.nanos, f, |power| match power {
                3 => String::new(),
                power => format!("e{}", (i32::try_from(power).unwrap_or(0) - 3) * 3),
            }),
        }
    }
}

const DECIMAL_WORDS: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

fn decimal(nanos: i128, f: &mut fmt::Formatter<'_>, word: impl Fn(usize) -> String) -> fmt::Result {
    if nanos == 0 {
        return f.write_str("0");
    }
    let (mut rest, mut power) = (nanos, 0);
    while rest % 1_000 == 0 && power + 1 < DECIMAL_WORDS.len() {
        rest /= 1_000;
        power += 1;
    }
    write!(f, "{rest}{}", word(power))
}

fn binary(whole: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (mut rest, mut power) = (whole, 0);
    while rest % 1_024 == 0 && power < 6 {
        rest /= 1_024;
        power += 1;
    }
    write!(f, "{rest}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power])
}

/// A quantity in billionths; `None` where the text is none, or beyond all sense.
pub(crate) fn nanos(text: &str) -> Option<i128> {
    Amount::parse(text).map(|amount| amount.nanos)
}

/// The amounts of a resource list such as `requests` or `hard`; what is no quantity is left out.
pub(crate) fn amounts(of: &Value) -> Amounts {
    let entries = of.as_object().into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.clone(), Amount::read(value)?))).collect()
}

/// Adds amounts to others, name by name.
pub(crate) fn add(to: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        match to.get_mut(name) {
            Some(present) => *present = present.plus(*amount),
            None => drop(to.insert(name.clone(), *amount)),
        }
    }
}

/// Makes each amount at least what it is in the other list.
pub(crate) fn raise(to: &mut Amounts, least: &Amounts) {
    for (name, amount) in least {
        if to.get(name).is_none_or(|present| amount > present) {
            to.insert(name.clone(), *amount);
        }
    }
}

/// The amounts as a resource list of JSON.
pub(crate) fn written(amounts: &Amounts) -> Value {
    amounts.iter().map(|(name, amount)| (name.clone(), Value::String(amount.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_printed_in_canonical_form() {
        let cases = [
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.1", "100m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("512", "512"),
            ("0.5Ki", "512"),
            ("1e3", "1e3"),
            ("1000", "1k"),
            ("2000k", "2M"),
            ("0", "0"),
            ("100Ki", "100Ki"),
            ("1025", "1025"),
        ];
        for (text, canonical) in cases {
            assert_eq!(Amount::parse(text).map(|amount| amount.to_string()).as_deref(), Some(canonical));
        }
        assert_eq!(Amount::parse("much"), None);
    }

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
    }

    #[test]
    fn a_sum_keeps_the_format_of_what_it_began_with() {
        let amount = |text| Amount::parse(text).expect(text);
        assert_eq!(amount("0").plus(amount("64Mi")).to_string(), "64Mi");
        assert_eq!(amount("1Gi").plus(amount("1G")).to_string(), "2073741824");
        assert_eq!(amount("250m").plus(amount("1")).to_string(), "1250m");
        assert_eq!(amount("1").minus(amount("250m")).to_string(), "750m");
        assert!(amount("1Gi") > amount("1G") && amount("1Ki") == amount("1024"));
    }
}
