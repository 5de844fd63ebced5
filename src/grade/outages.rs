//! When held safeguards did not hold, and for how long: what a picture of a drill shows beside its losses.

use super::Judge;
use super::path::Path;
use crate::clock::Moment;
use crate::plan::{Plan, Severity, Span};
use crate::transcript::{Label, Transcript};

/// A stretch of the recovery in which a held safeguard did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The id of the safeguard.
    pub safeguard: String,
    /// What it means.
    pub severity: Severity,
    /// The first state in which it did not hold.
    pub from: Moment,
    /// The state in which it held again, or the end of the drill.
    pub to: Moment,
    /// What was seen at first.
    pub evidence: String,
}

/// Every outage in the order of the safeguards and of time. As in the grade, a safeguard that the fault itself had
/// broken counts from the moment at which it held again. None where the drill was never broken.
pub fn outages(plan: &Plan, transcript: &Transcript) -> Vec<Outage> {
    let (Some(baseline), Some(broken)) =
        (transcript.snapshot(Label::Baseline), transcript.snapshot(Label::Broken))
    else {
        return Vec::new();
    };
    let path = Path::of(transcript, broken);
    let judge = Judge { plan, baseline, transcript };
    let mut found: Vec<Outage> = Vec::new();
    for safeguard in plan.safeguards.iter().filter(|safeguard| safeguard.span == Span::Hold) {
        let answers =
            path.states().iter().map(|state| (state.at, safeguard.check.answer(&judge.view(state))));
        let mut open: Option<Outage> = None;
        for (at, answer) in answers.skip_while(|(_, answer)| !answer.held) {
            match (answer.held, &mut open) {
                (false, None) => {
                    open = Some(Outage {
                        safeguard: safeguard.id.clone(),
                        severity: safeguard.severity,
                        from: at,
                        to: at,
                        evidence: answer.evidence,
                    });
                }
                (true, Some(outage)) => {
                    outage.to = at;
                    found.extend(open.take());
                }
                (false, Some(_)) | (true, None) => {}
            }
        }
        found.extend(open.map(|outage| Outage { to: path.end(), ..outage }));
    }
    found
}
