//! Two sets of drills side by side: what changed in verdict, score, losses and in the calls that changed something. Durations
//! and the number of calls that only look are no change: they differ between two runs of the same drill.

mod pair;
#[cfg(test)]
mod tests;
mod text;

pub use text::comparison;

use super::record::Record;
use super::{Graded, kept};
use crate::call::Target;
use crate::transcript::{Event, Phase};
use pair::paired;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the JSON document.
pub const COMPARISON_FORMAT: u32 = 1;

/// What is compared of one drill.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// Its figures.
    pub record: Record,
    /// The calls of its recovery that changed something, with how often each was made; `None` where only a report of the
    /// drill is at hand.
    pub changes: Option<BTreeMap<String, u32>>,
}

/// What changed between two sets of drills. The shape is API: fields are added, never renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// [`COMPARISON_FORMAT`].
    pub format: u32,
    /// Whether nothing changed.
    pub same: bool,
    /// How many drills are in both sets.
    pub compared: usize,
    /// Those that changed.
    pub changed: Vec<Changed>,
    /// Drills that only the old set has: `stuck-upgrade/early · rollback · helm 4.3.1`.
    pub only_old: Vec<String>,
    /// Drills that only the new set has.
    pub only_new: Vec<String>,
}

/// A drill that comes to something else than it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// The drill in the old set.
    pub old: Outcome,
    /// The drill in the new set.
    pub new: Outcome,
    /// Losses that are new, with their evidence.
    pub lost: Vec<String>,
    /// Losses that are no more.
    pub regained: Vec<String>,
    /// Calls that changed something and were not made before, or not as often: `2 × PATCH deployments/web`. Empty where one
    /// of the sets has only reports.
    pub calls_added: Vec<String>,
    /// Calls that were made before, or more often.
    pub calls_gone: Vec<String>,
}

/// What a drill came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// `stuck-upgrade/early · rollback · helm 4.3.1`.
    pub drill: String,
    /// Its verdict.
    pub verdict: String,
    /// 0 to 100.
    pub score: u32,
    /// API calls of the recovery, those that only look among them.
    pub calls: u32,
    /// Seconds from the broken state to the recovered one.
    pub seconds: f64,
}

/// The JSON Schema of a comparison.
pub fn comparison_schema() -> serde_json::Value {
    schemars::schema_for!(Comparison).to_value()
}

/// Compares two sets. A drill is held against the one of the same failure, procedure and version of Helm, else against that
/// of another version of the same major; two drills alone are held against one another whatever they are.
pub fn compare(old: Vec<Side>, new: Vec<Side>) -> Comparison {
    let (pairs, only_old, only_new) = paired(old, new);
    let changed: Vec<Changed> = pairs.iter().filter_map(|(old, new)| change(old, new)).collect();
    let names = |sides: Vec<Side>| sides.iter().map(|side| name(&side.record)).collect::<Vec<_>>();
    let (only_old, only_new) = (names(only_old), names(only_new));
    Comparison {
        format: COMPARISON_FORMAT,
        same: changed.is_empty() && only_old.is_empty() && only_new.is_empty(),
        compared: pairs.len(),
        changed,
        only_old,
        only_new,
    }
}

impl Side {
    /// What is compared of a drill of which everything is still there.
    pub fn of(graded: &Graded) -> Side {
        let mut changes = BTreeMap::new();
        let mut recovers = false;
        for entry in &graded.transcript.entries {
            match &entry.event {
                Event::Phase { phase } => recovers = *phase == Phase::Recover,
                Event::Call(call) if recovers && call.changed() && !call.actor.is_ours() => {
                    let what = match Target::parse(&call.path) {
                        Target::Resource(path) => path.label(),
                        Target::Path(path) => path,
                    };
                    let call = kept::masked(&format!("{} {what}", call.verb.http_method()));
                    *changes.entry(call).or_insert(0) += 1;
                }
                Event::Call(_)
                | Event::Began { .. }
                | Event::Ended { .. }
                | Event::Fault { .. }
                | Event::Object { .. }
                | Event::Snapshot { .. }
                | Event::Checked { .. }
                | Event::Aside(_) => {}
            }
        }
        let mut record = Record::of(graded);
        record.evidence.iter_mut().for_each(|line| *line = kept::lasting(graded, line));
        Side { record, changes: Some(changes) }
    }
}

fn name(record: &Record) -> String {
    let Record { scenario, variant, procedure, helm, .. } = record;
    let variant = if variant.is_empty() { String::new() } else { format!("/{variant}") };
    format!("{scenario}{variant} · {procedure} · helm {helm}")
}

/// What changed from one to the other; `None` where nothing did.
fn change(old: &Side, new: &Side) -> Option<Changed> {
    let evidence = |side: &Side| {
        // Which version of Helm made a call is no change of what was lost.
        let helm = format!("helm {}", side.record.helm);
        let lines = side.record.evidence.iter();
        lines.map(|line| kept::masked(line).replace(&helm, "helm")).collect::<Vec<String>>()
    };
    let missing = |one: &[String], other: &[String]| {
        one.iter().filter(|line| !other.contains(line)).cloned().collect::<Vec<String>>()
    };
    let (before, after) = (evidence(old), evidence(new));
    let (lost, regained) = (missing(&after, &before), missing(&before, &after));
    let (calls_added, calls_gone) = match (&old.changes, &new.changes) {
        (Some(before), Some(after)) => (more(before, after), more(after, before)),
        (_, _) => (Vec::new(), Vec::new()),
    };
    let came = |side: &Side| (side.record.verdict.clone(), side.record.score);
    let same = came(old) == came(new)
        && [&lost, &regained, &calls_added, &calls_gone].iter().all(|lines| lines.is_empty());
    (!same).then(|| Changed { old: outcome(old), new: outcome(new), lost, regained, calls_added, calls_gone })
}

fn outcome(side: &Side) -> Outcome {
    let Record { verdict, score, calls, seconds, .. } = &side.record;
    let (calls, seconds) = (*calls, *seconds);
    Outcome { drill: name(&side.record), verdict: verdict.clone(), score: *score, calls, seconds }
}

/// What the second has more of than the first: `2 × PATCH deployments/web`.
fn more(first: &BTreeMap<String, u32>, second: &BTreeMap<String, u32>) -> Vec<String> {
    let extra = second
        .iter()
        .map(|(call, count)| (call, count.saturating_sub(first.get(call).copied().unwrap_or(0))));
    extra
        .filter(|(_, count)| *count > 0)
        .map(|(call, count)| match count {
            1 => call.clone(),
            count => format!("{count} × {call}"),
        })
        .collect()
}
