//! A recovery by somebody who decides on the way, command by command. Before each command the cluster is kept, so that
//! commands can be taken back. What is typed is known from the shell, which tells it; what it does, from the wire.

use super::DrillError;
use super::files::Files;
use super::lounge::{Lounge, OpenShell};
use super::reconcile::Memory;
use super::stand::Stand;
use crate::check::{Check, ReleaseIs};
use crate::cluster::Mark;
use crate::plan::Plan;
use crate::snapshot::Snapshot;
use crate::transcript::{Aside, By, Entry, Event, Exit, Leaving, Transcript};
use std::path::{Path, PathBuf};

/// A broken release in the hands of somebody.
#[derive(Debug)]
pub struct Attended {
    stand: Stand,
    baseline: Snapshot,
    plan: Plan,
    kept: Vec<Kept>,
    /// The number of the command that runs.
    runs: Option<u32>,
}

/// What was there before a command.
#[derive(Debug)]
struct Kept {
    mark: Mark,
    memory: Memory,
    /// The files of the private place; `None` where they are too many to keep.
    files: Option<Files>,
}

/// What was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewound {
    /// The lines, as they were typed.
    pub lines: Vec<String>,
    /// Whether the files are as they were, too.
    pub files: bool,
}

/// Why commands are not taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewindError {
    /// The cluster is no value that could be made what it was.
    #[error("a cluster outside this process cannot be made what it was")]
    NoValue,
    /// So many have not changed anything.
    #[error("{asked} cannot be taken back: {changed} of your commands changed something")]
    TooMany {
        /// How many were to be taken back.
        asked: u32,
        /// How many there are.
        changed: u32,
    },
}

impl Attended {
    pub(super) fn begin(stand: Stand, baseline: Snapshot, plan: Plan) -> Attended {
        Attended { stand, baseline, plan, kept: Vec::new(), runs: None }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where whoever listens to `drill` is to listen.
    pub fn socket(&self) -> PathBuf {
        self.stand.site.socket()
    }

    /// The kubeconfig that leads to the cluster.
    pub fn kubeconfig(&self) -> &Path {
        self.stand.cluster.kubeconfig()
    }

    /// The folder in which its charts are.
    pub fn work(&self) -> PathBuf {
        self.stand.site.work()
    }

    /// Opens a shell in the private place of the drill, on the standard streams of this process.
    ///
    /// # Errors
    /// Where its files cannot be written or it cannot be started.
    pub async fn shell(&self, lounge: &Lounge) -> Result<OpenShell, DrillError> {
        lounge.open(&self.stand.site, &self.stand.workshop.lease).await
    }

    /// A command begins.
    pub fn began(&mut self, line: &str) {
        if let Some(mark) = self.stand.cluster.mark() {
            let last = self.kept.last().and_then(|kept| kept.files.as_ref());
            let files = Files::below(&self.stand.site.own(), last);
            self.kept.push(Kept { mark, memory: self.stand.memory.clone(), files });
        }
        let command = self.stand.shell().next_number();
        let (line, origin) = (line.to_owned(), "practice".to_owned());
        self.say(Event::Began { command, line, origin, namespace: None, by: By::People });
        self.runs = Some(command);
    }

    /// The command that runs has ended with this code; then the reconciler has its turn, where there is one. Nothing
    /// happens where none runs.
    ///
    /// # Errors
    /// Where the reconciler cannot do its work.
    pub async fn ended(&mut self, code: i32) -> Result<(), DrillError> {
        self.close(Exit::Code(code)).await
    }

    async fn close(&mut self, exit: Exit) -> Result<(), DrillError> {
        let Some(command) = self.runs.take() else { return Ok(()) };
        let (stdout, stderr) = (String::new(), String::new());
        self.say(Event::Ended { command, exit, stdout, stderr });
        let plan = self.plan.clone();
        self.stand.reconcile(&plan).await
    }

    /// Writes down something beside the commands.
    pub fn aside(&self, aside: Aside) {
        self.say(Event::Aside(aside));
    }

    /// Takes back the last `count` commands that changed something, and what came after them, with the files that they
    /// wrote.
    ///
    /// # Errors
    /// Where there are not so many, or the cluster cannot be made what it was.
    pub fn rewind(&mut self, count: u32) -> Result<Rewound, RewindError> {
        if self.stand.cluster.mark().is_none() {
            return Err(RewindError::NoValue);
        }
        let transcript = self.transcript();
        let ends = self.kept.iter().skip(1).map(|kept| kept.mark.entries());
        let ends = ends.chain([transcript.entries.len()]);
        let spans = self.kept.iter().map(|kept| kept.mark.entries()).zip(ends);
        let changed: Vec<usize> = spans
            .enumerate()
            .filter(|(_, (from, to))| {
                transcript.entries[*from..*to].iter().any(|entry| changes(&entry.event))
            })
            .map(|(at, _)| at)
            .collect();
        let have = u32::try_from(changed.len()).unwrap_or(u32::MAX);
        let wanted = usize::try_from(count).ok().and_then(|count| changed.len().checked_sub(count));
        let Some(at) = wanted.and_then(|at| changed.get(at).copied()) else {
            return Err(RewindError::TooMany { asked: count, changed: have });
        };
        let Kept { mark, memory, files } = self.kept.swap_remove(at);
        self.kept.truncate(at);
        let mut lines = Vec::new();
        self.stand.cluster.turn_back(&mark, || {
            self.stand.recorder.with(|transcript| {
                let undone = transcript.entries.split_off(mark.entries().min(transcript.entries.len()));
                lines = undone.iter().filter_map(|entry| line(&entry.event)).collect();
                let event = Event::Aside(Aside::Rewound { commands: count, undone });
                transcript.entries.push(Entry { at: mark.at(), event });
            });
        });
        self.stand.memory = memory;
        self.runs = None;
        let files = files.is_some_and(|files| files.restore(&self.stand.site.own()).is_ok());
        Ok(Rewound { lines, files })
    }

    /// What has happened up to here.
    pub fn transcript(&self) -> Transcript {
        self.stand.recorder.transcript()
    }

    /// How the release stands: `release myapp is pending-upgrade at revision 3`.
    ///
    /// # Errors
    /// Where the cluster does not answer.
    pub async fn release(&self) -> Result<String, DrillError> {
        let now = self.stand.cluster.snapshot().await?;
        let asked = ReleaseIs {
            name: self.plan.release.clone(),
            namespace: self.plan.namespaces.first().cloned(),
            ..ReleaseIs::default()
        };
        Ok(Check::Release(asked).answer_of(&now, self.stand.cluster.now()).evidence)
    }

    /// Ends the recovery, watches over the end state for the settle window, and closes the transcript.
    ///
    /// # Errors
    /// Where the cluster does not answer.
    pub async fn finish(mut self, how: Leaving) -> Result<Transcript, DrillError> {
        // What still ran when the shell was ended was killed with it.
        self.close(Exit::Signal(9)).await?;
        self.aside(Aside::Left { how });
        self.stand.conclude(&self.plan, &self.baseline).await
    }

    fn say(&self, event: Event) {
        self.stand.recorder.record(self.stand.cluster.now(), event);
    }
}

fn line(event: &Event) -> Option<String> {
    let Event::Began { line, by: By::People, .. } = event else { return None };
    Some(line.clone())
}

/// Whether whoever recovers changed something by this.
fn changes(event: &Event) -> bool {
    matches!(event, Event::Call(call) if !call.actor.is_ours() && call.may_have_changed())
}
