//! `helmdrill practice`: a person, or a script on standard input, recovers a broken release in a shell of its own, and is
//! graded like any procedure. From the words of the command line to the debrief; what is said inside is in `answers`.

mod answers;
mod broken;
mod choice;
mod debrief;
mod desk;
mod inside;
mod leave;
mod session;
mod wrap;

use choice::Choice;
pub(super) use inside::{inside, is_inside};
pub(super) use leave::{Args as LeaveArgs, EXITS as LEAVE_EXITS, inject};
use session::Held;

use super::exit::{Code, Failure};
use super::history::{HistoryFile, Practised};
use super::{Places, output, print, surroundings};
use crate::report::Graded;
use broken::{Subject, With};
use std::path::{Path, PathBuf};
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
    #[command(flatten)]
    choice: Choice,
    /// Do not say which scenario it is
    #[arg(long)]
    blind: bool,
    /// End the recovery after this time: 90s, 15m, 1h
    #[arg(long, value_name = "TIME", value_parser = span)]
    time_limit: Option<Duration>,
    #[command(flatten)]
    with: With,
    /// Write the transcript to this file, for `helmdrill regrade`
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    #[command(flatten)]
    history: HistoryFile,
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

/// Breaks the release, hands it over, grades what becomes of it and says so.
pub(super) async fn practice(args: Args, places: Places) -> Result<Code, Failure> {
    let candidates = args.choice.candidates()?;
    if let Some(file) = &args.transcript {
        surroundings::writable(file)?;
    }
    args.history.foresee()?;
    let ledger = args.history.read()?;
    let choose = |version: &str, seed| args.choice.chosen(candidates, &ledger, version, seed);
    let (subject, damage) = args.with.broken(choose, &places).await?;
    print(&debrief::call(&subject.source.scenario, &subject.open, args.blind))?;
    print(&debrief::place(&subject.open))?;
    let Held { transcript, how, took } = session::hold(damage, &subject, args.time_limit).await?;
    let graded = subject.graded(transcript);
    let ended = (surroundings::now(), took.as_secs(), how);
    args.history.add(&Practised::of(&graded, &subject.source.scenario, ended))?;
    publish(&subject, graded, took, args.transcript.as_deref())
}

/// Prints the debrief, keeps the transcript where that is wanted, and says how the process ends.
fn publish(subject: &Subject, graded: Graded, took: Duration, keep: Option<&Path>) -> Result<Code, Failure> {
    print(&debrief::debrief(&subject.source.scenario, &subject.reference, &graded, took))?;
    if let Some(file) = keep {
        surroundings::write(file, &serde_json::to_string(&graded).expect("plain data"))?;
    }
    Ok(output::verdict(&[graded]))
}
