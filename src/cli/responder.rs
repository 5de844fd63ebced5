//! `run --responder`: a command from outside recovers, instead of the procedures of a scenario. From its flags to the drills
//! that it is given.

use super::chosen::{Batch, Wanted, batches_of};
use super::exit::Failure;
use super::setting::Setting;
use super::source::Source;
use super::surroundings;
use crate::drill;
use crate::plan::{self, Choice, LowerError, Plan, Responder, Way};
use crate::seed::Seed;
use crate::tools::Tools;

/// For how many seconds a responder may run where nobody says.
const SECONDS: u32 = 600;

/// The arguments.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Let a command of yours recover, with the story on its standard input, and no procedure
    #[arg(long, value_name = "exec:CMD", value_parser = command, conflicts_with = "procedure")]
    responder: Option<String>,
    /// For how many seconds it may run; 600 without it
    #[arg(long, value_name = "N", requires = "responder", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    budget_seconds: Option<u32>,
    /// How many calls to the Kubernetes API it may make; any number without it
    #[arg(long, value_name = "N", requires = "responder", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    budget_calls: Option<u32>,
    /// How many times each drill is given to it, each with a seed of its own; reports pass@k and pass^k
    #[arg(long, value_name = "K", requires = "responder", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    repeat: Option<u32>,
    /// Hand it this variable of your environment; it gets no other
    #[arg(long, value_name = "NAME", requires = "responder")]
    responder_env: Vec<String>,
}

/// The command after `exec:`.
fn command(text: &str) -> Result<String, String> {
    match text.strip_prefix("exec:") {
        Some(command) if !command.trim().is_empty() => Ok(command.to_owned()),
        Some(_) => Err("there is no command after `exec:`".to_owned()),
        None => Err(format!("a responder is a command, such as 'exec:{text}'")),
    }
}

/// A responder that was asked for.
pub(super) struct Called {
    responder: Responder,
    repeat: u32,
}

impl Args {
    /// The responder that was asked for, with what it is handed.
    pub(super) fn called(&self) -> Result<Option<Called>, Failure> {
        let Some(command) = &self.responder else { return Ok(None) };
        let environment = self.responder_env.iter().map(|name| handed(name)).collect::<Result<_, _>>()?;
        let responder = Responder {
            command: command.clone(),
            briefing: String::new(),
            seconds: self.budget_seconds.unwrap_or(SECONDS),
            calls: self.budget_calls,
            environment,
        };
        Ok(Some(Called { responder, repeat: self.repeat.unwrap_or(1) }))
    }
}

/// A variable of the user's that a responder is handed.
fn handed(name: &str) -> Result<(String, String), Failure> {
    // Another value of these would lead the command out of the drill.
    let ours = drill::gives(name) || name.starts_with("HELM");
    if ours || name.is_empty() || name.contains('=') {
        let message = format!("--responder-env {name:?}: this variable is not handed over");
        let help = "name one that does not lead helm, kubectl or bash elsewhere, and give no value";
        return Err(Failure::invalid(message).help(help));
    }
    match surroundings::variable(name) {
        Some(value) => Ok((name.to_owned(), value)),
        None => Err(Failure::invalid(format!("--responder-env {name}: it is not set, or is no text"))),
    }
}

impl Called {
    /// What is going to run, before it does.
    pub(super) fn say(&self) {
        let Responder { command, seconds, calls, environment, .. } = &self.responder;
        let calls = calls.map(|calls| format!(", {calls} calls")).unwrap_or_default();
        let names: Vec<&str> = environment.iter().map(|(name, _)| name.as_str()).collect();
        let handed = if names.is_empty() { String::new() } else { format!(", with {}", names.join(", ")) };
        super::say(&format!(
            "the responder is run as you, by bash, for {seconds} seconds at most{calls}{handed}:\n  {command}\n"
        ));
    }

    /// The drills that it is given: each breaks a release of its own.
    pub(super) async fn batches(
        &self,
        args: &Setting,
        tools: &Tools,
        sources: &[Source],
        wanted: &Wanted,
        seed: Seed,
    ) -> Result<(Vec<Batch>, Vec<String>), Failure> {
        let lower = |source: &Source, variant: &str, helm: &str| self.attempts(source, variant, helm, seed);
        let (batches, not_exercised) = batches_of(args, tools, sources, wanted, seed, lower).await?;
        Ok((batches.into_iter().flat_map(Batch::apart).collect(), not_exercised))
    }

    /// Every attempt at one scenario with one version of Helm. The first has the seed of the run.
    fn attempts(
        &self,
        source: &Source,
        variant: &str,
        helm: &str,
        seed: Seed,
    ) -> Result<Vec<Plan>, LowerError> {
        let attempt = |number: u32| {
            let seed = match number {
                1 => seed,
                _ => Seed(seed.draw(&format!("attempt {number}"))),
            };
            let choice = Choice { variant: Some(variant), way: Way::Open, helm, seed };
            let open = source.lower(&choice)?;
            let mut plan = plan::hand_over(&source.scenario, open, self.responder.clone());
            if self.repeat > 1 {
                plan.procedure = format!("{}-{number}", plan.procedure);
            }
            Ok(plan)
        };
        (1..=self.repeat).map(attempt).collect()
    }
}
