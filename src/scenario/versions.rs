//! Ranges of Helm versions: `>=3.12, <5`.

/// A range that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected conditions such as `>=3.12, <5`, not {0:?}")]
pub struct RangeError(String);

/// Whether a version is within a range: every condition, separated by commas, holds. Parts that a condition leaves out
/// count as 0.
pub fn allows(range: &str, version: &str) -> Result<bool, RangeError> {
    let version = numbers(version).ok_or_else(|| RangeError(version.to_owned()))?;
    let mut held = true;
    for condition in range.split(',').map(str::trim) {
        let split = condition.find(|c: char| c.is_ascii_digit()).unwrap_or(condition.len());
        let (sign, bound) = condition.split_at(split);
        let bound = numbers(bound).ok_or_else(|| RangeError(range.to_owned()))?;
        held &= match sign.trim() {
            ">=" => version >= bound,
            ">" => version > bound,
            "<=" => version <= bound,
            "<" => version < bound,
            "=" | "" => version == bound,
            _ => return Err(RangeError(range.to_owned())),
        };
    }
    Ok(held)
}

/// The major number of a version; 0 where it has none.
pub fn major(version: &str) -> u64 {
    numbers(version).map_or(0, |[major, _, _]| major)
}

/// Whether a text is a version or the beginning of one: `3`, `4.2`, `4.2.3`.
pub(super) fn is_beginning(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() <= 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a version begins so: `4.2.3` with `4` and with `4.2`.
pub fn begins(version: &str, beginning: &str) -> bool {
    version.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The name by which a second Helm is called beside `helm`: `helm3`.
pub fn beside(version: &str) -> String {
    format!("helm{}", major(version))
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let plain = version.trim().trim_start_matches('v');
    let plain = plain.split(['-', '+']).next().unwrap_or_default();
    let mut parts = [0; 3];
    let mut count = 0;
    for (place, part) in plain.split('.').enumerate() {
        *parts.get_mut(place)? = part.parse().ok()?;
        count += 1;
    }
    (count > 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_met_when_every_condition_is() {
        let cases = [
            (">=3.12", "3.17.3", true),
            (">=3.12, <4", "4.0.0", false),
            (">=3.12,<5", "v4.3.1", true),
            ("=4.3.1", "4.3.1", true),
            (">4.3.1", "4.3.1-rc.1", false),
        ];
        for (range, version, held) in cases {
            assert_eq!(allows(range, version), Ok(held), "{range} {version}");
        }
        assert!(allows("latest", "3.17.3").is_err());
        assert!(allows("~3.1", "3.17.3").is_err());
        assert_eq!(major("4.3.1"), 4);
    }

    #[test]
    fn a_second_helm_is_named_by_a_version_or_its_beginning() {
        let read = ["3", "4.2", "4.2.3", "", "4.", "v4", "4.2.3.1", ">=4"].map(is_beginning);
        assert_eq!(read, [true, true, true, false, false, false, false, false]);
        assert!(begins("4.2.3", "4") && begins("4.2.3", "4.2") && begins("4.2.3", "4.2.3"));
        assert!(!begins("4.2.3", "4.2.30") && !begins("4.20.3", "4.2"));
        assert_eq!(beside("3.17.3"), "helm3");
    }
}
