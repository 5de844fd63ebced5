//! `helmdrill run`: from the words of the command line to graded drills and their report.

use super::chosen::{Wanted, batches};
use super::exit::{Code, Failure};
use super::output::{Output, verdict};
use super::progress::Progress;
use super::setting::{Kind, Setting, carry_out};
use super::source::{self, Source};
use super::{Places, own_chart, responder, surroundings};
use crate::plan::Drill;

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
    let keep = args.output.keeps(drills);
    let (drills, failed) = carry_out(&args.setting, batches, &lease, &progress, keep).await?;
    progress.finish();
    not_exercised.extend(failed.clone());
    args.output.publish(seed, &drills, &not_exercised, &progress)?;
    match failed.is_empty() {
        true => Ok(verdict(&drills)),
        false => Err(Failure { code: Code::Environment, message: failed.join("\nerror: "), help: None }),
    }
}
