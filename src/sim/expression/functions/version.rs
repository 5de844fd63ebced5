//! Semantic versions: `semver('v1.2', true).isLessThan(semver('1.3.0'))`.

use super::{Answer, made};
use crate::sim::expression::Failure;
use crate::sim::expression::value::Value;
use semver::Version;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A semantic version.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Semver(Version);

impl Semver {
    /// Which comes first; what was built does not matter.
    pub(in crate::sim::expression) fn compare(&self, other: &Semver) -> Ordering {
        self.0.cmp_precedence(&other.0)
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(super) fn call(name: &str, args: &[Value]) -> Answer {
    let number = |number: u64| made(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
    match (name, args) {
        ("semver" | "isSemver", [Value::String(text)]) => read(name, text, false),
        ("semver" | "isSemver", [Value::String(text), Value::Bool(lenient)]) => read(name, text, *lenient),
        ("major", [Value::Semver(version)]) => number(version.0.major),
        ("minor", [Value::Semver(version)]) => number(version.0.minor),
        ("patch", [Value::Semver(version)]) => number(version.0.patch),
        (_, [Value::Semver(one), Value::Semver(other)]) => {
            let order = one.compare(other);
            match name {
                "isGreaterThan" => made(Value::Bool(order == Ordering::Greater)),
                "isLessThan" => made(Value::Bool(order == Ordering::Less)),
                "compareTo" => made(Value::Int(order as i64)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn read(name: &str, text: &str, lenient: bool) -> Answer {
    let plain = if lenient { normal(text) } else { Some(text.to_owned()) };
    let read = plain.as_deref().and_then(|text| Version::parse(text).ok());
    if name == "isSemver" {
        return made(Value::Bool(read.is_some()));
    }
    Some(match (read, plain) {
        (Some(version), _) => Ok(Value::Semver(Arc::new(Semver(version)))),
        (None, None) => Err(Failure::said("short version cannot contain PreRelease/Build meta data")),
        (None, Some(text)) if text.is_empty() => Err(Failure::said("Version string empty")),
        (None, Some(text)) if text.splitn(3, '.').count() < 3 => {
            Err(Failure::said("No Major.Minor.Patch elements found"))
        }
        (None, Some(text)) => Err(Failure::said(broken(&text))),
    })
}

/// What is wrong with a version of three parts.
fn broken(text: &str) -> String {
    let patch = |part: &str| part.split(['-', '+']).next().unwrap_or_default().to_owned();
    let names = ["major", "minor", "patch"].into_iter();
    for (part, name) in text.splitn(3, '.').zip(names) {
        let part = if name == "patch" { patch(part) } else { part.to_owned() };
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return format!("Invalid character(s) found in {name} number {part:?}");
        }
        if part.len() > 1 && part.starts_with('0') {
            let name = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            return format!("{name} number must not contain leading zeroes {part:?}");
        }
    }
    format!("Invalid character(s) found in prerelease {text:?}")
}

/// A version without its `v`, with all three numbers and no zeros before them; `None` where it is short of a number and
/// goes on after it.
fn normal(text: &str) -> Option<String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(str::to_owned).collect();
    for part in parts.iter_mut().filter(|part| part.len() > 1) {
        let trimmed = part.trim_start_matches('0');
        let zero = !trimmed.starts_with(|c: char| c.is_ascii_digit());
        *part = if zero { format!("0{trimmed}") } else { trimmed.to_owned() };
    }
    if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
        return None;
    }
    parts.resize(3, "0".to_owned());
    Some(parts.join("."))
}
