//! The JSON document of a validation. The shape is API: fields are added, never renamed.

use crate::grade::{Effect, StepGrade};
use crate::plan::Outcome;
use crate::plan::Verdict;
use crate::transcript::Exit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the document.
pub const FORMAT: u32 = 1;

/// What runbooks came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of helmdrill that wrote it.
    pub helmdrill: String,
    /// The seed of the run.
    pub seed: u64,
    /// Whether nothing weighs as an error.
    pub met: bool,
    /// The files.
    pub runbooks: Vec<String>,
    /// The versions of Helm, in the order of the columns.
    pub helm: Vec<String>,
    /// The sections with commands, in order.
    pub sections: Vec<SectionRecord>,
    /// What is to be said of lines, in their order.
    pub concerns: Vec<Concern>,
    /// Blocks that were not read as commands: language → how many.
    pub ignored_blocks: BTreeMap<String, usize>,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SectionRecord {
    /// The file.
    pub runbook: String,
    /// Its heading, with what it stands below.
    pub title: String,
    /// The line of its heading.
    pub line: usize,
    /// The scenario that it answers, with its variant; `None` where it was not exercised.
    pub scenario: Option<String>,
    /// Who says so, or why it was not exercised.
    pub because: String,
    /// Its ways.
    pub ways: Vec<WayRecord>,
}

/// A way through a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WayRecord {
    /// Its name; empty where there is no choice.
    pub name: String,
    /// What it came to with each version of Helm.
    pub exercises: Vec<Exercise>,
}

/// A way with one version of Helm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exercise {
    /// The version of Helm.
    pub helm: String,
    /// `recovered`, `degraded`, `failed`, `catastrophic`, `inconclusive`; `looked` where it only looks; `not-exercised`.
    pub verdict: String,
    /// 0 to 100; 0 where it was not exercised or only looks.
    pub score: u32,
    /// One line for everything lost, or the reason why it was not exercised.
    pub evidence: Vec<String>,
    /// Seconds that its commands and the coming to rest took.
    pub seconds: f64,
    /// Its statements.
    pub steps: Vec<StepRecord>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepRecord {
    /// Where it is written.
    pub line: usize,
    /// Where in the line.
    pub column: usize,
    /// As it is written.
    pub written: String,
    /// As it was run; empty where it was not.
    pub ran: String,
    /// What it did.
    pub verdict: StepVerdict,
    /// With which evidence, or why it was not run.
    pub told: String,
    /// What stands for what in it.
    pub bound: Vec<String>,
}

/// What a statement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepVerdict {
    /// Everything that was to be repaired is.
    Repaired,
    /// A part of it is.
    RepairedInPart,
    /// It changed something, and nothing that counts.
    NoEffect,
    /// It only looked.
    Looked,
    /// It failed and changed nothing that counts.
    Refused,
    /// It failed, as it was to.
    FailedAsExpected,
    /// It did not end in its time.
    Hung,
    /// Something that counts is worse after it.
    MadeWorse,
    /// What came before it ended the procedure.
    NeverReached,
    /// It was passed over.
    Skipped,
    /// It was not allowed to run.
    NotAllowed,
    /// Something in it stands for nothing.
    Unbound,
    /// Bash cannot read it.
    Unreadable,
}

/// How much a concern weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Worth knowing.
    Note,
    /// It may not do what it says.
    Warning,
    /// It does not do what it says.
    Error,
}

/// Something to say of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Concern {
    /// How much it weighs.
    pub weight: Weight,
    /// The rule that it comes from, a stable word.
    pub rule: String,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The bytes of the file that it spans.
    pub bytes: (usize, usize),
    /// What is to be said.
    pub message: String,
    /// What can be done about it; empty where nothing is known.
    pub help: String,
    /// The section.
    pub section: String,
    /// The way; empty where there is no choice, or all are meant.
    pub way: String,
    /// The versions of Helm with which it is so.
    pub helm: Vec<String>,
}

/// All that is to be said of a concern, for those who see no more of it: with which Helm, and what can be done.
pub(super) fn told(concern: &Concern) -> String {
    let mut text = concern.message.clone();
    if !concern.helm.is_empty() {
        text += &format!(" (helm {})", concern.helm.join(", "));
    }
    if !concern.help.is_empty() {
        text += &format!("\n{}", concern.help);
    }
    text
}

/// The JSON Schema of a validation.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Validation).to_value()
}

impl StepVerdict {
    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            StepVerdict::Repaired => "repaired",
            StepVerdict::RepairedInPart => "repaired in part",
            StepVerdict::NoEffect => "no effect",
            StepVerdict::Looked => "looked",
            StepVerdict::Refused => "refused",
            StepVerdict::FailedAsExpected => "failed as expected",
            StepVerdict::Hung => "hung",
            StepVerdict::MadeWorse => "made worse",
            StepVerdict::NeverReached => "never reached",
            StepVerdict::Skipped => "skipped",
            StepVerdict::NotAllowed => "not allowed",
            StepVerdict::Unbound => "unbound",
            StepVerdict::Unreadable => "unreadable",
        }
    }
}

/// The verdict of a statement that ran, and its evidence.
pub fn step(grade: &StepGrade, outcome: &Outcome) -> (StepVerdict, String) {
    let expected = matches!(outcome, Outcome::Fails);
    let evidence = |all: &[(String, String)]| {
        all.iter().map(|(id, evidence)| format!("{id}: {evidence}")).collect::<Vec<_>>().join("; ")
    };
    let failed = grade.exit.is_some_and(|exit| exit != Exit::Code(0));
    let more =
        if failed && !grade.said.is_empty() { format!("; it said: {}", grade.said) } else { String::new() };
    match &grade.effect {
        Effect::Repaired { met, whole } => {
            let verdict = if *whole { StepVerdict::Repaired } else { StepVerdict::RepairedInPart };
            (verdict, met.join(", ") + &more)
        }
        Effect::Worse { evidence: lost, .. } => (StepVerdict::MadeWorse, evidence(lost) + &more),
        Effect::Refused if expected => (StepVerdict::FailedAsExpected, grade.said.clone()),
        Effect::Refused => match grade.unreadable() {
            Some(why) => (StepVerdict::Unreadable, why.to_owned()),
            None => (StepVerdict::Refused, grade.said.clone()),
        },
        Effect::Hung => (StepVerdict::Hung, "it did not end in its time".to_owned()),
        Effect::NoEffect => (StepVerdict::NoEffect, String::new()),
        Effect::Looked if expected && failed => (StepVerdict::FailedAsExpected, String::new()),
        Effect::Looked if failed => (StepVerdict::Looked, "its answer is no (exit 1)".to_owned()),
        Effect::Looked => (StepVerdict::Looked, String::new()),
    }
}

impl Exercise {
    /// One that did not take place.
    pub fn none(helm: &str, why: &str, steps: Vec<StepRecord>) -> Exercise {
        Exercise {
            helm: helm.to_owned(),
            verdict: "not-exercised".to_owned(),
            score: 0,
            evidence: vec![why.to_owned()],
            seconds: 0.0,
            steps,
        }
    }

    /// Whether it is as bad as `failed`.
    pub fn is_bad(&self) -> bool {
        [Verdict::Failed, Verdict::Catastrophic].map(Verdict::word).contains(&self.verdict.as_str())
    }
}
