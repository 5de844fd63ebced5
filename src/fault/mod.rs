//! Faults at the level of calls, as data: which call a rule waits for, and what becomes of that call. The wire
//! (`gate`) carries them out; faults at the level of objects are ordinary commands of a scenario.

mod matcher;

pub use matcher::{Matcher, MatcherError, Who};

use serde::{Deserialize, Serialize};

/// One armed fault: the call it waits for and what it does to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// How the transcript names the rule.
    pub id: String,
    /// The call that it waits for.
    pub when: Matcher,
    /// What becomes of that call.
    pub verdict: Verdict,
    /// How often it bites.
    #[serde(default)]
    pub bites: Bites,
}

/// How often a rule bites: from the call that it waits for on, the calls that fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bites {
    /// That call alone.
    #[default]
    Once,
    /// That call and the next that fit, so many in all.
    Times(u32),
    /// Every one, for as long as the rule is armed.
    Always,
}

/// What becomes of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is forwarded; the caller sees the answer.
    #[default]
    Pass,
    /// It is forwarded after a delay.
    Forward {
        /// Milliseconds.
        after: u64,
    },
    /// It is not forwarded; the caller sees this answer.
    Reject(Refusal),
    /// The request is lost: not forwarded, the connection ends.
    Sever,
    /// It is forwarded and applied, and the answer is lost: the connection ends.
    LoseReply,
    /// A watch is ended after its first event, as a proxy that times out would.
    CutWatch,
    /// The client process that made it dies by SIGKILL.
    Kill(Side),
}

/// On which side of the call the client dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Before it is forwarded: it has no effect.
    Before,
    /// After it was applied: the client never sees the answer.
    After,
}

/// An answer that the cluster did not give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refusal {
    /// HTTP status, such as 500.
    pub code: u16,
    /// Kubernetes' `reason`, such as `InternalError`.
    pub reason: String,
    /// Kubernetes' `message`.
    pub message: String,
}
