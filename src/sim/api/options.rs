//! What the query parameters of a write ask for: dry run, field validation, field manager.

use super::Asked;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;

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
    /// Whether the caller named its field manager.
    pub(super) manager_named: bool,
    /// `force=true` of an apply.
    pub(super) force: bool,
}

impl Options {
    /// Reads the options; `kind` is what errors call them, such as `CreateOptions`.
    pub(super) fn read(asked: &Asked<'_>, kind: &str) -> Result<Options, Refusal> {
        let query = &asked.call.query;
        let mut wrong = Vec::new();
        let dry_runs: Vec<&str> =
            query.iter().filter(|(key, _)| *key == "dryRun").map(|(_, value)| value).collect();
        wrong.extend(dry_run_violation(&dry_runs));
        let validation = match query.get("fieldValidation").unwrap_or_default() {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                wrong.push(not_supported(
                    "fieldValidation",
                    &format!("{other:?}"),
                    r#""Ignore", "Strict", "Warn""#,
                ));
                FieldValidation::Warn
            }
        };
        let named = query.get("fieldManager").unwrap_or_default();
        if !wrong.is_empty() {
            return Err(Refusal::invalid("meta.k8s.io", kind, "", &wrong));
        }
        let agent = asked.call.user_agent.split('/').next().unwrap_or_default();
        Ok(Options {
            dry_run: !dry_runs.is_empty(),
            validation,
            manager: if named.is_empty() { agent } else { named }.to_owned(),
            manager_named: !named.is_empty(),
            force: query.is_true("force"),
        })
    }
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
