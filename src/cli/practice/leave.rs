//! `helmdrill inject`: breaks a release and leaves it to whoever has the kubeconfig, until Ctrl-C; then it is graded. What
//! is typed is not known, only what reaches the cluster.

use super::super::exit::{Code, Failure};
use super::super::interrupt::Taken;
use super::super::source;
use super::super::{Places, print, say, surroundings};
use super::broken::With;
use super::{debrief, publish};
use crate::transcript::Leaving;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

/// The exit codes as `inject --help` tells them.
pub(in super::super) const EXITS: &str =
    "Ctrl-C ends the recovery and grades it; a second one ends it without a grade.

Exit codes:
  0    recovered
  1    not recovered, or degraded on the way
  2    the command line or the scenario is wrong
  3    something that is needed could not be had: a tool, a folder, a steady state
  4    inconclusive: no evidence that the fault bit
  130  ended by SIGINT; 143 by SIGTERM";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(in super::super) struct Args {
    /// The scenario, or one variant of it, by name or file
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// Leave the broken cluster to whoever has this kubeconfig, which is written now and removed at the end
    #[arg(long, value_name = "KUBECONFIG")]
    leave: PathBuf,
    #[command(flatten)]
    with: With,
    /// Write the transcript to this file, for `helmdrill regrade`
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
}

/// Breaks it, waits, and grades. From the moment at which it is left to others Ctrl-C is `taken`.
pub(in super::super) async fn inject(args: Args, places: Places, taken: Taken) -> Result<Code, Failure> {
    let failed = |error: crate::drill::DrillError| Failure::environment(&error);
    let mut sources = source::read(std::slice::from_ref(&args.scenario))?;
    for file in args.transcript.iter().chain([&args.leave]) {
        surroundings::writable(file)?;
    }
    let (subject, damage) = args.with.broken(|_, _| Ok(sources.swap_remove(0)), &places).await?;
    let attended = damage.attend(subject.open.clone());
    let mut interrupted = signal(SignalKind::interrupt()).map_err(|error| Failure::environment(&error))?;
    taken.take();
    let shared = surroundings::Shared::write(&args.leave, attended.kubeconfig())?;
    let began = Instant::now();
    print(&debrief::call(&subject.source.scenario, &subject.open, false))?;
    print(&format!(
        "kubeconfig: {}\ncharts: {}\nready\n",
        surroundings::absolute(&args.leave).display(),
        attended.work().join("charts").display()
    ))?;
    interrupted.recv().await;
    drop(shared);
    say("\n");
    let took = began.elapsed();
    let transcript = tokio::select! {
        finished = attended.finish(Leaving::Done) => finished.map_err(failed)?,
        _ = interrupted.recv() => return Err(super::super::interrupt::stopped(Code::Interrupted)),
    };
    publish(&subject, subject.graded(transcript), took, args.transcript.as_deref())
}
