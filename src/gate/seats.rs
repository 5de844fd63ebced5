//! The connections of a listener: who is there and who has nothing to do. When there are too many, the one that has
//! been idle and there for the longest goes; those that are being answered stay.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::carry::Cut;

/// All connections of one listener. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Seats(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    arrived: u64,
    /// By the order in which they came.
    taken: BTreeMap<u64, Arc<Seat>>,
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Seat {
    /// Ends the connection.
    pub(super) cut: Cut,
    busy: AtomicUsize,
    begun: AtomicU64,
}

/// A seat that is given back when this is dropped.
pub(super) struct Taken {
    pub(super) seat: Arc<Seat>,
    number: u64,
    seats: Seats,
}

/// A request that is being answered, until the last of its answer is taken.
pub(super) struct Busy(Arc<Seat>);

impl Seats {
    /// A seat for a connection that has come, where there are less than `most` or one is idle.
    pub(super) fn take(&self, most: usize) -> Option<Taken> {
        if self.state().taken.len() >= most && !self.shed() {
            return None;
        }
        let mut state = self.state();
        let number = state.arrived;
        state.arrived += 1;
        let seat = Arc::new(Seat::default());
        state.taken.insert(number, seat.clone());
        drop(state);
        Some(Taken { seat, number, seats: self.clone() })
    }

    /// Ends the idle connection that came first; whether there was one.
    pub(super) fn shed(&self) -> bool {
        let mut state = self.state();
        let idle = state.taken.iter().find(|(_, seat)| seat.is_idle()).map(|(number, _)| *number);
        let idle = idle.and_then(|number| state.taken.remove(&number));
        idle.map(|seat| seat.cut.0.notify_one()).is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.seats.state().taken.remove(&self.number);
    }
}

impl Seat {
    /// A request has begun.
    pub(super) fn begin(self: &Arc<Seat>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }

    /// Whether no request is being answered.
    pub(super) fn is_idle(&self) -> bool {
        self.busy.load(Ordering::Relaxed) == 0
    }

    /// How many requests there have been.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_idle_one_that_came_first_goes_when_all_seats_are_taken() {
        let seats = Seats::default();
        let first = seats.take(3).expect("a free seat");
        let busy = first.seat.begin();
        let second = seats.take(3).expect("a free seat");
        let third = seats.take(3).expect("a free seat");
        let fourth = seats.take(3).expect("the second goes");
        second.seat.cut.0.notified().await;
        let (_third, _fourth) = (third.seat.begin(), fourth.seat.begin());
        drop(second);
        assert!(seats.take(3).is_none(), "all are being answered");
        assert!(!first.seat.is_idle());
        drop(busy);
        assert!(first.seat.is_idle() && first.seat.begun() == 1);
        assert!(seats.take(3).is_some());
        first.seat.cut.0.notified().await;
    }
}
