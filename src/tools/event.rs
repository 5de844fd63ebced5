//! What happens while a tool is fetched, for whoever shows progress.

use std::fmt;

use super::pin::Tool;
use super::version::Version;

/// One step on the way to a tool. Its text form is a line for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Another process holds the cache; its end is waited for.
    Waiting,
    /// A source is tried.
    Fetching {
        /// The tool.
        tool: Tool,
        /// Its version.
        version: Version,
        /// The URL, or the `pip` command.
        from: String,
    },
    /// A source did not give it; the next one is tried.
    Failed {
        /// The URL, or the `pip` command.
        from: String,
        /// Why.
        why: String,
    },
    /// A cached file is not what it was when it was installed; it is fetched again.
    Corrupted {
        /// The tool.
        tool: Tool,
        /// Its version.
        version: Version,
    },
    /// It lies in the cache now.
    Installed {
        /// The tool.
        tool: Tool,
        /// Its version.
        version: Version,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Waiting => f.write_str("waiting for another helmdrill that installs tools"),
            Event::Fetching { tool, version, from } => write!(f, "fetching {tool} {version} from {from}"),
            Event::Failed { from, why } => write!(f, "not from {from}: {why}"),
            Event::Corrupted { tool, version } => {
                write!(f, "{tool} {version} in the cache is corrupted and is fetched again")
            }
            Event::Installed { tool, version } => write!(f, "installed {tool} {version}"),
        }
    }
}
