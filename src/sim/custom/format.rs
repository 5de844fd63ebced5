//! The formats of text that a custom resource's schema can ask for. A format that is not among them is passed over,
//! as kube-apiserver passes it over; the definition that names one is warned of.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use regex::Regex;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

/// Every format of text, without hyphens.
const FORMATS: [&str; 26] = [
    "bsonobjectid",
    "uri",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "cidr",
    "mac",
    "uuid",
    "uuid3",
    "uuid4",
    "uuid5",
    "isbn",
    "isbn10",
    "isbn13",
    "creditcard",
    "ssn",
    "hexcolor",
    "rgbcolor",
    "byte",
    "password",
    "date",
    "duration",
    "datetime",
    "k8sshortname",
    "k8slongname",
];

/// Whether values of this type are held to this format.
pub(super) fn is_known(kind: &str, format: &str) -> bool {
    match kind {
        "" | "string" => FORMATS.contains(&format.replace('-', "").as_str()),
        "integer" => matches!(format, "int32" | "int64"),
        "number" => matches!(format, "float" | "double"),
        _others_have_none => false,
    }
}

/// Whether a text has the format.
pub(super) fn fits(format: &str, text: &str) -> bool {
    match format.replace('-', "").as_str() {
        "bsonobjectid" => text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        "uri" => is_uri(text),
        "email" => is_mail(text),
        "hostname" => HOST.is_match(text) && text.len() <= 255,
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.contains(':') && text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "mac" => MAC.is_match(text),
        "uuid" => is_uuid(text, None),
        "uuid3" => is_uuid(text, Some(b'3')),
        "uuid4" => is_uuid(text, Some(b'4')),
        "uuid5" => is_uuid(text, Some(b'5')),
        "isbn" => is_isbn10(text) || is_isbn13(text),
        "isbn10" => is_isbn10(text),
        "isbn13" => is_isbn13(text),
        "creditcard" => CARD.is_match(&text.chars().filter(char::is_ascii_digit).collect::<String>()),
        "ssn" => SSN.is_match(text),
        "hexcolor" => HEX_COLOR.is_match(text),
        "rgbcolor" => RGB_COLOR.is_match(text),
        "byte" => STANDARD.decode(text.replace(['\n', '\r'], "")).is_ok(),
        "date" => text.len() == 10 && text.parse::<Date>().is_ok(),
        "duration" => is_duration(text),
        "datetime" => is_time(text),
        "k8sshortname" => is_label(text),
        "k8slongname" => text.len() <= 253 && text.split('.').all(is_part),
        _anything_else => true,
    }
}

static HOST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$",
    )
});
static MAC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^([0-9a-f]{2}([:-][0-9a-f]{2}){5}|[0-9a-f]{2}([:-][0-9a-f]{2}){7}|([0-9a-f]{4}\.){2}[0-9a-f]{4})$",
    )
});
static CARD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})$",
    )
});
static SSN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$"));
static HEX_COLOR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"));
static RGB_COLOR: LazyLock<Regex> = LazyLock::new(|| {
    let part = "(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
    pattern(&format!(r"^rgb\(\s*{part}\s*,\s*{part}\s*,\s*{part}\s*\)$"))
});
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$")
});
static DURATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^([0-9]+) *(ns|nano|nanos|nanosecond|nanoseconds|us|µs|micro|micros|microsecond|microseconds|ms|milli|millis|millisecond|milliseconds|s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hour|hours|d|day|days|w|wk|week|weeks)$",
    )
});
static GO_DURATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[+-]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is part of the program and valid")
}

/// What Go's `url.ParseRequestURI` takes: a path, or a scheme with something behind it.
fn is_uri(text: &str) -> bool {
    if text.bytes().any(|b| b.is_ascii_control() || b == b' ') {
        return false;
    }
    if text.starts_with('/') {
        return true;
    }
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(legal) && !rest.is_empty()
}

