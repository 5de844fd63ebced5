//! The commands of a drill, each with its end: what is told in two entries of a transcript, put together.

use super::{By, Event, Exit, Transcript};
use crate::clock::Moment;
use std::collections::BTreeMap;

/// A command that was begun.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// When it began.
    pub began: Moment,
    /// The line as it was run.
    pub line: &'a str,
    /// Where the line was written.
    pub origin: &'a str,
    /// The environment in which it ran, where that is not the first.
    pub namespace: Option<&'a str>,
    /// Who typed it.
    pub by: By,
    /// How it ended; `None` where that is not told.
    pub end: Option<End<'a>>,
}

/// The end of a command.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// When.
    pub at: Moment,
    /// How.
    pub exit: Exit,
    /// What it printed.
    pub stdout: &'a str,
    /// What it complained.
    pub stderr: &'a str,
}

impl Transcript {
    /// Every command, in the order in which they began.
    pub fn commands(&self) -> Vec<Ran<'_>> {
        let mut found: BTreeMap<u32, Ran<'_>> = BTreeMap::new();
        for entry in &self.entries {
            match &entry.event {
                Event::Began { command, line, origin, namespace, by } => {
                    let namespace = namespace.as_deref();
                    let ran = Ran { began: entry.at, line, origin, namespace, by: *by, end: None };
                    found.insert(*command, ran);
                }
                Event::Ended { command, exit, stdout, stderr } => {
                    if let Some(ran) = found.get_mut(command) {
                        ran.end = Some(End { at: entry.at, exit: *exit, stdout, stderr });
                    }
                }
                Event::Phase { .. }
                | Event::Call(_)
                | Event::Fault { .. }
                | Event::Object { .. }
                | Event::Snapshot { .. }
                | Event::Checked { .. }
                | Event::Aside(_) => {}
            }
        }
        found.into_values().collect()
    }
}
