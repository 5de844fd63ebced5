//! `helmdrill tools`: the helm and kubectl binaries that drills run.

use super::exit::{Code, Failure};
use super::{Places, surroundings};
use crate::tools::{Found, Origin, Source, Tool, Tools, Which};
use serde_json::json;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the pinned versions and those that were installed
    List {
        /// How to print it
        #[arg(long, value_enum, default_value_t = super::run::Format::Text)]
        format: super::run::Format,
    },
    /// Fetch versions of helm (`3.17.3`, `4`) or kubectl (`kubectl@1.36`) into the cache
    Install {
        /// The versions
        #[arg(required = true, value_name = "VERSION")]
        versions: Vec<String>,
    },
    /// Print the path of an installed version
    Path {
        /// The version
        version: String,
    },
}

/// Does what was asked.
pub(super) async fn tools(args: Args, places: Places) -> Result<Code, Failure> {
    match args.what {
        What::List { format } => list(&surroundings::tools(&places, None)?, format),
        What::Install { versions } => {
            let lease = surroundings::lease(&places)?;
            let tools = surroundings::tools(&places, Some(&lease))?;
            for text in &versions {
                let (tool, which) = wanted(text)?;
                let found = tools.find(tool, &which).await.map_err(|error| Failure::environment(&error))?;
                super::print(&format!("{}\n", told(&found)))?;
            }
            Ok(Code::Met)
        }
        What::Path { version } => {
            let (tool, which) = wanted(&version)?;
            let offline = Places { offline: true, ..places };
            let tools = surroundings::tools(&offline, None)?;
            let found = tools.find(tool, &which).await.map_err(|error| Failure::environment(&error))?;
            super::print(&format!("{}\n", found.path.display()))?;
            Ok(Code::Met)
        }
    }
}

/// `4.3.1` or `helm@4.3.1` is helm, `kubectl@1.36` is kubectl.
fn wanted(text: &str) -> Result<(Tool, Which), Failure> {
    let (tool, version) = match text.split_once('@') {
        None => (Tool::Helm, text),
        Some(("helm", version)) => (Tool::Helm, version),
        Some(("kubectl", version)) => (Tool::Kubectl, version),
        Some((other, _)) => {
            return Err(Failure::invalid(format!("{other:?} is no tool"))
                .help("name helm@VERSION or kubectl@VERSION"));
        }
    };
    let which = Which::parse(tool, version).map_err(|error| Failure::invalid(super::exit::chain(&error)))?;
    Ok((tool, which))
}

fn list(tools: &Tools, format: super::run::Format) -> Result<Code, Failure> {
    let listed = tools.list();
    let text = match format {
        super::run::Format::Json => {
            let rows = listed.iter().map(|one| {
                json!({"tool": one.tool.to_string(), "version": one.version.to_string(), "pinned": one.pinned,
                       "path": one.path})
            });
            format!("{:#}\n", serde_json::Value::Array(rows.collect()))
        }
        super::run::Format::Text => {
            let rows = listed.iter().map(|one| {
                let pinned = if one.pinned { "pinned" } else { "" };
                let path = one
                    .path
                    .as_ref()
                    .map_or_else(|| "not installed".to_owned(), |path| path.display().to_string());
                let (tool, version) = (one.tool.to_string(), one.version.to_string());
                format!("{tool:<8} {version:<8} {pinned:<7} {path}\n")
            });
            rows.collect()
        }
    };
    super::print(&text)?;
    Ok(Code::Met)
}

/// One line on where a tool came from.
pub(super) fn told(found: &Found) -> String {
    let from = match found.origin {
        Origin::Path => "of this machine",
        Origin::Cache => "from the cache",
        Origin::Fetched(Source::ReleaseSite) => "fetched from its release site",
        Origin::Fetched(Source::Wheel) => "fetched inside a Python wheel",
    };
    format!("{} {} {from}: {}", found.tool, found.version, found.path.display())
}
