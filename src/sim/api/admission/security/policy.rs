//! The standards that the labels of a namespace ask for: `pod-security.kubernetes.io/enforce`, `warn` and `audit`.

use crate::sim::look::map;
use crate::sim::validation::Violation;
use serde_json::Value;
use std::fmt;

/// The version of the latest change of a standard.
const NEWEST: u32 = 35;

/// How much is asked of a pod, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Privileged,
    Baseline,
    Restricted,
}

/// A level as it was defined in some version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standard {
    pub(super) level: Level,
    /// The minor version whose checks are made.
    pub(super) minor: u32,
    /// Whether the newest one is asked for, whichever that is.
    pub(super) latest: bool,
    /// The minor version that is asked for.
    asked: u32,
}

const FREE: Standard = Standard { level: Level::Privileged, minor: NEWEST, latest: true, asked: 0 };

impl fmt::Display for Standard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        })?;
        if self.latest { f.write_str(":latest") } else { write!(f, ":v1.{}", self.asked) }
    }
}

/// What a namespace asks for. What it asks to be audited is checked for sense alone: nothing here keeps an audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) enforce: Standard,
    pub(super) warn: Standard,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { enforce: FREE, warn: FREE }
    }
}

impl Policy {
    /// The policy of a namespace, and what is wrong with its labels.
    pub(super) fn of(namespace: &Value) -> (Policy, Vec<Violation>) {
        let mut wrong = Vec::new();
        let label = |name: &str| {
            let labels = map(namespace, "/metadata/labels")?;
            labels.get(&format!("pod-security.kubernetes.io/{name}"))?.as_str()
        };
        let mut read = |mode: &str, unclear: Level| {
            let mut standard = FREE;
            let (level, version) = (label(mode), label(&format!("{mode}-version")));
            if let Some(text) = level {
                standard.level = self::level(text).unwrap_or_else(|| {
                    wrong.push(violation(mode, text, "must be one of privileged, baseline, restricted"));
                    unclear
                });
            }
            if let Some(text) = version {
                match self::version(text) {
                    Some(Some(minor)) => {
                        standard =
                            Standard { minor: minor.min(NEWEST), latest: false, asked: minor, ..standard };
                    }
                    Some(None) => {}
                    None => {
                        let why = r#"must be "latest" or "v1.x""#;
                        wrong.push(violation(&format!("{mode}-version"), text, why));
                    }
                }
            }
            (standard, level.is_some(), version.is_some())
        };
        let (enforce, enforced, _) = read("enforce", Level::Restricted);
        let _ = read("audit", Level::Privileged);
        let (mut warn, warns, dated) = read("warn", Level::Privileged);
        let clear = label("enforce").is_some_and(|text| level(text).is_some());
        if !warns && enforced && clear && enforce.level > warn.level {
            let standard = if dated { warn } else { enforce };
            warn = Standard { level: enforce.level, ..standard };
        }
        (Policy { enforce, warn }, wrong)
    }
}

fn level(text: &str) -> Option<Level> {
    match text {
        "privileged" => Some(Level::Privileged),
        "baseline" => Some(Level::Baseline),
        "restricted" => Some(Level::Restricted),
        _ => None,
    }
}

/// `latest`, or the minor version of `v1.x`.
fn version(text: &str) -> Option<Option<u32>> {
    if text == "latest" {
        return Some(None);
    }
    let minor = text.strip_prefix("v1.")?;
    let plain = minor.bytes().all(|b| b.is_ascii_digit()) && (minor == "0" || !minor.starts_with('0'));
    plain.then(|| minor.parse().ok()).flatten().map(Some)
}

fn violation(label: &str, value: &str, why: &str) -> Violation {
    Violation {
        reason: "FieldValueInvalid",
        field: format!("metadata.labels[pod-security.kubernetes.io/{label}]"),
        message: format!("Invalid value: {value:?}: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whoever_enforces_a_level_is_warned_of_it_too() {
        let namespace = |labels: Value| json!({"metadata": {"labels": labels}});
        let (policy, wrong) =
            Policy::of(&namespace(json!({"pod-security.kubernetes.io/enforce": "baseline"})));
        assert_eq!((policy.warn.level, wrong.len()), (Level::Baseline, 0));
        let (policy, _) = Policy::of(&namespace(json!({
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/enforce-version": "v1.24",
        })));
        assert_eq!(policy.enforce.to_string(), "restricted:v1.24");
        let (_, wrong) = Policy::of(&namespace(json!({"pod-security.kubernetes.io/warn": "strict"})));
        assert_eq!(wrong[0].field, "metadata.labels[pod-security.kubernetes.io/warn]");
    }
}
