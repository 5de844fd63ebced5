//! From ways that were tried to their records, and to what is to be said of the lines of the runbook.

use super::Subject;
use super::attempt::Tried;
use crate::grade::{self, Effect, StepGrade};
use crate::plan::Verdict;
use crate::report::validation::{Concern, Exercise, StepRecord, StepVerdict, Weight, step};
use crate::runbook::{Fate, Level, Ready, Remark};
use crate::scenario::Place;
use crate::transcript::Exit;

/// What fails a validation.
pub(super) const ERROR: Weight = Weight::Error;

/// The record of a way that was tried.
pub(super) fn record(tried: &Tried) -> Exercise {
    let grades = grades(tried);
    let mut ran = grades.iter();
    let steps: Vec<StepRecord> =
        tried.prepared.steps.iter().map(|ready| step_record(ready, &mut ran)).collect();
    let Some((_, _, card)) = &tried.ended else {
        return Exercise::none(&tried.helm, &tried.why, steps);
    };
    let looks = only_looks(tried, &grades) && card.verdict != Verdict::Inconclusive;
    let evidence =
        card.losses.iter().map(|loss| format!("{} (-{}): {}", loss.id, loss.points, loss.evidence));
    Exercise {
        helm: tried.helm.clone(),
        verdict: if looks { "looked".to_owned() } else { card.verdict.word().to_owned() },
        score: if looks { 0 } else { card.score },
        evidence: if looks { Vec::new() } else { evidence.collect() },
        seconds: card.seconds,
        steps,
    }
}

fn grades(tried: &Tried) -> Vec<StepGrade> {
    tried.ended.as_ref().map(|(plan, transcript, _)| grade::steps(plan, transcript)).unwrap_or_default()
}

/// Whether a way does no more than look, and is allowed to: it repairs nothing, and is not meant to.
fn only_looks(tried: &Tried, grades: &[StepGrade]) -> bool {
    let looked = |grade: &StepGrade| match grade.effect {
        Effect::Looked | Effect::Refused => true,
        Effect::Repaired { .. } | Effect::Worse { .. } | Effect::NoEffect | Effect::Hung => false,
    };
    !tried.prepared.steps.iter().any(|ready| ready.changes) && grades.iter().all(looked)
}

fn step_record<'a>(ready: &Ready, ran: &mut impl Iterator<Item = &'a StepGrade>) -> StepRecord {
    let (verdict, told) = match &ready.fate {
        Fate::Skipped(why) => (StepVerdict::Skipped, why.clone()),
        Fate::Refused(why) => (StepVerdict::NotAllowed, why.clone()),
        Fate::Unbound(why) => (StepVerdict::Unbound, why.clone()),
        Fate::Unreadable(why) => (StepVerdict::Unreadable, why.clone()),
        Fate::Run => match ran.next() {
            Some(grade) => step(grade, &ready.outcome),
            None => {
                (StepVerdict::NeverReached, "a step before it was required and ended otherwise".to_owned())
            }
        },
    };
    StepRecord {
        line: ready.place.line,
        column: ready.place.column,
        written: ready.written.clone(),
        ran: if ready.fate == Fate::Run { ready.line.clone() } else { String::new() },
        verdict,
        told,
        bound: ready.told.clone(),
    }
}

/// Everything that is to be said, in the order of the lines, each once with the versions of Helm with which it is so.
pub(super) fn concerns(subject: &Subject, tried: &[Tried]) -> Vec<Concern> {
    let mut all: Vec<Concern> = Vec::new();
    for one in tried {
        for concern in of(subject, one) {
            let same = |other: &&mut Concern| {
                (&other.rule, &other.message, other.line, other.column, &other.file)
                    == (&concern.rule, &concern.message, concern.line, concern.column, &concern.file)
            };
            match all.iter_mut().find(same) {
                Some(known) => {
                    let new: Vec<String> =
                        concern.helm.iter().filter(|helm| !known.helm.contains(helm)).cloned().collect();
                    known.helm.extend(new);
                }
                None => all.push(concern),
            }
        }
    }
    for concern in &mut all {
        concern.helm.sort();
    }
    for concern in unended(subject) {
        if !all.iter().any(|other| {
            (&other.rule, &other.file, other.bytes) == (&concern.rule, &concern.file, concern.bytes)
        }) {
            all.push(concern);
        }
    }
    all.sort_by(|one, other| {
        (&one.file, one.line, one.column, &one.rule).cmp(&(
            &other.file,
            other.line,
            other.column,
            &other.rule,
        ))
    });
    all
}

