//! One way through a section, made ready to run: values put in, waits made short, and for each statement whether it runs.
//! The steps go into a plan as those of any procedure.

use super::bind::{Binder, carried_out, overlap};
use super::bindings::Bindings;
use super::facts::Facts;
use super::flags;
use super::model::{Alternative, Level, Remark, Runbook, Section, Step};
use super::rules::{self, Kind, Left};
use super::{lent, occurrences, pace};
use crate::plan::{self, Outcome};
use crate::scenario::Place;
use std::collections::BTreeMap;
use std::ops::Range;

/// One way, ready to run.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// Its statements in order.
    pub steps: Vec<Ready>,
    /// What is to be said of them.
    pub remarks: Vec<Remark>,
    /// Files that they find: path → text.
    pub files: BTreeMap<String, String>,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Ready {
    /// As it is written.
    pub written: String,
    /// As it would be run.
    pub line: String,
    /// Where it is written.
    pub place: Place,
    /// Whether it is run.
    pub fate: Fate,
    /// How it must end.
    pub outcome: Outcome,
    /// Its time limit in seconds.
    pub timeout: u32,
    /// What stands for what.
    pub told: Vec<String>,
    /// Whether it asks for a change, as its text tells.
    pub changes: bool,
}

/// Whether a statement is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is.
    Run,
    /// It is passed over: it needs what a drill does not have, or somebody has said so.
    Skipped(String),
    /// It is not allowed: it reaches out of the drill.
    Refused(String),
    /// Something in it stands for nothing.
    Unbound(String),
    /// It ends nowhere: bash cannot read it.
    Unreadable(String),
}

/// What a way is made ready with.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// What the scenario has.
    pub facts: &'a Facts,
    /// What somebody has said.
    pub said: &'a Bindings,
    /// The version of Helm.
    pub helm: &'a str,
    /// The time limit of a statement, in seconds.
    pub limit: u32,
}

/// Makes one way through a section ready to run.
pub fn prepare(runbook: &Runbook, section: &Section, way: &Alternative, with: Circumstances<'_>) -> Prepared {
    let read = |step: &&Step| !step.unended;
    let lent = lent::lent(runbook, section, way);
    let statements =
        lent.iter().copied().chain(&way.steps).filter(read).map(|step| step.script.text.as_str());
    let all = runbook.steps().filter(read).map(|step| step.script.text.as_str());
    let mut making = Making {
        runbook,
        section,
        with,
        binder: Binder::new(with.facts, with.said, statements).beside(all).under(&section.title),
        left: Left::default(),
        prepared: Prepared { steps: Vec::new(), remarks: Vec::new(), files: BTreeMap::new() },
    };
    for step in lent.into_iter().chain(&way.steps) {
        making.step(step);
    }
    making.prepared
}

struct Making<'a> {
    runbook: &'a Runbook,
    section: &'a Section,
    with: Circumstances<'a>,
    binder: Binder<'a>,
    left: Left,
    prepared: Prepared,
}

impl Making<'_> {
    fn step(&mut self, step: &Step) {
        if let Some(remark) = self.runbook.unended(step) {
            let fate = Fate::Unreadable(remark.finding.message);
            self.prepared.steps.push(self.ready(step, fate));
            return;
        }
        let script = &step.script.text;
        let mut filled = self.binder.fill(script);
        if !lent::says(self.runbook, "k") {
            filled.edits.extend(self.binder.kubectl(script));
        }
        // A command that another takes the place of needs nothing of its own.
        let replaced = |bytes: &Range<usize>| {
            filled.edits.iter().any(|edit| edit.bytes.start <= bytes.start && bytes.end <= edit.bytes.end)
        };
        let mut objections = rules::objections(script, &self.left);
        objections.retain(|one| one.kind != Kind::Network || !replaced(&one.bytes));
        let objection = objections.iter().max_by_key(|objection| objection.kind);
        self.left.take_in(script);
        let fate = match (objection, filled.unbound.first()) {
            _ if step.mark.skip => Fate::Skipped("a comment says so".to_owned()),
            (Some(objection), _) if objection.kind == Kind::Outside => Fate::Refused(objection.why.clone()),
            (Some(objection), _) => Fate::Skipped(objection.why.clone()),
            (None, Some((_, why))) => Fate::Unbound(why.clone()),
            (None, None) => Fate::Run,
        };
        if !step.mark.skip {
            for objection in &objections {
                let refused = objection.kind == Kind::Outside;
                let (level, what) =
                    if refused { (Level::Error, "refused") } else { (Level::Note, "not run") };
                let message = format!("{what}: {}", objection.why);
                self.remark(step, level, objection.kind.rule(), objection.bytes.clone(), &message, None);
            }
            if objections.is_empty() {
                for (bytes, why) in &filled.unbound {
                    let help = "say what it stands for: --bind NAME=VALUE, a binding file, or a comment above the block";
                    self.remark(step, Level::Error, "unbound", bytes.clone(), why, Some(help));
                }
            }
            for doubt in flags::doubts(script, self.with.helm, &self.section.words) {
                self.remark(step, doubt.level, doubt.rule, doubt.bytes, &doubt.message, Some(doubt.help));
            }
        }
        let mut edits = filled.edits;
        for edit in pace::shortened(script).into_iter().chain(occurrences::temporary(script)) {
            if !edits.iter().any(|other| overlap(&other.bytes, &edit.bytes)) {
                edits.push(edit);
            }
        }
        edits.sort_by_key(|edit| (edit.bytes.start, edit.bytes.end));
        self.prepared.files.extend(filled.files);
        let line = carried_out(script, &edits);
        // What is not run needs nothing to stand for anything.
        let told = match &fate {
            Fate::Run | Fate::Unbound(_) => edits.into_iter().filter_map(|edit| edit.told).collect(),
            Fate::Skipped(_) | Fate::Refused(_) | Fate::Unreadable(_) => Vec::new(),
        };
        self.prepared.steps.push(Ready { line, told, ..self.ready(step, fate) });
    }

    /// A statement as it is written.
    fn ready(&self, step: &Step, fate: Fate) -> Ready {
        Ready {
            written: step.script.text.clone(),
            changes: step.changes(),
            line: step.script.text.clone(),
            place: step.place.clone(),
            fate,
            outcome: match (step.mark.require, step.mark.expect_failure) {
                (_, true) => Outcome::Fails,
                (true, false) => Outcome::Succeeds,
                (false, false) => Outcome::Any,
            },
            timeout: step.mark.timeout.unwrap_or(self.with.limit),
            told: Vec::new(),
        }
    }

    fn remark(
        &mut self,
        step: &Step,
        level: Level,
        rule: &'static str,
        bytes: Range<usize>,
        message: &str,
        help: Option<&str>,
    ) {
        let remark = self.runbook.remark(level, rule, step.script.origins(bytes), message);
        self.prepared.remarks.push(match help {
            Some(help) => remark.help(help),
            None => remark,
        });
    }
}

impl Prepared {
    /// The steps that are run, as those of a procedure.
    pub fn recovery(&self, file: &str) -> Vec<plan::Step> {
        let run = self.steps.iter().filter(|ready| ready.fate == Fate::Run);
        run.map(|ready| plan::Step {
            line: ready.line.clone(),
            origin: format!("{file}:{}", ready.place.line),
            fault: None,
            namespace: None,
            outcome: ready.outcome.clone(),
            timeout: ready.timeout,
            session: true,
        })
        .collect()
    }
}
