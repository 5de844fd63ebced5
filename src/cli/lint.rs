//! `helmdrill lint`: what is wrong with scenario files.

use super::exit::{Code, Failure};
use super::output::Format;
use super::source;
use serde_json::json;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenario files, or names of scenarios that come with helmdrill; all of those where none is named
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// How to print it
    #[arg(long, alias = "output", value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints every finding; fails where there is one.
pub(super) fn lint(args: &Args) -> Result<Code, Failure> {
    let findings = source::findings(&args.scenarios)?;
    let code = if findings.list.is_empty() { Code::Met } else { Code::Invalid };
    match args.format {
        Format::Json => {
            let rows = findings.list.iter().map(|finding| {
                json!({"file": finding.file, "line": finding.place.line, "column": finding.place.column,
                       "message": finding.message, "help": finding.help})
            });
            let document = json!({"scenarios": findings.read, "findings": rows.collect::<Vec<_>>()});
            super::print(&format!("{document:#}\n"))?;
            Ok(code)
        }
        Format::Text if code == Code::Met => {
            let scenarios = if findings.read == 1 { "scenario" } else { "scenarios" };
            super::print(&format!("{} {scenarios}, no finding\n", findings.read))?;
            Ok(code)
        }
        Format::Text => Err(Failure::invalid(findings.rendered.join("\n\n"))),
    }
}
