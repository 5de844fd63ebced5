//! The state of a shell on its way through a script: what it started with, what it has said and done, how it leaves off.

use super::reach::{Dialled, Reach};
use super::tree::Node;
use super::{Listener, Timeline};
use crate::clock::Moment;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// More commands than this are not followed.
const BUDGET: usize = 20_000;

/// What a program finds when it starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    /// Files by absolute path.
    pub(crate) files: BTreeMap<String, String>,
    /// Files that others write and remove, so long after the start.
    pub(crate) coming: Vec<(Duration, String, Option<String>)>,
    /// Environment variables.
    pub(crate) variables: BTreeMap<String, String>,
    /// Whether every program of the image is known (busybox), so that an unknown name is a missing program.
    pub(crate) known: bool,
    /// When it starts, where that is known.
    pub(crate) clock: Option<Moment>,
    /// Whom it reaches; of nobody anything is known without.
    pub(crate) network: Option<Rc<dyn Reach>>,
    /// What listens beside it in its container.
    pub(crate) listens: Vec<Listener>,
    /// Whether no other container shares its addresses.
    pub(crate) alone: bool,
}

/// What came of reading a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was read to its end.
    Ran(Timeline),
    /// It is not interpreted.
    Opaque,
    /// The program is not in the image.
    Missing,
}

/// How a piece of script leaves off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// It ended with this code and the script goes on.
    Code(i64),
    /// The function ends with this code.
    Return(i64),
    /// So many loops end.
    Break(u32),
    /// So many loops but one end, and that one's next round begins.
    Continue(u32),
    /// The shell ends with this code.
    Exit(i64),
    /// It never ends.
    Forever,
}

impl Flow {
    /// What is left of it outside of a shell of its own.
    pub(super) fn outside(self) -> Flow {
        match self {
            Flow::Exit(code) | Flow::Return(code) => Flow::Code(code),
            Flow::Break(_) | Flow::Continue(_) => Flow::Code(0),
            Flow::Code(_) | Flow::Forever => self,
        }
    }
}

/// A shell on its way through a script.
pub(super) struct Shell {
    pub(super) now: Duration,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) timeline: Timeline,
    pub(super) known: bool,
    pub(super) errexit: bool,
    /// Within how many conditions it is: a failure there ends nothing.
    pub(super) guarded: u32,
    /// When each background job ends; `None` for never.
    pub(super) jobs: Vec<Option<Duration>>,
    /// What is left of the standard input.
    pub(super) stdin: Option<String>,
    /// Standard output, where something other than the log takes it.
    pub(super) capture: Option<String>,
    /// Whether what a command prints is read by another.
    pub(super) wanted: bool,
    /// When the program starts, and how often it has asked what is answered otherwise at another time.
    pub(super) clock: Option<Moment>,
    pub(super) dated: usize,
    pub(super) network: Option<Rc<dyn Reach>>,
    /// What it dialled, and how that comes out as things stand last.
    pub(super) dialled: BTreeMap<(String, u16), Dialled>,
    pub(super) alone: bool,
    pub(super) functions: BTreeMap<String, Node>,
    /// How many commands may still be followed, and how deep it is in them.
    pub(super) budget: usize,
    pub(super) depth: u32,
}

impl Shell {
    /// A shell that has done nothing yet.
    pub(super) fn on(machine: Machine) -> Shell {
        let there = machine.files.into_iter().map(|(path, text)| (Duration::ZERO, path, Some(text)));
        let files = there.chain(machine.coming).collect();
        let listens = machine.listens.into_iter().map(|listener| (Duration::ZERO, listener)).collect();
        Shell {
            now: Duration::ZERO,
            variables: machine.variables,
            timeline: Timeline { files, listens, ..Timeline::default() },
            known: machine.known,
            errexit: false,
            guarded: 0,
            jobs: Vec::new(),
            stdin: None,
            capture: None,
            wanted: false,
            clock: machine.clock,
            dated: 0,
            network: machine.network,
            dialled: BTreeMap::new(),
            alone: machine.alone,
            functions: BTreeMap::new(),
            budget: BUDGET,
            depth: 0,
        }
    }
}
