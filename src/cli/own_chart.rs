//! `run --chart`: the scenarios that make sense for any chart, on a chart of the user's. From the flags to scenarios whose
//! charts are the user's, once it was tried out that those can be deployed at all.

use super::chart_files::Chart;
use super::chosen::{Batch, Wanted, batches_of};
use super::exit::{Code, Failure};
use super::progress::Progress;
use super::setting::{Keep, Setting, carry_out};
use super::source::{Source, meant};
use super::surroundings;
use crate::lease::Lease;
use crate::plan::{self, Choice, Way};
use crate::report::{self, Graded};
use crate::scenario::{self, Parameter, Scenario};
use crate::seed::Seed;
use crate::shell::quoted;
use crate::tools::{Found, ToolError, Tools};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The file that both versions of the chart have beside their own: it says which of the two is deployed.
const MARK: &str = "templates/drill-version.yaml";
/// The scenario whose charts the try-out uses.
const FIRST: &str = "refused-upgrade";

/// The arguments.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Run the scenarios for any chart on this one: a folder, an archive, or oci://…
    #[arg(long, value_name = "DIR|TGZ|OCI")]
    chart: Option<String>,
    /// Deploy it with these values
    #[arg(long, value_name = "FILE", requires = "chart")]
    values: Vec<PathBuf>,
    /// The good version before it: a version of the same oci://…, or another chart; the same chart without it
    #[arg(long, value_name = "VERSION|DIR|TGZ|OCI", requires = "chart")]
    from: Option<String>,
    /// Fetch oci://… without TLS
    #[arg(long, requires = "chart")]
    plain_http: bool,
}

/// Where a version of the chart comes from.
enum Origin {
    Here(Chart),
    Registry { chart: String, version: Option<String> },
}

/// A chart of the user's, in two versions.
pub(super) struct Own {
    before: Origin,
    after: Origin,
    /// `values/1.yaml` → text.
    values: BTreeMap<String, String>,
    /// Whether a registry is asked without TLS.
    plain: bool,
    /// The words of the command line that name all this.
    words: String,
}

impl Args {
    /// What was named, as far as it is on this machine.
    pub(super) fn read(&self) -> Result<Option<Own>, Failure> {
        let Some(chart) = &self.chart else { return Ok(None) };
        let after = origin(chart)?;
        let before = match &self.from {
            None => origin(chart)?,
            Some(from) => before(from, &after)?,
        };
        let mut values = BTreeMap::new();
        for (number, file) in self.values.iter().enumerate() {
            values.insert(format!("values/{}.yaml", number + 1), surroundings::read(file)?);
        }
        let mut words = format!("--chart {}", quoted(chart));
        words.extend(self.values.iter().map(|file| format!(" --values {}", quoted(&file.to_string_lossy()))));
        words.extend(self.from.iter().map(|from| format!(" --from {}", quoted(from))));
        words.extend(self.plain_http.then_some(" --plain-http"));
        Ok(Some(Own { before, after, values, plain: self.plain_http, words }))
    }
}

fn origin(named: &str) -> Result<Origin, Failure> {
    match named.starts_with("oci://") {
        true => Ok(Origin::Registry { chart: named.to_owned(), version: None }),
        false => Chart::read(Path::new(named)).map(Origin::Here),
    }
}

/// The version before: a chart of its own, or a version of the one that is in a registry.
fn before(from: &str, after: &Origin) -> Result<Origin, Failure> {
    match after {
        _ if from.starts_with("oci://") || surroundings::exists(Path::new(from)) => origin(from),
        Origin::Registry { chart, .. } => {
            Ok(Origin::Registry { chart: chart.clone(), version: Some(from.to_owned()) })
        }
        Origin::Here(_) => Err(Failure::invalid(format!("--from {from}: there is no such file or folder"))
            .help("a version alone names one of an oci://… chart; name the folder or the archive of the version before")),
    }
}

