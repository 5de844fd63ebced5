//! `helmdrill regrade`: the grade of drills that ran before, from their transcripts alone.

use super::exit::{Code, Failure};
use super::output::Format;
use super::surroundings;
use crate::grade;
use crate::report::{Graded, States, document, matrix, story};
use std::path::{Path, PathBuf};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Transcripts as `helmdrill run --transcripts DIR` writes them
    #[arg(required = true, value_name = "TRANSCRIPT")]
    transcripts: Vec<PathBuf>,
    /// How to print it
    #[arg(long, alias = "output", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show what differs between the steady, the broken and the recovered state
    #[arg(long)]
    diff: bool,
}

/// Grades each transcript and prints the same reports as a run does.
pub(super) fn regrade(args: &Args) -> Result<Code, Failure> {
    if args.diff && args.format == Format::Json {
        return Err(Failure::invalid("--diff is text, and does not go with --format json"));
    }
    let drills = args.transcripts.iter().map(|path| again(path)).collect::<Result<Vec<Graded>, Failure>>()?;
    let text = match args.format {
        Format::Json => {
            let seed = drills.first().map_or(0, |drill| drill.plan.seed.0);
            format!(
                "{}\n",
                serde_json::to_string_pretty(&document(seed, &drills, Vec::new())).expect("plain data")
            )
        }
        Format::Text if drills.len() == 1 => story(&drills[0]),
        Format::Text => matrix(&drills, &[]),
    };
    super::print(&text)?;
    if args.diff {
        for drill in &drills {
            super::print(&differences(drill))?;
        }
    }
    Ok(super::output::verdict(&drills))
}

/// The files that were named, and those in the folders that were named.
pub(super) fn transcripts(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in named {
        match surroundings::listed(path, "json")? {
            None => found.push(path.clone()),
            Some(inside) if inside.is_empty() => {
                let message = format!("{}: there is no transcript in this folder", path.display());
                return Err(
                    Failure::invalid(message).help("`helmdrill run --transcripts DIR` writes transcripts")
                );
            }
            Some(inside) => found.extend(inside),
        }
    }
    Ok(found)
}

/// Reads a transcript and grades it.
pub(super) fn again(path: &Path) -> Result<Graded, Failure> {
    parsed(path, &surroundings::read(path)?)
}

/// The drill that the text of a file tells of, graded.
pub(super) fn parsed(path: &Path, text: &str) -> Result<Graded, Failure> {
    let mut drill: Graded = serde_json::from_str(text).map_err(|error| {
        let message = format!(
            "{}:{}:{}: no transcript of helmdrill: {error}",
            path.display(),
            error.line(),
            error.column()
        );
        Failure::invalid(message).help("`helmdrill run --transcripts DIR` writes transcripts")
    })?;
    if drill.transcript.format != crate::transcript::FORMAT {
        let message = format!("{}: format {} is not known here", path.display(), drill.transcript.format);
        return Err(Failure::invalid(message).help("grade it with the helmdrill that wrote it"));
    }
    drill.scorecard = grade::grade(&drill.plan, &drill.transcript);
    Ok(drill)
}

/// The three differences with a heading each.
pub(super) fn differences(drill: &Graded) -> String {
    let differences = States::of(&drill.transcript).differences();
    format!(
        "\n{} · {} · helm {}\n--- what the fault did\n{}--- what the recovery did\n{}--- what is not as it was\n{}",
        drill.scenario(),
        drill.plan.procedure,
        drill.plan.helm,
        differences.broke,
        differences.repaired,
        differences.left,
    )
}
