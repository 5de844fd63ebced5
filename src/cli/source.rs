//! From what people name on the command line to scenarios without fault: those that come with the program by their
//! names, their own by their files. Findings are rendered here, with the lines that they speak of.

use super::exit::Failure;
use super::surroundings;
use crate::plan;
use crate::scenario::{self, Finding, Scenario};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A scenario that can be run, and the files that its commands find.
#[derive(Debug)]
pub(super) struct Source {
    /// The scenario.
    pub(super) scenario: Scenario,
    /// The variant that was named after a `/`.
    pub(super) variant: Option<String>,
    /// Path in the working directory of the drill → text.
    pub(super) files: BTreeMap<String, String>,
}

/// A scenario as text: the name under which findings speak of it, its folder where it is a file, its variant.
struct Text {
    name: String,
    folder: Option<PathBuf>,
    variant: Option<String>,
    text: String,
}

/// Reads the scenarios that were named, or all that come with the program.
pub(super) fn read(named: &[String]) -> Result<Vec<Source>, Failure> {
    let all: Vec<String> = scenario::names().map(str::to_owned).collect();
    let wanted = if named.is_empty() { &all } else { named };
    let mut sources = Vec::new();
    let mut wrong = Vec::new();
    for name in wanted {
        match check(&find(name)?)? {
            Ok(source) => sources.push(source),
            Err(rendered) => wrong.extend(rendered),
        }
    }
    match wrong.is_empty() {
        true => Ok(sources),
        false => Err(Failure::invalid(wrong.join("\n\n"))),
    }
}

/// What is wrong with the scenarios that were named, rendered, and how many were read.
pub(super) fn findings(named: &[String]) -> Result<(usize, Vec<String>), Failure> {
    let all: Vec<String> = scenario::names().map(str::to_owned).collect();
    let wanted = if named.is_empty() { &all } else { named };
    let mut rendered = Vec::new();
    for name in wanted {
        rendered.extend(check(&find(name)?)?.err().unwrap_or_default());
    }
    Ok((wanted.len(), rendered))
}

fn find(named: &str) -> Result<Text, Failure> {
    let path = Path::new(named);
    if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
        let text = surroundings::read(path)?;
        let folder = path.parent().map(Path::to_owned);
        return Ok(Text { name: named.to_owned(), folder, variant: None, text });
    }
    let (name, variant) =
        named.split_once('/').map_or((named, None), |(name, variant)| (name, Some(variant)));
    let Some(text) = scenario::text(name) else {
        let known: Vec<&str> = scenario::names().collect();
        let help =
            format!("known are {}; a scenario of your own is named by its .yaml file", known.join(", "));
        return Err(Failure::invalid(format!("there is no scenario {name:?}")).help(help));
    };
    let (variant, text) = (variant.map(str::to_owned), text.to_owned());
    Ok(Text { name: format!("scenarios/{name}.yaml"), folder: None, variant, text })
}

/// The scenario with its files, or everything that is wrong with it.
fn check(text: &Text) -> Result<Result<Source, Vec<String>>, Failure> {
    let (scenario, mut findings) = scenario::parse(&text.name, &text.text);
    let mut files = BTreeMap::new();
    if let Some(scenario) = &scenario {
        findings.extend(scenario::lint(scenario));
        files = plan::files(scenario);
        let chart = &scenario.release.chart.text;
        if let (true, Some(folder)) = (files.is_empty(), &text.folder) {
            files = chart_files(&folder.join(chart), chart);
        }
        findings.extend(scenario::lint_charts(scenario, |_| !files.is_empty()));
    }
    let render = |finding: &Finding| scenario::render(finding, &text.text, false);
    Ok(match scenario {
        Some(scenario) if findings.is_empty() => {
            Ok(Source { scenario, variant: text.variant.clone(), files })
        }
        Some(_) | None => Err(findings.iter().map(render).collect()),
    })
}

/// The files of a chart of the user's as the commands of the drill name them; none where there is no chart.
fn chart_files(folder: &Path, chart: &str) -> BTreeMap<String, String> {
    let name =
        Path::new(chart).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let found = surroundings::files(folder).unwrap_or_default();
    if !found.iter().any(|(path, _)| path == "Chart.yaml") {
        return BTreeMap::new();
    }
    found.into_iter().map(|(path, text)| (format!("charts/{name}/{path}"), text)).collect()
}
