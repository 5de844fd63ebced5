//! Where everyone who sees something happen writes it down. A clone writes into the same transcript.

use super::{Entry, Event, FORMAT, Transcript};
use crate::clock::Moment;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Somebody who hears of every entry as it is written: how a drill shows its progress. It must not look at the
/// transcript itself, which is locked meanwhile.
pub type Listener = Arc<dyn Fn(&Entry) + Send + Sync>;

/// A handle on the transcript that is being written.
#[derive(Clone)]
pub struct Recorder {
    transcript: Arc<Mutex<Transcript>>,
    listener: Option<Listener>,
}

impl Recorder {
    /// An empty transcript.
    pub fn new(began: Moment) -> Recorder {
        Recorder::resume(Transcript { format: FORMAT, began, entries: Vec::new() })
    }

    /// Goes on writing where another transcript stands: how a forked drill keeps its past.
    pub fn resume(transcript: Transcript) -> Recorder {
        Recorder { transcript: Arc::new(Mutex::new(transcript)), listener: None }
    }

    /// Tells `listener` of every entry from here on. A transcript that goes on in a fork has no listener.
    pub fn heard_by(mut self, listener: Listener) -> Recorder {
        self.listener = Some(listener);
        self
    }

    /// Writes down one event.
    pub fn record(&self, at: Moment, event: Event) {
        let done: Result<(), Infallible> = self.record_done(at, event, || Ok(()));
        let Ok(()) = done;
    }

    /// Does something and writes it down as one step, where it could be done: nobody writes between the two, so that
    /// what follows from it stands behind it.
    ///
    /// # Errors
    /// That of `act`; nothing is written down then.
    pub fn record_done<E>(
        &self,
        at: Moment,
        event: Event,
        act: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let entry = Entry { at, event };
        self.with(|transcript| {
            act()?;
            if let Some(listener) = &self.listener {
                listener(&entry);
            }
            transcript.entries.push(entry);
            Ok(())
        })
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

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("entries", &self.with(|transcript| transcript.entries.len()))
            .finish()
    }
}
