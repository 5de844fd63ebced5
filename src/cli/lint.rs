//! `helmdrill lint`: what is wrong with scenario files.

use super::exit::{Code, Failure};
use super::source;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenario files, or names of scenarios that come with helmdrill; all of those where none is named
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
}

/// Prints every finding; fails where there is one.
pub(super) fn lint(args: &Args) -> Result<Code, Failure> {
    let (read, findings) = source::findings(&args.scenarios)?;
    match findings.is_empty() {
        true => {
            super::print(&format!("{read} scenarios, no finding\n"))?;
            Ok(Code::Met)
        }
        false => Err(Failure::invalid(findings.join("\n\n"))),
    }
}
