//! The command line: one file for each command. The only module that prints; `main` alone ends the process.

mod beside;
mod catalogue;
mod chart_files;
mod chosen;
mod diff;
mod exit;
mod history;
mod interrupt;
mod lint;
mod new;
mod output;
mod own_chart;
mod page;
mod practice;
mod progress;
mod regrade;
mod report;
mod responder;
mod run;
mod serve;
mod setting;
mod snapshots;
mod source;
mod surroundings;
mod tools;
mod validate;
mod verify;

use clap::{CommandFactory, Parser, Subcommand};
use exit::{Code, Failure};
use std::io::Write;
use std::path::{Path, PathBuf};
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
    /// Keep fetched helm and kubectl binaries in this folder
    #[arg(long, global = true, value_name = "DIR", env = "HELMDRILL_CACHE_DIR", hide_env_values = true)]
    cache_dir: Option<PathBuf>,
    /// Keep the private folders of running drills below this folder
    #[arg(long, global = true, value_name = "DIR", env = "HELMDRILL_STATE_DIR", hide_env_values = true)]
    state_dir: Option<PathBuf>,
    /// Fetch nothing
    #[arg(long, global = true)]
    offline: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run drills and grade them: every scenario, procedure and control where none is named
    #[command(after_help = exit::TOLD)]
    Run(run::Args),
    /// List the scenarios with their variants and procedures
    List(catalogue::ListArgs),
    /// Tell a scenario: its story, procedures, what is expected of them and why
    Show(catalogue::ShowArgs),
    /// Say what is wrong with scenario files
    Lint(lint::Args),
    /// Say whether the oracle of a scenario can be trusted: run its references and controls
    #[command(after_help = exit::TOLD)]
    Verify(verify::Args),
    /// Write a scenario with its chart that already runs
    New(new::Args),
    /// Print the JSON Schema of scenario files, or of a document that helmdrill writes
    Schema(SchemaArgs),
    /// Try what a runbook says on broken releases, and say what each line of it does
    #[command(after_help = validate::EXITS)]
    Validate(validate::Args),
    /// Recover a broken release yourself, in a shell of its own, and be graded
    #[command(after_help = practice::EXITS)]
    Practice(practice::Args),
    /// Break a release and leave it to others, who have its kubeconfig; grade it on Ctrl-C
    #[command(after_help = practice::LEAVE_EXITS)]
    Inject(practice::LeaveArgs),
    /// Tell what was practised, how well, and what is next
    History(history::Args),
    /// Serve the embedded Kubernetes until it is interrupted
    Serve(serve::Args),
    /// Look after the helm and kubectl binaries that drills run
    Tools(tools::Args),
    /// Grade drills again from their transcripts, without a cluster
    Regrade(regrade::Args),
    /// Say what changed between two runs: verdicts, scores, losses, calls
    #[command(after_help = diff::EXITS)]
    Diff(diff::Args),
    /// Write what drills came to, from their transcripts: a page, a summary, test cases
    Report(report::Args),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, clap::Args)]
struct SchemaArgs {
    /// What is described
    #[arg(value_enum, default_value_t = Described::Scenario, value_name = "DOCUMENT")]
    of: Described,
}

/// The documents that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Described {
    /// The scenario files that people write.
    Scenario,
    /// What `run` and `report` write with `--format json`.
    Report,
    /// What `validate --format json` writes.
    Validation,
    /// What `diff --format json` writes.
    Comparison,
}

/// Reads the command line, does what it says, and returns how the process ends.
pub fn main() -> ExitCode {
    if practice::is_inside() {
        return practice::inside();
    }
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(refusal) => {
            // clap prints help and version to stdout with code 0, and usage errors to stderr with code 2. A reader
            // that went away (`--help | head -1`) changes neither.
            refusal.print().ok();
            return if refusal.use_stderr() { Code::Invalid } else { Code::Met }.into();
        }
    };
    match exit::guarded(|| execute(line)) {
        Ok(code) => code.into(),
        Err(failure) => {
            say(&failure.told());
            failure.code.into()
        }
    }
}

fn execute(line: Line) -> Result<Code, Failure> {
    let Line { command, places } = line;
    match command {
        Command::Run(args) => interrupt::until(run::run(args, places)),
        Command::List(args) => catalogue::list(&args),
        Command::Show(args) => catalogue::show(&args),
        Command::Lint(args) => lint::lint(&args),
        Command::Verify(args) => interrupt::until(verify::verify(args, places)),
        Command::New(args) => new::new(&args),
        Command::Schema(SchemaArgs { of }) => {
            let schema = match of {
                Described::Scenario => crate::scenario::schema(),
                Described::Report => crate::report::schema(),
                Described::Validation => crate::report::validation::schema(),
                Described::Comparison => crate::report::comparison_schema(),
            };
            print(&format!("{schema:#}\n"))?;
            Ok(Code::Met)
        }
        Command::Validate(args) => interrupt::until(validate::validate(args, places)),
        Command::Practice(args) => interrupt::until(practice::practice(args, places)),
        Command::Inject(args) => {
            let taken = interrupt::Taken::default();
            interrupt::until_taken(&taken, practice::inject(args, places, taken.clone()))
        }
        Command::History(args) => history::history(&args),
        Command::Serve(args) => serve::serve(args, places),
        Command::Tools(args) => interrupt::until(tools::tools(args, places)),
        Command::Regrade(args) => regrade::regrade(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Report(args) => report::report(&args),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Line::command(), "helmdrill", &mut text);
            print(&String::from_utf8_lossy(&text))?;
            Ok(Code::Met)
        }
    }
}

/// Writes progress and messages to stderr. That nobody reads them (`2>&1 | head`) is no failure.
fn say(text: &str) {
    anstream::stderr().lock().write_all(text.as_bytes()).ok();
}

/// Writes data to the file that was named, or to stdout.
fn put(file: Option<&Path>, text: &str) -> Result<(), Failure> {
    match file {
        Some(file) => surroundings::write(file, text),
        None => print(text),
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
