//! helmdrill breaks a Helm release on purpose, lets someone recover it, and grades the recovery with evidence.
//!
//! The modules in reading order, from what knows nothing to what knows the most; ARCHITECTURE.md says which may
//! import which, and `tests/tidy.rs` keeps it so.
//!
//! - [`clock`], [`seed`]: time and randomness as data
//! - [`call`], [`snapshot`]: a request to a Kubernetes API, and all objects at one moment
//! - [`behaviour`]: what a container does when the simulated node runs it
//! - [`sim`]: the Kubernetes API and its controllers as a value
//! - [`exec`]: the only process spawner
//! - [`lease`]: what this process holds on the machine and must not leave behind
//! - [`tools`]: the `helm` and `kubectl` binaries, found or fetched

pub mod behaviour;
pub mod call;
pub mod clock;
pub mod exec;
pub mod lease;
pub mod seed;
pub mod sim;
pub mod snapshot;
pub mod tools;
