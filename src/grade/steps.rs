//! What each command of a recovery did to the cluster: what it repaired, what it broke, or that it was refused or only
//! looked. Read from the transcript, like the grade of the whole.

use super::Judge;
use super::path::{Path, State};
use crate::plan::{Plan, Severity, Span};
use crate::transcript::{By, Event, Exit, Label, Phase, Transcript};

/// What one command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepGrade {
    /// Where the command was written: `runbook.md:12`.
    pub origin: String,
    /// How it ended; `None` where the drill ended first.
    pub exit: Option<Exit>,
    /// The line of its output that says why it failed; else its last.
    pub said: String,
    /// What it wrote to its standard error.
    pub stderr: String,
    /// What it did.
    pub effect: Effect,
}

/// What a command did to the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Objectives hold that did not; whether all of them do now.
    Repaired {
        /// Their ids.
        met: Vec<String>,
        /// Whether nothing is left to repair.
        whole: bool,
    },
    /// An objective or a safeguard held before and does not any more: what was seen.
    Worse {
        /// The id of each, and what was seen.
        evidence: Vec<(String, String)>,
        /// Whether a catastrophic safeguard is among them.
        catastrophic: bool,
    },
    /// It failed and changed nothing that counts.
    Refused,
    /// It did not end in its time.
    Hung,
    /// It changed something, and nothing of what counts.
    NoEffect,
    /// It changed nothing, and did not try to.
    Looked,
}

/// What every command of the recovery did, in order.
pub fn steps(plan: &Plan, transcript: &Transcript) -> Vec<StepGrade> {
    let (Some(baseline), Some(broken)) =
        (transcript.snapshot(Label::Baseline), transcript.snapshot(Label::Broken))
    else {
        return Vec::new();
    };
    let judge = Judge { plan, baseline, transcript };
    let path = Path::of(transcript, broken);
    let commands = commands(transcript);
    let after = |number: u32| {
        let within = |state: &State| number_of(state).is_none_or(|other| other <= number);
        path.states().iter().rposition(within).unwrap_or_default()
    };
    let mut from = path.states().iter().rposition(|state| state.phase < Phase::Recover).unwrap_or_default();
    let mut graded = Vec::new();
    for command in commands {
        let to = after(command.number);
        let effect = judge.effect(&path.states()[from..=to.max(from)], &command);
        from = to.max(from);
        let Command { origin, exit, stdout, stderr, .. } = command;
        graded.push(StepGrade { origin, exit, said: said(&stderr, &stdout), stderr, effect });
    }
    graded
}

fn number_of(state: &State) -> Option<u32> {
    state.cause.as_ref()?.command.as_ref().map(|(number, _, _)| *number)
}

/// A command of the recovery as the transcript tells it.
struct Command {
    number: u32,
    origin: String,
    exit: Option<Exit>,
    stdout: String,
    stderr: String,
    /// Whether it asked for a change.
    mutates: bool,
}

fn commands(transcript: &Transcript) -> Vec<Command> {
    let mut found: Vec<Command> = Vec::new();
    let mut recovers = false;
    for entry in &transcript.entries {
        match &entry.event {
            Event::Phase { phase } => recovers = *phase == Phase::Recover,
            Event::Began { command, origin, by: By::People, .. } if recovers => found.push(Command {
                number: *command,
                origin: origin.clone(),
                exit: None,
                stdout: String::new(),
                stderr: String::new(),
                mutates: false,
            }),
            Event::Ended { command, exit, stdout, stderr } => {
                if let Some(ended) = found.iter_mut().find(|one| one.number == *command) {
                    (ended.exit, ended.stdout, ended.stderr) = (Some(*exit), stdout.clone(), stderr.clone());
                }
            }
            Event::Call(call) if recovers && !call.actor.is_ours() => {
                if let Some(last) = found.last_mut() {
                    last.mutates |= call.asks_for_a_change();
                }
            }
            Event::Began { .. }
            | Event::Call(_)
            | Event::Fault { .. }
            | Event::Object { .. }
            | Event::Snapshot { .. }
            | Event::Checked { .. }
            | Event::Aside(_) => {}
        }
    }
    found
}

impl Judge<'_> {
    /// What a command did from the state before it, the first of these, to the state after it, the last.
    fn effect(&self, states: &[State], command: &Command) -> Effect {
        let (before, after) = (&states[0], &states[states.len() - 1]);
        let mut evidence = Vec::new();
        let mut catastrophic = false;
        for safeguard in &self.plan.safeguards {
            let asked: &[State] = match &safeguard.span {
                Span::Hold => states,
                Span::Assert => std::slice::from_ref(after),
                Span::Before(_) => continue,
            };
            if !safeguard.check.answer(&self.view(before)).held {
                continue;
            }
            let broke = asked.iter().map(|state| safeguard.check.answer(&self.view(state)));
            if let Some(answer) = broke.into_iter().find(|answer| !answer.held) {
                catastrophic |= safeguard.severity == Severity::Catastrophic;
                evidence.push((safeguard.id.clone(), answer.evidence));
            }
        }
        let mut met = Vec::new();
        let mut whole = true;
        for objective in self.plan.objectives.iter().filter(|one| !one.check.waits_for_the_end()) {
            let was = objective.check.answer(&self.view(before)).held;
            let is = objective.check.answer(&self.view(after));
            whole &= is.held;
            match (was, is.held) {
                (false, true) => met.push(objective.id.clone()),
                (true, false) => evidence.push((objective.id.clone(), is.evidence)),
                (true, true) | (false, false) => {}
            }
        }
        // `diff`, `grep` and `test` answer with their exit code, and complain of nothing.
        let quiet = !command.mutates && command.stderr.trim().is_empty();
        let failed = match command.exit {
            Some(Exit::Code(0)) => false,
            Some(Exit::Code(1)) => !quiet,
            Some(Exit::Code(_) | Exit::Signal(_) | Exit::TimedOut) | None => true,
        };
        // What repairs everything at the price of an outage is a repair; the outage counts in the grade of the whole.
        let whole_repair = whole && !met.is_empty() && !catastrophic;
        if !evidence.is_empty() && !whole_repair {
            Effect::Worse { evidence, catastrophic }
        } else if !met.is_empty() {
            Effect::Repaired { met, whole }
        } else if command.exit == Some(Exit::TimedOut) {
            Effect::Hung
        } else if failed {
            Effect::Refused
        } else if command.mutates {
            Effect::NoEffect
        } else {
            Effect::Looked
        }
    }
}

impl StepGrade {
    /// What bash says of a statement that it cannot read.
    pub fn unreadable(&self) -> Option<&str> {
        let lines = self.stderr.lines().filter(|line| line.starts_with("bash: "));
        let said = ["syntax error near ", "syntax error: ", "unexpected EOF while "];
        lines.filter_map(|line| said.iter().find_map(|said| Some(&line[line.find(said)?..]))).next()
    }
}

/// The line that says why something failed, else the last line.
fn said(stderr: &str, stdout: &str) -> String {
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines().find(|line| line.starts_with("Error") || line.starts_with("error"));
    let last = || stdout.lines().map(str::trim).rfind(|line| !line.is_empty());
    without_number(error.or_else(|| lines().next_back()).or_else(last).unwrap_or_default())
}

/// `bash: line 25: …` counts the lines of the session in which a statement was run; the report says where it is written.
fn without_number(said: &str) -> String {
    let counted = said.strip_prefix("bash: line ").and_then(|rest| rest.split_once(": "));
    match counted {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => format!("bash: {rest}"),
        Some(_) | None => said.to_owned(),
    }
}
