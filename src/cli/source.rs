//! From what people name on the command line to scenarios without fault: those that come with the program by their
//! names, their own by their files. Findings are rendered here, with the lines that they speak of.

use super::exit::Failure;
use super::{beside, own_chart, surroundings};
use crate::plan::{self, Choice, LowerError, Plan};
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
    /// The words of the command line that name the chart of the user's on which it is run.
    pub(super) own: Option<String>,
}

impl Source {
    /// One drill of it.
    pub(super) fn lower(&self, choice: &Choice<'_>) -> Result<Plan, LowerError> {
        let plan = plan::lower(&self.scenario, choice, self.files.clone())?;
        let other_helm = plan.other_helm.map(|named| beside::version(&named));
        Ok(Plan { own_chart: self.own.clone(), other_helm, ..plan })
    }

    /// Whether it says something about this version of Helm.
    pub(super) fn applies(&self, helm: &str) -> bool {
        let range = self.scenario.helm.as_ref();
        range.is_none_or(|range| scenario::allows(&range.text, helm).unwrap_or(false))
    }
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
        let text = find(name)?;
        match check(&text)? {
            Ok(source) => sources.push(source),
            Err(found) => wrong.extend(found.iter().map(|finding| rendered(finding, &text))),
        }
    }
    match wrong.is_empty() {
        true => Ok(sources),
        false => Err(Failure::invalid(wrong.join("\n\n"))),
    }
}

/// The same to be read by people, who may name scenarios for any chart too.
pub(super) fn read_to_show(named: &[String]) -> Result<Vec<Source>, Failure> {
    let each = named.iter().map(|name| {
        let (known, variant) = split(name);
        match own_chart::any_chart(known) {
            Some(scenario) => Ok(Source { scenario, variant, files: BTreeMap::new(), own: None }),
            None => Ok(read(std::slice::from_ref(name))?.remove(0)),
        }
    });
    if named.is_empty() { read(named) } else { each.collect() }
}

/// The scenarios for any chart.
pub(super) fn of_any_chart() -> Vec<Source> {
    let all = scenario::of_any_chart().filter_map(|(name, _)| own_chart::any_chart(name));
    all.map(|scenario| Source { scenario, variant: None, files: BTreeMap::new(), own: None }).collect()
}

/// What is wrong with scenarios, and how many were read.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// How many scenarios were read.
    pub(super) read: usize,
    /// Every finding, in the order of the scenarios.
    pub(super) list: Vec<Finding>,
    /// The same as a person reads them.
    pub(super) rendered: Vec<String>,
}

/// What is wrong with the scenarios that were named, or with those that come with the program.
pub(super) fn findings(named: &[String]) -> Result<Findings, Failure> {
    let all: Vec<String> = scenario::names().map(str::to_owned).collect();
    let wanted = if named.is_empty() { &all } else { named };
    let mut findings = Findings { read: wanted.len(), ..Findings::default() };
    for name in wanted {
        let text = find(name)?;
        if let Err(found) = check(&text)? {
            findings.rendered.extend(found.iter().map(|finding| rendered(finding, &text)));
            findings.list.extend(found);
        }
    }
    Ok(findings)
}

fn rendered(finding: &Finding, text: &Text) -> String {
    scenario::render(finding, &text.text, false)
}

/// The text of a scenario of the program (`NAME`, `NAME/VARIANT`) or of a file (`FILE.yaml`, `FILE.yaml/VARIANT`).
fn find(named: &str) -> Result<Text, Failure> {
    let (name, variant) = split(named);
    if let Some(text) = scenario::text(name) {
        let name = format!("scenarios/{name}.yaml");
        return Ok(Text { name, folder: None, variant, text: text.to_owned() });
    }
    let path = Path::new(name);
    if is_yaml(name) {
        let folder = path.parent().map(Path::to_owned);
        return Ok(Text { name: name.to_owned(), folder, variant, text: surroundings::read(path)? });
    }
    if name.is_empty() || surroundings::exists(Path::new(named)) {
        return Err(Failure::invalid(format!("{named:?} is no scenario"))
            .help("a scenario of your own is named by its .yaml file"));
    }
    if scenario::of_any_chart().any(|(known, _)| known == name) {
        return Err(Failure::invalid(format!("the scenario {name:?} is one for a chart of your own"))
            .help(format!("name the chart: helmdrill run {named} --chart DIR|TGZ|OCI")));
    }
    let known: Vec<&str> = scenario::names().collect();
    Err(Failure::invalid(format!("there is no scenario {name:?}")).help(meant(
        name,
        &known,
        "; a scenario of your own is named by its .yaml file",
    )))
}

