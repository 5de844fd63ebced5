//! One drill, lowered: every placeholder bound, every draw made. The drill runs it, the grade judges by it, and a
//! file that holds a plan and its transcript can be graded again without anything else.

mod listing;
mod lower;
mod own_chart;
mod reconciler;
mod responder;
mod stated;

pub use listing::{Drill, chart_files, drawn, drills, files, variants};
pub use lower::{Choice, LowerError, Way, lower};
pub use own_chart::try_out;
pub use reconciler::{ControllerError, Reconciler};
pub use responder::{CONNECTION, Responder, hand_over};

use crate::behaviour::Behaviour;
use crate::check::Check;
use crate::fault::Rule;
use crate::seed::Seed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A drill as it is to be run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// Name of the scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// Name of the variant; empty where the scenario has none.
    pub variant: String,
    /// Name of the procedure or control.
    pub procedure: String,
    /// What part it plays.
    pub role: Role,
    /// The Helm version, such as `4.3.1`.
    pub helm: String,
    /// The version of the second Helm, which commands call `helm3` or `helm4`, where the scenario has one: as the
    /// scenario names it, or the version that this means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_helm: Option<String>,
    /// Whether a database for Helm's SQL driver is served beside the cluster.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub database: bool,
    /// Where every draw came from.
    pub seed: Seed,
    /// The namespaces of the drill; commands run in the first where they name none.
    pub namespaces: Vec<String>,
    /// The release that is broken.
    pub release: String,
    /// The files of the drill's private working directory, in which every command runs: relative path → text
    /// (`charts/web/Chart.yaml`).
    pub files: BTreeMap<String, String>,
    /// What containers do.
    pub behaviours: Vec<Behaviour>,
    /// What applies a state of Git again and again, where the scenario has such a thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciler: Option<Reconciler>,
    /// Steps to the steady state.
    pub deploy: Vec<Step>,
    /// Checks that must hold in the steady state.
    pub steady_state: Vec<Named>,
    /// Steps that break it.
    pub inject: Vec<Step>,
    /// Checks that must hold once it is broken: proof that the fault bit.
    pub symptoms: Vec<Symptom>,
    /// Steps of the recovery.
    pub recover: Vec<Step>,
    /// The words of the command line that name a chart of the user's own, where the scenario is run on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_chart: Option<String>,
    /// Who recovers it instead, where that is a command from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder: Option<Responder>,
    /// What the end state must be.
    pub objectives: Vec<Objective>,
    /// What must not happen on the way.
    pub safeguards: Vec<Safeguard>,
    /// For how long the end state must hold, in milliseconds.
    pub settle: u64,
    /// What is expected of it.
    pub expect: Expectation,
}

/// What part a procedure plays among those of its scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The procedure that the scenario teaches: must be recovered with full marks.
    Reference,
    /// Another way.
    Alternative,
    /// A control that must lose.
    Control,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// The line, as bash runs it.
    pub line: String,
    /// Where it was written: `scenarios/x.yaml:12`.
    pub origin: String,
    /// The fault that waits for one of its calls.
    pub fault: Option<Rule>,
    /// The environment in which it runs, where that is not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How it must end.
    pub outcome: Outcome,
    /// Its time limit, in seconds.
    pub timeout: u32,
    /// Whether it goes on in the shell of the step before: its variables, functions and folder are there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub session: bool,
}

/// How a command must end for the drill to go on as planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// With exit code 0.
    Succeeds,
    /// With another exit code.
    Fails,
    /// With another exit code, saying this.
    FailsWith(String),
    /// By the signal of the rule that waited for it.
    Killed,
    /// Anyhow: what counts is the cluster.
    Any,
}

/// A check with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Named {
    /// Its name in reports.
    pub id: String,
    /// What is asked.
    pub check: Check,
}

/// Proof that the fault bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symptom {
    /// Something that can be read from the cluster.
    State(Named),
    /// Something that a command says. It must not change anything.
    Says(Step),
}

/// One part of the end state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Objective {
    /// Its name.
    pub id: String,
    /// Its share of the score; shares of a plan add up to 100.
    pub weight: u32,
    /// What is asked.
    pub check: Check,
}

/// Something that must not happen on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Safeguard {
    /// Its name.
    pub id: String,
    /// What it means when it breaks.
    pub severity: Severity,
    /// Points lost when a recoverable safeguard breaks.
    pub penalty: u32,
    /// When it is asked.
    pub span: Span,
    /// What is asked.
    pub check: Check,
}

/// When a safeguard is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Span {
    /// At every change from the broken state to the end.
    Hold,
    /// Once, at the end.
    Assert,
    /// Once, right before whoever recovers changes the first thing in one of these namespaces.
    Before(Vec<String>),
}

/// What a broken safeguard means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The recovery is degraded.
    Recoverable,
    /// The score is 0.
    Catastrophic,
}

/// What a drill comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every objective is met and no safeguard broke.
    Recovered,
    /// Every objective is met, but a recoverable safeguard broke.
    Degraded,
    /// An objective is not met.
    Failed,
    /// A catastrophic safeguard broke.
    Catastrophic,
    /// There is no evidence that the fault bit.
    Inconclusive,
}

impl Verdict {
    /// Its word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Recovered => "recovered",
            Verdict::Degraded => "degraded",
            Verdict::Failed => "failed",
            Verdict::Catastrophic => "catastrophic",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// What the scenario expects of a procedure with this Helm version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expectation {
    /// The verdict.
    pub verdict: Verdict,
    /// Objectives or safeguards that must be among those lost.
    pub trips: Vec<String>,
    /// Why.
    pub because: String,
}
