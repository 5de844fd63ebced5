//! The trace of one drill: what was asked, what was answered, what changed, in order. Everything that a grade or a
//! report says is read from here. Owns the format and the recorder; judges nothing.

mod aside;
mod commands;
mod recorder;

pub use aside::{Aside, Leaving};
pub use commands::{End, Ran, commands};
pub use recorder::{Listener, Recorder};

use crate::call::{Actor, Verb};
use crate::clock::Moment;
use crate::snapshot::{Key, Object, Snapshot};
use serde::{Deserialize, Serialize};

/// The version of the format; counted up when an older reader would misread it.
pub const FORMAT: u32 = 1;

/// One drill from provision to the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Transcript {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// When the drill began; entries count from here.
    pub began: Moment,
    /// What happened, in order.
    pub entries: Vec<Entry>,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen in a drill.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Event {
    /// A phase begins.
    Phase {
        /// Which.
        phase: Phase,
    },
    /// A command begins.
    Began {
        /// Number of the command within the drill, from 1.
        command: u32,
        /// The line as it was run.
        line: String,
        /// Where the line was written: `scenarios/x.yaml:12`.
        origin: String,
        /// The environment in which it ran, where that is not the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        /// Who typed it.
        #[serde(default, skip_serializing_if = "By::is_people")]
        by: By,
    },
    /// A command ended.
    Ended {
        /// Number of the command.
        command: u32,
        /// How.
        exit: Exit,
        /// What it printed.
        stdout: String,
        /// What it complained.
        stderr: String,
    },
    /// A call reached the wire.
    Call(CallRecord),
    /// A rule bit.
    Fault {
        /// The id of the rule.
        rule: String,
        /// The number of the call.
        call: u64,
        /// What became of it: `kill before`, `lose-reply`.
        verdict: String,
    },
    /// A stored object changed, whoever changed it.
    Object {
        /// Which.
        key: Key,
        /// As it is now; `None` where it was deleted.
        object: Option<Object>,
    },
    /// A snapshot was taken.
    Snapshot {
        /// Which of the three.
        label: Label,
        /// Every object of the drill's namespaces.
        snapshot: Snapshot,
    },
    /// A check was decided while the drill ran (steady state, symptoms).
    Checked {
        /// Its id.
        check: String,
        /// Whether it held.
        held: bool,
        /// What was seen.
        evidence: String,
    },
    /// Somebody who recovers by hand told the drill something, or asked something of it.
    Aside(Aside),
}

/// Who types a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The timeline, or whoever recovers.
    #[default]
    People,
    /// The reconciler.
    Reconciler,
    /// The drill itself, once the recovery is over, for a check that asks what a command says. It reaches a copy of the
    /// cluster, or the cluster where there can be no copy, and its calls are not written down.
    Grade,
}

impl By {
    fn is_people(&self) -> bool {
        *self == By::People
    }
}

/// The phases of a drill, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The cluster is provided.
    Provision,
    /// The release is brought to its steady state.
    Deploy,
    /// It is broken.
    Inject,
    /// Somebody recovers it.
    Recover,
    /// The end state is observed for the settle window.
    Verify,
}

/// The moments at which everything is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// The steady state.
    Baseline,
    /// After the fault.
    Broken,
    /// After the recovery and its settle window.
    Recovered,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// By its time limit.
    TimedOut,
}

/// One call as the wire saw it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CallRecord {
    /// Number of the call within the drill, from 1.
    pub id: u64,
    /// Who.
    pub actor: Actor,
    /// What.
    pub verb: Verb,
    /// `/api/v1/namespaces/production/secrets/x`, without the query.
    pub path: String,
    /// The raw query; empty where there was none.
    pub query: String,
    /// The status of the answer; `None` where the caller got none.
    pub status: Option<u16>,
}

impl CallRecord {
    /// Whether the call was answered and changed something.
    pub fn changed(&self) -> bool {
        self.status.is_some() && self.may_have_changed()
    }

    /// Whether the call may have changed something, be it that nobody got the answer: it asked for that and was not
    /// refused.
    pub fn may_have_changed(&self) -> bool {
        let refused = self.status.is_some_and(|status| status >= 400);
        self.asks_for_a_change() && !refused
    }

    /// Whether the call would have something changed: it is not only tried (`--dry-run=server`), and no question (an access
    /// review).
    pub fn asks_for_a_change(&self) -> bool {
        let tried = self.query.split('&').any(|pair| pair.starts_with("dryRun="));
        let asked = self.path.contains("/authorization.k8s.io/");
        self.verb.mutates() && !tried && !asked
    }
}

impl Transcript {
    /// The entries from the steady state on; none where it was not reached.
    pub fn since_baseline(&self) -> &[Entry] {
        let taken = |entry: &Entry| matches!(&entry.event, Event::Snapshot { label: Label::Baseline, .. });
        let from = self.entries.iter().rposition(taken).unwrap_or(self.entries.len());
        &self.entries[from..]
    }

    /// The check under which it is written down that a command that was only to look has changed something.
    pub fn changed_by(command: u32) -> String {
        format!("command {command}")
    }

    /// The snapshot of a label, where it was taken.
    pub fn snapshot(&self, wanted: Label) -> Option<&Snapshot> {
        self.entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Snapshot { label, snapshot } if *label == wanted => Some(snapshot),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_survives_its_file() {
        let recorder = Recorder::new(Moment::from_micros(1));
        let key = Key::new("", "secrets", "p", "s");
        let snapshot =
            Snapshot::default().with(7, key.clone(), Some(std::sync::Arc::new(serde_json::json!({"a": 1}))));
        recorder.record(Moment::from_micros(2), Event::Phase { phase: Phase::Deploy });
        recorder.record(Moment::from_micros(3), Event::Object { key, object: None });
        recorder.record(Moment::from_micros(4), Event::Snapshot { label: Label::Broken, snapshot });
        let written = serde_json::to_string(&recorder.transcript()).expect("plain data");
        let read: Transcript = serde_json::from_str(&written).expect(&written);
        assert_eq!(serde_json::to_string(&read).expect("plain data"), written);
        assert_eq!(read.snapshot(Label::Broken).map(|s| s.version), Some(7));
    }
}
