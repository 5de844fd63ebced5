//! The grade as a value: verdict, score, letter, what was lost and with which evidence, and the figures beside them.

use crate::plan::{Plan, Severity, Verdict};
use crate::transcript::{By, Event, Phase, Transcript};
use serde::{Deserialize, Serialize};

/// The grade of one drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    /// What it comes to.
    pub verdict: Verdict,
    /// 0 to 100.
    pub score: u32,
    /// A (90 and more), B (80), C (70), D (60), F.
    pub letter: char,
    /// What was lost, in the order of the plan.
    pub losses: Vec<Loss>,
    /// From the broken state to the beginning of the settle window.
    pub seconds: f64,
    /// The longest time for which a held safeguard did not hold; 0 where none broke.
    pub longest_outage_seconds: f64,
    /// Calls that helm, kubectl and others made during the recovery.
    pub calls: u32,
    /// Commands of the recovery.
    pub commands: u32,
    /// Whether the verdict is the expected one and everything that was to be tripped was.
    pub as_expected: bool,
}

/// One thing that cost points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// What kind of thing.
    pub source: Source,
    /// Its id in the scenario.
    pub id: String,
    /// Points.
    pub points: u32,
    /// What was seen.
    pub evidence: String,
}

/// Where a loss comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A part of the end state.
    Objective,
    /// Something on the way.
    Safeguard(Severity),
    /// The proof that the fault bit.
    Symptom,
    /// Help that somebody who recovers by hand took.
    Help,
}

/// A grade that says nothing of the recovery.
pub(super) fn inconclusive(plan: &Plan, transcript: &Transcript, losses: Vec<Loss>) -> Scorecard {
    build(plan, transcript, Verdict::Inconclusive, 0, losses, 0)
}

/// A grade out of what was lost and the longest outage in microseconds.
pub(super) fn conclude(plan: &Plan, transcript: &Transcript, losses: Vec<Loss>, outage: u64) -> Scorecard {
    let verdict = super::verdict(&losses);
    let lost: u32 = losses.iter().map(|loss| loss.points).sum();
    build(plan, transcript, verdict, 100_u32.saturating_sub(lost), losses, outage)
}

fn build(
    plan: &Plan,
    transcript: &Transcript,
    verdict: Verdict,
    score: u32,
    losses: Vec<Loss>,
    outage: u64,
) -> Scorecard {
    let recovery = Recovery::of(transcript);
    let tripped = |id: &String| losses.iter().any(|loss| &loss.id == id);
    let as_expected = verdict == plan.expect.verdict && plan.expect.trips.iter().all(tripped);
    Scorecard {
        verdict,
        score,
        letter: letter(score),
        seconds: seconds(recovery.micros),
        longest_outage_seconds: seconds(outage),
        calls: recovery.calls,
        commands: recovery.commands,
        as_expected,
        losses,
    }
}

fn letter(score: u32) -> char {
    match score {
        90.. => 'A',
        80..90 => 'B',
        70..80 => 'C',
        60..70 => 'D',
        0..60 => 'F',
    }
}

/// Milliseconds are as fine as a report needs.
#[expect(clippy::cast_precision_loss, reason = "a drill lasts far less than 2^52 milliseconds")]
fn seconds(micros: u64) -> f64 {
    (micros / 1_000) as f64 / 1_000.0
}

/// The figures of the recover phase.
struct Recovery {
    micros: u64,
    calls: u32,
    commands: u32,
}

impl Recovery {
    fn of(transcript: &Transcript) -> Recovery {
        let mut recovery = Recovery { micros: 0, calls: 0, commands: 0 };
        let mut began = None;
        for entry in &transcript.entries {
            match (&entry.event, began) {
                (Event::Phase { phase: Phase::Recover }, _) => began = Some(entry.at),
                (Event::Phase { phase: Phase::Verify }, Some(from)) => {
                    recovery.micros = u64::try_from(entry.at.since(from).as_micros()).unwrap_or(u64::MAX);
                    began = None;
                }
                (Event::Began { by: By::People, .. }, Some(_)) => recovery.commands += 1,
                (Event::Call(call), Some(_)) if !call.actor.is_ours() => recovery.calls += 1,
                (_, _) => {}
            }
        }
        recovery
    }
}
