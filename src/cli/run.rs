//! `helmdrill run`: from the words of the command line to graded drills and their report.

use super::exit::{Code, Failure};
use super::progress::Progress;
use super::source::{self, Source};
use super::{Places, surroundings};
use crate::behaviour::Pace;
use crate::cluster::{Backend, Provider};
use crate::drill::{self, Attempt, Binaries, Ground, Workshop};
use crate::grade::grade;
use crate::lease::Lease;
use crate::plan::{self, Choice, Plan, Verdict, Way};
use crate::report::{Graded, document, matrix, story};
use crate::seed::Seed;
use crate::tools::{Tool, Tools, Which};
use crate::transcript::Recorder;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios by name (`stuck-upgrade`, or one variant of it: `stuck-upgrade/before-first-write`) or file
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Only this procedure or control
    #[arg(long, value_name = "NAME")]
    procedure: Option<String>,
    /// Helm versions, or paths of helm binaries
    #[arg(long, value_delimiter = ',', default_value = "3.17.3,4.3.1", value_name = "VERSION|PATH")]
    helm: Vec<String>,
    /// The kubectl version, or the path of a kubectl binary
    #[arg(long, default_value = "1.36", value_name = "VERSION|PATH")]
    kubectl: String,
    /// Where drills run: in an embedded Kubernetes, or in a kind cluster each
    #[arg(long, value_enum, default_value_t = Kind::Embedded)]
    cluster: Kind,
    /// How fast the pods of the embedded cluster come and go
    #[arg(long, value_enum, default_value_t = Speed::Instant)]
    pace: Speed,
    /// Where every random draw comes from, as 0x5eed or decimal
    #[arg(long, value_parser = seed, value_name = "N")]
    seed: Option<Seed>,
    /// How many drills run at the same time; as many as there are processors without it
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the report to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the transcript of every drill into this folder, for `helmdrill regrade`
    #[arg(long, value_name = "DIR")]
    transcripts: Option<PathBuf>,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Embedded,
    Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Speed {
    Instant,
    Real,
}

fn seed(text: &str) -> Result<Seed, String> {
    let number = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    number.map(Seed).map_err(|error| format!("{error}; a seed is a number such as 0x5eed or 24301"))
}

/// Runs what was asked for and prints the report.
pub(super) async fn run(args: Args, places: Places) -> Result<Code, Failure> {
    let sources = source::read(&args.scenarios)?;
    let seed = args.seed.unwrap_or_else(surroundings::any_seed);
    let lease = surroundings::lease(&places)?;
    let tools = surroundings::tools(&places, Some(&lease))?;
    let batches = batches(&args, &tools, &sources, seed).await?;
    let drills: usize = batches.iter().map(|batch| batch.plans.len()).sum();
    if drills == 0 {
        return Err(
            Failure::invalid("no scenario has a procedure of that name").help("`helmdrill list` names them")
        );
    }
    let progress = Progress::over(drills as u64);
    let attempts = carry_out(&args, batches, &lease, &progress).await;
    progress.finish();
    let (drills, failed) = graded(&args, attempts);
    if let Some(folder) = &args.transcripts {
        keep(folder, &drills)?;
    }
    publish(&args, seed, &drills, &failed)?;
    match failed.is_empty() {
        true => Ok(verdict(&drills)),
        false => Err(Failure { code: Code::Environment, message: failed.join("\nerror: "), help: None }),
    }
}

/// Drills that differ from their recovery on only, and the binaries that they run.
struct Batch {
    plans: Vec<Plan>,
    binaries: Binaries,
}

async fn batches(args: &Args, tools: &Tools, sources: &[Source], seed: Seed) -> Result<Vec<Batch>, Failure> {
    let kubectl = binary(tools, Tool::Kubectl, &args.kubectl).await?;
    let mut helms = Vec::new();
    for text in &args.helm {
        helms.push(binary(tools, Tool::Helm, text).await?);
    }
    let mut batches = Vec::new();
    for source in sources {
        for helm in &helms {
            let version = helm.version.to_string();
            let binaries = Binaries { helm: helm.path.clone(), kubectl: kubectl.path.clone() };
            for variant in variants(source)? {
                let plans = plans(args, source, &variant, &version, seed)?;
                if !plans.is_empty() {
                    batches.push(Batch { plans, binaries: binaries.clone() });
                }
            }
        }
    }
    Ok(batches)
}

async fn binary(tools: &Tools, tool: Tool, text: &str) -> Result<crate::tools::Found, Failure> {
    let which = Which::parse(tool, text).map_err(|error| Failure::invalid(super::exit::chain(&error)))?;
    tools.find(tool, &which).await.map_err(|error| Failure::environment(&error))
}

