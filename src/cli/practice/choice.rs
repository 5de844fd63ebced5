//! Which scenario is practised: the one that was named, the next by its history, or one that the seed draws; among those
//! of a family and a difficulty, where that is asked for.

use super::super::exit::Failure;
use super::super::history::Ledger;
use super::super::source::{self, Source};
use super::super::surroundings;
use crate::seed::Seed;
use std::collections::BTreeSet;

/// What was asked for.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Choice {
    /// The scenario, or one variant of it, by name or file (`stuck-upgrade`, `stuck-upgrade/before-the-record`); where it
    /// has several variants and none is named, the seed draws one
    #[arg(value_name = "SCENARIO", required_unless_present_any = ["next", "random"])]
    scenario: Option<String>,
    /// Practise what the history says is next: what is due again, then what is new
    #[arg(long, conflicts_with_all = ["scenario", "random"])]
    next: bool,
    /// Practise a scenario that the seed draws
    #[arg(long, conflicts_with = "scenario")]
    random: bool,
    /// With --next or --random: only scenarios of this family
    #[arg(long, value_name = "NAME", conflicts_with = "scenario")]
    family: Option<String>,
    /// With --next or --random: only scenarios of this difficulty, from 1 to 5
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5), conflicts_with = "scenario")]
    difficulty: Option<u8>,
}

impl Choice {
    /// The scenarios that are meant, found to be something before anything is fetched or started.
    pub(super) fn candidates(&self) -> Result<Vec<Source>, Failure> {
        if let Some(name) = &self.scenario {
            return source::read(std::slice::from_ref(name));
        }
        let mut all = source::read(&[])?;
        if let Some(family) = &self.family {
            let known: BTreeSet<&str> = all.iter().map(|one| one.scenario.metadata.family.as_str()).collect();
            if !known.contains(family.as_str()) {
                let known: Vec<&str> = known.into_iter().collect();
                return Err(Failure::invalid(format!("there is no family {family:?}"))
                    .help(source::meant(family, &known, "")));
            }
            all.retain(|one| one.scenario.metadata.family == *family);
        }
        if let Some(difficulty) = self.difficulty {
            all.retain(|one| one.scenario.metadata.difficulty == difficulty);
        }
        match all.is_empty() {
            false => Ok(all),
            true => Err(Failure::invalid("no scenario of this family has this difficulty")
                .help("`helmdrill show SCENARIO --format markdown` tells how difficult one is")),
        }
    }

    /// The one that is practised with this version of Helm.
    pub(super) fn chosen(
        &self,
        mut candidates: Vec<Source>,
        ledger: &Ledger,
        helm: &str,
        seed: Seed,
    ) -> Result<Source, Failure> {
        if self.scenario.is_some() {
            return Ok(candidates.swap_remove(0));
        }
        candidates.retain(|one| one.applies(helm));
        let at = match self.random {
            true => seed.pick("scenario", candidates.len()),
            false => ledger.next(&candidates, surroundings::now()),
        };
        let chosen = at.map(|at| candidates.swap_remove(at));
        chosen.ok_or_else(|| Failure::invalid(format!("none of these scenarios applies to Helm {helm}")))
    }
}
