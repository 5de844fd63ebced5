//! Pipelines that end otherwise from one time to the next: what reads stops before everything is written.

use super::super::placed::{Place, Placed};
use super::super::steps::Command;
use super::Findings;
use super::names::{all_checks, commands};
use crate::shell::{self, Simple};
use std::ops::Range;

/// `… | grep -q …`: grep is gone with its first match, and whoever still writes is ended by it.
pub(super) fn early_ends(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let steps = commands(scenario).into_iter().map(|Command { run, .. }| run);
    for run in steps.chain(scenario.symptoms.iter().filter_map(|symptom| symptom.run.as_ref())) {
        for (writer, reader, bytes) in hasty(&run.text) {
            tell(found, within(run, bytes), &writer, &reader);
        }
    }
    for ((id, _), check) in all_checks(scenario) {
        for inquiry in check.inquiries(&[String::new()]) {
            for (writer, reader, _) in hasty(&inquiry.line) {
                tell(found, id.place.clone(), &writer, &reader);
            }
        }
    }
}

fn tell(found: &mut Findings<'_>, place: Place, writer: &str, reader: &str) {
    let message = format!(
        "`{reader}` stops reading at its first match, after which `{writer}` fails or does not, by chance: steps run with \
         `pipefail`"
    );
    let help = "let grep read to the end (`grep … > /dev/null`), or let the other one end first \
                (`grep -q … <<< \"$(…)\"`)";
    found.place(place, message, Some(help.to_owned()));
}

/// What writes, the grep that does not read it to the end, and where that one stands.
fn hasty(line: &str) -> Vec<(String, String, Range<usize>)> {
    let all = shell::commands(line);
    let pairs = all.windows(2).filter(|pair| pair[1].piped && is_hasty(&pair[1]) && !at_once(&pair[0]));
    let told = pairs.map(|pair| {
        let bytes = |simple: &Simple| {
            let ends = [simple.words.first(), simple.words.last()];
            let [from, to] = ends.map(|word| word.map_or(0..0, |word| word.bytes.clone()));
            from.start..to.end
        };
        let reader = pair[1].words.iter().take(2).map(|word| word.text.as_str()).collect::<Vec<_>>();
        let writer = pair[0].words.iter().take(2).map(|word| word.text.as_str()).collect::<Vec<_>>();
        (writer.join(" "), reader.join(" "), bytes(&pair[1]))
    });
    told.collect()
}

fn is_hasty(simple: &Simple) -> bool {
    let short = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('q');
    let quiet = simple.arguments().take_while(|word| *word != "--").any(short);
    matches!(simple.program(), "grep" | "egrep" | "fgrep") && (quiet || simple.has(&["--quiet", "--silent"]))
}

/// What writes everything at once has nobody to wait for.
fn at_once(simple: &Simple) -> bool {
    matches!(simple.program(), "echo" | "printf" | "")
}

/// The place of a part of a text, where the text stands in the file as it is; else that of the whole.
fn within(text: &Placed, bytes: Range<usize>) -> Place {
    let Placed { text, place } = text;
    let quote = match place.bytes.len().checked_sub(text.len()) {
        Some(0) => 0,
        Some(2) => 1,
        Some(_) | None => return place.clone(),
    };
    if text.contains('\n') {
        return place.clone();
    }
    let before = text.get(..bytes.start).map_or(0, |before| before.chars().count());
    let from = place.bytes.start + quote;
    Place {
        line: place.line,
        column: place.column + quote + before,
        bytes: from + bytes.start..from + bytes.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_grep_that_leaves_before_its_writer_is_hasty() {
        let found = |line: &str| hasty(line).iter().map(|(_, reader, _)| reader.clone()).collect::<Vec<_>>();
        let hurries = [
            ("helm list | grep -q web", "grep -q"),
            ("kubectl get pods |\n  grep -Eq Error && exit 1", "grep -Eq"),
            ("until helm status web | grep --quiet deployed; do :; done", "grep --quiet"),
            ("test -n \"$(helm list | grep -qx web)\"", "grep -qx"),
        ];
        for (line, reader) in hurries {
            assert_eq!(found(line), [reader], "{line}");
        }
        let waits = [
            "helm list | grep web > /dev/null",
            "grep -q web <<< \"$(helm list)\"",
            "grep -q web list.txt && helm list",
            "echo \"$LIST\" | grep -q web",
            "helm list | grep -e -- -q",
            "helm list; grep -q web list.txt",
        ];
        for line in waits {
            assert!(found(line).is_empty(), "{line}");
        }
    }
}
