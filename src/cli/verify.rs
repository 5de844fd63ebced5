//! `helmdrill verify`: whether the oracle of a scenario can be trusted. Its references and controls are run, and what
//! cannot be true is refused with the reason.

use super::catalogue::VERSIONS;
use super::chosen::{Batch, Wanted, batches};
use super::exit::{Code, Failure};
use super::output::Format;
use super::progress::Progress;
use super::setting::{Keep, Kind, Setting, carry_out};
use super::source::{self, Source};
use super::{Places, surroundings};
use crate::grade::{Doubt, Proof, trust};
use crate::plan::{self, Drill, Role};
use crate::report::Graded;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios by name or file; all that come with helmdrill where none is named
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// How to print it
    #[arg(long, alias = "output", value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    setting: Setting,
}

/// Runs the references and controls and says what is to be doubted.
pub(super) async fn verify(args: Args, places: Places) -> Result<Code, Failure> {
    let sources = source::read(&args.scenarios)?;
    let wanted = Wanted::read(&args.setting, None, &sources)?;
    if args.setting.cluster == Kind::Kind {
        surroundings::kind().check().map_err(|error| Failure::environment(&error))?;
    }
    let seed = args.setting.seed.unwrap_or_else(surroundings::any_seed);
    let lease = surroundings::lease(&places).await?;
    let tools = surroundings::tools(&places, Some(&lease))?;
    let part = |drill: &Drill| drill.role != Role::Alternative;
    let (batches, not_exercised) = batches(&args.setting, &tools, &sources, &wanted, seed, part).await?;
    let drills: usize = batches.iter().map(|batch| batch.plans.len()).sum();
    if drills == 0 {
        return Err(Failure::invalid(not_exercised.join("\nerror: ")));
    }
    let progress = Progress::over(drills as u64);
    let mut told: Vec<Told> = Vec::new();
    let mut failed = Vec::new();
    // One scenario after another: what its drills wrote down is let go before those of the next one write.
    for (name, batches) in by_scenario(batches) {
        let keep = Keep { transcripts: None, whole: true, seen: None };
        let (drills, wrong) = carry_out(&args.setting, batches, &lease, &progress, keep).await?;
        match wrong.is_empty() {
            true => {
                let doubts = doubts(&drills, &lost(&name, &sources));
                let one = Told { name, drills: drills.len(), doubts };
                if args.format == Format::Text {
                    // What is known is not lost where the rest is stopped.
                    progress.aside(|| super::print(&one.text()))?;
                }
                told.push(one);
            }
            false => failed.extend(wrong),
        }
    }
    progress.finish();
    super::print(&match args.format {
        Format::Json => data(&told, &not_exercised),
        Format::Text => closing(&told, &not_exercised),
    })?;
    match failed.is_empty() {
        true => Ok(code(&told)),
        false => Err(Failure { code: Code::Environment, message: failed.join("\nerror: "), help: None }),
    }
}

/// What is said of one scenario.
struct Told {
    name: String,
    drills: usize,
    doubts: Vec<Doubt>,
}

/// The batches of each scenario, in the order of their names.
fn by_scenario(batches: Vec<Batch>) -> BTreeMap<String, Vec<Batch>> {
    let mut all: BTreeMap<String, Vec<Batch>> = BTreeMap::new();
    for batch in batches {
        if let Some(plan) = batch.plans.first() {
            all.entry(plan.scenario.clone()).or_default().push(batch);
        }
    }
    all
}

/// What is to be doubted of one scenario.
fn doubts(drills: &[Graded], lost: &BTreeSet<String>) -> Vec<Doubt> {
    let proofs = drills.iter().map(|drill| Proof {
        plan: &drill.plan,
        transcript: &drill.transcript,
        card: &drill.scorecard,
    });
    trust(&proofs.collect::<Vec<_>>(), lost)
}

/// What the procedures and controls of a scenario are expected to lose.
fn lost(name: &str, sources: &[Source]) -> BTreeSet<String> {
    let ours = sources.iter().filter(|source| source.scenario.metadata.name.text == name);
    let each = ours.flat_map(|source| VERSIONS.iter().flat_map(|helm| plan::drills(&source.scenario, helm)));
    each.flat_map(|drill| drill.expect.trips).collect()
}

fn code(told: &[Told]) -> Code {
    let mut all = told.iter().flat_map(|one| &one.doubts).peekable();
    if all.peek().is_none() {
        Code::Met
    } else if all.all(|doubt| doubt.inconclusive) {
        Code::Inconclusive
    } else {
        Code::NotMet
    }
}

impl Told {
    /// As a person reads it.
    fn text(&self) -> String {
        let Told { name, drills, doubts } = self;
        let mut out = match doubts.is_empty() {
            true => format!("{name} can be trusted: {drills} drills of its references and controls\n"),
            false => format!("{name} cannot be trusted:\n"),
        };
        out.extend(doubts.iter().map(|doubt| format!("  {}{}\n", place(doubt), doubt.what)));
        out
    }
}

/// What is said once all have been told.
fn closing(told: &[Told], not_exercised: &[String]) -> String {
    let mut out: String = not_exercised.iter().map(|line| format!("not exercised: {line}\n")).collect();
    if told.len() > 1 {
        let trusted = told.iter().filter(|one| one.doubts.is_empty()).count();
        let drills: usize = told.iter().map(|one| one.drills).sum();
        out += &format!("{trusted} of {} scenarios can be trusted, by {drills} drills\n", told.len());
    }
    out
}

/// `late with helm 4.3.1: `, as far as it is one of them.
fn place(doubt: &Doubt) -> String {
    match (doubt.variant.as_str(), doubt.helm.as_str()) {
        (_, "") => String::new(),
        ("", helm) => format!("helm {helm}: "),
        (variant, helm) => format!("{variant} with helm {helm}: "),
    }
}

fn data(told: &[Told], not_exercised: &[String]) -> String {
    let rows = told.iter().map(|Told { name, doubts, .. }| {
        let doubts = doubts.iter().map(|doubt| {
            json!({"variant": doubt.variant, "helm": doubt.helm, "what": doubt.what,
                   "inconclusive": doubt.inconclusive})
        });
        json!({"scenario": name, "trusted": doubts.len() == 0, "doubts": doubts.collect::<Vec<_>>()})
    });
    let rows: Vec<_> = rows.collect();
    let drills: usize = told.iter().map(|one| one.drills).sum();
    format!("{:#}\n", json!({"scenarios": rows, "drills": drills, "not_exercised": not_exercised}))
}
