//! Why a process could not be started or followed, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::lookup::is_executable;

/// Why a child could not be started, or not be followed to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecError {
    /// A program given by name is in no folder of the PATH of its environment.
    #[error(
        "cannot start `{program}`: not found on the PATH it is given ({path}); install it or give its full path"
    )]
    NotOnPath {
        /// The name that was looked for.
        program: String,
        /// The PATH that was searched, or `no PATH`.
        path: String,
    },
    /// A program given by path is not there.
    #[error("cannot start {program}: there is no such file; check the path")]
    Missing {
        /// The path that was given.
        program: PathBuf,
    },
    /// The file is there and may not be executed.
    #[error("cannot start {program}: it is not an executable file; check the path, or `chmod +x` it")]
    NotExecutable {
        /// The path that was given.
        program: PathBuf,
    },
    /// The file is there and executable, and the kernel does not know how to run it.
    #[error(
        "cannot start {program}: this machine cannot run its format; it is built for another platform, or a script \
         without a `#!` line"
    )]
    WrongFormat {
        /// The path that was given.
        program: PathBuf,
    },
    /// The file is there and executable, and what it needs to run is not.
    #[error(
        "cannot start {program}: the interpreter of its `#!` line, or the loader it is linked to, is not installed"
    )]
    NoInterpreter {
        /// The path that was given.
        program: PathBuf,
    },
    /// The folder to start in is not there.
    #[error("cannot start {program}: its working folder {cwd} does not exist")]
    NoFolder {
        /// The program that was to be started.
        program: PathBuf,
        /// The folder that was asked for.
        cwd: PathBuf,
    },
    /// Anything else the operating system said.
    #[error("cannot start {program}: {source}")]
    Refused {
        /// The program that was to be started.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The child was started, and then its output or its end could not be read.
    #[error("lost track of {program}: {source}")]
    Lost {
        /// The program that was started.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl ExecError {
    /// Reads the reason out of what the operating system said when `program` (a path) was started.
    pub(super) fn of_spawn(program: &Path, source: io::Error) -> ExecError {
        let program = program.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound if program.exists() => ExecError::NoInterpreter { program },
            io::ErrorKind::NotFound => ExecError::Missing { program },
            io::ErrorKind::PermissionDenied if !is_executable(&program) => {
                ExecError::NotExecutable { program }
            }
            _ if source.raw_os_error() == Some(nix::errno::Errno::ENOEXEC as i32) => {
                ExecError::WrongFormat { program }
            }
            _ => ExecError::Refused { program, source },
        }
    }
}
