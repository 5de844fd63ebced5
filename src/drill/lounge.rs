//! The shell of somebody who recovers by hand: bash in the private place of a drill, on the terminal of this process or
//! with a script on its standard input. It tells what is typed through `drill`, which it finds on its PATH.

use super::DrillError;
use super::site::Site;
use crate::exec::{Command, Exit, Lent, Running};
use crate::lease::{self, Lease};
use nix::sys::signal::Signal;
use std::path::PathBuf;
use std::sync::Arc;

/// How the shell is to be.
#[derive(Clone, Debug)]
pub struct Lounge {
    /// Whether a person sits at a terminal; else a script comes on standard input.
    pub terminal: bool,
    /// The program that is called as `drill`.
    pub program: PathBuf,
    /// What the terminal adds to the environment: TERM.
    pub environment: Vec<(String, String)>,
}

/// A shell that runs. Dropping it kills it, with all that was started in it.
#[derive(Debug)]
pub struct OpenShell {
    // Dropped before `started`: a shell that is gone starts nothing more.
    running: Running,
    started: Started,
    // Dropped last: the terminal is ours again when nobody is left who would use it.
    lent: Option<Lent>,
}

/// What was started in a private place, in process groups and sessions of its own too. Dropping this ends it.
#[derive(Debug)]
struct Started(PathBuf);

impl Drop for Started {
    fn drop(&mut self) {
        lease::end_all_in(&self.0);
    }
}

/// The variable that names the socket on which the drill listens.
pub const SOCKET: &str = "HELMDRILL_SOCKET";

/// What bash reads first. A line that was typed is told before it runs and when it has ended; lines that speak to the
/// drill itself are not. `history` knows the whole line in which the command that is about to run stands.
const STARTUP: &str = r#"unset BASH_ENV
enable -n suspend
set -o history
HISTFILE= HISTCONTROL= HISTIGNORE= HISTTIMEFORMAT=
__drill_open= __drill_last= __drill_number= __drill_clock=00:00
__drill_before() {
  local code=$? line
  case $BASH_COMMAND in __drill_*) return 0 ;; esac
  [ "$HISTCMD" != "$__drill_last" ] || return 0
  __drill_last=$HISTCMD
  line=$(builtin history 1)
  [ -n "$line" ] || return 0
  line=${line#"${line%%[0-9]*}"}
  [ "${line%%[!0-9]*}" != "$__drill_number" ] || return 0
  __drill_number=${line%%[!0-9]*}
  __drill_after "$code"
  line=${line#"$__drill_number"}
  line=${line#"${line%%[! *]*}"}
  case $line in drill | drill\ * | exit | exit\ * | logout) return 0 ;; esac
  __drill_open=1
  "$__drill_program" __began "$line" < /dev/null
}
__drill_after() {
  [ -z "$__drill_open" ] || "$__drill_program" __ended "$1" < /dev/null
  __drill_open=
}
__drill_prompt() {
  __drill_after "$?"
  printf -v __drill_clock '%02d:%02d' "$((SECONDS / 60))" "$((SECONDS % 60))"
}
"#;

/// The end of it at a terminal.
const AT_A_TERMINAL: &str = r#"shopt -s checkwinsize
PS1='drill $__drill_clock $ '
PROMPT_COMMAND=__drill_prompt
SECONDS=0
history -c; trap __drill_before DEBUG
"#;

/// The end of it where a script comes.
const WITH_A_SCRIPT: &str = r#"SECONDS=0
trap '__drill_after "$?"' EXIT
history -c; trap __drill_before DEBUG
"#;

impl Lounge {
    /// Opens the shell.
    pub(super) async fn open(&self, site: &Site, lease: &Lease) -> Result<OpenShell, DrillError> {
        let (end, args): (_, &[&str]) = match self.terminal {
            true => (AT_A_TERMINAL, &["--noprofile", "--rcfile"]),
            false => (WITH_A_SCRIPT, &["--noprofile", "--norc"]),
        };
        site.furnish(&self.program, &format!("{STARTUP}{end}"))?;
        let startup = site.startup();
        let program = startup.with_file_name("bin").join("drill");
        let mut command = Command::program("bash")
            .args(args.iter().copied())
            .envs(site.environment(None))
            .envs(self.environment.iter().cloned())
            .env(SOCKET, site.socket())
            .env("__drill_program", program)
            .cwd(site.work())
            .on_roster(Arc::new(lease.clone()));
        command = match self.terminal {
            true => command.arg(startup).arg("-i").attended(),
            false => command.env("BASH_ENV", startup).scripted(),
        };
        let lent = if self.terminal { Lent::remember() } else { None };
        let running = command.spawn().await.map_err(|source| DrillError::Command {
            origin: "practice".to_owned(),
            line: "bash".to_owned(),
            source,
        })?;
        Ok(OpenShell { running, started: Started(site.folder().to_owned()), lent })
    }
}

/// How a shell came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// It was left.
    Left,
    /// It was told that its terminal has gone away, and nobody is there.
    HungUp,
}

impl OpenShell {
    /// Waits until it has ended, and ends what it leaves running.
    ///
    /// # Errors
    /// Where its end cannot be seen.
    pub async fn ended(self) -> Result<Parting, DrillError> {
        let OpenShell { running, started, lent } = self;
        // Dropped in the order of the fields here too, where this is dropped while it waits.
        let _lent = lent;
        let _started = started;
        let ended = running.wait().await.map_err(|source| DrillError::Command {
            origin: "practice".to_owned(),
            line: "bash".to_owned(),
            source,
        })?;
        let hung_up = ended.exit == Exit::Signal(Signal::SIGHUP as i32);
        Ok(if hung_up { Parting::HungUp } else { Parting::Left })
    }
}
