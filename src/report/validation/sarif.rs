//! A validation as SARIF 2.1.0, for code scanning.

use super::record::{Validation, Weight};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The document.
pub fn sarif(validation: &Validation) -> Value {
    let rules: BTreeSet<&str> = validation.concerns.iter().map(|concern| concern.rule.as_str()).collect();
    let rules: Vec<Value> = rules.into_iter().map(|rule| json!({"id": rule})).collect();
    let results: Vec<Value> = validation
        .concerns
        .iter()
        .map(|concern| {
            let level = match concern.weight {
                Weight::Error => "error",
                Weight::Warning => "warning",
                Weight::Note => "note",
            };
            let helm = if concern.helm.is_empty() {
                String::new()
            } else {
                format!(" (helm {})", concern.helm.join(", "))
            };
            json!({
                "ruleId": concern.rule,
                "level": level,
                "message": {"text": format!("{}{helm}", concern.message)},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": concern.file},
                    "region": {"startLine": concern.line.max(1), "startColumn": concern.column.max(1)},
                }}],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "helmdrill", "version": validation.helmdrill, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}
