//! Which drills a scenario holds: every variant with every procedure and control, and what each should come to.

use super::lower::{Choice, LowerError, Way, expectation};
use super::{Expectation, Role};
use crate::scenario::{self, Bindings, Procedure, Scenario};
use crate::seed::Seed;
use std::collections::BTreeMap;

/// One drill that a scenario holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    /// Name of the variant; empty where the scenario has none.
    pub variant: String,
    /// Name of the procedure or control.
    pub procedure: String,
    /// What part it plays.
    pub role: Role,
    /// What it should come to.
    pub expect: Expectation,
}

/// Every drill of a scenario with a version of Helm: variants in their order, in each the procedures, then the
/// controls.
pub fn drills(scenario: &Scenario, helm: &str) -> Vec<Drill> {
    let mut all = Vec::new();
    for variant in variants(scenario) {
        for procedure in ways(scenario, &variant) {
            all.push(Drill {
                procedure: procedure.name.text.clone(),
                role: role(scenario, procedure, &variant),
                expect: expectation(procedure, &variant, helm),
                variant: variant.clone(),
            });
        }
    }
    all
}

/// The names of the variants of a scenario, with what its dice may show; one empty name where it has none.
pub fn variants(scenario: &Scenario) -> Vec<String> {
    scenario::combinations(scenario)
}

/// The variant that a seed draws.
pub fn drawn(scenario: &Scenario, seed: Seed) -> String {
    let mut known = variants(scenario);
    let drawn = seed.pick("variant", known.len()).expect("a scenario without variants has the empty one");
    known.swap_remove(drawn)
}

/// The files of the working directory for the charts of a scenario that come with the program: `charts/NAME/…`.
pub fn files(scenario: &Scenario) -> BTreeMap<String, String> {
    let charts = std::iter::once(&scenario.release.chart).chain(&scenario.charts);
    charts.flat_map(|chart| chart_files(&chart.text)).collect()
}

/// The files of one chart that comes with the program; none where there is no such chart.
pub fn chart_files(name: &str) -> BTreeMap<String, String> {
    let chart = scenario::chart(name).unwrap_or_default();
    chart.iter().map(|(path, text)| (format!("charts/{name}/{path}"), (*text).to_owned())).collect()
}

/// The variant that is meant: the one that was named, else one that the seed draws.
pub(super) fn variant(scenario: &Scenario, choice: &Choice<'_>) -> Result<String, LowerError> {
    let known = variants(scenario);
    match choice.variant {
        None => Ok(drawn(scenario, choice.seed)),
        Some(name) if known.iter().any(|variant| variant == name) => Ok(name.to_owned()),
        Some(name) => Err(LowerError::Variant {
            scenario: scenario.metadata.name.text.clone(),
            name: name.to_owned(),
            known: known.join(", "),
        }),
    }
}

/// The procedure that is meant; `None` where somebody decides on the way.
pub(super) fn procedure<'a>(
    scenario: &'a Scenario,
    variant: &str,
    way: Way<'_>,
) -> Result<Option<&'a Procedure>, LowerError> {
    let ways = ways(scenario, variant);
    let (name, found) = match way {
        Way::Open => return Ok(None),
        Way::Reference => {
            ("reference", ways.iter().find(|way| role(scenario, way, variant) == Role::Reference))
        }
        Way::Named(name) => (name, ways.iter().find(|way| way.name.text == name)),
    };
    found.map(|found| Some(*found)).ok_or_else(|| LowerError::Procedure {
        scenario: scenario.metadata.name.text.clone(),
        name: name.to_owned(),
        known: ways.iter().map(|way| way.name.text.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// The procedures and then the controls that apply to a variant.
fn ways<'a>(scenario: &'a Scenario, variant: &str) -> Vec<&'a Procedure> {
    let bindings = Bindings::of(scenario, variant);
    let all = scenario.procedures.iter().chain(&scenario.controls);
    all.filter(|procedure| bindings.applies(&procedure.only)).collect()
}

/// What part a procedure plays in a variant.
pub(super) fn role(scenario: &Scenario, procedure: &Procedure, variant: &str) -> Role {
    let differs = procedure.differs(variant).and_then(|differs| differs.reference);
    match differs.unwrap_or(procedure.reference) {
        _ if scenario.controls.iter().any(|control| control.name == procedure.name) => Role::Control,
        true => Role::Reference,
        false => Role::Alternative,
    }
}