/// Statements that end nowhere, in sections that are not exercised too.
fn unended(subject: &Subject) -> impl Iterator<Item = Concern> {
    subject.runbooks.iter().flat_map(|runbook| {
        let ways = runbook
            .sections
            .iter()
            .flat_map(|section| section.alternatives.iter().map(move |way| (section.title.as_str(), way)));
        ways.flat_map(move |(section, way)| {
            let remarks = way.steps.iter().filter_map(|step| runbook.unended(step));
            remarks.map(|remark| remarked(&remark, section, &way.name, None))
        })
    })
}

fn remarked(remark: &Remark, section: &str, way: &str, helm: Option<&str>) -> Concern {
    let finding = &remark.finding;
    Concern {
        weight: match remark.level {
            Level::Note => Weight::Note,
            Level::Warning => Weight::Warning,
            Level::Error => Weight::Error,
        },
        rule: remark.rule.to_owned(),
        file: finding.file.clone(),
        line: finding.place.line,
        column: finding.place.column,
        bytes: (finding.place.bytes.start, finding.place.bytes.end),
        message: finding.message.clone(),
        help: finding.help.clone().unwrap_or_default(),
        section: section.to_owned(),
        way: way.to_owned(),
        helm: helm.map(str::to_owned).into_iter().collect(),
    }
}

fn of(subject: &Subject, tried: &Tried) -> Vec<Concern> {
    let runbook = &subject.runbooks[tried.at.0];
    let section = &runbook.sections[tried.at.1];
    let way = &section.alternatives[tried.at.2];
    let concern = |weight, rule: &str, place: &Place, message: String, help: String| Concern {
        weight,
        rule: rule.to_owned(),
        file: runbook.file.clone(),
        line: place.line,
        column: place.column,
        bytes: (place.bytes.start, place.bytes.end),
        message,
        help,
        section: section.title.clone(),
        way: way.name.clone(),
        helm: vec![tried.helm.clone()],
    };
    let remarks = tried.prepared.remarks.iter();
    let mut found: Vec<Concern> =
        remarks.map(|remark| remarked(remark, &section.title, &way.name, Some(&tried.helm))).collect();
    let Some((_, _, card)) = &tried.ended else { return found };
    let grades = grades(tried);
    let ran = tried.prepared.steps.iter().filter(|ready| ready.fate == Fate::Run);
    for (ready, grade) in ran.zip(&grades) {
        let Some((weight, rule, message)) = of_step(ready, grade) else { continue };
        // What its text has told already is not told again by its output.
        if !found.iter().any(|other| other.rule == rule && other.line == ready.place.line) {
            found.push(concern(weight, rule, &ready.place, message, String::new()));
        }
    }
    // What a way is about begins where it leaves the others.
    let shared = |place: &Place| {
        section.alternatives.iter().all(|other| other.steps.iter().any(|step| step.place == *place))
    };
    let first =
        way.steps.iter().map(|step| &step.place).find(|place| !shared(place)).unwrap_or(&section.place);
    let place = if way.name.is_empty() && section.place.bytes.end > 0 { &section.place } else { first };
    let about = if way.name.is_empty() { "this section".to_owned() } else { format!("{:?}", way.name) };
    let lost = card.losses.iter().map(|loss| loss.id.as_str()).collect::<Vec<_>>().join(", ");
    let seen = card.losses.iter().map(|loss| format!("{}: {}", loss.id, first_words(&loss.evidence)));
    let seen = seen.collect::<Vec<_>>().join("\n");
    let passed = tried.prepared.steps.iter().filter(|ready| matches!(ready.fate, Fate::Skipped(_))).count();
    let without = match passed {
        0 => String::new(),
        1 => " without the statement that was passed over".to_owned(),
        _ => format!(" without the {passed} statements that were passed over"),
    };
    match card.verdict {
        Verdict::Recovered => {}
        Verdict::Degraded => {
            found.push(concern(
                Weight::Warning,
                "degraded",
                place,
                format!("{about} recovers at a price: {lost}"),
                seen,
            ));
        }
        Verdict::Failed if only_looks(tried, &grades) => {}
        Verdict::Failed if !section.promises() => {
            let message =
                format!("{about} does not recover, and its heading does not say that it does: {lost}");
            found.push(concern(Weight::Note, "failed", place, message, String::new()));
        }
        Verdict::Failed => {
            let message = format!("{about} does not recover{without}: {lost}");
            found.push(concern(ERROR, "failed", place, message, seen));
        }
        Verdict::Catastrophic => {
            found.push(concern(ERROR, "catastrophic", place, format!("{about} does harm: {lost}"), seen));
        }
        Verdict::Inconclusive => {
            let message = format!("{about} was tried on something that was not broken as planned: {lost}");
            found.push(concern(ERROR, "inconclusive", place, message, seen));
        }
    }
    found
}

