//! From text to a scenario: what YAML and its shape forbid becomes a finding with its place and a suggestion.

use super::finding::{Finding, closest};
use super::model::Scenario;
use super::placed::Place;
use serde_saphyr::Error;

/// Reads a scenario. `file` is how findings name it. Without a scenario there is at least one finding; with one there
/// may be findings too, namely those of [`super::lint`].
pub fn parse(file: &str, text: &str) -> (Option<Scenario>, Vec<Finding>) {
    let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
    let mut scenario: Scenario = match serde_saphyr::from_str_with_options(text, options) {
        Ok(scenario) => scenario,
        Err(error) => return (None, vec![finding(file, text, &error)]),
    };
    scenario.file = file.to_owned();
    let findings = super::lint(&scenario);
    match scenario.controls.is_empty() {
        true => (None, findings),
        false => (Some(scenario), findings),
    }
}

fn finding(file: &str, text: &str, error: &Error) -> Finding {
    let error = error.without_snippet();
    let mut place = error.location().map(Place::of).unwrap_or_default();
    let (message, help) = said(error);
    if place.bytes.is_empty() && place.line > 0 {
        let from = offset(text, place.line, place.column);
        place.bytes = from..from + word(&text[from..]);
    }
    Finding { file: file.to_owned(), place, message, help }
}

/// The byte at which a line and column stand.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let inside = text[start..].char_indices().nth(column.saturating_sub(1));
    inside.map_or(text.len(), |(at, _)| start + at)
}

/// How long the word is that stands at the start of a text.
fn word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || ":,]}".contains(c)).unwrap_or(text.len())
}

/// The message of an error, and what can be done about it.
fn said(error: &Error) -> (String, Option<String>) {
    let known = |expected: &[&'static str]| format!("known here: {}", expected.join(", "));
    let meant = |word: &str, expected: &[&'static str]| match closest(word, expected.iter().copied()) {
        Some(close) => Some(format!("did you mean `{close}`?")),
        None => Some(known(expected)),
    };
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("unknown field `{field}`"), meant(field, expected))
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            (format!("unknown word `{variant}`"), meant(variant, expected))
        }
        Error::SerdeMissingField { field, .. } => (
            format!("the field `{field}` is missing"),
            example(field).map(|example| format!("such as {example}")),
        ),
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            (format!("expected {expected}, found {unexpected}"), None)
        }
        Error::SerdeInvalidValue { unexpected, expected, .. } => {
            (format!("expected {expected}, found {unexpected}"), None)
        }
        Error::InvalidScalar { ty, .. } if ty.starts_with(['u', 'i']) => {
            ("expected a whole number".to_owned(), None)
        }
        Error::InvalidBooleanStrict { .. } => {
            let help = "`yes`, `no`, `on` and `off` are texts, as in YAML 1.2".to_owned();
            ("expected `true` or `false`".to_owned(), Some(help))
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("the key `{key}` is given twice"), None)
        }
        other => shape(without_place(&other.to_string())),
    }
}

/// What a field looks like that is missing, where its name alone does not say it.
fn example(field: &str) -> Option<&'static str> {
    Some(match field {
        "apiVersion" => "`apiVersion: helmdrill.dev/v1`",
        "kind" => "`kind: Scenario`",
        "environments" => "`environments: [production]`",
        "release" => "`release: { name: web, chart: web }`",
        "weight" => "`weight: 60`; the weights of the objectives add up to 100",
        "check" => "`check: { release: { name: \"{release}\", status: deployed } }`",
        "severity" => "`severity: recoverable`, or `catastrophic`",
        "expect" => "`expect: recovered`, or `expect: { failed: { trips: [ID] } }`",
        "run" => "`run: helm upgrade {release} {chart}`",
        "call" => "`call: PATCH deployments/web`",
        "code" => {
            "`code: 403`, the HTTP status that the client is answered with; `reason` and `message` may be added"
        }
        "milliseconds" => "`milliseconds: 500`",
        _ => return None,
    })
}

/// What the reader says of a list or a mapping that is none, in words for people.
fn shape(message: String) -> (String, Option<String>) {
    match message.as_str() {
        "expected sequence start" => {
            let help = "one alone is a list too, between brackets: `[one]`".to_owned();
            ("expected a list".to_owned(), Some(help))
        }
        "expected mapping start" => {
            let help = "state what it consists of: `{ name: value }`".to_owned();
            ("expected a mapping".to_owned(), Some(help))
        }
        _ => (message, None),
    }
}

/// The reader says the place in its text too; ours is shown beside the source.
fn without_place(text: &str) -> String {
    let text = text.rsplit_once(" at line ").map_or(text, |(message, _)| message);
    text.lines().next().unwrap_or(text).trim_start_matches("error: ").to_owned()
}
