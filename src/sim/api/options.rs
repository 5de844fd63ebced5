//! What the query parameters of a request ask for: dry run, field validation, field manager, and how they are read:
//! numbers, durations and what is wrong with them, in the words of kube-apiserver.

use super::Asked;
use crate::call::Query;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;

/// How many bytes the name of a field manager may have.
const LONGEST_MANAGER: usize = 128;

/// Who has written what nobody says that they wrote.
const UNKNOWN: &str = "unknown";

/// What becomes of fields that a type does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldValidation {
    /// They are dropped silently.
    Ignore,
    /// They are dropped with a warning.
    Warn,
    /// The request is refused.
    Strict,
}

/// The options of a create, update or patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// Nothing is stored.
    pub(super) dry_run: bool,
    /// What becomes of unknown fields.
    pub(super) validation: FieldValidation,
    /// `fieldManager`, or the first word of the user agent.
    pub(super) manager: String,
    /// `force=true` of an apply.
    pub(super) force: bool,
}

impl Options {
    /// Reads the options of a create (`CreateOptions`) or update (`UpdateOptions`).
    pub(super) fn read(asked: &Asked<'_>, kind: &str) -> Result<Options, Refusal> {
        Options::of(asked, kind, Vec::new())
    }

    /// Reads the options of a patch. An apply must name its manager, and it alone may be forced.
    pub(super) fn of_patch(asked: &Asked<'_>, apply: bool) -> Result<Options, Refusal> {
        let query = &asked.call.query;
        let named = query.get("fieldManager").is_some_and(|name| !name.is_empty());
        let wrong = match (apply, named, query.get("force")) {
            (true, false, _) => {
                Some(("FieldValueRequired", "fieldManager", "Required value: is required for apply patch"))
            }
            (false, _, Some(_)) => {
                Some(("FieldValueForbidden", "force", "Forbidden: may not be specified for non-apply patch"))
            }
            (true, true, _) | (false, _, None) => None,
        };
        let wrong = wrong.map(|(reason, field, message)| Violation {
            reason,
            field: field.to_owned(),
            message: message.to_owned(),
        });
        Options::of(asked, "PatchOptions", wrong.into_iter().collect())
    }

    fn of(asked: &Asked<'_>, kind: &str, mut wrong: Vec<Violation>) -> Result<Options, Refusal> {
        let query = &asked.call.query;
        let named = query.get("fieldManager").unwrap_or_default();
        wrong.extend(manager_violations(named));
        let dry_runs: Vec<&str> =
            query.iter().filter(|(key, _)| *key == "dryRun").map(|(_, value)| value).collect();
        wrong.extend(dry_run_violation(&dry_runs));
        let validation = match query.get("fieldValidation").unwrap_or_default() {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                let supported = r#""", "Ignore", "Strict", "Warn""#;
                wrong.push(not_supported("fieldValidation", &format!("{other:?}"), supported));
                FieldValidation::Warn
            }
        };
        if !wrong.is_empty() {
            return Err(Refusal::invalid("meta.k8s.io", kind, "", &wrong));
        }
        let agent =
            asked.call.user_agent.split('/').next().filter(|agent| !agent.is_empty()).unwrap_or(UNKNOWN);
        Ok(Options {
            dry_run: !dry_runs.is_empty(),
            validation,
            manager: if named.is_empty() { agent } else { named }.to_owned(),
            force: query.is_true("force"),
        })
    }
}

/// What is wrong with the name of a field manager: its length, and every character that does not print.
fn manager_violations(name: &str) -> Vec<Violation> {
    let at = |reason, message| Violation { reason, field: "fieldManager".to_owned(), message };
    let long = (name.len() > LONGEST_MANAGER)
        .then(|| at("FieldValueTooLong", format!("Too long: may not be more than {LONGEST_MANAGER} bytes")));
    let unprintable = name.char_indices().filter(|(_, c)| c.is_control() || (c.is_whitespace() && *c != ' '));
    let unprintable = unprintable.map(|(place, c)| {
        let why = format!("invalid character U+{:04X} (at position {place})", u32::from(c));
        at("FieldValueInvalid", format!("Invalid value: {}: {why}", go_quoted(name)))
    });
    long.into_iter().chain(unprintable).collect()
}

/// A text as Go's `%q` writes it.
pub(super) fn go_quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// What is wrong with these values of `dryRun`, if anything.
pub(super) fn dry_run_violation(values: &[&str]) -> Option<Violation> {
    values.iter().any(|value| *value != "All").then(|| {
        let list: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        not_supported("dryRun", &format!("[{}]", list.join(",")), r#""All""#)
    })
}

/// `Unsupported value: "x": supported values: …`.
pub(super) fn not_supported(field: &str, value: &str, supported: &str) -> Violation {
    Violation {
        reason: "FieldValueNotSupported",
        field: field.to_owned(),
        message: format!("Unsupported value: {value}: supported values: {supported}"),
    }
}

/// A whole number of the query; 400 where it is none.
pub(super) fn number(query: &Query, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let why = match text.parse::<i64>() {
        Ok(number) => return Ok(Some(number)),
        Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => "value out of range",
        Err(error) if *error.kind() == std::num::IntErrorKind::NegOverflow => "value out of range",
        Err(_) => "invalid syntax",
    };
    Err(Refusal::bad_request(format!("strconv.ParseInt: parsing {}: {why}", go_quoted(text))))
}

/// Refuses a `timeout` that is no duration.
pub(super) fn check_timeout(query: &Query) -> Result<(), Refusal> {
    let text = query.get("timeout").filter(|text| !text.is_empty());
    match text.and_then(duration_fault) {
        None => Ok(()),
        Some(why) => {
            Err(Refusal::bad_request(format!("invalid timeout specified in the request URL - time: {why}")))
        }
    }
}

/// What Go's `time.ParseDuration` says of a text that is no duration.
fn duration_fault(text: &str) -> Option<String> {
    let invalid = || Some(format!("invalid duration {}", go_quoted(text)));
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return None;
    }
    if rest.is_empty() {
        return invalid();
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        if !number.bytes().any(|b| b.is_ascii_digit()) || number.matches('.').count() > 1 {
            return invalid();
        }
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        match unit {
            "" => return Some(format!("missing unit in duration {}", go_quoted(text))),
            "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h" => rest = next,
            other => {
                return Some(format!("unknown unit {} in duration {}", go_quoted(other), go_quoted(text)));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for fine in ["5s", "1h2m3.5s", "-1s", "0", "100ms"] {
            assert_eq!(duration_fault(fine), None, "{fine}");
        }
        assert_eq!(duration_fault("x").as_deref(), Some("invalid duration \"x\""));
        assert_eq!(duration_fault("5").as_deref(), Some("missing unit in duration \"5\""));
        assert_eq!(duration_fault("5d").as_deref(), Some("unknown unit \"d\" in duration \"5d\""));
    }
}
