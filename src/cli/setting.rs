//! With what drills are run, for every command that runs them, and how: batches side by side, graded as they end.

use super::chosen::Batch;
use super::exit::Failure;
use super::output::write;
use super::progress::Progress;
use super::surroundings;
use crate::behaviour::Pace;
use crate::cluster::{Backend, Provider};
use crate::drill::{self, Attempt, Ground, Workshop};
use crate::grade::grade;
use crate::lease::Lease;
use crate::report::Graded;
use crate::seed::Seed;
use crate::transcript::Recorder;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The versions of Helm that every scenario is held against.
pub(super) const HELMS: &str = "3.17.3,4.3.1";

/// With what drills are run.
#[derive(Debug, clap::Args)]
pub(super) struct Setting {
    /// Helm versions, or paths of helm binaries
    #[arg(long, value_delimiter = ',', default_value = HELMS, value_name = "VERSION|PATH")]
    pub(super) helm: Vec<String>,
    /// The kubectl version, or the path of a kubectl binary
    #[arg(long, default_value = "1.36", value_name = "VERSION|PATH")]
    pub(super) kubectl: String,
    /// Where drills run: in an embedded Kubernetes, or in a kind cluster each
    #[arg(long, value_enum, default_value_t = Kind::Embedded)]
    pub(super) cluster: Kind,
    /// How fast the pods of the embedded cluster come and go
    #[arg(long, value_enum, default_value_t = Speed::Instant)]
    pace: Speed,
    /// Let Roles and their bindings decide who may do what in the embedded cluster
    #[arg(long)]
    rbac: bool,
    /// Which variants of a scenario of which none is named: every one with all that its dice may show, or the one that
    /// the seed draws
    #[arg(long, value_enum, default_value_t = Variants::All)]
    pub(super) variants: Variants,
    /// Where every random draw comes from, as 0x5eed or decimal
    #[arg(long, value_parser = seed, value_name = "N")]
    pub(super) seed: Option<Seed>,
    /// How many drills run at the same time; twice as many as there are processors without it
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    Embedded,
    Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Variants {
    All,
    Drawn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Speed {
    Instant,
    Real,
}

impl Speed {
    /// The pace of the embedded cluster's pods.
    pub(super) fn pace(self) -> Pace {
        match self {
            Speed::Instant => Pace::Instant,
            Speed::Real => Pace::Real,
        }
    }
}

/// A seed as people write it.
pub(super) fn seed(text: &str) -> Result<Seed, String> {
    let number = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    number.map(Seed).map_err(|error| format!("{error}; a seed is a number such as 0x5eed or 24301"))
}

/// What is kept of a drill once it is graded.
#[derive(Clone, Copy)]
pub(super) struct Keep<'a> {
    /// The folder into which its transcript is written.
    pub(super) transcripts: Option<&'a Path>,
    /// Whether all of it is needed later, and not its figures alone.
    pub(super) whole: bool,
    /// What looks at it while all of it is there.
    pub(super) seen: Option<&'a dyn Fn(&Graded)>,
}

/// The grades of what ran, in the order of the batches, and a line for everything that could not.
///
/// # Errors
/// Where a transcript cannot be written.
pub(super) async fn carry_out(
    args: &Setting,
    batches: Vec<Batch>,
    lease: &Lease,
    progress: &Progress,
    keep: Keep<'_>,
) -> Result<(Vec<Graded>, Vec<String>), Failure> {
    let mut ended = Vec::new();
    carry_each(args, batches, lease, progress, |at, mut drills, failed| {
        if let Some(folder) = keep.transcripts {
            write(folder, &drills)?;
        }
        if let Some(seen) = keep.seen {
            drills.iter().for_each(seen);
        }
        if !keep.whole {
            drills.iter_mut().for_each(Graded::let_go);
        }
        ended.push((at, drills, failed));
        Ok(())
    })
    .await?;
    ended.sort_by_key(|(at, _, _)| *at);
    let (mut drills, mut failed) = (Vec::new(), Vec::new());
    for (_, more, wrong) in ended {
        drills.extend(more);
        failed.extend(wrong);
    }
    Ok((drills, failed))
}

/// Hands over each batch as it ends, by its number: the grades of what ran, and a line for everything that could not. As
/// many commands run at the same time as there are slots, and one batch more is under way, so that no slot waits and no
/// broken release waits long.
///
/// # Errors
/// The first that `take` has.
pub(super) async fn carry_each(
    args: &Setting,
    batches: Vec<Batch>,
    lease: &Lease,
    progress: &Progress,
    mut take: impl FnMut(usize, Vec<Graded>, Vec<String>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let jobs = args.jobs.map_or_else(surroundings::jobs, std::num::NonZeroUsize::get);
    let (slots, berths) = (Arc::new(Semaphore::new(jobs)), Arc::new(Semaphore::new(jobs + 1)));
    let backend = match args.cluster {
        Kind::Embedded => Backend::Embedded { pace: args.pace.pace(), rbac: args.rbac },
        Kind::Kind => Backend::Kind(surroundings::kind()),
    };
    let mut running = tokio::task::JoinSet::new();
    for (at, Batch { plans, binaries }) in batches.into_iter().enumerate() {
        let workshop = Workshop { lease: lease.clone(), binaries };
        let provider = Provider::new(backend.clone(), lease.clone());
        let ground = Ground { provider, workshop, slots: slots.clone() };
        let (teller, counter, berths) = (progress.clone(), progress.clone(), berths.clone());
        let (first, cluster) = (plans.first().cloned(), name(args.cluster));
        running.spawn(async move {
            let _berth = berths.acquire().await.expect("the berths are never closed");
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
    while let Some(joined) = running.join_next().await {
        let (at, attempts) = joined.expect("a batch neither panics nor is aborted");
        let (drills, failed) = graded(args, attempts);
        take(at, drills, failed)?;
    }
    Ok(())
}

fn name(cluster: Kind) -> &'static str {
    match cluster {
        Kind::Embedded => "embedded",
        Kind::Kind => "kind",
    }
}

/// The grades of what ran, and a line for everything that could not.
fn graded(args: &Setting, attempts: Vec<Attempt>) -> (Vec<Graded>, Vec<String>) {
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
