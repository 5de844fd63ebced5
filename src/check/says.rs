//! Commands that are run once a recovery is over, to be asked what they say. Which there are, and what their answers in
//! the record come to; running them is the matter of `drill`.

use super::{Answer, Check, Says, View};
use crate::transcript::{By, End, Event, Exit, Transcript, commands};
use regex::{Regex, RegexBuilder};

/// A command that is to be run once the recovery is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Where.
    pub namespace: String,
    /// What is typed.
    pub line: String,
}

/// What stands under `says`, as it is looked for.
///
/// # Errors
/// Where it is no regular expression.
pub fn pattern(says: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(says).multi_line(true).build()
}

impl Check {
    /// The commands that must have been run before it can be answered; `namespaces` are those of the drill.
    pub fn inquiries(&self, namespaces: &[String]) -> Vec<Inquiry> {
        let mut found = Vec::new();
        collect(self, namespaces, &mut found);
        found
    }

    /// Whether it can be answered only once the recovery is over, by what a command says then.
    pub fn waits_for_the_end(&self) -> bool {
        // Where `everywhere` stands nowhere, a command below it is still one.
        !self.inquiries(&[String::new()]).is_empty()
    }
}

fn collect(check: &Check, namespaces: &[String], found: &mut Vec<Inquiry>) {
    match check {
        Check::All(parts) | Check::Any(parts) => {
            parts.iter().for_each(|part| collect(part, namespaces, found));
        }
        Check::Not(part) => collect(part, namespaces, found),
        Check::In(within) => collect(&within.check, std::slice::from_ref(&within.environment), found),
        Check::Everywhere(part) => {
            namespaces.iter().for_each(|name| collect(part, std::slice::from_ref(name), found));
        }
        Check::Command(Says { run, namespace, .. }) => {
            let namespace = namespace.as_ref().or(namespaces.first()).cloned().unwrap_or_default();
            let inquiry = Inquiry { namespace, line: run.clone() };
            if !found.contains(&inquiry) {
                found.push(inquiry);
            }
        }
        Check::Release(_)
        | Check::History(_)
        | Check::Values(_)
        | Check::Available(_)
        | Check::Workloads(_)
        | Check::Replicas(_)
        | Check::Reachable(_)
        | Check::UniformTemplate(_)
        | Check::Serves(_)
        | Check::ConfigMap(_)
        | Check::Secret(_)
        | Check::Exists(_)
        | Check::Absent(_)
        | Check::SameUid(_)
        | Check::Field(_)
        | Check::Manages(_)
        | Check::OwnedBy(_)
        | Check::NoOrphans(_)
        | Check::DataKept(_)
        | Check::OwnedObjectsMatchManifest(_)
        | Check::Untouched(_)
        | Check::Job(_)
        | Check::JobRuns(_)
        | Check::NotPrinted(_) => {}
    }
}

/// The command was run in the end, changed nothing, and ended like this.
pub(super) fn says(asked: &Says, view: &View<'_>) -> Answer {
    let line = &asked.run;
    let (held, told) = match asked_in_the_end(asked, view) {
        None => (false, "is run when the recovery is over".to_owned()),
        Some((_, Some(change))) => {
            (false, format!("only looks, and does not count where it changes something: {change}"))
        }
        Some((end, None)) => judged(asked, &end),
    };
    Answer { held, evidence: format!("`{line}` {told}") }
}

/// How it ended, and what it changed.
fn asked_in_the_end<'a>(asked: &Says, view: &View<'a>) -> Option<(End<'a>, Option<&'a str>)> {
    let home = view.namespace(&asked.namespace);
    let mut ours = commands(view.record);
    ours.retain(|ran| ran.by == By::Grade && ran.line == asked.run);
    let ran_in = |namespace: Option<&str>| ours.iter().rfind(|ran| ran.namespace == namespace);
    // The record names a namespace where it is not the first of the drill.
    let ran = ran_in(Some(home)).or_else(|| ran_in(None))?;
    let end = ran.end?;
    let changed = Transcript::changed_by(ran.number);
    let change = view.record.iter().rev().find_map(|entry| match &entry.event {
        Event::Checked { check, held: false, evidence } if *check == changed => Some(evidence.as_str()),
        _ => None,
    });
    Some((end, change))
}

