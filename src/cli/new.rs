//! `helmdrill new`: a scenario with its chart beside it, which runs and verifies as it is.

use super::exit::{Code, Failure};
use super::surroundings;
use crate::scenario;
use std::path::{Path, PathBuf};

/// The scenario that is written; the word NAME in it is replaced.
const TEMPLATE: &str = include_str!("../../fixtures/new/scenario.yaml");

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name: lower-case letters, digits and `-`
    name: String,
    /// Write it into this folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

/// Writes `NAME.yaml` and the folder `NAME-chart`; what is there already stays as it is.
pub(super) fn new(args: &Args) -> Result<Code, Failure> {
    let Args { name, dir } = args;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(plain) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(Failure::invalid(format!("{name:?} is no name of a scenario"))
            .help("use lower-case letters, digits and `-`, with a letter first, such as my-first"));
    }
    let (file, chart) = (dir.join(format!("{name}.yaml")), dir.join(format!("{name}-chart")));
    for path in [&file, &chart] {
        if surroundings::exists(path) {
            return Err(Failure::invalid(format!("{} is there already", path.display()))
                .help("take another name, or another folder with --dir"));
        }
    }
    for (path, text) in scenario::chart("web").unwrap_or_default() {
        surroundings::write(&chart.join(path), text)?;
    }
    surroundings::write(&file, &TEMPLATE.replace("NAME", name))?;
    super::print(&told(&file, &chart))?;
    Ok(Code::Met)
}

fn told(file: &Path, chart: &Path) -> String {
    let (file, chart) = (file.display(), chart.display());
    format!(
        "wrote {file} and its chart {chart}\n\n  helmdrill lint {file}      what is wrong with it\n  \
         helmdrill verify {file}    whether its grades can be trusted\n  helmdrill run {file}       every procedure and control\n"
    )
}
