//! Why a tool is not to be had, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::pin::Tool;
use super::version::Version;
use crate::exec::ExecError;

/// Why a tool could not be found or fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// What the user wrote names no version.
    #[error(
        "`{text}` is no version: write one like 4.2.3, the beginning of a pinned one like 4.2, a path, or `path`"
    )]
    NotAVersion {
        /// What was written.
        text: String,
    },
    /// No such binary is on the PATH.
    #[error("no `{tool}` on the PATH; install it, give its path, or name a version that helmdrill fetches")]
    NotOnPath {
        /// The tool.
        tool: Tool,
    },
    /// The binary could not be started.
    #[error(transparent)]
    Exec(#[from] ExecError),
    /// A binary ran and did not answer as the tool does.
    #[error("{path} is no {tool}: asked for its version, it {said}")]
    NotTheTool {
        /// The tool that was wanted.
        tool: Tool,
        /// What was run.
        path: PathBuf,
        /// What it did instead.
        said: String,
    },
    /// It is not cached, and nothing may be fetched.
    #[error(
        "{tool} {version} is not in {cache}, and nothing is fetched while offline; run `helmdrill tools install \
         {tool}@{version}` with a network once, or give the path of a {tool} that is installed"
    )]
    Offline {
        /// The tool.
        tool: Tool,
        /// Its version.
        version: Version,
        /// Where it would be.
        cache: PathBuf,
    },
    /// The cache cannot be written.
    #[error(
        "cannot install into {path}: {source}; give a cache folder that can be written (HELMDRILL_CACHE_DIR)"
    )]
    Cache {
        /// What could not be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A chart could not be fetched.
    #[error("cannot fetch the chart {chart}: {why}")]
    Pull {
        /// Which.
        chart: String,
        /// What was said.
        why: String,
    },
    /// Every source failed.
    #[error("cannot fetch {tool} {version}:\n  {}\na network is needed once for this, or the path of a {tool} that is installed", .tried.join("\n  "))]
    Nowhere {
        /// The tool.
        tool: Tool,
        /// Its version.
        version: Version,
        /// Each source and why it failed.
        tried: Vec<String>,
    },
}

impl ToolError {
    /// Wraps what the operating system said about `path` in the cache.
    pub(super) fn cache(path: &Path) -> impl FnOnce(io::Error) -> ToolError {
        let path = path.to_owned();
        move |source| ToolError::Cache { path, source }
    }
}
