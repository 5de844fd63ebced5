//! Who waits for what happens in a world: those who watch or follow a log. Where a world's time is to pass only while
//! somebody waits, it passes then; the clock itself is [`super::clock`]'s matter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::realm::Realm;

/// How many wait, and whether time passes for them alone.
#[derive(Debug, Default)]
pub(super) struct Waits(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    waiting: usize,
    /// Whether time passes only while somebody waits.
    alone: bool,
}

/// Somebody who waits, until this is dropped.
#[derive(Debug)]
pub(super) struct Waiting(Arc<Realm>);

impl Waits {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Realm {
    /// Somebody waits from now on.
    pub(super) fn wait(self: &Arc<Realm>) -> Waiting {
        let mut counted = self.waits.counted();
        counted.waiting += 1;
        if counted.alone {
            self.start_clock();
        }
        Waiting(self.clone())
    }

    /// Lets time pass only while somebody waits, from now on.
    pub(super) fn stop_unless_awaited(&self) {
        let mut counted = self.waits.counted();
        counted.alone = true;
        match counted.waiting {
            0 => self.clock.stop(),
            _ => self.start_clock(),
        }
    }

    /// Stops the time of this world: nothing happens any more that is not called for.
    pub(super) fn stop(&self) {
        self.waits.counted().alone = false;
        self.clock.stop();
    }

    /// Lets time go on from where it was stopped.
    pub(super) fn go_on(&self) {
        self.waits.counted().alone = false;
        self.start_clock();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut counted = self.0.waits.counted();
        counted.waiting -= 1;
        if counted.alone && counted.waiting == 0 {
            self.0.clock.stop();
        }
    }
}
