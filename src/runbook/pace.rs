//! What takes minutes in production takes a moment in a drill: waits are made short, so that a command which would give
//! up after five minutes gives up here too, by itself.

use super::bind::Edit;
use crate::shell::{Simple, commands};
use regex::Regex;
use std::sync::LazyLock;

/// For how long a command of a drill waits, in seconds.
const WAIT: u64 = 15;

static DURATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\d+)(h|m|s|$)").expect("a pattern of ours is one"));

/// What is made short in a statement.
pub(super) fn shortened(script: &str) -> Vec<Edit> {
    commands(script).iter().flat_map(|simple| of(script, simple)).collect()
}

fn of(script: &str, simple: &Simple) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut words = simple.words.iter();
    let mut stated = false;
    while let Some(word) = words.next() {
        let long = match word.text.as_str() {
            "--timeout" => words.next().map(|value| (value.text.clone(), value.bytes.clone())),
            text => text.strip_prefix("--timeout=").map(|value| {
                (value.to_owned(), word.bytes.end - value.len().min(word.bytes.len())..word.bytes.end)
            }),
        };
        let Some((value, bytes)) = long else { continue };
        stated = true;
        if seconds(&value).is_some_and(|seconds| seconds > WAIT) && script[bytes.clone()] == value {
            let told = Some(format!("a wait of {value} is one of {WAIT}s"));
            edits.push(Edit { bytes, with: format!("{WAIT}s"), told });
        }
    }
    let verb = simple.words.get(1);
    let waits = match (simple.program(), verb.map_or("", |word| word.text.as_str())) {
        ("helm", "install" | "upgrade" | "rollback" | "uninstall" | "delete" | "test") => true,
        ("kubectl", "wait") => true,
        ("kubectl", "rollout") => simple.words.get(2).is_some_and(|word| word.text == "status"),
        ("kubectl", "delete") => true,
        _ => false,
    };
    if let Some(verb) = verb.filter(|_| waits && !stated) {
        let at = match verb.text.as_str() {
            "rollout" => simple.words[2].bytes.end,
            _ => verb.bytes.end,
        };
        edits.push(Edit { bytes: at..at, with: format!(" --timeout={WAIT}s"), told: None });
    }
    if let ("sleep", Some(word)) = (simple.program(), verb)
        && seconds(&word.text).is_some_and(|seconds| seconds > 1)
    {
        let told = Some(format!("a sleep of {} is one of 1s", word.text));
        edits.push(Edit { bytes: word.bytes.clone(), with: "1".to_owned(), told });
    }
    edits
}

fn seconds(text: &str) -> Option<u64> {
    let mut whole = 0_u64;
    for part in DURATION.captures_iter(text) {
        let number: u64 = part[1].parse().ok()?;
        whole += match &part[2] {
            "h" => number * 3600,
            "m" => number * 60,
            _ => number,
        };
    }
    text.starts_with(|c: char| c.is_ascii_digit()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::super::bind::carried_out;
    use super::*;

    #[test]
    fn waits_and_sleeps_are_made_short() {
        let cases = [
            ("helm upgrade x ./c --wait --timeout 10m", "helm upgrade x ./c --wait --timeout 15s"),
            ("helm rollback x 2 --timeout=5m0s", "helm rollback x 2 --timeout=15s"),
            ("helm rollback x 2 --timeout 3s", "helm rollback x 2 --timeout 3s"),
            ("helm rollback x 2 --wait", "helm rollback --timeout=15s x 2 --wait"),
            (
                "kubectl rollout status deploy/x && sleep 60",
                "kubectl rollout status --timeout=15s deploy/x && sleep 1",
            ),
            ("helm history x", "helm history x"),
        ];
        for (script, wanted) in cases {
            assert_eq!(carried_out(script, &shortened(script)), wanted);
        }
    }
}
