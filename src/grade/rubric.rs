//! What each thing that went wrong costs, and the line of evidence that goes with it.

use super::path::Cause;
use super::scorecard::{Loss, Source};
use crate::plan::{Objective, Safeguard, Severity};

/// An objective that does not hold, or did not last.
pub(super) fn objective(objective: &Objective, evidence: &str, cause: Option<&Cause>, moved: bool) -> Loss {
    let cause = cause.filter(|_| moved);
    Loss {
        source: Source::Objective,
        id: objective.id.clone(),
        points: objective.weight,
        evidence: with(evidence, cause),
    }
}

/// A safeguard that broke. A catastrophic one takes everything.
pub(super) fn safeguard(safeguard: &Safeguard, evidence: &str, cause: Option<&Cause>) -> Loss {
    let points = match safeguard.severity {
        Severity::Recoverable => safeguard.penalty,
        Severity::Catastrophic => 100,
    };
    let id = safeguard.id.clone();
    Loss { source: Source::Safeguard(safeguard.severity), id, points, evidence: with(evidence, cause) }
}

/// A symptom that did not hold.
pub(super) fn symptom(id: &str, evidence: &str) -> Loss {
    Loss { source: Source::Symptom, id: id.to_owned(), points: 0, evidence: evidence.to_owned() }
}

/// The drill ended before anything was broken.
pub(super) fn never_broken() -> Loss {
    symptom("broken", "the drill ended before the broken state was reached")
}

/// Evidence and, where it is known, what brought it about.
fn with(evidence: &str, cause: Option<&Cause>) -> String {
    let Some(cause) = cause else { return evidence.to_owned() };
    let mut told = evidence.to_owned();
    if let Some(call) = &cause.call {
        told += &format!("; after {call}");
    }
    if let Some((number, line, origin)) = &cause.command {
        told += &format!("; in command {number} `{line}` ({origin})");
    }
    told
}
