//! The interpreter: carries a plan out on a cluster, phase by phase, and leaves a transcript. Each phase is a value
//! that the phase before it made: [`Baseline`] → [`Damage`] → the transcript. It judges nothing, prints nothing and
//! has never seen a scenario file.

mod attempt;
mod attended;
mod commands;
mod files;
mod inquire;
mod lounge;
mod observe;
mod phases;
mod reconcile;
mod responder;
mod session;
mod site;
mod stand;

pub use attempt::{Attempt, Ground, attempts, responses};
pub use attended::{Attended, RewindError, Rewound};
pub use lounge::{Lounge, OpenShell, Parting, SOCKET};
pub use phases::{Baseline, Damage};
pub use site::{Binaries, Workshop, gives};

use crate::cluster::ClusterError;
use crate::exec::ExecError;
use crate::lease::LeaseError;

/// Why a drill could not be run. A drill that runs and fails is no error but a transcript.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The cluster could not be provided or did not answer.
    #[error("the cluster could not be provided")]
    Cluster(#[from] ClusterError),
    /// No private folder could be had.
    #[error("no private folder could be had")]
    Lease(#[from] LeaseError),
    /// A private folder or file could not be made.
    #[error("the drill's private folder could not be prepared: {path}")]
    Site {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A command could not be started at all.
    #[error("{origin}: `{line}` could not be run")]
    Command {
        /// Where it is written.
        origin: String,
        /// The command.
        line: String,
        /// Why.
        source: ExecError,
    },
    /// A responder could not be started, so that nobody was there to recover anything.
    #[error(
        "the responder `{command}` could not be started: {why}; programs are found on the PATH of the drill, or by their full path"
    )]
    Responder {
        /// The command.
        command: String,
        /// What was said.
        why: String,
    },
    /// The reconciler could not read or write its Application.
    #[error("the reconciler could not reach its Application: {why}")]
    Reconciler {
        /// What was answered.
        why: String,
    },
    /// The steady state was not reached, so there is nothing to break.
    #[error("no steady state: {what}")]
    Unsteady {
        /// What was seen instead.
        what: String,
    },
}
