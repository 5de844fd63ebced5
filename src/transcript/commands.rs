//! The commands of a drill, each with its end: what is told in two entries of a transcript, put together.

use super::{By, Entry, Event, Exit, Transcript};
use crate::clock::Moment;
use std::collections::BTreeMap;

/// A command that was begun.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// Its number in the transcript.
    pub number: u32,
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
        commands(&self.entries)
    }
}

/// The commands that began in a part of a transcript, in that order.
pub fn commands(entries: &[Entry]) -> Vec<Ran<'_>> {
    let mut found: BTreeMap<u32, Ran<'_>> = BTreeMap::new();
    for entry in entries {
        match &entry.event {
            Event::Began { command, line, origin, namespace, by } => {
                let (number, namespace) = (*command, namespace.as_deref());
                let ran = Ran { number, began: entry.at, line, origin, namespace, by: *by, end: None };
                found.insert(number, ran);
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