fn variants(source: &Source) -> Result<Vec<String>, Failure> {
    let known = plan::variants(&source.scenario);
    match &source.variant {
        None => Ok(known),
        Some(name) if known.contains(name) => Ok(vec![name.clone()]),
        Some(name) => {
            let scenario = &source.scenario.metadata.name.text;
            let help = format!("it has: {}", known.join(", "));
            Err(Failure::invalid(format!("{scenario} has no variant {name:?}")).help(help))
        }
    }
}

fn plans(args: &Args, source: &Source, variant: &str, helm: &str, seed: Seed) -> Result<Vec<Plan>, Failure> {
    let all = plan::drills(&source.scenario, helm).into_iter().filter(|drill| drill.variant == variant);
    let wanted = all.filter(|drill| args.procedure.as_ref().is_none_or(|name| &drill.procedure == name));
    wanted
        .map(|drill| {
            let choice = Choice { variant: Some(variant), way: Way::Named(&drill.procedure), helm, seed };
            plan::lower(&source.scenario, &choice, source.files.clone())
                .map_err(|error| Failure::invalid(super::exit::chain(&error)))
        })
        .collect()
}

/// Runs all batches, as many commands at the same time as there are slots, and keeps their order.
async fn carry_out(args: &Args, batches: Vec<Batch>, lease: &Lease, progress: &Progress) -> Vec<Attempt> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let slots = Arc::new(Semaphore::new(args.jobs.map_or(cores, std::num::NonZeroUsize::get)));
    let pace = match args.pace {
        Speed::Instant => Pace::Instant,
        Speed::Real => Pace::Real,
    };
    let backend = match args.cluster {
        Kind::Embedded => Backend::Embedded { pace },
        Kind::Kind => Backend::Embedded { pace },
    };
    let mut running = tokio::task::JoinSet::new();
    for (at, Batch { plans, binaries }) in batches.into_iter().enumerate() {
        let workshop = Workshop { lease: lease.clone(), binaries };
        let provider = Provider::new(backend.clone(), lease.clone());
        let ground = Ground { provider, workshop, slots: slots.clone() };
        let (teller, counter) = (progress.clone(), progress.clone());
        let (first, cluster) = (plans.first().cloned(), name(args.cluster));
        running.spawn(async move {
            let recorder = || {
                let began = surroundings::now();
                let recorder = Recorder::new(began);
                match first.as_ref().and_then(|plan| teller.begin(plan, cluster, began)) {
                    Some(listener) => recorder.heard_by(listener),
                    None => recorder,
                }
            };
            (at, drill::attempts(&ground, plans, recorder, |_| counter.ended()).await)
        });
    }
    let mut ended = running.join_all().await;
    ended.sort_by_key(|(at, _)| *at);
    ended.into_iter().flat_map(|(_, attempts)| attempts).collect()
}

fn name(cluster: Kind) -> &'static str {
    match cluster {
        Kind::Embedded => "embedded",
        Kind::Kind => "kind",
    }
}

/// The grades of what ran, and a line for everything that could not.
fn graded(args: &Args, attempts: Vec<Attempt>) -> (Vec<Graded>, Vec<String>) {
    let mut drills = Vec::new();
    let mut failed = Vec::new();
    for (plan, ended) in attempts {
        match ended {
            Ok(transcript) => {
                let scorecard = grade(&plan, &transcript);
                drills.push(Graded { plan, cluster: name(args.cluster).to_owned(), transcript, scorecard });
            }
            Err(error) => failed.push(format!(
                "{} {} with helm {}: {}",
                plan.scenario,
                plan.procedure,
                plan.helm,
                super::exit::chain(&*error)
            )),
        }
    }
    (drills, failed)
}

/// How a run ends: 0 where every drill came out as expected.
pub(super) fn verdict(drills: &[Graded]) -> Code {
    let surprises = || drills.iter().filter(|drill| !drill.scorecard.as_expected);
    if surprises().next().is_none() {
        Code::Met
    } else if surprises().all(|drill| drill.scorecard.verdict == Verdict::Inconclusive) {
        Code::Inconclusive
    } else {
        Code::NotMet
    }
}

fn keep(folder: &std::path::Path, drills: &[Graded]) -> Result<(), Failure> {
    for drill in drills {
        let name = format!(
            "{}-{}-helm{}.json",
            drill.scenario().replace('/', "-"),
            drill.plan.procedure,
            drill.plan.helm
        );
        surroundings::write(&folder.join(name), &serde_json::to_string(drill).expect("plain data"))?;
    }
    Ok(())
}

fn publish(args: &Args, seed: Seed, drills: &[Graded], not_exercised: &[String]) -> Result<(), Failure> {
    let text = match args.format {
        Format::Json => {
            let run = document(seed.0, drills, not_exercised.to_vec());
            format!("{}\n", serde_json::to_string_pretty(&run).expect("plain data"))
        }
        Format::Text if drills.len() == 1 => story(&drills[0]),
        Format::Text => matrix(drills, not_exercised),
    };
    match &args.output {
        Some(file) => surroundings::write(file, &anstream::adapter::strip_str(&text).to_string()),
        None => super::print(&text),
    }
}
