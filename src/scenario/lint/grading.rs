//! What a grade needs to be trusted: weights that add up, symptoms, controls, a reference, expectations that name what
//! there is.

use super::super::bind::Bindings;
use super::super::dice::combinations;
use super::super::finding::closest;
use super::super::model::{Procedure, Scenario};
use super::super::verdicts::{Expect, Judgement};
use super::Findings;

/// The weights of the objectives of a variant add up to 100.
pub(super) fn weights(found: &mut Findings<'_>, variant: &str) {
    let bindings = Bindings::of(found.scenario, variant);
    let ours: Vec<_> = found.scenario.objectives.iter().filter(|o| bindings.applies(&o.only)).collect();
    let sum: u32 = ours.iter().fold(0, |sum, objective| sum.saturating_add(objective.weight));
    if sum != 100 {
        let message =
            format!("the weights of the objectives add up to {sum}, expected 100{}", within(variant));
        match ours.first() {
            Some(first) => found.at(&first.id, message, None),
            None => found.whole(message, None),
        }
    }
}

/// Every variant has a symptom, and every symptom asks one thing.
pub(super) fn symptoms(found: &mut Findings<'_>, variant: &str) {
    let bindings = Bindings::of(found.scenario, variant);
    let ours: Vec<_> = found.scenario.symptoms.iter().filter(|s| bindings.applies(&s.only)).collect();
    if ours.is_empty() {
        let help = "without one a drill cannot tell that its fault bit";
        found.whole(format!("no symptom is stated{}", within(variant)), Some(help.to_owned()));
    }
    for symptom in ours {
        let complete = match (&symptom.check, &symptom.run) {
            (Some(_), None) => symptom.fails_with.is_none() && symptom.id.is_some(),
            (None, Some(_)) => symptom.fails_with.is_some(),
            (None, None) | (Some(_), Some(_)) => false,
        };
        if !complete {
            let help = "state `id` and `check`, or `run` and `fails-with`".to_owned();
            let place = symptom.id.as_ref().or(symptom.run.as_ref());
            let place = place.map_or(found.scenario.metadata.name.place.clone(), |text| text.place.clone());
            found.place(place, "a symptom is a check or a command that fails".to_owned(), Some(help));
        }
    }
}

/// There is a control that does nothing and one that is wrong, in every variant, and none is expected to win.
pub(super) fn controls(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    if scenario.controls.is_empty() {
        let help = "add `do-nothing` and at least one plausible wrong fix, each with what it trips";
        found.whole("a scenario without controls does not load".to_owned(), Some(help.to_owned()));
        return;
    }
    for variant in combinations(scenario) {
        let bindings = Bindings::of(scenario, &variant);
        let ours: Vec<_> = scenario.controls.iter().filter(|c| bindings.applies(&c.only)).collect();
        if !ours.iter().any(|control| control.steps.is_empty()) {
            found.whole(format!("no control does nothing{}", within(&variant)), None);
        }
        if !ours.iter().any(|control| !control.steps.is_empty()) {
            found.whole(format!("no control is a plausible wrong fix{}", within(&variant)), None);
        }
        for control in ours {
            if expectations_of(control, &variant).iter().any(|j| matches!(j, Judgement::Recovered)) {
                let message = format!("the control `{}` is expected to recover", control.name);
                found.at(&control.name, message, Some("a control must lose".to_owned()));
            }
        }
    }
}

/// Every variant has one reference, which is expected to recover.
pub(super) fn reference(found: &mut Findings<'_>, variant: &str) {
    let scenario = found.scenario;
    let bindings = Bindings::of(scenario, variant);
    let references: Vec<_> = scenario
        .procedures
        .iter()
        .filter(|procedure| bindings.applies(&procedure.only) && is_reference(procedure, variant))
        .collect();
    if references.len() != 1 {
        let message =
            format!("{} procedures are the reference, expected one{}", references.len(), within(variant));
        found.whole(
            message,
            Some("mark the procedure that the scenario teaches with `reference: true`".to_owned()),
        );
    }
    for procedure in references {
        if expectations_of(procedure, variant).iter().any(|j| !matches!(j, Judgement::Recovered)) {
            let message =
                format!("the reference `{}` is not expected to recover{}", procedure.name, within(variant));
            found.at(&procedure.name, message, None);
        }
    }
}

/// What is expected to be lost exists, and a loss is named.
pub(super) fn expectations(found: &mut Findings<'_>, variant: &str) {
    let scenario = found.scenario;
    let bindings = Bindings::of(scenario, variant);
    let ids = gates(scenario, &bindings);
    for procedure in scenario.procedures.iter().chain(&scenario.controls) {
        if !bindings.applies(&procedure.only) {
            continue;
        }
        for judgement in expectations_of(procedure, variant) {
            if judgement.trips().is_empty() && !matches!(judgement, Judgement::Recovered) {
                let message = format!("`{}` is expected to lose and does not say what", procedure.name);
                found.at(&procedure.name, message, Some(format!("name some of: {}", ids.join(", "))));
            }
            for id in judgement.trips().iter().filter(|id| !ids.contains(&id.as_str())) {
                let message = format!(
                    "`{}` trips `{id}`, which is no objective and no safeguard{}",
                    procedure.name,
                    within(variant)
                );
                let help = match closest(id, ids.iter().copied()) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("there are: {}", ids.join(", ")),
                };
                found.at(&procedure.name, message, Some(help));
            }
        }
    }
}

/// A safeguard is asked all the time, at the end, or when something else is changed.
pub(super) fn safeguards(found: &mut Findings<'_>) {
    for safeguard in &found.scenario.safeguards {
        let stated = [safeguard.hold.is_some(), safeguard.assert.is_some(), safeguard.order.is_some()];
        let count = stated.iter().filter(|stated| **stated).count();
        if count != 1 {
            let message =
                format!("the safeguard `{}` states {count} of hold, assert and order", safeguard.id);
            let help = "`hold` is asked all the time, `assert` at the end, `order` when the first thing in its \
                        environments is changed: state one";
            found.at(&safeguard.id, message, Some(help.to_owned()));
        }
        if safeguard.order.as_ref().is_some_and(|order| order.then.is_empty()) {
            let message = format!("the order of the safeguard `{}` names no environment", safeguard.id);
            found.at(&safeguard.id, message, Some("list under `then` what must wait".to_owned()));
        }
    }
}

/// The ids that can be lost in a variant.
fn gates<'a>(scenario: &'a Scenario, bindings: &Bindings) -> Vec<&'a str> {
    let objectives = scenario.objectives.iter().filter(|o| bindings.applies(&o.only)).map(|o| &o.id);
    let safeguards = scenario.safeguards.iter().filter(|s| bindings.applies(&s.only)).map(|s| &s.id);
    objectives.chain(safeguards).map(|id| id.text.as_str()).collect()
}

fn is_reference(procedure: &Procedure, variant: &str) -> bool {
    let differs = procedure.differs(variant).and_then(|differs| differs.reference);
    differs.unwrap_or(procedure.reference)
}

fn expectations_of<'a>(procedure: &'a Procedure, variant: &str) -> Vec<&'a Judgement> {
    let differs = procedure.differs(variant).and_then(|differs| differs.expect.as_ref());
    let expect: &Expect = differs.unwrap_or(&procedure.expect);
    expect.all()
}

/// ` in the variant x`, or nothing where there are no variants.
fn within(variant: &str) -> String {
    match variant {
        "" => String::new(),
        name => format!(" in the variant `{name}`"),
    }
}
