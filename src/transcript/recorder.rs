//! Where everyone who sees something happen writes it down. A clone writes into the same transcript.

use super::{Entry, Event, FORMAT, Transcript};
use crate::clock::Moment;
use std::sync::{Arc, Mutex, PoisonError};

/// A handle on the transcript that is being written.
#[derive(Clone, Debug)]
pub struct Recorder {
    transcript: Arc<Mutex<Transcript>>,
}

impl Recorder {
    /// An empty transcript.
    pub fn new(began: Moment) -> Recorder {
        Recorder::resume(Transcript { format: FORMAT, began, entries: Vec::new() })
    }

    /// Goes on writing where another transcript stands: how a forked drill keeps its past.
    pub fn resume(transcript: Transcript) -> Recorder {
        Recorder { transcript: Arc::new(Mutex::new(transcript)) }
    }

    /// Writes down one event.
    pub fn record(&self, at: Moment, event: Event) {
        self.with(|transcript| transcript.entries.push(Entry { at, event }));
    }

    /// The transcript as it stands.
    pub fn transcript(&self) -> Transcript {
        self.with(|transcript| transcript.clone())
    }

    /// Looks at the transcript, or changes it, while nobody else writes.
    pub fn with<T>(&self, look: impl FnOnce(&mut Transcript) -> T) -> T {
        look(&mut self.transcript.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
