//! A small interpreter of the commands that containers run: it turns a plain command into a [`Timeline`] of what
//! it prints, writes and listens on, and of when it ends. What it does not read is no guess: the container then
//! counts as a program that runs and is well.

mod applet;
mod parse;
mod run;
mod words;

pub(super) use run::{Machine, Outcome, interpret};

use std::time::Duration;

/// What a program does after its start. All times count from there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    /// Standard output and error, in the order of time.
    pub(super) prints: Vec<(Duration, String)>,
    /// What a loop that never ends prints in each round.
    pub(super) chorus: Option<Chorus>,
    /// Files that come (`Some` content) and go.
    pub(super) files: Vec<(Duration, String, Option<String>)>,
    /// Ports that are listened on from then on.
    pub(super) listens: Vec<(Duration, Listener)>,
    /// When it ends, and its exit code; `None` where it runs until it is stopped.
    pub(super) exit: Option<(Duration, i64)>,
    /// The exit code with which it answers SIGTERM; `None` where it ignores the signal, as PID 1 does by default.
    pub(super) on_term: Option<i64>,
}

/// An endless loop's prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chorus {
    /// When the first recorded round began.
    pub(super) from: Duration,
    /// How long a round takes.
    pub(super) period: Duration,
    /// What a round prints, by time from its beginning.
    pub(super) lines: Vec<(Duration, String)>,
}

/// A listening port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    /// TCP port.
    pub(super) port: u16,
    /// The folder that an HTTP server serves; `None` for a bare socket.
    pub(super) root: Option<String>,
}

impl Timeline {
    /// The files that exist at a time.
    pub(super) fn files_at(&self, at: Duration) -> std::collections::BTreeMap<String, String> {
        let mut files = std::collections::BTreeMap::new();
        for (_, path, content) in self.files.iter().filter(|(when, _, _)| *when <= at) {
            match content {
                Some(content) => files.insert(path.clone(), content.clone()),
                None => files.remove(path),
            };
        }
        files
    }

    /// Who listens on a port at a time.
    pub(super) fn listener(&self, port: u16, at: Duration) -> Option<&Listener> {
        self.listens.iter().find(|(when, l)| *when <= at && l.port == port).map(|(_, l)| l)
    }

    /// The last moment after which files and ports no longer change.
    pub(super) fn settled(&self) -> Duration {
        let files = self.files.iter().map(|(when, _, _)| *when);
        files.chain(self.listens.iter().map(|(when, _)| *when)).max().unwrap_or_default()
    }
}