impl Own {
    /// The scenarios for any chart that were named, or all of them. Their charts are not there yet.
    pub(super) fn sources(&self, named: &[String]) -> Result<Vec<Source>, Failure> {
        let known: Vec<&str> = scenario::of_any_chart().map(|(name, _)| name).collect();
        let all: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        let wanted = if named.is_empty() { &all } else { named };
        let mut sources = Vec::new();
        for name in wanted {
            let (name, variant) = match name.split_once('/') {
                Some((name, variant)) => (name, Some(variant.to_owned())),
                None => (name.as_str(), None),
            };
            let Some(scenario) = any_chart(name) else {
                let message = format!("{name:?} is no scenario for any chart");
                return Err(Failure::invalid(message).help(meant(name, &known, "")));
            };
            sources.push(Source { scenario, variant, files: BTreeMap::new(), own: Some(self.words.clone()) });
        }
        Ok(sources)
    }

    /// Gives the scenarios their charts, tries out that those can be deployed, and leaves out what does not apply to them;
    /// a line for each of those.
    pub(super) async fn fit(
        &self,
        args: &Setting,
        tools: &Tools,
        wanted: &Wanted,
        lease: &Lease,
        sources: &mut Vec<Source>,
    ) -> Result<Vec<String>, Failure> {
        let helm = wanted.first_helm(tools).await?;
        let mut files = self.values.clone();
        files.extend(plan::chart_files("web"));
        for (name, origin) in [("before", &self.before), ("after", &self.after)] {
            let Chart { files: found, left_out } = have(origin, tools, helm.as_ref(), self.plain).await?;
            if !left_out.is_empty() && name == "after" {
                super::say(&format!(
                    "left out of the chart, since they are no text: {}\n",
                    left_out.join(", ")
                ));
            }
            files.extend(found.into_iter().map(|(path, text)| (format!("charts/{name}/{path}"), text)));
            files.insert(format!("charts/{name}/{MARK}"), mark(name));
        }
        for source in sources.iter_mut() {
            source.files.clone_from(&files);
            self.name(&mut source.scenario, &[]);
        }
        let tried = self.try_out(args, tools, wanted, lease, &files).await?;
        let workloads = tried.first().map(report::workloads).unwrap_or_default();
        let mut left_out = Vec::new();
        if workloads.is_empty() {
            let helms: BTreeSet<&str> = tried.iter().map(|drill| drill.plan.helm.as_str()).collect();
            left_out = without_workloads(sources, &helms);
        }
        sources.iter_mut().for_each(|source| self.name(&mut source.scenario, &workloads));
        Ok(left_out)
    }

    /// Tells a scenario how its charts are named, and which workloads they have.
    fn name(&self, scenario: &mut Scenario, workloads: &[String]) {
        for (name, chart) in [("old", self.chart("before")), ("new", self.chart("after"))] {
            if let Some(known) = scenario.parameters.get_mut(name) {
                *known = Parameter::Fixed(chart);
            }
        }
        if let Some(known) = scenario.parameters.get_mut("workloads").filter(|_| !workloads.is_empty()) {
            *known = Parameter::Fixed(workloads.join(" "));
        }
    }

    /// `./charts/after -f ./values/1.yaml`.
    fn chart(&self, name: &str) -> String {
        let values = self.values.keys().map(|file| format!(" -f ./{file}"));
        format!("./charts/{name}{}", values.collect::<String>())
    }

