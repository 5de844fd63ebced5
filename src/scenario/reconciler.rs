//! A reconciler as a scenario declares it: what stands in for a GitOps controller that applies a state of Git again
//! and again until it is stopped.

use super::placed::Placed;
use schemars::JsonSchema;
use serde::Deserialize;

/// Applies the release's chart with the values of a file that stands for Git, as the spec of an `Application` says.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reconciler {
    /// Name of the custom resource `applications.argoproj.io` that the drill makes; its spec can be changed on the way.
    pub application: Placed,
    /// The environment of that resource and of what it applies; the first where absent.
    #[serde(default, rename = "in")]
    pub environment: Option<Placed>,
    /// The file of values in the working directory that stands for Git: who writes it has pushed a commit. There is
    /// nothing to apply until it is there.
    pub values: Placed,
    /// How it applies.
    #[serde(default)]
    pub sync: Sync,
    /// Whether it repairs what differs from Git although Git has not changed.
    #[serde(default = "yes")]
    pub self_heal: bool,
    /// How often, and after which time, it tries a failed sync again.
    #[serde(default)]
    pub retry: Retry,
    /// The workload that runs it, such as `deployment/argocd`: while that has no ready pod it does nothing. Where
    /// absent, nothing but its Application stops it.
    #[serde(default)]
    pub controller: Option<Placed>,
}

/// How a reconciler applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sync {
    /// `helm template | kubectl apply`, as Argo CD does: no release is recorded.
    #[default]
    Apply,
    /// `helm upgrade --install`, as Flux does: every sync is a revision.
    Upgrade,
}

/// How a failed sync is tried again. The defaults are those of Argo CD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Retry {
    /// How many times.
    pub limit: u32,
    /// After how many seconds the first time.
    pub seconds: u32,
    /// How many times longer each next wait is.
    pub factor: u32,
    /// How many seconds a wait is at most.
    pub at_most: u32,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry { limit: 5, seconds: 5, factor: 2, at_most: 180 }
    }
}

fn yes() -> bool {
    true
}
