//! The second Helm of a scenario: it is named by a version, called by its own name, and only where there is one.

use super::super::bind::Bindings;
use super::super::command::second_helms;
use super::super::dice::combinations;
use super::super::model::Scenario;
use super::super::placed::Placed;
use super::super::versions::{beside, is_beginning, major};
use super::names::commands;
use super::{Findings, asked};

/// What is said of it can be a version, and something calls it.
pub(super) fn stated(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    let Some(other) = &scenario.other_helm else { return };
    if !is_beginning(&other.text) {
        let message = format!("`{other}` is no version of Helm, nor the beginning of one");
        found.at(other, message, Some("write `\"3\"`, `\"4\"` or a whole version".to_owned()));
        return;
    }
    let name = beside(&other.text);
    let calls = |variant: &String| {
        let bindings = Bindings::of(scenario, variant);
        let bound = |line: &&Placed| bindings.text(&line.text).unwrap_or_default();
        let asked = asked::lines(scenario, &bindings).into_iter().map(|(_, line)| line);
        lines(scenario).iter().map(bound).chain(asked).any(|line| line.contains(&name))
    };
    if !combinations(scenario).iter().any(calls) {
        let message = format!("no command calls `{name}`, which otherHelm puts beside helm");
        found.at(other, message, Some("call it, or take otherHelm away".to_owned()));
    }
}

/// Whoever calls `helm3` or `helm4` says that there is one.
pub(super) fn called(found: &mut Findings<'_>, variant: &str) {
    let scenario = found.scenario;
    let bindings = Bindings::of(scenario, variant);
    let there = scenario.other_helm.as_ref().map(|other| major(&other.text));
    let typed = lines(scenario).into_iter();
    let typed = typed.map(|line| (line, bindings.text(&line.text).unwrap_or_default()));
    for (line, bound) in typed.chain(asked::lines(scenario, &bindings)) {
        for called in second_helms(&bound).into_iter().filter(|called| Some(*called) != there) {
            let message = format!("there is no `helm{called}` in this drill");
            let help = match there {
                None => format!("state `otherHelm: \"{called}\"` beside `release`"),
                Some(other) => {
                    format!("its second Helm is `helm{other}`, and `helm` is the one of the drill")
                }
            };
            found.at(line, message, Some(help));
        }
    }
}

/// Everything that is typed in the timeline, in procedures and for symptoms.
fn lines(scenario: &Scenario) -> Vec<&Placed> {
    let steps = commands(scenario).into_iter().map(|command| &command.run);
    steps.chain(scenario.symptoms.iter().filter_map(|symptom| symptom.run.as_ref())).collect()
}
