//! The command line: one file for each command. The only module that prints; `main` alone ends the process.

mod exit;
mod serve;

use clap::{Parser, Subcommand};
use exit::{Code, Failure};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Break a Helm release on purpose, let someone recover it, and grade the recovery with evidence
#[derive(Debug, Parser)]
#[command(name = "helmdrill", version, max_term_width = 100, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    places: Places,
}

/// Where helmdrill keeps what it needs.
#[derive(Debug, Clone, clap::Args)]
struct Places {
    /// Keep the private folders of running drills below this folder
    #[arg(long, global = true, value_name = "DIR", env = "HELMDRILL_STATE_DIR", hide_env_values = true)]
    state_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the embedded Kubernetes until it is interrupted
    Serve(serve::Args),
}

/// Reads the command line, does what it says, and returns how the process ends.
pub fn main() -> ExitCode {
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(refusal) => {
            // clap prints help and version to stdout with code 0, and usage errors to stderr with code 2.
            let code = if refusal.use_stderr() { Code::Invalid } else { Code::Met };
            let printed = refusal.print();
            return if printed.is_ok() { code.into() } else { Code::OurBug.into() };
        }
    };
    match execute(line) {
        Ok(code) => code.into(),
        Err(failure) => {
            anstream::eprint!("{}", failure.told());
            failure.code.into()
        }
    }
}

fn execute(line: Line) -> Result<Code, Failure> {
    let Line { command, places } = line;
    match command {
        Command::Serve(args) => serve::serve(args, places),
    }
}

/// Writes data to stdout. A reader that went away (`| head`) is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::environment(&error)),
    }
}