/// What Go's `mail.ParseAddress` takes, with or without a name before it.
fn is_mail(text: &str) -> bool {
    let address = match (text.rfind('<'), text.strip_suffix('>')) {
        (Some(open), Some(inner)) => &inner[open + 1..],
        (None, _) | (_, None) => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let atom = |part: &str| {
        let legal = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
        !part.is_empty() && part.chars().all(legal)
    };
    local.split('.').all(atom) && domain.split('.').all(atom)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let plain = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
    let bits = bits.parse::<u8>().ok().filter(|_| plain);
    match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
        (Ok(_), _) => bits.is_some_and(|bits| bits <= 32),
        (Err(_), Ok(_)) => bits.is_some_and(|bits| bits <= 128),
        (Err(_), Err(_)) => false,
    }
}

/// A UUID, hyphens or not, of a version where one is asked for.
fn is_uuid(text: &str, version: Option<u8>) -> bool {
    let groups = [8, 4, 4, 4, 12];
    let mut rest = text;
    for (at, length) in groups.into_iter().enumerate() {
        let Some((group, after)) = rest.split_at_checked(length) else { return false };
        if !group.bytes().all(|b| b.is_ascii_hexdigit()) {
            return false;
        }
        rest = if at < 4 { after.strip_prefix('-').unwrap_or(after) } else { after };
    }
    let digits: Vec<u8> = text.bytes().filter(|b| *b != b'-').collect();
    let variant = |b: u8| matches!(b.to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b');
    rest.is_empty() && version.is_none_or(|v| digits[12] == v && (v == b'3' || variant(digits[16])))
}

fn digits_of(text: &str) -> Vec<u32> {
    let kept = text.chars().filter(|c| !matches!(c, '-' | ' '));
    kept.map(|c| if matches!(c, 'X' | 'x') { 10 } else { c.to_digit(10).unwrap_or(99) }).collect()
}

fn is_isbn10(text: &str) -> bool {
    let digits = digits_of(text);
    let fits = |(at, digit): (usize, &u32)| *digit < 10 || (*digit == 10 && at == 9);
    let sum: u32 = digits.iter().zip(1..).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 10 && digits.iter().enumerate().all(fits) && sum.is_multiple_of(11)
}

fn is_isbn13(text: &str) -> bool {
    let digits = digits_of(text);
    let sum: u32 = digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 13 && digits.iter().all(|digit| *digit < 10) && sum.is_multiple_of(10)
}

fn is_duration(text: &str) -> bool {
    GO_DURATION.is_match(text) || DURATION.is_match(text)
}

/// A time in the notation of RFC 3339.
fn is_time(text: &str) -> bool {
    if text.len() < 4 {
        return false;
    }
    let Some((date, time)) = text.split_once(['t', 'T']) else { return false };
    let Some(parts) = TIME.captures(time) else { return false };
    let below = |at: usize, most: u32| parts[at].parse::<u32>().is_ok_and(|part| part < most);
    date.len() == 10 && date.parse::<Date>().is_ok() && below(1, 24) && below(2, 60) && below(3, 60)
}

fn is_part(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(fits) && text.ends_with(fits) && text.chars().all(|c| fits(c) || c == '-')
}

fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_part(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_format_or_not() {
        let cases = [
            ("date-time", "2014-12-15T19:30:20.000Z", true),
            ("date-time", "yesterday", false),
            ("date", "2026-02-29", false),
            ("ipv4", "10.0.0.256", false),
            ("ipv6", "::1", true),
            ("cidr", "10.0.0.0/33", false),
            ("uuid", "3B241101E2BB42558CAF4136C566A962", true),
            ("uuid4", "3b241101-e2bb-1255-8caf-4136c566a962", false),
            ("isbn10", "0321751043", true),
            ("isbn13", "978-0321751041", true),
            ("duration", "22 ns", true),
            ("duration", "1h30m", true),
            ("duration", "3 parsecs", false),
            ("email", "a@b.example", true),
            ("byte", "%", false),
            ("uri", "https://example.com/x", true),
            ("uri", "x", false),
            ("mac", "00:00:5e:00:53:01", true),
            ("rgbcolor", "rgb(255,255,256)", false),
            ("k8s-short-name", "a.b", false),
            ("k8s-long-name", "a.b", true),
        ];
        for (format, text, expected) in cases {
            assert!(is_known("string", format), "{format}");
            assert_eq!(fits(format, text), expected, "{format} {text}");
        }
        assert!(!is_known("string", "int32") && is_known("integer", "int32"));
    }
}
