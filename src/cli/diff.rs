//! `helmdrill diff`: what changed between two runs, from their transcripts or their reports in JSON.

use super::exit::{Code, Failure};
use super::output::Format;
use super::{regrade, surroundings};
use crate::report::{self, Run, Side};
use std::path::{Path, PathBuf};

/// What the exit codes mean here, for `--help`.
pub(super) const EXITS: &str = "Exit codes:
  0    nothing changed
  1    something changed
  2    the command line is wrong, or something cannot be read
  70   a fault of helmdrill itself";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A transcript, a report in JSON, or a folder of such, of the former run
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The same of the later run
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write it to this file
    #[arg(long, value_parser = super::output::report_file, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Compares two runs and prints what changed.
pub(super) fn diff(args: &Args) -> Result<Code, Failure> {
    if let Some(file) = &args.output {
        surroundings::writable(file)?;
    }
    let comparison = report::compare(sides(&args.old)?, sides(&args.new)?);
    let text = match args.format {
        Format::Text => report::comparison(&comparison),
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&comparison).expect("plain data")),
    };
    super::put(args.output.as_deref(), &text)?;
    Ok(if comparison.same { Code::Met } else { Code::NotMet })
}

/// The drills of a file, or of all files in a folder.
fn sides(named: &Path) -> Result<Vec<Side>, Failure> {
    let mut found: Vec<Side> = Vec::new();
    for path in regrade::transcripts(&[named.to_owned()])? {
        found.extend(read(&path)?);
    }
    Ok(found)
}

/// A transcript, or a report, which says of itself what it is.
fn read(path: &Path) -> Result<Vec<Side>, Failure> {
    let text = surroundings::read(path)?;
    let Ok(run) = serde_json::from_str::<Run>(&text) else {
        let drill = regrade::parsed(path, &text).map_err(|failure| {
            failure.help(
                "transcripts are compared, and what `run --format json` and `report --format json` write",
            )
        })?;
        return Ok(vec![Side::of(&drill)]);
    };
    if run.format != report::FORMAT {
        let message = format!("{}: format {} is not known here", path.display(), run.format);
        return Err(Failure::invalid(message).help("compare it with the helmdrill that wrote it"));
    }
    Ok(run.drills.into_iter().map(|record| Side { record, changes: None }).collect())
}
