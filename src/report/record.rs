//! The JSON report: one flat record a drill, for programs. The shape is API: fields are added, never renamed.

use super::Graded;
use super::responding::{Passes, Responding, passes};
use crate::transcript::Transcript;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The version of the JSON report.
pub const FORMAT: u32 = 1;

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of helmdrill that wrote it.
    pub helmdrill: String,
    /// The seed of the run.
    pub seed: u64,
    /// Whether every drill came out as its scenario expects.
    pub as_expected: bool,
    /// The drills, in the order of the scenarios, their procedures and the Helm versions.
    pub drills: Vec<Record>,
    /// How often the responder recovers, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes: Option<Passes>,
    /// What was asked for and could not be exercised, with the reason.
    pub not_exercised: Vec<String>,
}

/// One drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the variant; empty where the scenario has none.
    pub variant: String,
    /// Name of the procedure or control.
    pub procedure: String,
    /// Helm version.
    pub helm: String,
    /// `embedded` or `kind`.
    pub cluster: String,
    /// `recovered`, `degraded`, `failed`, `catastrophic` or `inconclusive`.
    pub verdict: String,
    /// 0 to 100.
    pub score: u32,
    /// The verdict that the scenario expects.
    pub expected: String,
    /// Whether the verdict is that one, and what was to be lost was lost.
    pub as_expected: bool,
    /// Seconds from the broken state to the recovered one.
    pub seconds: f64,
    /// API calls of the recovery.
    pub calls: u32,
    /// The longest time for which a held safeguard did not hold.
    pub longest_outage_seconds: f64,
    /// Seconds of the drill's time for which its commands ran, from the first to the last. What came before the
    /// recovery may be shared by the drills of a variant, and counts in each of them.
    pub command_seconds: f64,
    /// One line for everything lost: `unlocked (-30): release myapp is pending-upgrade at revision 3`.
    pub evidence: Vec<String>,
    /// The command that recovered instead of a procedure, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder: Option<Responding>,
}

impl Record {
    /// `stuck-upgrade/before-first-write`.
    pub(super) fn failure(&self) -> String {
        match self.variant.as_str() {
            "" => self.scenario.clone(),
            variant => format!("{}/{variant}", self.scenario),
        }
    }

    /// The record of one drill.
    pub fn of(graded: &Graded) -> Record {
        let Graded { plan, cluster, scorecard, .. } = graded;
        Record {
            scenario: plan.scenario.clone(),
            variant: plan.variant.clone(),
            procedure: plan.procedure.clone(),
            helm: plan.helm.clone(),
            cluster: cluster.clone(),
            verdict: scorecard.verdict.word().to_owned(),
            score: scorecard.score,
            expected: plan.expect.verdict.word().to_owned(),
            as_expected: scorecard.as_expected,
            seconds: scorecard.seconds,
            calls: scorecard.calls,
            longest_outage_seconds: scorecard.longest_outage_seconds,
            command_seconds: command_seconds(&graded.transcript),
            evidence: evidence(graded),
            responder: Responding::of(graded),
        }
    }
}

/// The time from the beginning to the end of every command, summed up.
fn command_seconds(transcript: &Transcript) -> f64 {
    let commands = transcript.commands();
    let spans = commands.iter().filter_map(|ran| ran.end.map(|end| end.at.since(ran.began)));
    spans.sum::<Duration>().as_secs_f64()
}

/// The JSON Schema of a run.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Run).to_value()
}

/// The JSON document of a run.
pub fn document(seed: u64, drills: &[Graded], not_exercised: Vec<String>) -> Run {
    run(seed, drills.iter().map(Record::of).collect(), not_exercised)
}

/// The document of these records.
pub(super) fn run(seed: u64, drills: Vec<Record>, not_exercised: Vec<String>) -> Run {
    Run {
        format: FORMAT,
        helmdrill: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        as_expected: drills.iter().all(|drill| drill.as_expected),
        passes: passes(&drills),
        drills,
        not_exercised,
    }
}

/// One line for everything that was lost.
pub(super) fn evidence(graded: &Graded) -> Vec<String> {
    let losses = graded.scorecard.losses.iter();
    losses.map(|loss| format!("{} (-{}): {}", loss.id, loss.points, loss.evidence)).collect()
}
