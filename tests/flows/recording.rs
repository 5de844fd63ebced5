//! Flows as they were recorded: what was typed, and what came of it on a real cluster.

use flate2::read::GzDecoder;
use serde::Deserialize;
use std::path::Path;

/// What one operator typed, on a cluster that had nothing else to do.
#[derive(Debug, Deserialize)]
pub(crate) struct Flow {
    pub(crate) flow: String,
    /// `helm3` or `helm4`.
    pub(crate) helm: String,
    pub(crate) steps: Vec<Step>,
}

/// One line and its end.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) command: String,
    /// The exit code; the negative number of the signal that ended it.
    pub(crate) rc: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The call before which the command was ended by SIGKILL.
    pub(crate) killed_before: Option<String>,
    pub(crate) api: Vec<Exchange>,
}

/// One call of a step; the one before which it was killed never came to be one.
#[derive(Debug, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) call: Option<String>,
}

/// Every flow that comes with the source, by name.
pub(crate) fn flows() -> Vec<Flow> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/flows");
    let entries = std::fs::read_dir(&folder).expect("the recordings are part of the source");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
    paths.sort();
    let open = |path: &Path| GzDecoder::new(std::fs::File::open(path).expect("a readable recording"));
    paths.iter().map(|path| serde_json::from_reader(open(path)).expect("a recording is a flow")).collect()
}
