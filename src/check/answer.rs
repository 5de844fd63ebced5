//! Which part of this module answers which check, and how answers are put together.

use super::{Answer, Check, View};

/// The answer to a check.
pub(super) fn of(check: &Check, view: &View<'_>) -> Answer {
    match check {
        Check::All(parts) => all(parts, view),
        Check::Any(parts) => any(parts, view),
        Check::Not(part) => {
            let Answer { held, evidence } = of(part, view);
            Answer { held: !held, evidence }
        }
        _ => Answer { held: false, evidence: "this check is not answered yet".to_owned() },
    }
}

fn all(parts: &[Check], view: &View<'_>) -> Answer {
    let answers: Vec<Answer> = parts.iter().map(|part| of(part, view)).collect();
    let held = answers.iter().all(|answer| answer.held);
    Answer { held, evidence: joined(answers.into_iter().filter(|answer| answer.held == held)) }
}

fn any(parts: &[Check], view: &View<'_>) -> Answer {
    let answers: Vec<Answer> = parts.iter().map(|part| of(part, view)).collect();
    let held = answers.iter().any(|answer| answer.held);
    Answer { held, evidence: joined(answers.into_iter().filter(|answer| answer.held == held)) }
}

fn joined(answers: impl Iterator<Item = Answer>) -> String {
    let mut seen: Vec<String> = Vec::new();
    for answer in answers {
        if !seen.contains(&answer.evidence) {
            seen.push(answer.evidence);
        }
    }
    seen.join("; ")
}
