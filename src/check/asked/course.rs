//! What can be asked of the course of a drill, and of another environment than the first.

use super::super::Check;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A check of one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Within {
    /// The namespace that is meant where the check names none.
    pub environment: String,
    /// What is asked there.
    pub check: Box<Check>,
}

/// A Job and how often it ran: all that is stated must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct JobRuns {
    /// Name of the Job.
    pub job: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How many times it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<usize>,
    /// How many times at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<usize>,
    /// From when on.
    #[serde(default)]
    pub since: Since,
}

/// A command that only looks, and how it must end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Says {
    /// What is typed once the recovery is over, as bash runs it. It must not change anything.
    pub run: String,
    /// Its exit code.
    #[serde(default)]
    pub exits: i32,
    /// A regular expression that is found in what it prints; `^` and `$` are the ends of a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// The namespace in which it runs; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// From when on something is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// From the steady state.
    SteadyState,
    /// From the broken state: what the recovery did.
    #[default]
    Broken,
}

/// A Secret whose values must not be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Printed {
    /// Name of the Secret.
    pub secret: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}