/// The first thing that was seen, short enough for a line; the record of the way has all of it.
fn first_words(evidence: &str) -> String {
    const MOST: usize = 60;
    let first = evidence.split("; ").next().unwrap_or_default();
    match first.char_indices().nth(MOST) {
        None => first.to_owned(),
        Some((at, _)) => format!("{}…", first[..at].trim_end()),
    }
}

/// What is to be said of one statement that ran.
fn of_step(ready: &Ready, grade: &StepGrade) -> Option<(Weight, &'static str, String)> {
    let stderr = &grade.stderr;
    let line = |words: &[&str]| {
        stderr
            .lines()
            .map(str::trim)
            .find(|line| words.iter().any(|word| line.contains(word)))
            .map(str::to_owned)
    };
    if let Some(said) = line(&["unknown flag:", "unknown shorthand flag:", "unknown command "]) {
        return Some((ERROR, "unknown-flag", said.trim_start_matches("Error: ").to_owned()));
    }
    if grade.exit == Some(Exit::Code(127)) {
        return Some((Weight::Warning, "needs-a-program", grade.said.clone()));
    }
    let (verdict, told) = step(grade, &ready.outcome);
    match verdict {
        StepVerdict::MadeWorse => {
            let lost = match &grade.effect {
                Effect::Worse { evidence, .. } => evidence.iter().map(|(id, _)| id.as_str()).collect(),
                Effect::Repaired { .. }
                | Effect::Refused
                | Effect::Hung
                | Effect::NoEffect
                | Effect::Looked => Vec::new(),
            };
            Some((Weight::Warning, "made-worse", format!("it makes things worse: {}", lost.join(", "))))
        }
        StepVerdict::Refused => Some((Weight::Warning, "refused", format!("it is refused: {told}"))),
        StepVerdict::Hung => Some((Weight::Warning, "hung", told)),
        StepVerdict::Unreadable => Some((ERROR, "syntax", format!("bash cannot read it: {told}"))),
        StepVerdict::Repaired
        | StepVerdict::RepairedInPart
        | StepVerdict::NoEffect
        | StepVerdict::Looked
        | StepVerdict::FailedAsExpected
        | StepVerdict::NeverReached
        | StepVerdict::Skipped
        | StepVerdict::NotAllowed
        | StepVerdict::Unbound => {
            line(&["has been deprecated"]).map(|said| (Weight::Note, "deprecated", said))
        }
    }
}
