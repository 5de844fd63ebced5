//! `helmdrill validate`: from runbooks to what each of their lines does to a broken release.

mod answers;
mod attempt;
mod exercise;
mod findings;

use super::exit::{Code, Failure};
use super::source::{self, Source};
use super::{Places, setting, surroundings};
use crate::plan::{self, Choice, Plan, Way};
use crate::report::validation::{self, Concern, Validation, Weight};
use crate::runbook::{self, BindingFile, Bindings, Circumstances, Facts, Index, Level, Runbook, Section};
use crate::scenario;
use crate::seed::Seed;
use answers::{Answer, answer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the exit codes mean here, for `--help`.
pub(super) const EXITS: &str = "Exit codes:
  0    everything that was exercised does what it says
  1    something does not: a way that does not recover, a line that cannot be run
  2    the command line or a runbook is wrong, or there is nothing to run in it
  3    something that is needed could not be had: a tool, a folder, a port, a cluster
  4    a way was inconclusive: no evidence that the fault bit
  70   a fault of helmdrill itself
  130  ended by SIGINT; 143 by SIGTERM";

/// The version of Helm whose flags `--explain` speaks of where a path was named.
const ANY_HELM: &str = "4.3.1";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Runbooks, in Markdown
    #[arg(value_name = "RUNBOOK.md", required = true)]
    runbooks: Vec<PathBuf>,
    /// Helm versions, or paths of helm binaries
    #[arg(long, value_delimiter = ',', default_value = setting::HELMS, value_name = "VERSION|PATH")]
    helm: Vec<String>,
    /// The kubectl version, or the path of a kubectl binary
    #[arg(long, default_value = "1.36", value_name = "VERSION|PATH")]
    kubectl: String,
    /// The scenario that every section is tried on, by name or file; without it, each section's own is found by its words
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<String>,
    /// What a name or a placeholder stands for
    #[arg(long, value_name = "NAME=VALUE", value_parser = binding)]
    bind: Vec<(String, String)>,
    /// A YAML file that says what names stand for, and which sections answer which scenarios
    #[arg(long, value_name = "FILE")]
    bindings: Option<PathBuf>,
    /// Print what would be run, where it comes from, what is passed over and why; run nothing
    #[arg(long)]
    explain: bool,
    /// The time limit of a statement, in seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..), value_name = "SECONDS")]
    timeout: u32,
    /// Where every random draw comes from, as 0x5eed or decimal
    #[arg(long, value_parser = setting::seed, value_name = "N")]
    seed: Option<Seed>,
    /// How many commands run at the same time; twice as many as there are processors without it
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the report to this file
    #[arg(long, value_parser = super::output::report_file, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A former report in JSON: fail only on what got worse since
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// A test case for each section, way and version of Helm.
    Junit,
    /// Annotations of a GitHub workflow.
    Github,
    /// The summary of a job.
    Markdown,
    /// For code scanning.
    Sarif,
}

fn binding(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    match name.trim().is_empty() {
        true => Err("the name is missing".to_owned()),
        false => Ok((name.to_owned(), value.to_owned())),
    }
}

/// What is validated, and with what.
struct Subject {
    runbooks: Vec<Runbook>,
    sources: Vec<Source>,
    index: Index,
    flags: Bindings,
    file: BindingFile,
}

/// Runs the sections of runbooks and prints what they came to.
pub(super) async fn validate(args: Args, places: Places) -> Result<Code, Failure> {
    let subject = Subject::read(&args)?;
    if args.explain {
        super::print(&explained(&subject, &args)?)?;
        return Ok(Code::Met);
    }
    let former = args.baseline.as_ref().map(|path| former(path)).transpose()?;
    if let Some(file) = &args.output {
        surroundings::writable(file)?;
    }
    let validation = exercise::exercise(&subject, &args, &places).await?;
    publish(&subject, &validation, &args)?;
    Ok(match former {
        Some(former) => against(&former, &validation),
        None => verdict(&validation),
    })
}

impl Subject {
    fn read(args: &Args) -> Result<Subject, Failure> {
        let runbooks =
            args.runbooks.iter().map(|path| read(path)).collect::<Result<Vec<Runbook>, Failure>>()?;
        let mut flags = Bindings::default();
        for (name, value) in &args.bind {
            flags.set(name, value, "--bind");
        }
        let file = match &args.bindings {
            None => BindingFile::default(),
            Some(path) => {
                let name = path.display().to_string();
                let text = surroundings::read(path)?;
                BindingFile::read(&name, &text).map_err(|why| Failure::invalid(format!("{name}: {why}")))?
            }
        };
        let mut sources = source::read(&[])?;
        if let Some(name) = &args.scenario {
            sources = source::read(std::slice::from_ref(name))?;
            for source in &sources {
                super::catalogue::variants(source)?;
            }
        }
        let index = Index::of(sources.iter().map(|source| &source.scenario));
        Ok(Subject { runbooks, sources, index, flags, file })
    }

    /// What is typed in one way of a section of a runbook.
    fn lines(&self, (runbook, section, way): (usize, usize, usize)) -> impl Iterator<Item = &str> {
        let way = &self.runbooks[runbook].sections[section].alternatives[way];
        way.steps.iter().map(|step| step.script.text.as_str())
    }

