//! `helmdrill report`: what drills that ran before came to, written for people and programs, from their transcripts alone.

use super::exit::{Code, Failure};
use super::{regrade, surroundings};
use crate::report::{self, Sheet};
use std::path::PathBuf;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Transcripts as `helmdrill run --transcripts DIR` writes them, or folders of such
    #[arg(required = true, value_name = "TRANSCRIPT|DIR")]
    transcripts: Vec<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,
    /// Write the report to this file
    #[arg(long, value_parser = super::output::report_file, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One page that needs nothing else, for a browser.
    Html,
    /// For the summary of a job, or a wiki.
    Markdown,
    /// A test case for each drill.
    Junit,
    /// For programs: the document that `run --format json` prints.
    Json,
}

/// Grades each transcript again and writes the report. That it is written is success, whatever the drills came to.
pub(super) fn report(args: &Args) -> Result<Code, Failure> {
    if let Some(file) = &args.output {
        surroundings::writable(file)?;
    }
    let mut sheets = Vec::new();
    for path in regrade::transcripts(&args.transcripts)? {
        sheets.push(Sheet::of(&regrade::again(&path)?));
    }
    sheets.sort_by_cached_key(Sheet::rank);
    let text = match args.format {
        Format::Html => report::html(&sheets, &[]),
        Format::Markdown => report::markdown(&sheets, &[]),
        Format::Junit => report::junit(&sheets),
        Format::Json => {
            let document = report::data(&sheets, &[]);
            format!("{}\n", serde_json::to_string_pretty(&document).expect("plain data"))
        }
    };
    super::put(args.output.as_deref(), &text)?;
    Ok(Code::Met)
}
