//! `helmdrill verify`: whether the oracle of a scenario can be trusted. Its references and controls are run, and what
//! cannot be true is refused with the reason.

use super::catalogue::VERSIONS;
use super::chosen::{Wanted, batches};
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
use std::collections::BTreeSet;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios by name or file
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
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
    let keep = Keep { transcripts: None, whole: true, seen: None };
    let (drills, failed) = carry_out(&args.setting, batches, &lease, &progress, keep).await?;
    progress.finish();
    if !failed.is_empty() {
        return Err(Failure { code: Code::Environment, message: failed.join("\nerror: "), help: None });
    }
    let names: BTreeSet<&str> = drills.iter().map(|drill| drill.plan.scenario.as_str()).collect();
    let told: Vec<(&str, Vec<Doubt>)> =
        names.into_iter().map(|name| (name, doubts(name, &drills, &lost(name, &sources)))).collect();
    super::print(&match args.format {
        Format::Json => data(&told, &drills, &not_exercised),
        Format::Text => text(&told, &drills, &not_exercised),
    })?;
    Ok(code(&told))
}

/// What is to be doubted of one scenario.
fn doubts(name: &str, drills: &[Graded], lost: &BTreeSet<String>) -> Vec<Doubt> {
    let ours = drills.iter().filter(|drill| drill.plan.scenario == name);
    let proofs =
        ours.map(|drill| Proof { plan: &drill.plan, transcript: &drill.transcript, card: &drill.scorecard });
    trust(&proofs.collect::<Vec<_>>(), lost)
}

/// What the procedures and controls of a scenario are expected to lose.
fn lost(name: &str, sources: &[Source]) -> BTreeSet<String> {
    let ours = sources.iter().filter(|source| source.scenario.metadata.name.text == name);
    let each = ours.flat_map(|source| VERSIONS.iter().flat_map(|helm| plan::drills(&source.scenario, helm)));
    each.flat_map(|drill| drill.expect.trips).collect()
}

fn code(told: &[(&str, Vec<Doubt>)]) -> Code {
    let mut all = told.iter().flat_map(|(_, doubts)| doubts).peekable();
    if all.peek().is_none() {
        Code::Met
    } else if all.all(|doubt| doubt.inconclusive) {
        Code::Inconclusive
    } else {
        Code::NotMet
    }
}

fn text(told: &[(&str, Vec<Doubt>)], drills: &[Graded], not_exercised: &[String]) -> String {
    let mut out = String::new();
    for (name, doubts) in told {
        let count = drills.iter().filter(|drill| drill.plan.scenario == *name).count();
        match doubts.is_empty() {
            true => out += &format!("{name} can be trusted: {count} drills of its references and controls\n"),
            false => out += &format!("{name} cannot be trusted:\n"),
        }
        for doubt in doubts {
            out += &format!("  {}{}\n", place(doubt), doubt.what);
        }
    }
    out.extend(not_exercised.iter().map(|line| format!("not exercised: {line}\n")));
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

fn data(told: &[(&str, Vec<Doubt>)], drills: &[Graded], not_exercised: &[String]) -> String {
    let rows = told.iter().map(|(name, doubts)| {
        let doubts = doubts.iter().map(|doubt| {
            json!({"variant": doubt.variant, "helm": doubt.helm, "what": doubt.what,
                   "inconclusive": doubt.inconclusive})
        });
        json!({"scenario": name, "trusted": doubts.len() == 0, "doubts": doubts.collect::<Vec<_>>()})
    });
    let rows: Vec<_> = rows.collect();
    format!("{:#}\n", json!({"scenarios": rows, "drills": drills.len(), "not_exercised": not_exercised}))
}
