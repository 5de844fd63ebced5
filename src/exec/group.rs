//! The process group of one child: ended as a whole, and known to whoever sweeps up after a killed helmdrill.

use std::fmt;
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// Who remembers which children run, so that they can be ended when helmdrill itself is killed.
pub trait Roster: Send + Sync + fmt::Debug {
    /// Writes down that the process `pid` runs; it is struck off when the seat is dropped.
    fn enter(&self, pid: u32) -> Seat;
}

/// A child's entry on a [`Roster`]; dropping it says that the child has ended.
pub struct Seat(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Seat {
    /// A seat that calls `leave` when it is dropped.
    pub fn new(leave: impl FnOnce() + Send + Sync + 'static) -> Seat {
        Seat(Some(Box::new(leave)))
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat")
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(leave) = self.0.take() {
            leave();
        }
    }
}

/// A started child and all that it starts itself. Dropping it kills them all.
#[derive(Debug)]
pub(super) struct Group {
    leader: Pid,
    /// Whether the child leads a process group of its own; one that shares our terminal does not.
    own: bool,
    /// Whether the leader may still be there, so that its pid is still its own.
    running: bool,
    _seat: Option<Seat>,
}

impl Group {
    pub(super) fn new(pid: u32, own: bool, roster: Option<&Arc<dyn Roster>>) -> Group {
        let leader = Pid::from_raw(i32::try_from(pid).expect("a pid fits the pid_t that it comes from"));
        Group { leader, own, running: true, _seat: roster.map(|roster| roster.enter(pid)) }
    }

    pub(super) fn pid(&self) -> u32 {
        self.leader.as_raw().unsigned_abs()
    }

    /// Sends `signal` to every process of the group. That there is none left is no error.
    pub(super) fn signal(&self, signal: Signal) -> Result<(), Errno> {
        let sent = if self.own { killpg(self.leader, signal) } else { kill(self.leader, signal) };
        match sent {
            Err(Errno::ESRCH) => Ok(()),
            other => other,
        }
    }

    /// Ends what is left of the group after its leader was reaped.
    ///
    /// A pid is handed out again only after all others were, so that in the moment since the leader was reaped its
    /// number names its own group or none.
    pub(super) fn leader_ended(&mut self) {
        self.running = false;
        if self.own {
            self.signal(Signal::SIGKILL).ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.running {
            self.signal(Signal::SIGKILL).ok();
        }
    }
}
