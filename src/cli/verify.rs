//! `helmdrill verify`: whether the oracle of a scenario can be trusted. Its references and controls are run, and what
//! cannot be true is refused with the reason.

use super::catalogue::VERSIONS;
use super::chosen::{Batch, Wanted, batches};
use super::exit::{Code, Failure};
use super::output::Format;
use super::progress::Progress;
use super::setting::{Kind, Setting, carry_each};
use super::source::{self, Source};
use super::{Places, surroundings};
use crate::grade::{Doubt, Proof, trust};
use crate::lease::Lease;
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
    let (told, failed) = tell_each(&args, batches, &lease, &progress, &sources).await?;
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

/// Runs the batches and tells of each scenario once all of it has ended; also a line for everything that could not be run.
async fn tell_each(
    args: &Args,
    batches: Vec<Batch>,
    lease: &Lease,
    progress: &Progress,
    sources: &[Source],
) -> Result<(Vec<Told>, Vec<String>), Failure> {
    let names: Vec<String> = batches.iter().map(|batch| batch.plans[0].scenario.clone()).collect();
    let mut open: BTreeMap<&str, UnderWay> = BTreeMap::new();
    names.iter().for_each(|name| open.entry(name).or_default().left += 1);
    let (mut told, mut failed): (Vec<Told>, Vec<String>) = (Vec::new(), Vec::new());
    carry_each(&args.setting, batches, lease, progress, |at, drills, wrong| {
        let name = names[at].as_str();
        let one = open.get_mut(name).expect("it is under way");
        if one.ended(at, drills, !wrong.is_empty()) {
            one.told = Some(Told::of(name, &one.drills(), sources));
        }
        failed.extend(wrong);
        // What is known is not lost where the rest is stopped; it is told in the order of the names.
        while let Some(first) = open.first_entry().filter(|first| first.get().left == 0) {
            let Some(one) = first.remove().told else { continue };
            if args.format == Format::Text {
                progress.aside(|| super::print(&one.text()))?;
            }
            told.push(one);
        }
        Ok(())
    })
    .await?;
    Ok((told, failed))
}

/// What is said of one scenario.
struct Told {
    name: String,
    drills: usize,
    doubts: Vec<Doubt>,
}

/// A scenario of which not everything has ended, or which waits for others to be told.
#[derive(Default)]
struct UnderWay {
    /// How many of its batches have not ended.
    left: usize,
    /// The drills of those that have, by the number of their batch.
    drills: BTreeMap<usize, Vec<Graded>>,
    /// Whether something of it could not be run.
    failed: bool,
    told: Option<Told>,
}

impl UnderWay {
    /// Takes the drills of a batch; whether all have ended, and something can be said of them.
    fn ended(&mut self, batch: usize, drills: Vec<Graded>, failed: bool) -> bool {
        self.left -= 1;
        self.failed |= failed;
        self.drills.insert(batch, drills);
        self.left == 0 && !self.failed
    }

    /// All drills, whose transcripts are let go with them.
    fn drills(&mut self) -> Vec<Graded> {
        std::mem::take(&mut self.drills).into_values().flatten().collect()
    }
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
    fn of(name: &str, drills: &[Graded], sources: &[Source]) -> Told {
        let doubts = doubts(drills, &lost(name, sources));
        Told { name: name.to_owned(), drills: drills.len(), doubts }
    }

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
