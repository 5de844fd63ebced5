//! Why a lease could not be taken or kept.

use std::io;
use std::path::{Path, PathBuf};

/// Why what helmdrill holds on the machine could not be written down or cleaned up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// A file or folder below the root could not be made, read or removed.
    #[error("cannot {what} {path}: {source}; another state folder can be given (HELMDRILL_STATE_DIR)")]
    File {
        /// What was tried: `create`, `lock`, `read`, `write`, `remove`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The root belongs to somebody else, who could read credentials or plant files in it.
    #[error(
        "{path} belongs to another user, or is no folder; remove it, or give another state folder (HELMDRILL_STATE_DIR)"
    )]
    NotOurs {
        /// The root.
        path: PathBuf,
    },
}

impl LeaseError {
    /// Wraps what the operating system said about `what` at `path`.
    pub(super) fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LeaseError {
        let path = path.to_owned();
        move |source| LeaseError::File { what, path, source }
    }
}
