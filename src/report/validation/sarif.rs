//! A validation as SARIF 2.1.0, for code scanning.

use super::record::{Validation, Weight, told};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The document.
pub fn sarif(validation: &Validation) -> Value {
    let rules: BTreeSet<&str> = validation.concerns.iter().map(|concern| concern.rule.as_str()).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    let results: Vec<Value> = validation
        .concerns
        .iter()
        .map(|concern| {
            let level = match concern.weight {
                Weight::Error => "error",
                Weight::Warning => "warning",
                Weight::Note => "note",
            };
            json!({
                "ruleId": concern.rule,
                "ruleIndex": rules.iter().position(|rule| *rule == concern.rule),
                "level": level,
                "message": {"text": told(concern)},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&concern.file)},
                    "region": {"startLine": concern.line.max(1), "startColumn": concern.column.max(1)},
                }}],
            })
        })
        .collect();
    let described: Vec<Value> =
        rules.iter().map(|rule| json!({"id": rule, "shortDescription": {"text": about(rule)}})).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "helmdrill", "version": validation.helmdrill, "rules": described}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A path as a reference: relative as it is, whatever characters it has; an absolute one says that it is a file.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut out = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out
}

/// What a rule is about; one that is not known here says its own name.
fn about(rule: &str) -> &str {
    match rule {
        "catastrophic" => "A way does harm that cannot be undone.",
        "degraded" => "A way recovers at a price.",
        "deprecated" => "Helm or kubectl warns that this will go.",
        "failed" => "A way does not recover.",
        "flag-differs" => "A flag has another name in a version of Helm.",
        "hung" => "A statement does not end.",
        "inconclusive" => "A way was tried on something that was not broken as planned.",
        "made-worse" => "A statement makes things worse.",
        "meaning" => "A flag means something else than the text says.",
        "needs-a-network" => "A statement needs a network, and is not run.",
        "needs-a-person" => "A statement needs a person, and is not run.",
        "needs-a-program" => "A statement needs a program that a drill does not have.",
        "needs-files" => "A statement needs files that only a team has, and is not run.",
        "reaches-outside" => "A statement reaches out of the drill, and is not run.",
        "refused" => "A statement is refused.",
        "rollback-without-revision" => "A rollback names no revision.",
        "syntax" | "unfinished" => "Bash cannot read a statement.",
        "unbound" => "Something in a statement stands for nothing.",
        "unknown-flag" => "A version of Helm does not know a flag.",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_reference_whatever_it_is_called() {
        let cases = [
            ("docs/guide.md", "docs/guide.md"),
            ("./docs/on call #1.md", "docs/on%20call%20%231.md"),
            ("50%/ü:x.md", "50%25/%C3%BC%3Ax.md"),
            ("/srv/guide.md", "file:///srv/guide.md"),
        ];
        for (path, wanted) in cases {
            assert_eq!(uri(path), wanted);
        }
    }
}
