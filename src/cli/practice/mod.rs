//! `helmdrill practice`: a person, or a script on standard input, recovers a broken release in a shell of its own, and is
//! graded like any procedure. From the words of the command line to the debrief; what is said inside is in `answers`.

mod answers;
mod debrief;
mod desk;
mod inside;
mod session;
mod wrap;

pub(super) use inside::{inside, is_inside};
use session::Held;

use super::chosen::{binary, which};
use super::exit::{Code, Failure, chain};
use super::setting::{Speed, seed};
use super::source::{self, Source};
use super::{Places, catalogue, output, print, say, surroundings};
use crate::behaviour::Pace;
use crate::cluster::{Backend, Provider};
use crate::drill::{Baseline, Binaries, Damage, Workshop};
use crate::grade::grade;
use crate::lease::Lease;
use crate::plan::{self, Choice, Plan, Verdict, Way};
use crate::report::Graded;
use crate::seed::Seed;
use crate::tools::Tool;
use crate::transcript::{Entry, Event, Phase, Recorder};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The exit codes as `practice --help` tells them.
pub(super) const EXITS: &str = "Inside, `drill` tells what can be asked. The shell ends with `drill done`, `drill give-up`, exit or Ctrl-D.

Exit codes:
  0    recovered
  1    not recovered, or degraded on the way
  2    the command line or the scenario is wrong
  3    something that is needed could not be had: a tool, a folder, a steady state
  4    inconclusive: no evidence that the fault bit
  130  ended by SIGINT; 143 by SIGTERM";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario, or one variant of it, by name or file (`stuck-upgrade`, `stuck-upgrade/before-the-record`); where it
    /// has several variants and none is named, the seed draws one
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// Do not say which scenario it is
    #[arg(long)]
    blind: bool,
    /// End the recovery after this time: 90s, 15m, 1h
    #[arg(long, value_name = "TIME", value_parser = span)]
    time_limit: Option<Duration>,
    /// The Helm version, or the path of a helm binary
    #[arg(long, default_value = "4.3.1", value_name = "VERSION|PATH")]
    helm: String,
    /// The kubectl version, or the path of a kubectl binary
    #[arg(long, default_value = "1.36", value_name = "VERSION|PATH")]
    kubectl: String,
    /// How fast pods come and go
    #[arg(long, value_enum, default_value_t = Speed::Instant)]
    pace: Speed,
    /// Where every random draw comes from, as 0x5eed or decimal
    #[arg(long, value_parser = seed, value_name = "N")]
    seed: Option<Seed>,
    /// Write the transcript to this file, for `helmdrill regrade`
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
}

/// `90s`, `15m`, `1h`.
fn span(text: &str) -> Result<Duration, String> {
    let why = || format!("{text:?} is no time; write it as 90s, 15m or 1h");
    let (count, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(why)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(why()),
    };
    let count: u64 = count.parse().map_err(|_| why())?;
    match count.checked_mul(seconds) {
        Some(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        Some(_) | None => Err(format!("{text:?} is not between 1s and 24h")),
    }
}

/// What is practised.
struct Subject {
    source: Source,
    /// The drill without a recovery.
    open: Plan,
    /// The same with the recovery that the scenario teaches.
    reference: Plan,
}

/// Breaks the release, hands it over, grades what becomes of it and says so.
pub(super) async fn practice(args: Args, places: Places) -> Result<Code, Failure> {
    let source = source::read(std::slice::from_ref(&args.scenario))?.remove(0);
    let (helm, kubectl) = (which(Tool::Helm, &args.helm)?, which(Tool::Kubectl, &args.kubectl)?);
    if let Some(file) = &args.transcript {
        surroundings::writable(file)?;
    }
    let seed = args.seed.unwrap_or_else(surroundings::any_seed);
    let lease = surroundings::lease(&places).await?;
    let tools = surroundings::tools(&places, Some(&lease))?;
    let helm = binary(&tools, Tool::Helm, &helm).await?;
    let kubectl = binary(&tools, Tool::Kubectl, &kubectl).await?;
    let subject = subject(source, &helm.version.to_string(), seed)?;
    let binaries = Binaries { helm: helm.path, kubectl: kubectl.path };
    let damage = broken(&args, &subject, binaries, &lease).await?;
    print(&debrief::call(&subject.source.scenario, &subject.open, args.blind))?;
    let Held { transcript, how, took } = session::hold(damage, &subject, args.time_limit).await?;
    let scorecard = grade(&subject.open, &transcript);
    let graded = Graded { plan: subject.open.clone(), cluster: "embedded".to_owned(), transcript, scorecard };
    print(&debrief::debrief(&subject.source.scenario, &subject.reference, &graded, took))?;
    if let Some(file) = &args.transcript {
        surroundings::write(file, &serde_json::to_string(&graded).expect("plain data"))?;
    }
    Ok(output::verdict(&[graded]))
}

/// The drill with its variant, which the seed draws among those that are meant.
fn subject(source: Source, helm: &str, seed: Seed) -> Result<Subject, Failure> {
    let mut variants = catalogue::variants(&source)?;
    let count = u64::try_from(variants.len()).expect("a scenario has fewer than 2^64 variants");
    let variant =
        variants.swap_remove(usize::try_from(seed.draw("variant") % count).expect("below the count"));
    let lower = |way| {
        let choice = Choice { variant: Some(&variant), way, helm, seed };
        let lowered = plan::lower(&source.scenario, &choice, source.files.clone());
        lowered.map_err(|why| Failure::invalid(chain(&why)))
    };
    let (open, reference) = (lower(Way::Open)?, lower(Way::Reference)?);
    Ok(Subject { source, open, reference })
}

/// The broken release. How it was broken is not shown.
async fn broken(
    args: &Args,
    subject: &Subject,
    binaries: Binaries,
    lease: &Lease,
) -> Result<Damage, Failure> {
    let pace = match args.pace {
        Speed::Instant => Pace::Instant,
        Speed::Real => Pace::Real,
    };
    let provider = Provider::new(Backend::Embedded { pace, rbac: false }, lease.clone());
    let workshop = Workshop { lease: lease.clone(), binaries };
    let began = surroundings::now();
    let recorder = Recorder::new(began).heard_by(Arc::new(move |entry: &Entry| {
        if let Event::Phase { phase } = &entry.event {
            say(&format!("  [{:>5.1}s] {}\n", entry.at.since(began).as_secs_f64(), told(*phase)));
        }
    }));
    let reached = Baseline::reach(&subject.open, &provider, &workshop, recorder).await;
    let damage = match reached {
        Ok(baseline) => baseline.inject(&subject.open).await,
        Err(error) => Err(error),
    };
    let damage = damage.map_err(|error| Failure::environment(&error))?;
    let so_far = grade(&subject.open, &damage.transcript());
    match so_far.verdict {
        Verdict::Inconclusive => {
            let doubts: Vec<String> = so_far.losses.iter().map(|loss| loss.evidence.clone()).collect();
            let message =
                format!("the fault did not bite, so there is nothing to recover: {}", doubts.join("; "));
            Err(Failure { code: Code::Inconclusive, message, help: None })
        }
        Verdict::Recovered | Verdict::Degraded | Verdict::Failed | Verdict::Catastrophic => Ok(damage),
    }
}

fn told(phase: Phase) -> &'static str {
    match phase {
        Phase::Provision => "a cluster of its own",
        Phase::Deploy => "the release is deployed",
        Phase::Inject => "the release is broken",
        Phase::Recover => "it is yours",
        Phase::Verify => "the end state is held against the objectives",
    }
}