    /// Installs and upgrades the chart once with every version of Helm that is asked for.
    async fn try_out(
        &self,
        args: &Setting,
        tools: &Tools,
        wanted: &Wanted,
        lease: &Lease,
        files: &BTreeMap<String, String>,
    ) -> Result<Vec<Graded>, Failure> {
        let scenario = any_chart(FIRST).expect("it comes with the program");
        let first = Source { scenario, variant: None, files: files.clone(), own: Some(self.words.clone()) };
        let (old, new) = (self.chart("before"), self.chart("after"));
        let seed = args.seed.unwrap_or(Seed(1));
        let lower = |source: &Source, variant: &str, helm: &str| {
            let open = source.lower(&Choice { variant: Some(variant), way: Way::Open, helm, seed })?;
            Ok(vec![plan::try_out(open, &old, &new)])
        };
        let (batches, _) = batches_of(args, tools, &[first], wanted, seed, lower).await?;
        let drills = batches.iter().map(|batch: &Batch| batch.plans.len() as u64).sum();
        let keep = Keep { transcripts: None, whole: true, seen: None };
        let (drills, failed) = carry_out(args, batches, lease, &Progress::over(drills), keep).await?;
        if let Some(first) = failed.first() {
            let rendered = failed.iter().any(|why| why.contains("`helm template "));
            let code = if rendered { Code::Invalid } else { Code::Environment };
            let help = match rendered {
                true => "the chart does not render with these values; `helm template` shows it",
                false => "nothing was broken yet: the chart must be deployed and become ready by itself",
            };
            return Err(Failure { code, message: first.clone(), help: Some(help.to_owned()) });
        }
        Ok(drills)
    }
}

/// A scenario for any chart.
pub(super) fn any_chart(name: &str) -> Option<Scenario> {
    let (_, text) = scenario::of_any_chart().find(|(known, _)| *known == name)?;
    scenario::parse(&format!("scenarios/any-chart/{name}.yaml"), text).0
}

async fn have(origin: &Origin, tools: &Tools, helm: Option<&Found>, plain: bool) -> Result<Chart, Failure> {
    match (origin, helm) {
        (Origin::Here(chart), _) => Ok(chart.clone()),
        (Origin::Registry { chart, version }, Some(helm)) => {
            let pulled = tools.pull(helm, chart, version.as_deref(), plain).await;
            Chart::unpack(&pulled.map_err(|error| unpulled(&error, chart, tools))?, chart)
        }
        (Origin::Registry { chart, .. }, None) => {
            Err(Failure::invalid(format!("{chart}: no helm was named")))
        }
    }
}

/// Why a registry gives no chart, and what it may want.
fn unpulled(error: &ToolError, chart: &str, tools: &Tools) -> Failure {
    let failure = Failure::environment(error);
    if tools.is_offline() {
        return failure;
    }
    let host = chart.trim_start_matches("oci://").split('/').next().unwrap_or_default();
    failure.help(format!(
        "log in with `helm registry login {host}`; SSL_CERT_FILE names the certificate of an authority of your own, \
         --plain-http asks without TLS"
    ))
}

/// A ConfigMap that says which version of the chart is deployed: the one change that every chart has.
fn mark(version: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{{{ .Release.Name }}}}-drill-version\ndata:\n  version: {version}\n"
    )
}

/// Leaves out what needs workloads with one of these versions of Helm; a line for each of those.
fn without_workloads(sources: &mut Vec<Source>, helms: &BTreeSet<&str>) -> Vec<String> {
    let why = "this chart has no Deployment, StatefulSet or DaemonSet";
    let mut left_out = Vec::new();
    sources.retain(|Source { scenario, .. }| {
        let needs = scenario.parameters.contains_key("workloads");
        if needs {
            left_out.push(format!("{} does not apply: {why}", scenario.metadata.name.text));
        }
        !needs
    });
    for Source { scenario, .. } in sources {
        let name = scenario.metadata.name.text.clone();
        scenario.procedures.retain(|procedure| {
            let trips =
                |helm: &&str| procedure.expect.with(helm).trips().iter().any(|trip| trip == "stays-up");
            let outage = helms.iter().any(trips);
            if outage {
                left_out
                    .push(format!("{name} {} does not apply: {why} that could be down", procedure.name.text));
            }
            !outage
        });
    }
    left_out
}
