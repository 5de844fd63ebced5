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
