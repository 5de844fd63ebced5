//! The verifier: a score with evidence out of a plan and the transcript of its drill. Pure: the same file gives the
//! same grade in any year, without a cluster. Says what was lost and where it was seen; prints nothing.

#[cfg(test)]
mod handmade;
mod help;
mod outages;
mod path;
mod rubric;
mod scorecard;
mod steps;
#[cfg(test)]
mod tests;
mod trust;

pub use help::{HINT, REWIND};
pub use outages::{Outage, outages};
pub use scorecard::{Loss, Scorecard, Source};
pub use steps::{Effect, StepGrade, steps};
pub use trust::{Doubt, Proof, trust};

use crate::check::View;
use crate::plan::{Plan, Safeguard, Severity, Span, Symptom, Verdict};
use crate::snapshot::Snapshot;
use crate::transcript::{Event, Label, Phase, Transcript};
use path::Path;

/// Grades one drill.
///
/// A transcript that ends before the broken state was reached, or in which a symptom did not hold, is
/// [`Verdict::Inconclusive`]: there is no evidence that the fault bit, so nothing can be said of the recovery.
pub fn grade(plan: &Plan, transcript: &Transcript) -> Scorecard {
    let doubts = doubts(plan, transcript);
    let (Some(baseline), Some(broken)) =
        (transcript.snapshot(Label::Baseline), transcript.snapshot(Label::Broken))
    else {
        return scorecard::inconclusive(plan, transcript, vec![rubric::never_broken()]);
    };
    if !doubts.is_empty() {
        return scorecard::inconclusive(plan, transcript, doubts);
    }
    let path = Path::of(transcript, broken);
    let judge = Judge { plan, baseline, transcript };
    let mut losses = judge.objectives(&path);
    let outages = judge.safeguards(&path, &mut losses);
    losses.extend(help::losses(transcript));
    scorecard::conclude(plan, transcript, losses, outages)
}

/// The check under which the drill writes down that an injecting command ended otherwise than planned.
const INJECTION: &str = "injection";

/// Symptoms that did not hold, or were never decided.
fn doubts(plan: &Plan, transcript: &Transcript) -> Vec<Loss> {
    let seen = |id: &str| {
        transcript.entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Checked { check, held, evidence } if check == id => Some((*held, evidence.clone())),
            _ => None,
        })
    };
    let ids = plan.symptoms.iter().enumerate().map(|(at, symptom)| match symptom {
        Symptom::State(named) => named.id.clone(),
        Symptom::Says(step) => format!("symptom {}: {}", at + 1, step.line),
    });
    // An injection that ended otherwise than planned is written down only where that was so.
    let injection =
        seen(INJECTION).filter(|(held, _)| !held).map(|(_, evidence)| rubric::symptom(INJECTION, &evidence));
    let symptoms = ids.filter_map(|id| match seen(&id) {
        Some((true, _)) => None,
        Some((false, evidence)) => Some(rubric::symptom(&id, &evidence)),
        None => Some(rubric::symptom(&id, "it was never asked")),
    });
    injection.into_iter().chain(symptoms).collect()
}

/// What judging needs besides the path.
struct Judge<'a> {
    plan: &'a Plan,
    baseline: &'a Snapshot,
    transcript: &'a Transcript,
}

impl Judge<'_> {
    fn view<'s>(&'s self, state: &'s path::State) -> View<'s> {
        let (namespaces, baseline) = (self.plan.namespaces.as_slice(), self.baseline);
        // What came after the state is not known in it.
        let later = self.transcript.entries.len() - state.entries;
        let record = self.transcript.since_baseline();
        let record = &record[..record.len().saturating_sub(later)];
        View { namespaces, baseline, now: &state.snapshot, at: state.at, record }
    }

    /// An objective is met when it holds in every state from the beginning of the settle window to the end; one that
    /// waits for what a command says in the end, when it holds there.
    fn objectives(&self, path: &Path) -> Vec<Loss> {
        let judged = self.plan.objectives.iter().map(|objective| {
            let window = match objective.check.waits_for_the_end() {
                true => path.last(),
                false => path.window(Phase::Verify),
            };
            let broken = window.iter().find_map(|state| {
                let answer = objective.check.answer(&self.view(state));
                (!answer.held).then(|| (answer.evidence, state.cause.clone()))
            });
            broken.map(|(evidence, cause)| {
                rubric::objective(objective, &evidence, cause.as_ref(), window.len() > 1)
            })
        });
        judged.flatten().collect()
    }

    /// Adds what broke and returns the longest outage that a held safeguard saw, in microseconds.
    fn safeguards(&self, path: &Path, losses: &mut Vec<Loss>) -> u64 {
        let mut longest = 0;
        for safeguard in &self.plan.safeguards {
            let states: &[path::State] = match &safeguard.span {
                Span::Hold => path.states(),
                Span::Assert => path.last(),
                Span::Before(namespaces) => {
                    losses.extend(self.out_of_turn(safeguard, namespaces, path));
                    continue;
                }
            };
            let answers: Vec<_> =
                states.iter().map(|state| safeguard.check.answer(&self.view(state))).collect();
            let held: Vec<bool> = answers.iter().map(|answer| answer.held).collect();
            if safeguard.span == Span::Hold {
                longest = longest.max(path.longest_gap(&held));
            }
            // A safeguard that the fault itself had broken counts from the moment at which it held again.
            let from = held.iter().position(|held| *held).unwrap_or(match safeguard.span {
                Span::Hold => held.len(),
                Span::Assert | Span::Before(_) => 0,
            });
            if let Some(at) = (from..held.len()).find(|at| !held[*at]) {
                losses.push(rubric::safeguard(safeguard, &answers[at].evidence, states[at].cause.as_ref()));
            }
        }
        longest
    }

    /// What is lost where the first change in one of these namespaces came before its turn.
    fn out_of_turn(&self, safeguard: &Safeguard, namespaces: &[String], path: &Path) -> Option<Loss> {
        let touch = path.first_touch(namespaces)?;
        let answer = safeguard.check.answer(&self.view(path.before(touch)));
        let evidence = format!("{} was changed too early: {}", touch.namespace, answer.evidence);
        (!answer.held).then(|| rubric::safeguard(safeguard, &evidence, Some(&touch.cause)))
    }
}

/// The verdict that a set of losses amounts to.
fn verdict(losses: &[Loss]) -> Verdict {
    let any = |wanted: Source| losses.iter().any(|loss| loss.source == wanted);
    if any(Source::Safeguard(Severity::Catastrophic)) {
        Verdict::Catastrophic
    } else if any(Source::Objective) {
        Verdict::Failed
    } else if any(Source::Safeguard(Severity::Recoverable)) {
        Verdict::Degraded
    } else {
        Verdict::Recovered
    }
}
