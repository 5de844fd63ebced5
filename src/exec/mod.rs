//! The only process spawner: what is started, with which environment, for how long, and what it said.
//!
//! Owns: starting a child in a process group of its own, bounding its output, ending the whole group on timeout, on
//! drop and on cancellation, and saying what could not be started and why. Leaves to others: what outlives a
//! SIGKILL of helmdrill itself (`lease`, through [`Roster`]) and what the output means.

mod capture;
mod command;
mod failure;
mod group;
mod lookup;
mod running;
mod terminal;

pub use capture::Captured;
pub use command::Command;
pub use failure::ExecError;
pub use group::{Roster, Seat};
pub use lookup::find;
pub use running::{Exit, Finished, Running};
pub use terminal::Lent;

#[cfg(test)]
mod tests;