    /// What is said of a section, the strongest voice first: the command line, the binding file, a comment, front matter.
    fn said(&self, runbook: &Runbook, section: &Section) -> Bindings {
        let heading = section.title.rsplit(" › ").next().unwrap_or_default().to_lowercase();
        let here = self.file.sections.get(&heading).cloned().unwrap_or_default();
        self.flags.over(&here).over(&self.file.whole).over(&section.said).over(&runbook.said)
    }
}

/// Reads a runbook that can be worked with.
fn read(path: &Path) -> Result<Runbook, Failure> {
    let name = path.display().to_string();
    let text = surroundings::read(path)?;
    if text.contains('\0') {
        return Err(Failure::invalid(format!("{name}: this is no text: it has a byte 0 in it")));
    }
    let runbook = runbook::parse(&name, &text);
    let wrong = runbook.remarks.iter().filter(|remark| remark.level == Level::Error);
    let wrong: Vec<String> = wrong.map(|remark| scenario::render(&remark.finding, &text, false)).collect();
    if !wrong.is_empty() {
        return Err(Failure::invalid(wrong.join("\n\n")));
    }
    match runbook.has_steps() {
        true => Ok(runbook),
        false => {
            let unended = runbook.steps().filter_map(|step| runbook.unended(step));
            let mut told: Vec<String> =
                unended.map(|remark| scenario::render(&remark.finding, &text, false)).collect();
            told.dedup();
            told.push(format!("{name}: there is nothing to run in it"));
            Err(Failure::invalid(told.join("\n\n"))
                .help("commands are read from fenced blocks of bash, sh, shell, zsh or console"))
        }
    }
}

/// A plan that ends where the scenario is broken, with a version of Helm.
fn open(source: &Source, variant: &str, helm: &str, seed: Seed) -> Result<Plan, plan::LowerError> {
    let choice = Choice { variant: Some(variant), way: Way::Open, helm, seed };
    source.lower(&choice)
}

fn explained(subject: &Subject, args: &Args) -> Result<String, Failure> {
    let mut out = String::new();
    for runbook in &subject.runbooks {
        out += &runbook::overview(runbook);
        for section in &runbook.sections {
            let said = subject.said(runbook, section);
            match answer(subject, section, &said, args)? {
                Answer::None(why) => {
                    out += &format!("\n{} (line {})\n", section.title, section.place.line);
                    out += &format!("  answers  nothing: {why}; it is not exercised\n");
                }
                Answer::Scenario { source, variant, because } => {
                    let source = &subject.sources[source];
                    let helm = shown_helm(source, args);
                    let plan = open(source, &variant, helm, Seed(0))
                        .map_err(|error| Failure::invalid(super::exit::chain(&error)))?;
                    let facts = Facts::of(&plan);
                    let with = Circumstances { facts: &facts, said: &said, helm, limit: args.timeout };
                    let answers = format!("{} ({because})", answers::named(source, &variant));
                    for way in &section.alternatives {
                        let prepared = runbook::prepare(runbook, section, way, with);
                        out += &runbook::explained(section, way, &answers, &prepared);
                    }
                }
            }
        }
    }
    Ok(out)
}

/// The version of Helm that a section is explained with: the first of those asked for that its scenario applies to.
fn shown_helm<'a>(source: &Source, args: &'a Args) -> &'a str {
    let known = || args.helm.iter().filter(|helm| scenario::major(helm) > 0);
    let fits = known().find(|helm| source.applies(helm));
    fits.or_else(|| known().next()).map_or(ANY_HELM, String::as_str)
}

fn publish(subject: &Subject, validation: &Validation, args: &Args) -> Result<(), Failure> {
    let sources: BTreeMap<String, String> =
        subject.runbooks.iter().map(|runbook| (runbook.file.clone(), runbook.source.clone())).collect();
    let pretty = |value| format!("{}\n", serde_json::to_string_pretty(value).expect("plain data"));
    let text = match args.format {
        Format::Text => validation::text(validation, &sources),
        Format::Json => format!("{}\n", serde_json::to_string_pretty(validation).expect("plain data")),
        Format::Junit => validation::junit(validation),
        Format::Github => validation::annotations(validation),
        Format::Markdown => validation::markdown(validation),
        Format::Sarif => pretty(&validation::sarif(validation)),
    };
    super::put(args.output.as_deref(), &text)
}

/// A former report.
fn former(path: &Path) -> Result<Validation, Failure> {
    let text = surroundings::read(path)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::invalid(format!("{}: this is no report of a validation: {error}", path.display()))
            .help("write one with --format json --output FILE")
    })
}

/// How it ends beside a former report.
fn against(former: &Validation, now: &Validation) -> Code {
    let worse = validation::worsened(former, now);
    for concern in &worse {
        super::say(&format!("worse than before: {}:{}: {}\n", concern.file, concern.line, concern.message));
    }
    judged(&worse)
}

fn verdict(validation: &Validation) -> Code {
    let errors = validation.concerns.iter().filter(|concern| concern.weight == Weight::Error);
    judged(&errors.collect::<Vec<_>>())
}

/// How it ends with these errors.
fn judged(errors: &[&Concern]) -> Code {
    if errors.is_empty() {
        Code::Met
    } else if errors.iter().all(|concern| concern.rule == "inconclusive") {
        Code::Inconclusive
    } else {
        Code::NotMet
    }
}
