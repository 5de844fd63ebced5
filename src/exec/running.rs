//! A child that runs, and how it ended.

use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::capture::{Captured, Shared};
use super::command::Command;
use super::failure::ExecError;
use super::group::Group;

/// How long the output is still read after the child's whole group has ended: a process that left the group
/// (`setsid`) may hold the stream open for ever.
const STRAGGLERS: Duration = Duration::from_secs(1);

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It exited by itself with this code.
    Code(i32),
    /// It was ended by the signal of this number.
    Signal(i32),
    /// It ran for longer than it may, and was killed.
    TimedOut,
}

impl Exit {
    /// Whether it exited with 0.
    pub fn is_success(self) -> bool {
        self == Exit::Code(0)
    }

    fn of(status: ExitStatus) -> Exit {
        match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exited with {code}"),
            Exit::Signal(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(f, "was ended by {signal}"),
                Err(_) => write!(f, "was ended by signal {number}"),
            },
            Exit::TimedOut => f.write_str("ran out of time and was killed"),
        }
    }
}

/// A child that has ended, and what it said. Both streams are empty for an attended command.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote to its standard output.
    pub stdout: Captured,
    /// What it wrote to its standard error.
    pub stderr: Captured,
    /// From its start to its end, on a monotonic clock.
    pub elapsed: Duration,
}

/// A child that runs. Dropping this kills its process group.
#[derive(Debug)]
pub struct Running {
    // Dropped before `child`, so that the group is killed while the leader's pid is still its own.
    group: Group,
    child: Child,
    program: PathBuf,
    started: Instant,
    limit: Option<Duration>,
    stdout: Stream,
    stderr: Stream,
}

impl Running {
    pub(super) fn new(program: PathBuf, mut child: Child, command: &Command) -> Running {
        let pid = child.id().expect("a child that nobody has waited for has a pid");
        let group = Group::new(pid, !command.is_attended(), command.roster.as_ref());
        if let Some(stdin) = child.stdin.take() {
            tokio::spawn(feed(stdin, command.input().to_vec()));
        }
        Running {
            group,
            program,
            started: Instant::now(),
            limit: command.timeout,
            stdout: Stream::of(child.stdout.take(), command.kept),
            stderr: Stream::of(child.stderr.take(), command.kept),
            child,
        }
    }

    /// The pid of the child, which is also the id of its process group unless it is attended.
    pub fn pid(&self) -> u32 {
        self.group.pid()
    }

    /// What it wrote to its standard output until now.
    pub fn stdout_so_far(&self) -> Captured {
        self.stdout.captured.so_far()
    }

    /// What it wrote to its standard error until now.
    pub fn stderr_so_far(&self) -> Captured {
        self.stderr.captured.so_far()
    }

    /// Sends `signal` to its whole process group; that there is none left is no error.
    ///
    /// # Errors
    /// Where the operating system does not permit it.
    pub fn signal(&self, signal: Signal) -> Result<(), ExecError> {
        self.group.signal(signal).map_err(|errno| self.lost(errno.into()))
    }

    /// Waits for its end, for at most the time that its command gives it (counted from its start), then ends what
    /// it left running in its group.
    ///
    /// # Errors
    /// Where its end or its output could not be read.
    pub async fn wait(self) -> Result<Finished, ExecError> {
        self.wait_or(std::future::pending()).await
    }

    /// The same; kills its whole process group when `stop` is over before it is.
    ///
    /// # Errors
    /// Where its end or its output could not be read.
    pub async fn wait_or(mut self, stop: impl Future<Output = ()>) -> Result<Finished, ExecError> {
        let exit = match self.first(stop).await {
            First::Ended(status) => Exit::of(status.map_err(|e| self.lost(e))?),
            First::Late => {
                self.end().await?;
                Exit::TimedOut
            }
            First::Stopped => Exit::of(self.end().await?),
        };
        let elapsed = self.started.elapsed();
        self.group.leader_ended();
        let stdout = self.stdout.finish().await.map_err(|e| self.lost(e))?;
        let stderr = self.stderr.finish().await.map_err(|e| self.lost(e))?;
        Ok(Finished { exit, stdout, stderr, elapsed })
    }

    /// What comes first.
    async fn first(&mut self, stop: impl Future<Output = ()>) -> First {
        let until = self.limit.map(|limit| self.started + limit);
        let ended = async {
            match until {
                Some(until) => timeout_at(until, self.child.wait()).await.ok(),
                None => Some(self.child.wait().await),
            }
        };
        tokio::select! {
            biased;
            status = ended => status.map_or(First::Late, First::Ended),
            () = stop => First::Stopped,
        }
    }

    /// Kills the group and waits for its leader.
    async fn end(&mut self) -> Result<ExitStatus, ExecError> {
        self.signal(Signal::SIGKILL)?;
        self.child.wait().await.map_err(|e| self.lost(e))
    }

    fn lost(&self, source: io::Error) -> ExecError {
        ExecError::Lost { program: self.program.clone(), source }
    }
}

/// What ends the wait for a child.
enum First {
    /// The child has ended.
    Ended(io::Result<ExitStatus>),
    /// Its time is over.
    Late,
    /// Whoever waits for it does not want to any longer.
    Stopped,
}

/// Writes what the child reads. A child that does not want all of it is no error of ours.
async fn feed(mut stdin: ChildStdin, input: Vec<u8>) {
    stdin.write_all(&input).await.ok();
}

/// One output stream and the task that reads it.
struct Stream {
    captured: Shared,
    reader: Option<JoinHandle<io::Result<()>>>,
}

impl Stream {
    fn of(pipe: Option<impl tokio::io::AsyncRead + Unpin + Send + 'static>, kept: usize) -> Stream {
        let captured = Shared::default();
        let reader = pipe.map(|pipe| tokio::spawn(captured.clone().fill(pipe, kept)));
        Stream { captured, reader }
    }

    async fn finish(&mut self) -> io::Result<Captured> {
        if let Some(reader) = &mut self.reader {
            match timeout(STRAGGLERS, reader).await {
                Ok(Ok(read)) => read?,
                Ok(Err(broken)) => return Err(io::Error::other(broken)),
                Err(_) => {} // a straggler holds it open; Drop stops the reader
            }
        }
        Ok(self.captured.so_far())
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.abort();
        }
    }
}
