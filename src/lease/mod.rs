//! What this helmdrill process holds on the machine and must not leave behind.
//!
//! Owns: one private folder per process, locked for as long as the process lives, with its temporary files and a
//! journal of its children and its kind clusters; cleaning up at its end, and cleaning up after others that were
//! killed ([`sweep`]). Leaves to others: ending children in the ordinary way (`exec`), deleting kind clusters.
//!
//! The lock is `flock`: the kernel frees it when the process is gone, however it went. A second lock, on the root,
//! is held while a folder is made or swept, so that nobody sees a folder that is not locked yet.

mod failure;
mod holder;
mod journal;
mod places;
mod private;
mod process;
mod swept;

pub use failure::LeaseError;
pub use holder::{Claim, Lease};
pub use places::{default_root, quick_root};
pub use private::PrivateDir;
pub use process::end_all_in;
pub use swept::{Swept, sweep};

#[cfg(test)]
mod tests;
