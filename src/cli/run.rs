//! `helmdrill run`: from the words of the command line to graded drills and their report.

use super::chosen::{Batch, Wanted, batches};
use super::exit::{Code, Failure};
use super::output::{Output, keep, verdict};
use super::progress::Progress;
use super::source::{self, Source};
use super::{Places, surroundings};
use crate::behaviour::Pace;
use crate::cluster::{Backend, Provider};
use crate::drill::{self, Attempt, Ground, Workshop};
use crate::grade::grade;
use crate::lease::Lease;
use crate::report::Graded;
use crate::seed::Seed;
use crate::transcript::Recorder;
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
    pub(super) procedure: Option<String>,
    /// Helm versions, or paths of helm binaries
    #[arg(long, value_delimiter = ',', default_value = "3.17.3,4.3.1", value_name = "VERSION|PATH")]
    pub(super) helm: Vec<String>,
    /// The kubectl version, or the path of a kubectl binary
    #[arg(long, default_value = "1.36", value_name = "VERSION|PATH")]
    pub(super) kubectl: String,
    /// Where drills run: in an embedded Kubernetes, or in a kind cluster each
    #[arg(long, value_enum, default_value_t = Kind::Embedded)]
    cluster: Kind,
    /// How fast the pods of the embedded cluster come and go
    #[arg(long, value_enum, default_value_t = Speed::Instant)]
    pace: Speed,
    /// Let Roles and their bindings decide who may do what in the embedded cluster
    #[arg(long)]
    rbac: bool,
    /// Where every random draw comes from, as 0x5eed or decimal
    #[arg(long, value_parser = seed, value_name = "N")]
    seed: Option<Seed>,
    /// How many drills run at the same time; as many as there are processors without it
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    #[command(flatten)]
    output: Output,
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

/// A seed as people write it.
pub(super) fn seed(text: &str) -> Result<Seed, String> {
    let number = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    number.map(Seed).map_err(|error| format!("{error}; a seed is a number such as 0x5eed or 24301"))
}

/// Runs what was asked for and prints the report.
pub(super) async fn run(args: Args, places: Places) -> Result<Code, Failure> {
    let sources = source::read(&args.scenarios)?;
    let wanted = Wanted::read(&args, &sources)?;
    args.output.foresee()?;
    if args.cluster == Kind::Kind {
        surroundings::kind().check().map_err(|error| Failure::environment(&error))?;
    }
    let seed = args.seed.unwrap_or_else(surroundings::any_seed);
    let lease = surroundings::lease(&places).await?;
    let tools = surroundings::tools(&places, Some(&lease))?;
    let (batches, mut not_exercised) = batches(&args, &tools, &sources, &wanted, seed).await?;
    let drills: usize = batches.iter().map(|batch| batch.plans.len()).sum();
    if drills == 0 {
        return Err(Failure::invalid(not_exercised.join("\nerror: ")));
    }
    for Source { scenario, .. } in &sources {
        super::say(&format!("commands of {} are those of {}\n", scenario.metadata.name.text, scenario.file));
    }
    let progress = Progress::over(drills as u64);
    let attempts = carry_out(&args, batches, &lease, &progress).await;
    progress.finish();
    let (drills, failed) = graded(&args, attempts);
    if let Some(folder) = &args.output.transcripts {
        keep(folder, &drills)?;
    }
    not_exercised.extend(failed.clone());
    args.output.publish(seed, &drills, &not_exercised, &progress)?;
    match failed.is_empty() {
        true => Ok(verdict(&drills)),
        false => Err(Failure { code: Code::Environment, message: failed.join("\nerror: "), help: None }),
    }
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
        Kind::Embedded => Backend::Embedded { pace, rbac: args.rbac },
        Kind::Kind => Backend::Kind(surroundings::kind()),
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
            (at, drill::attempts(&ground, plans, recorder, |attempt| counter.ended(attempt)).await)
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
