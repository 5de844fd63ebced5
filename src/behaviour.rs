//! What a container does when the simulated node runs it, as rules that a scenario may state. Data alone: the
//! simulation reads it, `scenario` writes it, neither knows the other.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One rule: containers that match behave as `does` says. The first rule that matches wins; a container that no
/// rule matches does what its own command plainly says, else it runs and passes its probes; where others wait for its
/// end (an init container, a pod that is not to be restarted) it ends well after a second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Behaviour {
    /// Which containers.
    #[serde(rename = "match")]
    pub matches: Containers,
    /// What they do.
    pub does: Does,
}

/// Which containers a rule speaks of: all that is stated must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Containers {
    /// The image, exactly (`busybox:1.36`) or up to a trailing `*` (`registry.example/app:*`).
    pub image: Option<String>,
    /// Labels that the pod must carry.
    pub labels: BTreeMap<String, String>,
    /// A text that the command and its arguments, joined by spaces, must contain.
    pub command: Option<String>,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Does {
    /// It runs until it is stopped and passes its probes.
    Run,
    /// It runs until it is stopped and never becomes ready.
    NeverReady,
    /// It runs, and its liveness probe fails.
    NotLive,
    /// It ends by itself.
    Exit {
        /// The exit code.
        code: u8,
        /// Seconds from its start to its end.
        #[serde(default)]
        after: u32,
    },
    /// Its image cannot be pulled.
    PullFails,
}

/// How fast pods come and go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// Images are there and containers start at once; back-off and grace after failures keep their real length.
    #[default]
    Instant,
    /// Pods become ready one to three seconds after they are created, as on a small real node.
    Real,
}
