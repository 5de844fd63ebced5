//! A release that is broken for somebody to recover: which scenario and variant, with which binaries, and how it is broken,
//! of which only the phases are shown.

use super::super::beside::Others;
use super::super::chosen::{binary, which};
use super::super::exit::{Code, Failure, chain};
use super::super::setting::{Speed, seed};
use super::super::source::Source;
use super::super::{Places, catalogue, say, surroundings};
use crate::cluster::{Backend, Provider};
use crate::drill::{Baseline, Binaries, Damage, Workshop};
use crate::grade::grade;
use crate::lease::Lease;
use crate::plan::{self, Plan, Verdict, Way};
use crate::report::Graded;
use crate::seed::Seed;
use crate::tools::Tool;
use crate::transcript::{Entry, Event, Phase, Recorder, Transcript};
use std::sync::Arc;

/// With what a release is broken.
#[derive(Debug, clap::Args)]
pub(super) struct With {
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
}

/// What is practised.
pub(super) struct Subject {
    pub(super) source: Source,
    /// The drill without a recovery.
    pub(super) open: Plan,
    /// The same with the recovery that the scenario teaches.
    pub(super) reference: Plan,
}

impl Subject {
    /// The grade of what became of it.
    pub(super) fn graded(&self, transcript: Transcript) -> Graded {
        let scorecard = grade(&self.open, &transcript);
        Graded { plan: self.open.clone(), cluster: "embedded".to_owned(), transcript, scorecard }
    }
}

impl With {
    /// Breaks the scenario that `choose` takes, told the version of Helm and the seed.
    pub(super) async fn broken(
        &self,
        choose: impl FnOnce(&str, Seed) -> Result<Source, Failure>,
        places: &Places,
    ) -> Result<(Subject, Damage), Failure> {
        let (helm, kubectl) = (which(Tool::Helm, &self.helm)?, which(Tool::Kubectl, &self.kubectl)?);
        let seed = self.seed.unwrap_or_else(surroundings::any_seed);
        let lease = surroundings::lease(places).await?;
        let tools = surroundings::tools(places, Some(&lease))?;
        let helm = binary(&tools, Tool::Helm, &helm).await?;
        let kubectl = binary(&tools, Tool::Kubectl, &kubectl).await?;
        let version = helm.version.to_string();
        let subject = subject(choose(&version, seed)?, &version, seed)?;
        let helms = [helm];
        let other_helm = Others::default().find(&tools, &subject.open, &helms).await?;
        let [helm] = helms;
        let binaries = Binaries { helm: helm.path, kubectl: kubectl.path, other_helm };
        let damage = self.damage(&subject, binaries, &lease).await?;
        Ok((subject, damage))
    }

    /// The broken release. How it was broken is not shown.
    async fn damage(&self, subject: &Subject, binaries: Binaries, lease: &Lease) -> Result<Damage, Failure> {
        let provider =
            Provider::new(Backend::Embedded { pace: self.pace.pace(), rbac: false }, lease.clone());
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
        bitten(&subject.open, &damage.transcript()).map(|()| damage)
    }
}

/// That the fault bit; else there is nothing to recover.
fn bitten(plan: &Plan, transcript: &Transcript) -> Result<(), Failure> {
    let so_far = grade(plan, transcript);
    match so_far.verdict {
        Verdict::Inconclusive => {
            let doubts: Vec<String> = so_far.losses.into_iter().map(|loss| loss.evidence).collect();
            let message =
                format!("the fault did not bite, so there is nothing to recover: {}", doubts.join("; "));
            Err(Failure { code: Code::Inconclusive, message, help: None })
        }
        Verdict::Recovered | Verdict::Degraded | Verdict::Failed | Verdict::Catastrophic => Ok(()),
    }
}

/// The drill with its variant, which the seed draws among those that are meant.
fn subject(source: Source, helm: &str, seed: Seed) -> Result<Subject, Failure> {
    let mut variants = catalogue::variants(&source)?;
    let drawn = seed.pick("variant", variants.len()).expect("a scenario without variants has the empty one");
    let variant = variants.swap_remove(drawn);
    let lower = |way| {
        let choice = plan::Choice { variant: Some(&variant), way, helm, seed };
        source.lower(&choice).map_err(|why| Failure::invalid(chain(&why)))
    };
    let (open, reference) = (lower(Way::Open)?, lower(Way::Reference)?);
    Ok(Subject { source, open, reference })
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
