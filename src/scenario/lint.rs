//! What is wrong with a scenario beyond its shape: numbers that do not add up, names that mean nothing, parts without
//! which a grade cannot be trusted.

mod asked;
mod databases;
mod dice;
mod grading;
mod helms;
mod names;
mod pipes;

use super::dice::combinations;
use super::finding::Finding;
use super::model::Scenario;
use super::placed::{Place, Placed};

/// The version of the format.
const API_VERSION: &str = "helmdrill.dev/v1";
/// What a file of this format holds.
const KIND: &str = "Scenario";

/// Everything that is wrong with a scenario, in the order of its places.
pub fn lint(scenario: &Scenario) -> Vec<Finding> {
    let mut found = Findings { scenario, list: Vec::new() };
    head(&mut found);
    reconciler(&mut found);
    helms::stated(&mut found);
    databases::stated(&mut found);
    grading::controls(&mut found);
    dice::dice(&mut found);
    dice::nested(&mut found);
    for variant in combinations(scenario) {
        dice::differences(&mut found, &variant);
        grading::weights(&mut found, &variant);
        grading::symptoms(&mut found, &variant);
        grading::reference(&mut found, &variant);
        grading::expectations(&mut found, &variant);
        names::placeholders(&mut found, &variant);
        names::releases(&mut found, &variant);
        names::environments(&mut found, &variant);
        asked::patterns(&mut found, &variant);
        asked::workloads(&mut found, &variant);
        helms::called(&mut found, &variant);
    }
    grading::safeguards(&mut found);
    asked::places(&mut found);
    pipes::early_ends(&mut found);
    names::variants(&mut found);
    names::twice(&mut found);
    names::parameters(&mut found);
    found.list.sort_by_key(|finding| (finding.place.line, finding.place.column));
    found.list
}

/// What is wrong with the charts that a scenario names; `exists` says whether there is a chart of a name.
pub fn lint_charts(scenario: &Scenario, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut found = Findings { scenario, list: Vec::new() };
    let all = std::iter::once(&scenario.release.chart).chain(&scenario.charts);
    for chart in all.filter(|chart| !exists(&chart.text)) {
        let known: Vec<&str> = super::catalogue::charts().collect();
        let help = format!(
            "name a chart that comes with helmdrill ({}), or a folder beside the scenario file that has a Chart.yaml",
            known.join(", ")
        );
        found.at(chart, format!("there is no chart `{chart}`"), Some(help));
    }
    found.list
}

/// What is wrong with the second Helm that a scenario names; `known` says whether there is such a version.
pub fn lint_helm(scenario: &Scenario, known: impl Fn(&str) -> bool, help: &str) -> Vec<Finding> {
    let mut found = Findings { scenario, list: Vec::new() };
    for other in scenario.other_helm.iter().filter(|other| !known(&other.text)) {
        found.at(other, format!("there is no Helm `{other}` to be put beside helm"), Some(help.to_owned()));
    }
    found.list
}

/// A reconciler reads a file of the working directory, and is run by a workload.
fn reconciler(found: &mut Findings<'_>) {
    let Some(reconciler) = &found.scenario.reconciler else { return };
    let values = &reconciler.values;
    if values.text.is_empty()
        || values.text.starts_with('/')
        || values.text.split('/').any(|part| part == "..")
    {
        let message = format!("the values `{values}` of the reconciler are no file of the working directory");
        found.at(values, message, Some("name a relative path, such as git/values.yaml".to_owned()));
    }
    if let Some(controller) = &reconciler.controller
        && let Err(error) = controller.text.parse::<crate::check::ObjectRef>()
    {
        found.at(
            controller,
            "the controller of the reconciler is no workload".to_owned(),
            Some(error.to_string()),
        );
    }
}

/// The findings so far.
struct Findings<'a> {
    scenario: &'a Scenario,
    list: Vec<Finding>,
}

impl Findings<'_> {
    /// Adds a finding at a text, once: the same is found again in every variant.
    fn at(&mut self, text: &Placed, message: String, help: Option<String>) {
        self.place(text.place.clone(), message, help);
    }

    fn place(&mut self, place: Place, message: String, help: Option<String>) {
        let finding = Finding { file: self.scenario.file.clone(), place, message, help };
        if !self.list.contains(&finding) {
            self.list.push(finding);
        }
    }

    /// Adds a finding about the scenario as a whole: at its name.
    fn whole(&mut self, message: String, help: Option<String>) {
        self.place(self.scenario.metadata.name.place.clone(), message, help);
    }
}

fn head(found: &mut Findings<'_>) {
    let scenario = found.scenario;
    if scenario.api_version.text != API_VERSION {
        let message = format!("unknown apiVersion `{}`", scenario.api_version);
        found.at(&scenario.api_version, message, Some(format!("this program reads `{API_VERSION}`")));
    }
    if scenario.kind.text != KIND {
        let message = format!("unknown kind `{}`", scenario.kind);
        found.at(&scenario.kind, message, Some(format!("this program reads `{KIND}`")));
    }
    if !(1..=5).contains(&scenario.metadata.difficulty) {
        found.whole(format!("difficulty {} is not between 1 and 5", scenario.metadata.difficulty), None);
    }
    if scenario.environments.is_empty() {
        found.whole(
            "no environment is named".to_owned(),
            Some("name the namespace of the release".to_owned()),
        );
    }
    if let Some(range) = &scenario.helm
        && let Err(error) = super::versions::allows(&range.text, "0")
    {
        found.at(range, "this is no range of versions".to_owned(), Some(error.to_string()));
    }
    let marks = scenario.timeline.iter().filter(|item| item.command().is_none()).count();
    if marks != 1 {
        let message = format!("the timeline has {marks} items `steady-state`, expected one");
        found.whole(message, Some("it marks where the baseline is taken".to_owned()));
    }
}
