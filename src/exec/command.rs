//! What is to be started: program, arguments, the complete environment, folder, input and bounds.
#![expect(clippy::disallowed_methods, reason = "exec is the only process spawner")]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use super::failure::ExecError;
use super::group::Roster;
use super::lookup::find;
use super::running::{Finished, Running};

/// How much of each output stream is kept where nothing else is said.
const KEPT: usize = 4 * 1024 * 1024;
/// How often, and how long apart, a program is tried again that somebody is still writing (ETXTBSY).
const BUSY_TRIES: u32 = 40;
const BUSY_PAUSE: Duration = Duration::from_millis(25);

/// What a child reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streams {
    /// What it is given; what it writes is kept.
    Kept,
    /// Our standard streams.
    Ours,
    /// Our standard streams, which are a terminal that it may have.
    Terminal,
}

/// A command to run. Nothing is inherited: its environment is what is set here and no more.
#[derive(Clone, Debug)]
pub struct Command {
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    cwd: Option<PathBuf>,
    stdin: Vec<u8>,
    streams: Streams,
    pub(super) timeout: Option<Duration>,
    pub(super) kept: usize,
    pub(super) roster: Option<Arc<dyn Roster>>,
}

impl Command {
    /// A program by path, or by a name that is looked up on the PATH of the environment given with [`Command::env`].
    pub fn program(program: impl Into<OsString>) -> Command {
        Command {
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd: None,
            stdin: Vec::new(),
            streams: Streams::Kept,
            timeout: None,
            kept: KEPT,
            roster: None,
        }
    }

    /// A line that `/bin/sh -c` runs.
    pub fn shell(line: impl Into<OsString>) -> Command {
        Command::program("/bin/sh").arg("-c").arg(line)
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Command {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Command {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets one variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Command {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Sets variables of the environment.
    #[must_use]
    pub fn envs<N: Into<OsString>, V: Into<OsString>>(
        mut self,
        vars: impl IntoIterator<Item = (N, V)>,
    ) -> Command {
        self.env.extend(vars.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// The folder to start in; without it, the folder helmdrill was started in.
    #[must_use]
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Command {
        self.cwd = Some(folder.into());
        self
    }

    /// What the child reads; without it, nothing (`/dev/null`).
    #[must_use]
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Command {
        self.stdin = input.into();
        self
    }

    /// How long it may run before its whole process group is killed; without it, for ever.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Command {
        self.timeout = Some(limit);
        self
    }

    /// How many bytes of each of its output streams are kept; 4 MiB without it.
    #[must_use]
    pub fn keep(mut self, bytes: usize) -> Command {
        self.kept = bytes;
        self
    }

    /// Who is told that the child runs and that it has ended, so that it can be ended for us.
    #[must_use]
    pub fn on_roster(mut self, roster: Arc<dyn Roster>) -> Command {
        self.roster = Some(roster);
        self
    }

    /// Gives the child our terminal: it reads and writes our standard streams, nothing is captured, and it begins in our
    /// process group, which has the terminal; a shell with job control makes groups of its own. For a shell that a person
    /// uses; [`super::Lent`] makes the terminal what it was.
    ///
    /// Only the child itself, not what it started, is then killed on timeout and on drop.
    #[must_use]
    pub fn attended(mut self) -> Command {
        self.streams = Streams::Terminal;
        self
    }

    /// Gives the child our standard streams, which are no terminal: nothing is captured. It has a process group of its
    /// own as every other child has. For a shell that reads a script from our standard input.
    #[must_use]
    pub fn scripted(mut self) -> Command {
        self.streams = Streams::Ours;
        self
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// Where it could not be started or followed. A child that fails, or is killed, or runs out of time, is no
    /// error but an [`super::Exit`].
    pub async fn run(&self) -> Result<Finished, ExecError> {
        self.spawn().await?.wait().await
    }

    /// Starts it and returns without waiting for its end. Dropping the handle kills its process group.
    ///
    /// # Errors
    /// Where it could not be started.
    pub async fn spawn(&self) -> Result<Running, ExecError> {
        let program = self.resolved()?;
        if let Some(cwd) = self.cwd.as_ref().filter(|cwd| !cwd.is_dir()) {
            return Err(ExecError::NoFolder { program, cwd: cwd.clone() });
        }
        let mut tries = 0;
        loop {
            match self.prepared(&program).spawn() {
                Ok(child) => return Ok(Running::new(program, child, self)),
                Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {
                    tries += 1;
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                Err(e) => return Err(ExecError::of_spawn(&program, e)),
            }
        }
    }

    pub(super) fn input(&self) -> &[u8] {
        &self.stdin
    }

    pub(super) fn is_attended(&self) -> bool {
        self.streams == Streams::Terminal
    }

    /// The file to execute: a program with a slash is that file, one without is looked up.
    fn resolved(&self) -> Result<PathBuf, ExecError> {
        if self.program.as_encoded_bytes().contains(&b'/') {
            let given = Path::new(&self.program);
            // A relative program is meant from the child's folder, as in a shell that did `cd` first.
            return Ok(self.cwd.as_ref().map_or_else(|| given.to_owned(), |cwd| cwd.join(given)));
        }
        let path = self.env.get(OsStr::new("PATH"));
        path.and_then(|path| find(&self.program, path)).ok_or_else(|| ExecError::NotOnPath {
            program: self.program.to_string_lossy().into_owned(),
            path: path.map_or_else(|| "no PATH".to_owned(), |path| path.to_string_lossy().into_owned()),
        })
    }

    fn prepared(&self, program: &Path) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(program);
        command.args(&self.args).env_clear().envs(&self.env);
        if let Some(cwd) = &self.cwd {
            command.current_dir(cwd);
        }
        match self.streams {
            Streams::Kept => {
                let stdin = if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() };
                command.process_group(0).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
            }
            Streams::Ours => {
                command.process_group(0);
            }
            Streams::Terminal => {}
        }
        command
    }
}
