//! Whether the oracle of a scenario can be trusted, told from drills of it: the fault is seen to bite, there is
//! something to recover, the reference recovers it all, every control loses as it must, and nothing that is graded asks
//! for nothing.

use super::Scorecard;
use crate::check::View;
use crate::plan::{Plan, Role, Span, Verdict};
use crate::snapshot::Snapshot;
use crate::transcript::{Label, Transcript};
use std::collections::{BTreeMap, BTreeSet};

/// A reason not to trust the grades of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// In which variant; empty where the scenario has none, or it is one of all variants.
    pub variant: String,
    /// With which Helm; empty where it is one of all.
    pub helm: String,
    /// What cannot be true.
    pub what: String,
    /// Whether there is no evidence that the fault bit, so that nothing else can be said.
    pub inconclusive: bool,
}

/// A drill of the scenario, with its grade.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// What was to be run.
    pub plan: &'a Plan,
    /// What happened.
    pub transcript: &'a Transcript,
    /// What it is worth.
    pub card: &'a Scorecard,
}

/// Every doubt about one scenario, out of drills of its references and controls, each once. `lost` are the objectives
/// and safeguards that any of its procedures, run or not, is expected to lose.
pub fn trust(drills: &[Proof<'_>], lost: &BTreeSet<String>) -> Vec<Doubt> {
    let mut found: Vec<Doubt> = Vec::new();
    let each =
        drills.iter().flat_map(of_drill).chain(of_broken_states(drills)).chain(of_questions(drills, lost));
    let each = each.chain(of_guards(drills));
    for doubt in each {
        if !found.contains(&doubt) {
            found.push(doubt);
        }
    }
    found
}

/// A symptom that does not hold, a reference without full marks, a control that does not lose as it must.
fn of_drill(Proof { plan, card, .. }: &Proof<'_>) -> Vec<Doubt> {
    let doubt = |inconclusive, what| Doubt {
        variant: plan.variant.clone(),
        helm: plan.helm.clone(),
        what,
        inconclusive,
    };
    let lost: Vec<String> =
        card.losses.iter().map(|loss| format!("{}: {}", loss.id, loss.evidence)).collect();
    if card.verdict == Verdict::Inconclusive {
        let never = |line: &String| doubt(true, format!("a symptom does not hold: {line}"));
        return lost.iter().map(never).collect();
    }
    let (name, verdict) = (&plan.procedure, card.verdict.word());
    match plan.role {
        Role::Reference if card.verdict != Verdict::Recovered || card.score != 100 => {
            vec![doubt(
                false,
                format!("the reference {name} is {verdict} with {} points: {}", card.score, lost.join("; ")),
            )]
        }
        Role::Control if card.verdict == Verdict::Recovered => {
            vec![doubt(false, format!("the control {name} does not lose"))]
        }
        Role::Control | Role::Alternative if !card.as_expected => {
            let (wanted, trips) = (plan.expect.verdict.word(), plan.expect.trips.join(", "));
            let seen = lost.join("; ");
            let unlost = plan.expect.trips.iter().filter(|id| card.losses.iter().all(|loss| &loss.id != *id));
            let unlost: String = unlost.map(|id| format!("; {id} is not lost")).collect();
            vec![doubt(
                false,
                format!("{name} is to be {wanted} by {trips}, and is {verdict}: {seen}{unlost}"),
            )]
        }
        Role::Reference | Role::Control | Role::Alternative => Vec::new(),
    }
}

/// Nothing to recover: every objective is met before anybody has done anything.
fn of_broken_states(drills: &[Proof<'_>]) -> Vec<Doubt> {
    let nothing =
        drills.iter().filter(|drill| conclusive(drill)).filter(|Proof { plan, transcript, .. }| {
            let met = met_before(plan, transcript);
            plan.objectives.iter().all(|objective| met.contains(&objective.id))
        });
    let doubts = nothing.map(|Proof { plan, .. }| Doubt {
        variant: plan.variant.clone(),
        helm: plan.helm.clone(),
        what: "every objective is met before the recovery: there is nothing to recover".to_owned(),
        inconclusive: false,
    });
    doubts.collect()
}

/// An objective that is met before every recovery, and that no drill lost and no procedure is to lose, asks for nothing;
/// so does an order whose first part is whole before every recovery.
fn of_questions(drills: &[Proof<'_>], expected: &BTreeSet<String>) -> Vec<Doubt> {
    let told: Vec<&Proof<'_>> = drills.iter().filter(|drill| conclusive(drill)).collect();
    let ids: BTreeSet<&String> = told
        .iter()
        .flat_map(|drill| {
            drill.plan.objectives.iter().map(|objective| &objective.id).chain(orders(drill.plan))
        })
        .collect();
    let idle = ids.into_iter().filter(|id| {
        told.iter().all(|Proof { plan, transcript, card }| {
            let asked = plan.objectives.iter().any(|objective| &objective.id == *id)
                || orders(plan).any(|o| o == *id);
            let lost = card.losses.iter().any(|loss| &loss.id == *id) || expected.contains(*id);
            !lost && (!asked || met_before(plan, transcript).contains(*id))
        })
    });
    let doubts = idle.map(|id| Doubt {
        variant: String::new(),
        helm: String::new(),
        what: format!("{id} is met before every recovery, and nothing loses it: it asks for nothing"),
        inconclusive: false,
    });
    doubts.collect()
}

/// A safeguard that is to hold all the time and holds nowhere, not in the steady state either, guards nothing.
fn of_guards(drills: &[Proof<'_>]) -> Vec<Doubt> {
    let mut asleep: BTreeMap<&String, Option<String>> = BTreeMap::new();
    for Proof { plan, transcript, .. } in drills.iter().filter(|drill| conclusive(drill)) {
        let Some(baseline) = transcript.snapshot(Label::Baseline) else { continue };
        for guard in plan.safeguards.iter().filter(|safeguard| safeguard.span == Span::Hold) {
            let (namespaces, at) = (plan.namespaces.as_slice(), transcript.began);
            let answer = |now: &Snapshot| {
                guard.check.answer(&View {
                    namespaces,
                    baseline,
                    now,
                    at,
                    record: transcript.since_baseline(),
                })
            };
            let later =
                [Label::Broken, Label::Recovered].into_iter().filter_map(|label| transcript.snapshot(label));
            let holds = std::iter::once(baseline).chain(later).any(|now| answer(now).held);
            let seen = asleep.entry(&guard.id).or_insert_with(|| Some(answer(baseline).evidence));
            if holds {
                *seen = None;
            }
        }
    }
    let doubts = asleep.into_iter().filter_map(|(id, seen)| {
        let seen = seen?;
        Some(Doubt {
            variant: String::new(),
            helm: String::new(),
            what: format!(
                "{id} holds nowhere, not in the steady state either, so nothing can break it: {seen}"
            ),
            inconclusive: false,
        })
    });
    doubts.collect()
}

fn orders(plan: &Plan) -> impl Iterator<Item = &String> {
    let ordered = plan.safeguards.iter().filter(|safeguard| matches!(safeguard.span, Span::Before(_)));
    ordered.map(|safeguard| &safeguard.id)
}

fn conclusive(drill: &Proof<'_>) -> bool {
    drill.card.verdict != Verdict::Inconclusive
}

/// The objectives and orders whose check holds in the broken state.
fn met_before(plan: &Plan, transcript: &Transcript) -> BTreeSet<String> {
    let (Some(baseline), Some(broken)) =
        (transcript.snapshot(Label::Baseline), transcript.snapshot(Label::Broken))
    else {
        return BTreeSet::new();
    };
    let view = |now: &Snapshot, check: &crate::check::Check| {
        let (namespaces, at) = (plan.namespaces.as_slice(), transcript.began);
        !check.waits_for_the_end() && check.answer(&View { namespaces, baseline, now, at, record: &[] }).held
    };
    let objectives = plan.objectives.iter().map(|objective| (&objective.id, &objective.check));
    let ordered = plan.safeguards.iter().filter(|safeguard| matches!(safeguard.span, Span::Before(_)));
    let all = objectives.chain(ordered.map(|safeguard| (&safeguard.id, &safeguard.check)));
    all.filter(|(_, check)| view(broken, check)).map(|(id, _)| id.clone()).collect()
}
