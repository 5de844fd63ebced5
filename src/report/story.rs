//! One drill told from beginning to end, as its transcript has it: phases, commands, the fault that bit, the grade.
//! Styled with ANSI; the printer strips it where there is no terminal.

use super::Graded;
use super::matrix::style;
use super::record::evidence;
use crate::clock::Moment;
use crate::plan::Plan;
use crate::scenario;
use crate::transcript::{Aside, By, Entry, Event, Exit, Leaving, Phase};

/// The drill as a person reads it in a terminal.
pub fn story(graded: &Graded) -> String {
    let Chapters { broken, recovered, grade } = chapters(graded);
    heading(&graded.plan, &graded.cluster) + &broken + &recovered + &grade
}

/// The parts of a story. Every recovery of one broken release has the same first part.
#[derive(Clone, Debug)]
pub(super) struct Chapters {
    /// How the release was made and broken.
    pub(super) broken: String,
    /// How it was recovered.
    pub(super) recovered: String,
    /// What that is worth.
    pub(super) grade: String,
}

/// What is told below the heading.
pub(super) fn chapters(graded: &Graded) -> Chapters {
    let entries = &graded.transcript.entries;
    let recovery = |entry: &Entry| matches!(entry.event, Event::Phase { phase: Phase::Recover });
    let (broken, recovered) = entries.split_at(entries.iter().position(recovery).unwrap_or(entries.len()));
    let mut teller = Teller::new(graded.transcript.began);
    let mut tell =
        |entries: &[Entry]| entries.iter().filter_map(|entry| teller.tell(entry)).collect::<String>();
    Chapters { broken: tell(broken), recovered: tell(recovered), grade: verdict(graded) }
}

/// The first line: what is drilled, and the seed.
pub fn heading(plan: &Plan, cluster: &str) -> String {
    let variant = if plan.variant.is_empty() { String::new() } else { format!("/{}", plan.variant) };
    let other = plan.other_helm.as_ref().map(|other| format!(", {} {other}", scenario::beside(other)));
    let helm = format!("helm {}{}", plan.helm, other.unwrap_or_default());
    let what = format!("{}{variant} · {} · {cluster} · {helm}", plan.scenario, plan.procedure);
    format!("{:>11} {:<10} {what}\n", "SEED", plan.seed.to_string())
}

/// Tells a drill entry by entry, as it happens or afterwards. The status column has the word of a phase once.
#[derive(Debug)]
pub struct Teller {
    began: Moment,
    phase: &'static str,
}

impl Teller {
    /// A teller of the drill that began then.
    pub fn new(began: Moment) -> Teller {
        Teller { began, phase: "" }
    }

    /// The line for an entry; `None` for what a person does not want to read.
    pub fn tell(&mut self, entry: &Entry) -> Option<String> {
        let text = self.text(&entry.event)?;
        let seconds = entry.at.since(self.began).as_secs_f64();
        let word = std::mem::take(&mut self.phase);
        Some(format!("{word:>11} [{seconds:>6.1}s] {text}\n"))
    }

    fn text(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::Phase { phase } => {
                self.phase = title(*phase);
                match phase {
                    Phase::Provision => Some("a cluster of its own".to_owned()),
                    Phase::Verify => Some("the end state is held against the objectives".to_owned()),
                    Phase::Deploy | Phase::Inject | Phase::Recover => None,
                }
            }
            Event::Began { line, by: By::Reconciler, .. } => Some(format!("reconciler $ {line}")),
            Event::Began { line, by: By::Grade, .. } => Some(format!("asked $ {line}")),
            Event::Began { line, namespace: None, .. } => Some(format!("$ {line}")),
            Event::Began { line, namespace: Some(namespace), .. } => Some(format!("in {namespace} $ {line}")),
            Event::Ended { exit, stdout, stderr, .. } => Some(format!("  {}", ended(*exit, stdout, stderr))),
            Event::Fault { rule, .. } => Some(format!("  fault: {rule}")),
            Event::Checked { check, held, evidence } => {
                let word = if *held { "holds" } else { "does not hold" };
                Some(format!("{check} {word}: {evidence}"))
            }
            Event::Aside(aside) => Some(told(aside)),
            Event::Call(_) | Event::Object { .. } | Event::Snapshot { .. } => None,
        }
    }
}

/// What passed between whoever recovers and the drill.
pub(super) fn told(aside: &Aside) -> String {
    match aside {
        Aside::Note { text } => format!("note: {text}"),
        Aside::Hint { number, text } => format!("hint {number}: {}", text.trim()),
        Aside::Rewound { commands: 1, .. } => "rewound by one command".to_owned(),
        Aside::Rewound { commands, .. } => format!("rewound by {commands} commands"),
        Aside::Left { how: Leaving::Done } => "the recovery is said to be done".to_owned(),
        Aside::Left { how: Leaving::GivenUp } => "given up".to_owned(),
        Aside::Left { how: Leaving::TimeUp } => "the time is up".to_owned(),
    }
}

fn title(phase: Phase) -> &'static str {
    match phase {
        Phase::Provision => "PROVISION",
        Phase::Deploy => "DEPLOY",
        Phase::Inject => "INJECT",
        Phase::Recover => "RECOVER",
        Phase::Verify => "VERIFY",
    }
}

/// `ok`, or the exit code and the last thing said.
pub(super) fn ended(exit: Exit, stdout: &str, stderr: &str) -> String {
    let last =
        [stderr, stdout].into_iter().find_map(|text| text.lines().rfind(|line| !line.trim().is_empty()));
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
        card.verdict.word(),
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