/// So many names a person still reads.
const READABLE: usize = 80;

/// What was meant, where that can be guessed, and all that is known, or who tells it.
pub(super) fn meant(word: &str, known: &[&str], more: &str) -> String {
    let all = |word: &str| match known.len() {
        ..=READABLE => format!("{word} are {}{more}", known.join(", ")),
        count => format!("`helmdrill list` names all {count}{more}"),
    };
    match scenario::closest(word, known.iter().copied()) {
        Some(close) => format!("did you mean {close:?}? {}", all("Known")),
        None => all("known"),
    }
}

/// The name or the file, and the variant after it.
fn split(named: &str) -> (&str, Option<String>) {
    let variant = |text: &str| Some(text.to_owned());
    if is_yaml(named) {
        return (named, None);
    }
    match named.rsplit_once('/') {
        Some((file, rest)) if is_yaml(file) => (file, variant(rest)),
        Some(_) | None => named.split_once('/').map_or((named, None), |(name, rest)| (name, variant(rest))),
    }
}

fn is_yaml(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// The scenario with its files, or everything that is wrong with it.
fn check(text: &Text) -> Result<Result<Source, Vec<Finding>>, Failure> {
    let (scenario, mut findings) = scenario::parse(&text.name, &text.text);
    let mut files = BTreeMap::new();
    if let Some(scenario) = &scenario {
        let mut missing = Vec::new();
        for chart in std::iter::once(&scenario.release.chart).chain(&scenario.charts) {
            let beside = text.folder.as_ref().map(|folder| chart_files(folder, &chart.text)).transpose()?;
            let found = beside.filter(|files| !files.is_empty());
            let found = found.unwrap_or_else(|| plan::chart_files(&chart.text));
            if found.is_empty() {
                missing.push(chart.text.clone());
            }
            files.extend(found);
        }
        findings.extend(scenario::lint_charts(scenario, |chart| !missing.iter().any(|name| name == chart)));
        if findings.is_empty() {
            findings.extend(scenario::lint_helm(scenario, beside::is_known, &beside::known()));
        }
    }
    Ok(match scenario {
        Some(scenario) if findings.is_empty() => {
            Ok(Source { scenario, variant: text.variant.clone(), files, own: None })
        }
        Some(_) | None => Err(findings),
    })
}

/// The files of a chart beside the scenario as the commands of the drill name them; none where there is no chart.
fn chart_files(beside: &Path, chart: &str) -> Result<BTreeMap<String, String>, Failure> {
    let folder = beside.join(chart);
    if !surroundings::exists(&folder.join("Chart.yaml")) {
        return Ok(BTreeMap::new());
    }
    let Some(inside) = within(&format!("charts/{chart}")) else {
        let message = format!("the chart {chart:?} lies above the folder of its scenario");
        return Err(Failure::invalid(message).help("put the chart beside the scenario file"));
    };
    let found = surroundings::files(&folder)?;
    Ok(found.into_iter().map(|(path, text)| (format!("{inside}/{path}"), text)).collect())
}

/// A relative path without `.` and `..`; `None` where it leads out of where it starts.
fn within(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => parts.pop().map(drop)?,
            _ => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_stands_after_a_name_or_a_file() {
        let cases = [
            ("stuck", "stuck", None),
            ("stuck/late", "stuck", Some("late")),
            ("./a/b.yaml", "./a/b.yaml", None),
            ("a/b.yaml/late", "a/b.yaml", Some("late")),
        ];
        for (named, name, variant) in cases {
            assert_eq!(split(named), (name, variant.map(str::to_owned)), "{named}");
        }
    }

    #[test]
    fn the_files_of_a_chart_stay_in_the_folder_of_the_drill() {
        let cases = [
            ("charts/web", Some("charts/web")),
            ("charts/./more//web", Some("charts/more/web")),
            ("charts/../charts/web", Some("charts/web")),
            ("charts/../../web", None),
            ("charts/..", None),
        ];
        for (path, inside) in cases {
            assert_eq!(within(path).as_deref(), inside, "{path}");
        }
    }
}