/// Whether an end is the one that is asked for.
fn judged(asked: &Says, end: &End<'_>) -> (bool, String) {
    let code = match end.exit {
        Exit::Code(code) => code,
        Exit::Signal(signal) => return (false, format!("ended by signal {signal}")),
        Exit::TimedOut => return (false, "did not end in its time".to_owned()),
    };
    let last = |text: &str| text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned);
    let last = last(end.stderr).or_else(|| last(end.stdout)).unwrap_or_else(|| "it says nothing".to_owned());
    if code != asked.exits {
        return (false, format!("ends with exit code {code}, expected {}: {last}", asked.exits));
    }
    let Some(says) = &asked.says else { return (true, format!("ends with exit code {code}")) };
    match pattern(says) {
        Ok(wanted) if wanted.is_match(end.stdout) || wanted.is_match(end.stderr) => {
            (true, format!("says `{says}`"))
        }
        Ok(_) => (false, format!("does not say `{says}`: {last}")),
        Err(_) => (false, format!("cannot be asked for `{says}`, which is no regular expression")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::snapshot::Snapshot;
    use crate::transcript::Entry;

    /// A record in which `helm status` was asked at home, and in staging.
    fn record(exit: Exit, stdout: &str, change: Option<&str>) -> Vec<Entry> {
        let asked = |command, namespace: Option<&str>, by| Event::Began {
            command,
            line: "helm status web".to_owned(),
            origin: String::new(),
            namespace: namespace.map(str::to_owned),
            by,
        };
        let said = |command, exit, stdout: &str| Event::Ended {
            command,
            exit,
            stdout: stdout.to_owned(),
            stderr: String::new(),
        };
        let changed = change.map(|evidence| Event::Checked {
            check: Transcript::changed_by(2),
            held: false,
            evidence: evidence.to_owned(),
        });
        let recovery = [asked(1, None, By::People), said(1, Exit::Code(0), "STATUS: failed\n")];
        let home = [asked(2, None, By::Grade), said(2, exit, stdout)];
        let staging = [asked(3, Some("staging"), By::Grade), said(3, Exit::Code(7), "")];
        let events = recovery.into_iter().chain(home).chain(changed).chain(staging);
        events.map(|event| Entry { at: Moment::default(), event }).collect()
    }

    fn told(check: &str, record: &[Entry]) -> String {
        let check: Check = serde_saphyr::from_str(check).unwrap_or_else(|error| panic!("{check}: {error}"));
        let namespaces = ["production".to_owned(), "staging".to_owned()];
        let (now, at) = (&Snapshot::default(), Moment::default());
        let answer = check.answer(&View { namespaces: &namespaces, baseline: now, now, at, record });
        format!("{}: {}", answer.held, answer.evidence)
    }

    #[test]
    fn a_command_is_judged_by_its_exit_code_and_by_what_it_says_in_the_end() {
        let said = "NAME: web\nSTATUS: deployed\n";
        let well = record(Exit::Code(0), said, None);
        let cases = [
            ("command: {run: helm status web}", "true: `helm status web` ends with exit code 0"),
            (
                "command: {run: helm status web, says: '^STATUS: deployed$'}",
                "true: `helm status web` says `^STATUS: deployed$`",
            ),
            (
                "command: {run: helm status web, says: '^deployed'}",
                "false: `helm status web` does not say `^deployed`: STATUS: deployed",
            ),
            (
                "command: {run: helm status web, exits: 1}",
                "false: `helm status web` ends with exit code 0, expected 1: STATUS: deployed",
            ),
            ("command: {run: helm list}", "false: `helm list` is run when the recovery is over"),
            (
                "in: {environment: staging, check: {command: {run: helm status web, exits: 7}}}",
                "true: staging: `helm status web` ends with exit code 7",
            ),
            (
                "everywhere: {command: {run: helm status web}}",
                "false: staging: `helm status web` ends with exit code 7, expected 0: it says nothing",
            ),
        ];
        for (check, wanted) in cases {
            assert_eq!(told(check, &well), wanted);
        }
        let late = record(Exit::TimedOut, said, None);
        assert_eq!(
            told("command: {run: helm status web}", &late),
            "false: `helm status web` did not end in its time"
        );
    }

    #[test]
    fn a_command_that_changes_something_does_not_hold() {
        let changed = record(Exit::Code(0), "", Some("POST /api/v1/namespaces/production/pods"));
        let told = told("command: {run: helm status web}", &changed);
        assert_eq!(
            told,
            "false: `helm status web` only looks, and does not count where it changes something: POST \
             /api/v1/namespaces/production/pods"
        );
    }
}
