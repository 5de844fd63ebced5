//! `helmdrill run`: from the words of the command line to graded drills and their report.

use super::chosen::{Wanted, batches};
use super::exit::{Code, Failure};
use super::output::{Gathered, Output, verdict};
use super::progress::Progress;
use super::setting::{Kind, Setting, Variants, carry_out};
use super::snapshots::Snapshots;
use super::source::{self, Source};
use super::{Places, own_chart, responder, surroundings};
use crate::plan::Drill;
use crate::report::Graded;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenarios by name (`stuck-upgrade`, or one variant of it: `stuck-upgrade/before-first-write`) or file
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Only this procedure or control
    #[arg(long, value_name = "NAME")]
    procedure: Option<String>,
    #[command(flatten)]
    own: own_chart::Args,
    #[command(flatten)]
    responder: responder::Args,
    #[command(flatten)]
    setting: Setting,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    snapshots: Snapshots,
}

/// Runs what was asked for and prints the report.
pub(super) async fn run(args: Args, places: Places) -> Result<Code, Failure> {
    let own = args.own.read()?;
    let mut sources = match &own {
        None => source::read(&args.scenarios)?,
        Some(own) => own.sources(&args.scenarios)?,
    };
    let wanted = Wanted::read(&args.setting, args.procedure.as_deref(), &sources)?;
    let called = args.responder.called()?;
    args.output.foresee()?;
    args.snapshots.foresee()?;
    if args.setting.cluster == Kind::Kind {
        surroundings::kind().check().map_err(|error| Failure::environment(&error))?;
    }
    let seed = args.setting.seed.unwrap_or_else(surroundings::any_seed);
    let lease = surroundings::lease(&places).await?;
    let tools = surroundings::tools(&places, Some(&lease))?;
    let left_out = match &own {
        None => Vec::new(),
        Some(own) => own.fit(&args.setting, &tools, &wanted, &lease, &mut sources).await?,
    };
    let named = |drill: &Drill| args.procedure.as_ref().is_none_or(|name| &drill.procedure == name);
    let (batches, mut not_exercised) = match &called {
        None => batches(&args.setting, &tools, &sources, &wanted, seed, named).await?,
        Some(called) => called.batches(&args.setting, &tools, &sources, &wanted, seed).await?,
    };
    not_exercised.extend(left_out);
    let drills: usize = batches.iter().map(|batch| batch.plans.len()).sum();
    if drills == 0 {
        return Err(Failure::invalid(not_exercised.join("\nerror: ")));
    }
    for Source { scenario, .. } in &sources {
        super::say(&format!("commands of {} are those of {}\n", scenario.metadata.name.text, scenario.file));
    }
    if let Some(called) = &called {
        called.say();
    }
    let progress = Progress::over(drills as u64);
    let gathered = Gathered::default();
    let seen = |drill: &Graded| gathered.take(drill, &args.output, args.snapshots.wanted());
    let keep = args.output.keeps(drills, &seen);
    let (drills, failed) = carry_out(&args.setting, batches, &lease, &progress, keep).await?;
    progress.finish();
    not_exercised.extend(failed.clone());
    args.output.publish(seed, &drills, &not_exercised, &progress, &gathered)?;
    let all = args.procedure.is_none() && args.setting.variants == Variants::All && failed.is_empty();
    let ran = |name: &str| {
        sources.iter().any(|source| source.variant.is_none() && source.scenario.metadata.name.text == name)
    };
    let covered = |place: &str| {
        all && (args.scenarios.is_empty() || place.split_once('/').is_some_and(|(name, _)| ran(name)))
    };
    let as_kept = args.snapshots.hold(&gathered.kept(), &covered)?;
    match failed.is_empty() {
        true if as_kept => Ok(verdict(&drills)),
        true => Ok(Code::NotMet),
        false => Err(Failure { code: Code::Environment, message: failed.join("\nerror: "), help: None }),
    }
}
