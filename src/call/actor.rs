//! Who makes a call, told from the `User-Agent` header as each client sends it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The maker of a call. The order of the variants has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The helm binary (`Helm/3.17.3`), with its version.
    Helm(String),
    /// The kubectl binary (`kubectl/v1.36.3 (linux/amd64) …`), with its version.
    Kubectl(String),
    /// helmdrill breaking something on purpose.
    Chaos,
    /// helmdrill providing, observing or cleaning up.
    Drill,
    /// What stands in for a GitOps controller, by the user that it acts as.
    Reconciler,
    /// A controller of the cluster, by its name, such as `deployment-controller`.
    Controller(String),
    /// Any other client, by the first word of its user agent.
    Other(String),
}

impl Actor {
    /// The user agent of helmdrill's own destructive calls.
    pub const CHAOS_AGENT: &'static str = "helmdrill-chaos/1";
    /// The user agent of helmdrill's own observing calls.
    pub const DRILL_AGENT: &'static str = "helmdrill/1";

    /// The user as whom a reconciler acts, and the group that lets it.
    pub const RECONCILER_USER: &'static str = "helmdrill:reconciler";
    /// Kubernetes' group of those who may do everything.
    pub const RECONCILER_GROUP: &'static str = "system:masters";

    /// Whether helmdrill itself, or the cluster it provides, made the call.
    pub fn is_ours(&self) -> bool {
        match self {
            Actor::Chaos | Actor::Drill | Actor::Reconciler | Actor::Controller(_) => true,
            Actor::Helm(_) | Actor::Kubectl(_) | Actor::Other(_) => false,
        }
    }

    /// Tells the actor from a `User-Agent` header.
    pub fn from_user_agent(agent: &str) -> Actor {
        let word = agent.split_whitespace().next().unwrap_or_default();
        let (name, version) = word.split_once('/').unwrap_or((word, ""));
        match name {
            "Helm" => Actor::Helm(version.to_owned()),
            "kubectl" => Actor::Kubectl(version.trim_start_matches('v').to_owned()),
            "helmdrill-chaos" => Actor::Chaos,
            "helmdrill" => Actor::Drill,
            other => Actor::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Helm(version) => write!(f, "helm {version}"),
            Actor::Kubectl(version) => write!(f, "kubectl {version}"),
            Actor::Chaos => f.write_str("chaos"),
            Actor::Drill => f.write_str("drill"),
            Actor::Reconciler => f.write_str("reconciler"),
            Actor::Controller(name) | Actor::Other(name) => f.write_str(name),
        }
    }
}
