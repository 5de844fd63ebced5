//! What a run is made of: from the names of the command line, which are found to be something before anything is
//! fetched or started, to plans with their binaries.

use super::beside::Others;
use super::exit::Failure;
use super::setting::{Setting, Variants};
use super::source::{self, Source};
use super::{catalogue, surroundings};
use crate::drill::Binaries;
use crate::plan::{self, Choice, Drill, LowerError, Plan, Way};
use crate::seed::Seed;
use crate::tools::{Found, Tool, Tools, Which};
use std::collections::BTreeSet;

/// Names do not depend on the version of Helm, only what is expected does.
const ANY_HELM: &str = "4.3.1";

/// What was named on the command line, found to be something before anything is fetched or started.
pub(super) struct Wanted {
    kubectl: Which,
    helms: Vec<Which>,
}

impl Wanted {
    /// Reads the names.
    pub(super) fn read(
        args: &Setting,
        procedure: Option<&str>,
        sources: &[Source],
    ) -> Result<Wanted, Failure> {
        let mut known: Vec<String> = Vec::new();
        for source in sources {
            let variants = catalogue::variants(source)?;
            for drill in plan::drills(&source.scenario, ANY_HELM) {
                if variants.contains(&drill.variant) && !known.contains(&drill.procedure) {
                    known.push(drill.procedure);
                }
            }
        }
        if let Some(name) = procedure.filter(|name| !known.iter().any(|known| known == name)) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(Failure::invalid(format!("there is no procedure or control {name:?}"))
                .help(source::meant(name, &known, "")));
        }
        once(sources)?;
        let helms = args.helm.iter().map(|text| which(Tool::Helm, text));
        Ok(Wanted { kubectl: which(Tool::Kubectl, &args.kubectl)?, helms: helms.collect::<Result<_, _>>()? })
    }
}

impl Wanted {
    /// The first helm that was named.
    pub(super) async fn first_helm(&self, tools: &Tools) -> Result<Option<Found>, Failure> {
        match self.helms.first() {
            None => Ok(None),
            Some(which) => {
                tools.find(Tool::Helm, which).await.map(Some).map_err(|error| Failure::environment(&error))
            }
        }
    }
}

/// What a version or a path on the command line means.
pub(super) fn which(tool: Tool, text: &str) -> Result<Which, Failure> {
    let which = Which::parse(tool, text).map_err(|error| Failure::invalid(super::exit::chain(&error)))?;
    Ok(match which {
        // Drills run it from folders of their own.
        Which::File(path) => Which::File(surroundings::absolute(&path)),
        Which::Version(_) | Which::OnPath => which,
    })
}

/// No drill is asked for twice: its two transcripts would have one name, and its two grades one place in the table.
fn once(sources: &[Source]) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for source in sources {
        let name = &source.scenario.metadata.name.text;
        for variant in catalogue::variants(source)? {
            if !seen.insert((name.clone(), variant)) {
                return Err(Failure::invalid(format!("the scenario {name:?} is named twice")));
            }
        }
    }
    Ok(())
}

/// Drills that differ from their recovery on only, and the binaries that they run.
pub(super) struct Batch {
    /// What is run.
    pub(super) plans: Vec<Plan>,
    /// With which helm and kubectl.
    pub(super) binaries: Binaries,
}

impl Batch {
    /// Each drill by itself: it breaks a release of its own.
    pub(super) fn apart(self) -> impl Iterator<Item = Batch> {
        let Batch { plans, binaries } = self;
        plans.into_iter().map(move |plan| Batch { plans: vec![plan], binaries: binaries.clone() })
    }
}

/// The batches of the drills that are of interest, and a line for every scenario that does not apply to a version of Helm.
pub(super) async fn batches(
    args: &Setting,
    tools: &Tools,
    sources: &[Source],
    wanted: &Wanted,
    seed: Seed,
    of_interest: impl Fn(&Drill) -> bool,
) -> Result<(Vec<Batch>, Vec<String>), Failure> {
    let lower = |source: &Source, variant: &str, helm: &str| plans(source, variant, helm, seed, &of_interest);
    batches_of(args, tools, sources, wanted, seed, lower).await
}

/// The batches of what `lower` makes of a scenario, a variant and a version of Helm, and a line for every scenario that
/// does not apply to a version of Helm.
pub(super) async fn batches_of(
    args: &Setting,
    tools: &Tools,
    sources: &[Source],
    wanted: &Wanted,
    seed: Seed,
    lower: impl Fn(&Source, &str, &str) -> Result<Vec<Plan>, LowerError>,
) -> Result<(Vec<Batch>, Vec<String>), Failure> {
    let helms = helms(tools, &wanted.helms).await?;
    let kubectl = binary(tools, Tool::Kubectl, &wanted.kubectl).await?;
    let (mut batches, mut not_exercised, mut others) = (Vec::new(), Vec::new(), Others::default());
    for source in sources {
        let variants = match (args.variants, &source.variant) {
            (Variants::Drawn, None) => vec![plan::drawn(&source.scenario, seed)],
            (Variants::All, _) | (Variants::Drawn, Some(_)) => catalogue::variants(source)?,
        };
        for variant in variants {
            for helm in &helms {
                match lower(source, &variant, &helm.version.to_string()) {
                    Ok(plans) if plans.is_empty() => {}
                    Ok(plans) => {
                        let other_helm = others.find(tools, &plans[0], &helms).await?;
                        let (helm, kubectl) = (helm.path.clone(), kubectl.path.clone());
                        batches.push(Batch { plans, binaries: Binaries { helm, kubectl, other_helm } });
                    }
                    Err(why @ LowerError::Helm { .. }) => {
                        if !not_exercised.contains(&why.to_string()) {
                            not_exercised.push(why.to_string());
                        }
                    }
                    Err(why) => return Err(Failure::invalid(super::exit::chain(&why))),
                }
            }
        }
    }
    Ok((batches, not_exercised))
}

/// The helm binaries, each version once.
pub(super) async fn helms(tools: &Tools, wanted: &[Which]) -> Result<Vec<Found>, Failure> {
    let mut helms: Vec<Found> = Vec::new();
    for which in wanted {
        let helm = binary(tools, Tool::Helm, which).await?;
        if helms.iter().any(|other| other.version == helm.version) {
            return Err(Failure::invalid(format!("helm {} is named twice", helm.version)));
        }
        helms.push(helm);
    }
    Ok(helms)
}

/// Finds a binary, and says which one it took.
pub(super) async fn binary(tools: &Tools, tool: Tool, which: &Which) -> Result<Found, Failure> {
    let found = tools.find(tool, which).await.map_err(|error| Failure::environment(&error))?;
    super::say(&format!("{}\n", super::tools::told(&found)));
    Ok(found)
}

fn plans(
    source: &Source,
    variant: &str,
    helm: &str,
    seed: Seed,
    of_interest: &impl Fn(&Drill) -> bool,
) -> Result<Vec<Plan>, LowerError> {
    let all = plan::drills(&source.scenario, helm).into_iter().filter(|drill| drill.variant == variant);
    all.filter(of_interest)
        .map(|drill| {
            let choice = Choice { variant: Some(variant), way: Way::Named(&drill.procedure), helm, seed };
            source.lower(&choice)
        })
        .collect()
}
