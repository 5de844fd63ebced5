//! Versions of tools, and what a user may write to choose one.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::failure::ToolError;
use super::pin::{Tool, pins};

/// A version of a tool: `3.17.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl Version {
    /// A version of three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Version {
        Version { major, minor, patch }
    }

    /// Reads what a tool says of itself: `v3.17.3`, `v4.1.0-rc.1+g1234`, `v3.17`. What follows the numbers is left
    /// out, a missing patch is 0.
    pub(super) fn told(text: &str) -> Option<Version> {
        let numbers = text.trim().trim_start_matches('v');
        let numbers = numbers.split(['-', '+']).next()?;
        let mut numbers = numbers.split('.').map(|n| n.parse::<u32>().ok());
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch = numbers.next().unwrap_or(Some(0))?;
        numbers.next().is_none().then_some(Version { major, minor, patch })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = ToolError;

    /// Reads `3.17.3` or `v3.17.3`, and nothing more or less.
    fn from_str(text: &str) -> Result<Version, ToolError> {
        let bare = text.strip_prefix('v').unwrap_or(text);
        let whole = bare.split('.').count() == 3 && !bare.contains(['-', '+']);
        let read = whole.then(|| Version::told(bare)).flatten();
        read.ok_or_else(|| ToolError::NotAVersion { text: text.to_owned() })
    }
}

/// Which binary of a tool is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// This version, from the cache or fetched.
    Version(Version),
    /// This file.
    File(PathBuf),
    /// The first one on the PATH.
    OnPath,
}

impl Which {
    /// Reads what a user writes: `path`; a file (anything with a slash); a version; or the beginning of a version
    /// (`4`, `4.2`), which means the newest pinned one that begins so.
    ///
    /// # Errors
    /// Where it is none of these.
    pub fn parse(tool: Tool, text: &str) -> Result<Which, ToolError> {
        if text == "path" {
            return Ok(Which::OnPath);
        }
        if text.contains('/') {
            return Ok(Which::File(PathBuf::from(text)));
        }
        if let Ok(version) = text.parse() {
            return Ok(Which::Version(version));
        }
        let begin = format!("{}.", text.strip_prefix('v').unwrap_or(text));
        let newest = pins(tool).map(|pin| pin.version).filter(|v| v.to_string().starts_with(&begin)).max();
        newest.map(Which::Version).ok_or_else(|| ToolError::NotAVersion { text: text.to_owned() })
    }
}
