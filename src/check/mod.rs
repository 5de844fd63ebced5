//! What can be asked of a cluster, as predicates over snapshots and the transcript. Every check says what it saw,
//! so that a lost point carries its evidence. Asks no cluster: what is not in the view did not happen.

use crate::clock::Moment;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Check {
    /// All of these hold.
    All(Vec<Check>),
    /// At least one of these holds.
    Any(Vec<Check>),
    /// This does not hold.
    Not(Box<Check>),
}

/// What a check may look at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The namespace that is meant where a check names none.
    pub namespace: &'a str,
    /// The steady state; equal to `now` while it is being taken.
    pub baseline: &'a Snapshot,
    /// The moment that is asked about.
    pub now: &'a Snapshot,
    /// When that is.
    pub at: Moment,
}

/// The answer to a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it holds.
    pub held: bool,
    /// What was seen, as one line: `release myapp is pending-upgrade at revision 3`.
    pub evidence: String,
}
