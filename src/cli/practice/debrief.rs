//! What is told before and after: the call of the pager, and the debrief: the grade with its evidence, what broke inside
//! Helm, what was done call by call, and what the scenario teaches.

use super::answers::clock;
use super::wrap::wrapped;
use crate::plan::{Plan, Verdict};
use crate::report::Graded;
use crate::scenario::{Scenario, beside};
use crate::transcript::{Aside, By, CallRecord, Entry, Event, Exit, Leaving, Phase};
use anstyle::{AnsiColor, Style};
use std::time::Duration;

/// How many calls of one command are told.
const CALLS: usize = 12;

/// What somebody who is called at night is told, and where they are then.
pub(super) fn call(scenario: &Scenario, plan: &Plan, blind: bool) -> String {
    let name = match blind {
        true => String::new(),
        false => wrapped(&format!("{}: {}", named(plan), scenario.metadata.title), "") + "\n",
    };
    format!("\n{name}{}\n", wrapped(&scenario.story, "  "))
}

/// Where whoever recovers in a shell is.
pub(super) fn place(plan: &Plan) -> String {
    let other = plan.other_helm.as_ref().map(|other| format!(", {} ({other})", beside(other)));
    let database = plan.about_database().map(|told| format!(" {told}")).unwrap_or_default();
    let place = format!(
        "You are in a shell of your own. helm {}{} and kubectl talk to the cluster of the release {} in the namespace {}; \
         the charts are in ./charts.{database} `drill` says what you can ask, `drill done` ends it.",
        plan.helm,
        other.unwrap_or_default(),
        plan.release,
        plan.namespaces.first().map_or("default", String::as_str),
    );
    format!("{}\n", wrapped(&place, ""))
}

/// `stuck-upgrade/before-first-write`.
fn named(plan: &Plan) -> String {
    match plan.variant.as_str() {
        "" => plan.scenario.clone(),
        variant => format!("{}/{variant}", plan.scenario),
    }
}

/// The whole debrief.
pub(super) fn debrief(scenario: &Scenario, reference: &Plan, graded: &Graded, took: Duration) -> String {
    let card = &graded.scorecard;
    let mut out = format!(
        "\n{} {}  {}{}{}\n  {}\n{}",
        card.letter,
        card.score,
        style(card.verdict).render(),
        card.verdict.word(),
        style(card.verdict).render_reset(),
        named(&graded.plan),
        wrapped(&scenario.metadata.title, "  "),
    );
    out += &format!(
        "  {} from the call to the end, {} commands, {} calls, longest outage {:.1}s\n",
        clock(took),
        card.commands,
        card.calls,
        card.longest_outage_seconds
    );
    for loss in &card.losses {
        out += &format!("  -{} {}\n{}", loss.points, loss.id, wrapped(&loss.evidence, "      "));
    }
    if !scenario.debrief.trim().is_empty() {
        out += &format!("\nWhat broke\n{}", wrapped(&scenario.debrief, "  "));
    }
    out += "\nWhat you did\n";
    out += &done(&graded.transcript.entries);
    out += &format!("\nWhat the scenario teaches: {}\n", reference.procedure);
    for step in &reference.recover {
        let place = step.namespace.as_ref().map_or(String::new(), |name| format!("in {name} "));
        out += &format!("  {place}$ {}\n", step.line.trim().replace('\n', "\n    "));
    }
    out += &wrapped(&reference.expect.because, "  ");
    out += &format!("\nAgain\n  {}\n", graded.reproduce());
    out
}

fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Recovered => AnsiColor::Green,
        Verdict::Degraded | Verdict::Inconclusive => AnsiColor::Yellow,
        Verdict::Failed | Verdict::Catastrophic => AnsiColor::Red,
    };
    Style::new().fg_color(Some(colour.into()))
}

/// What was done in the recovery: commands, calls that change something, and what passed between whoever recovered and
/// the drill.
fn done(entries: &[Entry]) -> String {
    let recovery = entries
        .iter()
        .skip_while(|entry| !matches!(entry.event, Event::Phase { phase: Phase::Recover }))
        .take_while(|entry| !matches!(entry.event, Event::Phase { phase: Phase::Verify }));
    let told = acts(recovery, "  ");
    if told.is_empty() { "  nothing\n".to_owned() } else { told }
}

fn acts<'a>(entries: impl Iterator<Item = &'a Entry>, indent: &str) -> String {
    let mut out = String::new();
    let mut calls = 0;
    for entry in entries {
        match &entry.event {
            Event::Began { line, by, .. } => {
                out += &rest(calls, indent);
                calls = 0;
                let who = if *by == By::Reconciler { "reconciler " } else { "" };
                out += &format!("{indent}{who}$ {}\n", line.trim().replace('\n', &format!("\n{indent}  ")));
            }
            Event::Ended { exit, .. } => {
                out += &rest(calls, indent);
                calls = 0;
                out += &ended(*exit, indent);
            }
            Event::Call(call) if call.verb.mutates() && !call.actor.is_ours() => {
                calls += 1;
                if calls <= CALLS {
                    out += &format!("{indent}    {}\n", shown(call));
                }
            }
            Event::Aside(aside) => out += &aside_told(aside, indent),
            Event::Phase { .. }
            | Event::Call(_)
            | Event::Fault { .. }
            | Event::Object { .. }
            | Event::Snapshot { .. }
            | Event::Checked { .. } => {}
        }
    }
    out + &rest(calls, indent)
}

fn rest(calls: usize, indent: &str) -> String {
    match calls.checked_sub(CALLS) {
        None | Some(0) => String::new(),
        Some(more) => format!("{indent}    and {more} calls more\n"),
    }
}

fn ended(exit: Exit, indent: &str) -> String {
    match exit {
        Exit::Code(0) => String::new(),
        Exit::Code(code) => format!("{indent}    exit {code}\n"),
        Exit::Signal(signal) => format!("{indent}    ended by signal {signal}\n"),
        Exit::TimedOut => format!("{indent}    ended by its time limit\n"),
    }
}

/// `PATCH production/deployments/myapp 200`.
fn shown(call: &CallRecord) -> String {
    let path = call.path.split_once("/namespaces/").map_or(call.path.as_str(), |(_, within)| within);
    let status = call.status.map_or("without an answer".to_owned(), |status| status.to_string());
    let tried = if call.query.contains("dryRun=") { " (only tried)" } else { "" };
    format!("{} {path} {status}{tried}", call.verb.http_method())
}

fn aside_told(aside: &Aside, indent: &str) -> String {
    match aside {
        Aside::Note { text } => wrapped(&format!("note: {text}"), indent),
        Aside::Hint { number, .. } => format!("{indent}hint {number}\n"),
        Aside::Rewound { undone, .. } => {
            format!(
                "{indent}taken back, so that it has not happened:\n{}",
                acts(undone.iter(), &format!("{indent}  | "))
            )
        }
        Aside::Left { how: Leaving::Done } => String::new(),
        Aside::Left { how: Leaving::GivenUp } => format!("{indent}given up\n"),
        Aside::Left { how: Leaving::TimeUp } => format!("{indent}the time was up\n"),
    }
}
