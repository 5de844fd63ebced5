//! One drill told from beginning to end, as its transcript has it: phases, commands, the fault that bit, the grade.

use super::Graded;
use super::matrix::style;
use super::record::{evidence, word};
use crate::clock::Moment;
use crate::plan::Plan;
use crate::transcript::{Entry, Event, Exit, Phase};

/// The drill as a person reads it in a terminal; styled with ANSI.
pub fn story(graded: &Graded) -> String {
    let mut out = String::new();
    let plan = &graded.plan;
    let cluster = &graded.cluster;
    out +=
        &format!("{:>11} {:<28} {} · {cluster} · helm {}\n", "SEED", plan.seed, graded.scenario(), plan.helm);
    let mut column = Column { began: graded.transcript.began, phase: String::new() };
    for entry in &graded.transcript.entries {
        if let Some(text) = told(&entry.event, &mut column) {
            out += &column.line(entry.at, &text);
        }
    }
    out += &verdict(graded);
    out
}

/// The status column: the word of a phase once, then blanks.
struct Column {
    began: Moment,
    phase: String,
}

impl Column {
    fn line(&mut self, at: Moment, text: &str) -> String {
        let seconds = at.since(self.began).as_secs_f64();
        let word = std::mem::take(&mut self.phase);
        format!("{word:>11} [{seconds:>6.1}s] {text}\n")
    }
}

fn told(event: &Event, column: &mut Column) -> Option<String> {
    match event {
        Event::Phase { phase } => {
            column.phase = match phase {
                Phase::Provision => "PROVISION",
                Phase::Deploy => "DEPLOY",
                Phase::Inject => "INJECT",
                Phase::Recover => "RECOVER",
                Phase::Verify => "VERIFY",
            };
            match phase {
                Phase::Provision => Some("a cluster of its own".to_owned()),
                Phase::Verify => Some("the end state is held against the objectives".to_owned()),
                Phase::Deploy | Phase::Inject | Phase::Recover => None,
            }
        }
        Event::Began { line, .. } => Some(format!("$ {line}")),
        Event::Ended { exit, stdout, stderr, .. } => Some(format!("  {}", ended(*exit, stdout, stderr))),
        Event::Fault { rule, verdict, .. } => Some(format!("  fault: {verdict} {rule}")),
        Event::Checked { check, held, evidence } => {
            let word = if *held { "holds" } else { "does not hold" };
            Some(format!("{check} {word}: {evidence}"))
        }
        Event::Call(_) | Event::Object { .. } | Event::Snapshot { .. } => None,
    }
}

/// `ok`, or the exit code and the last thing said.
fn ended(exit: Exit, stdout: &str, stderr: &str) -> String {
    let last =
        [stderr, stdout].into_iter().find_map(|text| text.lines().rev().find(|line| !line.trim().is_empty()));
    let last = last.unwrap_or_default().trim();
    match exit {
        Exit::Code(0) => "ok".to_owned(),
        Exit::Code(code) => format!("exit {code}: {last}"),
        Exit::Signal(signal) => format!("ended by signal {signal}"),
        Exit::TimedOut => "ended by its time limit".to_owned(),
    }
}

/// The last lines: the grade with its evidence.
pub fn verdict(graded: &Graded) -> String {
    let card = &graded.scorecard;
    let style = style(card.verdict);
    let mut out = format!(
        "{:>11} {} {}  {}{}{}; {:.1}s to recover, {} commands, {} calls, longest outage {:.1}s\n",
        "GRADE",
        card.letter,
        card.score,
        style.render(),
        word(card.verdict),
        style.render_reset(),
        card.seconds,
        card.commands,
        card.calls,
        card.longest_outage_seconds,
    );
    for line in evidence(graded) {
        out += &format!("{:>11} {line}\n", "");
    }
    let expected = if card.as_expected { "as expected" } else { "NOT as expected" };
    out += &format!("{:>11} {expected}: {}\n", "", graded.plan.expect.because.trim());
    out += &format!("{:>11} {}\n", "AGAIN", graded.reproduce());
    out
}
