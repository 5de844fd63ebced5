//! helmdrill breaks a Helm release on purpose, lets someone recover it, and grades the recovery with evidence.
//!
//! The modules in reading order, from what knows nothing to what knows the most; ARCHITECTURE.md says which may
//! import which, and `tests/tidy.rs` keeps it so.
//!
//! - [`clock`], [`seed`]: time and randomness as data
//! - [`call`], [`snapshot`]: a request to a Kubernetes API, and all objects at one moment
//! - [`behaviour`], [`release`]: what a container does, and what Helm stores about a revision
//! - [`fault`], [`transcript`], [`check`]: what can be done to a call, what happened, and what can be asked of it
//! - [`shell`], [`scenario`], [`plan`], [`runbook`]: what people write, and one drill of it with nothing left open
//! - [`sim`]: the Kubernetes API, its controllers and its node as a value
//! - [`database`]: a small PostgreSQL as a value, for Helm's SQL driver
//! - [`exec`], [`lease`], [`tools`]: the only process spawner, what this process holds on the machine, and the
//!   helm and kubectl binaries
//! - [`gate`], [`postgres`], [`cluster`]: the wire that every call passes, that of the database, and what is behind them
//! - [`drill`]: carries a plan out and leaves a transcript
//! - [`grade`], [`report`]: the score of a drill with its evidence, and what people read of it
//! - [`cli`]: the command line

pub mod behaviour;
pub mod call;
pub mod check;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod database;
pub mod drill;
pub mod exec;
pub mod fault;
pub mod gate;
pub mod grade;
pub mod lease;
pub mod plan;
pub mod postgres;
pub mod release;
pub mod report;
pub mod runbook;
pub mod scenario;
pub mod seed;
pub mod shell;
pub mod sim;
pub mod snapshot;
pub mod tools;
pub mod transcript;
