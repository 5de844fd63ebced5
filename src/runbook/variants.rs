//! Ways that nothing but their comments tell apart: statements of one block that do the same to the same release, each
//! under a comment of its own. Nobody types all of them one after another.

use super::fences::Found;
use super::roles::{Role, plain, positions};
use crate::shell::commands;
use regex::Regex;
use std::sync::LazyLock;

/// Comments that go on to what comes next, or tell stages of one thing.
static GOES_ON: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"(?:\d+\s*[.):]|step\b|phase\b|then\b|next\b|now\b|first\b|second\b|finally\b|after\b|once\b|if\b|when\b|retry\b|again\b|and\b|also\b|verify\b|confirm\b|wait\b)";
    Regex::new(&format!(r"(?i)^\W*{words}|\b(?:canary|full|gradual\w*|promote|remaining|\d+ ?%|known-?good|bad version|dev|staging|prod\w*)\b"))
        .expect("a pattern of ours is one")
});

/// A comment with the statements below it.
struct Part {
    /// Where its comment begins.
    comment: usize,
    said: String,
    statements: Vec<String>,
}

/// The same with comments made ways, where the last of a block are nothing but variants of one command.
pub(super) fn told_apart(mut found: Vec<Found>) -> Vec<Found> {
    if found.iter().any(|one| matches!(one, Found::Way(_) | Found::Or | Found::Unfinished(_))) {
        return found;
    }
    let parts = parts(&found);
    let Some(last) = parts.last().and_then(Part::does) else { return found };
    let count = parts.iter().rev().take_while(|part| part.does().as_ref() == Some(&last)).count();
    if count < 2 {
        return found;
    }
    for part in &parts[parts.len() - count..] {
        found[part.comment] = Found::Way(part.said.clone());
    }
    found
}

fn parts(found: &[Found]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut before = false;
    for (at, one) in found.iter().enumerate() {
        match one {
            // A comment of several lines is one.
            Found::Said(_) if before => {}
            Found::Said(said) => parts.push(Part { comment: at, said: said.clone(), statements: Vec::new() }),
            Found::Statement(script) => {
                if let Some(part) = parts.last_mut() {
                    part.statements.push(script.text.clone());
                }
            }
            Found::Way(_) | Found::Or | Found::Output(_) | Found::Unfinished(_) => {}
        }
        before = matches!(one, Found::Said(_));
    }
    parts
}

impl Part {
    /// Verb, release and namespace, where it is one statement that does something to a release and no part of a row.
    fn does(&self) -> Option<(String, String, String)> {
        let [statement] = self.statements.as_slice() else { return None };
        let simples = commands(statement);
        let [simple] = simples.as_slice() else { return None };
        let words = plain(simple);
        let word = |at: usize| words.get(at).map(|word| word.text.clone()).unwrap_or_default();
        let verb = match (simple.program(), word(0).as_str()) {
            ("helm", verb @ ("rollback" | "install" | "upgrade" | "uninstall")) => verb.to_owned(),
            ("kubectl", "rollout") if word(1) == "undo" => format!("undo {}", word(2)),
            _ => return None,
        };
        let places = positions(simple);
        let of = |role: Role| places.iter().find(|place| place.role == role).map(|place| place.text.clone());
        let (release, namespace) = (of(Role::Release), of(Role::Namespace).unwrap_or_default());
        let row = GOES_ON.is_match(&self.said);
        (!row).then(|| (verb, release.unwrap_or_default(), namespace))
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    /// The ways of a block with the lines of their steps.
    fn ways(block: &str) -> Vec<(String, Vec<usize>)> {
        let runbook = parse("x.md", &format!("# x\n\n```bash\n{block}\n```\n"));
        let ways = runbook.sections[0].alternatives.iter();
        ways.map(|way| (way.name.clone(), way.steps.iter().map(|step| step.place.line).collect())).collect()
    }

    #[test]
    fn variants_of_one_command_are_ways() {
        let block = "helm history r\n\n# To the one before\nhelm rollback r -n x\n\n# To a certain one\n# (safer)\n\
                     helm rollback r 3 -n x\n";
        let wanted =
            [("To the one before".to_owned(), vec![4, 7]), ("To a certain one".to_owned(), vec![4, 11])];
        assert_eq!(ways(block), wanted);
    }

    #[test]
    fn what_is_done_in_a_row_stays_one_way() {
        let rows = [
            "# Production\nhelm rollback r 1 -n a\n# Staging\nhelm rollback r 1 -n b",
            "# 1. Try it\nhelm rollback r 1\n# 2. Try harder\nhelm rollback r 1 --force",
            "# Canary\nhelm upgrade r ./c --set canary=true\n# Everything\nhelm upgrade r ./c",
            "# Go back\nhelm rollback r 1\n# If that fails\nhelm rollback r 1 --no-hooks",
            "# Go back\nhelm rollback r 1\n# Go on\nhelm upgrade r ./c",
            "# Go back\nhelm rollback r 1",
        ];
        for row in rows {
            assert_eq!(ways(row).len(), 1, "{row}");
        }
    }
}
