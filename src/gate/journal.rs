//! Where the calls of one gate are written down: when a call takes its place in the transcript, and what becomes of
//! its status.

use crate::call::Call;
use crate::clock::Moment;
use crate::fault::Rule;
use crate::transcript::{CallRecord, Entry as Line, Event, Recorder};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::rules::words;

/// Reads the drill's clock.
pub type Now = Arc<dyn Fn() -> Moment + Send + Sync>;

/// Numbers calls and writes them into a transcript, where there is one.
pub(super) struct Journal {
    recorder: Option<Recorder>,
    now: Now,
    last: AtomicU64,
}

impl Journal {
    /// Goes on with the numbers where the transcript stands.
    pub(super) fn new(recorder: Option<Recorder>, now: Now) -> Journal {
        let last = recorder.as_ref().map_or(0, |recorder| recorder.with(|t| last_call(&t.entries)));
        Journal { recorder, now, last: AtomicU64::new(last) }
    }

    /// A call that has arrived and is not written down yet.
    pub(super) fn arrived(self: &Arc<Self>, call: &Call, path: &str, query: &str) -> Entry {
        let record = self.recorder.is_some().then(|| {
            Arc::new(CallRecord {
                id: 0,
                actor: call.actor.clone(),
                verb: call.verb,
                path: path.to_owned(),
                query: query.to_owned(),
                status: None,
            })
        });
        Entry { journal: self.clone(), record, id: Arc::new(OnceLock::new()) }
    }

    /// The recorder and the time, for events beside calls.
    pub(super) fn record(&self, event: Event) {
        if let Some(recorder) = &self.recorder {
            recorder.record((self.now)(), event);
        }
    }
}

fn last_call(entries: &[Line]) -> u64 {
    let last = entries.iter().rev().find_map(|line| match &line.event {
        Event::Call(record) => Some(record.id),
        _ => None,
    });
    last.unwrap_or(0)
}

/// The place of one call in the transcript.
///
/// Whoever applies the call writes it down at that moment (under the lock under which it is applied, if there is
/// one), so that what the call changed stands right behind it.
#[derive(Clone)]
pub struct Entry {
    journal: Arc<Journal>,
    /// What there is to write down; `None` where nothing is.
    record: Option<Arc<CallRecord>>,
    id: Arc<OnceLock<u64>>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.record)
    }
}

impl Entry {
    /// Gives the call its number and its place; later calls of this change nothing.
    pub fn write(&self) -> u64 {
        *self.id.get_or_init(|| {
            let number = || self.journal.last.fetch_add(1, Ordering::Relaxed) + 1;
            match (&self.journal.recorder, &self.record) {
                (None, _) | (_, None) => number(),
                (Some(recorder), Some(record)) => {
                    let at = (self.journal.now)();
                    recorder.with(|transcript| {
                        let record = CallRecord { id: number(), ..(**record).clone() };
                        let id = record.id;
                        transcript.entries.push(Line { at, event: Event::Call(record) });
                        id
                    })
                }
            }
        })
    }

    /// Writes down a call that was made on behalf of this one, with a number of its own.
    pub fn aside(&self, record: &CallRecord) {
        self.write();
        let id = self.journal.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.journal.record(Event::Call(CallRecord { id, ..record.clone() }));
    }

    /// Says what status the caller saw.
    pub(super) fn answered(&self, status: u16) {
        let id = self.write();
        if let Some(recorder) = &self.journal.recorder {
            recorder.with(|transcript| {
                let ours = transcript.entries.iter_mut().rev().find_map(|line| match &mut line.event {
                    Event::Call(record) if record.id == id => Some(record),
                    _ => None,
                });
                if let Some(record) = ours {
                    record.status = Some(status);
                }
            });
        }
    }

    /// Says that a rule bit the call.
    pub(super) fn bitten(&self, rule: &Rule) {
        let event = self.bite(rule);
        self.journal.record(event);
    }

    /// Does what ends the caller and says that the rule bit, as one step: whoever sees the caller's end finds its cause
    /// in the transcript. Where it cannot be done nothing is said.
    pub(super) fn bitten_by<E>(&self, rule: &Rule, act: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let event = self.bite(rule);
        match &self.journal.recorder {
            Some(recorder) => recorder.record_done((self.journal.now)(), event, act),
            None => act(),
        }
    }

    fn bite(&self, rule: &Rule) -> Event {
        Event::Fault { rule: rule.id.clone(), call: self.write(), verdict: words(&rule.verdict) }
    }
}
