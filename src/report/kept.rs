//! The report of one drill as a file that is reviewed and kept: what it came to, what was lost, what the commands said, and
//! what differs between its states, without anything that differs from run to run by nature.

use super::Graded;
use super::normal::normalise_text;
use super::states::States;
use crate::transcript::{By, Event, Exit, Label, Phase};
use regex::Regex;
use std::sync::LazyLock;

/// The first line of every such file; a file without it belongs to somebody else.
pub const MARK: &str = "# helmdrill snapshot, format 1";

/// The report of one drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// `stuck-upgrade/before-first-write`.
    pub failure: String,
    /// Name of the procedure or control.
    pub procedure: String,
    /// Helm version.
    pub helm: String,
    /// The text of its file.
    pub text: String,
}

impl Kept {
    /// The report of a drill of which everything is still there.
    pub fn of(graded: &Graded) -> Kept {
        let (plan, card) = (&graded.plan, &graded.scorecard);
        let mut text = format!("{MARK}\n");
        let mut line = |name: &str, value: &str| text += &format!("{name}: {value}\n");
        line("failure", &graded.scenario());
        line("procedure", &plan.procedure);
        line("helm", &plan.helm);
        if let Some(other) = &plan.other_helm {
            line("other helm", other);
        }
        line("verdict", &format!("{} {}", card.verdict.word(), card.score));
        line("expected", plan.expect.verdict.word());
        line("as expected", if card.as_expected { "yes" } else { "no" });
        text += "\nlost:\n";
        for loss in &card.losses {
            let evidence = lasting(graded, &loss.evidence);
            text += &format!("  {} (-{}): {evidence}\n", loss.id, loss.points);
        }
        text += "\ncommands of the recovery:\n";
        text += &commands(graded);
        let differences = States::of(&graded.transcript).differences();
        for (title, difference) in [
            ("what the fault did", differences.broke),
            ("what the recovery did", differences.repaired),
            ("what is not as it was", differences.left),
        ] {
            text += &format!("\n{title}:\n");
            text.extend(difference.lines().map(|line| format!("  {}\n", line.trim_end())));
        }
        Kept { failure: graded.scenario(), procedure: plan.procedure.clone(), helm: plan.helm.clone(), text }
    }

    /// The path of its file below the folder of snapshots: `stuck-upgrade/early/rollback.helm-4.3.1.txt`.
    pub fn place(&self) -> String {
        let folders = self.failure.split('/').map(plain).collect::<Vec<_>>().join("/");
        format!("{folders}/{}.helm-{}.txt", plain(&self.procedure), plain(&self.helm))
    }
}

/// A name that is the name of a file on every system, and of no other folder.
fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "+-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    if name.starts_with('.') || name.is_empty() { format!("-{name}") } else { name }
}

/// What was typed to recover, and how it ended with what was said last.
fn commands(graded: &Graded) -> String {
    let mut out = String::new();
    let mut recovers = false;
    for entry in &graded.transcript.entries {
        match &entry.event {
            Event::Phase { phase } => recovers = *phase == Phase::Recover,
            Event::Began { line, namespace, by: By::People, .. } if recovers => {
                let place = namespace.as_ref().map_or(String::new(), |name| format!("in {name} "));
                out += &format!("  {place}$ {}\n", line.trim().replace('\n', "\n    "));
            }
            Event::Ended { exit, stdout, stderr, .. } if recovers => {
                let said = match exit {
                    Exit::Code(0) => "ok".to_owned(),
                    Exit::Code(_) | Exit::Signal(_) | Exit::TimedOut => {
                        masked(&super::story::ended(*exit, stdout, stderr))
                    }
                };
                out += &format!("    {said}\n");
            }
            Event::Began { .. }
            | Event::Ended { .. }
            | Event::Call(_)
            | Event::Fault { .. }
            | Event::Object { .. }
            | Event::Snapshot { .. }
            | Event::Checked { .. }
            | Event::Aside(_) => {}
        }
    }
    out
}

/// What is found, and what stands for it.
const MASKS: [(&str, &str); 7] = [
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UID"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d{4}| ?UTC|Z)*", "TIME"),
    (r"\w{3} \w{3} +\d{1,2} \d\d:\d\d:\d\d( UTC)? \d{4}", "TIME"),
    // The alphabet that Kubernetes draws names from has no vowels and no 0, 1, 3.
    (r"-[bcdfghjklmnpqrstvwxz2456789]{5,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b", "-HASH-DRAWN"),
    (r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(:\d+)?\b", "ADDRESS"),
    (r"\b(\d+h)?(\d+m)?\d+(\.\d+)?(s|ms|µs)\b", "SPAN"),
    (r"\S*/(drill|cluster)-\w+/", "FOLDER/"),
];

/// Evidence without what was drawn or measured, on one line.
pub(super) fn lasting(graded: &Graded, evidence: &str) -> String {
    let states = [Label::Recovered, Label::Broken];
    match states.into_iter().find_map(|label| graded.transcript.snapshot(label)) {
        Some(state) => sorted(&masked(&normalise_text(state, evidence))),
        None => sorted(&masked(evidence)),
    }
}

/// Evidence in an order that does not depend on drawn names, and with one name for all pods of a set: what was seen, sorted,
/// and then what brought it about.
fn sorted(evidence: &str) -> String {
    static NUMBERED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"-#\d+").expect("a pattern"));
    let evidence = NUMBERED.replace_all(evidence, "-DRAWN");
    let cause = ["; after ", "; in command "].iter().filter_map(|word| evidence.find(word)).min();
    let (seen, cause) = evidence.split_at(cause.unwrap_or(evidence.len()));
    let mut seen: Vec<&str> = seen.split("; ").collect();
    seen.sort_unstable();
    seen.join("; ") + cause
}

/// A text without what was drawn or measured, on one line.
pub(super) fn masked(text: &str) -> String {
    static FOUND: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        MASKS.iter().map(|(pattern, stands)| (Regex::new(pattern).expect("a pattern"), *stands)).collect()
    });
    let text = text.trim().replace('\n', " ");
    FOUND.iter().fold(text, |text, (found, stands)| found.replace_all(&text, *stands).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_does_not_depend_on_which_pod_came_first() {
        let told = |one: u8, other: u8| {
            sorted(&format!(
                "pod web-7c9-#{one} is old; pod web-7c9-#{other} is new; in command 2 `b; a` (x.yaml:3)"
            ))
        };
        assert_eq!(told(1, 2), told(2, 1));
        assert_eq!(
            told(1, 2),
            "pod web-7c9-DRAWN is new; pod web-7c9-DRAWN is old; in command 2 `b; a` (x.yaml:3)"
        );
    }

    #[test]
    fn what_was_drawn_or_measured_is_masked_and_nothing_else() {
        for (text, wanted) in [
            ("pod/web-5d4f8c7b9d-x2kq4 is ready", "pod/web-HASH-DRAWN is ready"),
            (
                "release myapp is pending-upgrade at revision 3",
                "release myapp is pending-upgrade at revision 3",
            ),
            ("timed out after 1m3.5s", "timed out after SPAN"),
            ("dial tcp 127.0.0.1:41235", "dial tcp ADDRESS"),
        ] {
            assert_eq!(masked(text), wanted);
        }
    }
}
