//! Every drill of every scenario that comes with the program, run with the real helm and kubectl on the embedded
//! cluster: the proof that scenarios come out as they say, that reports are the same from run to run, and that a
//! transcript is all that a grade needs.
//!
//! The drills are run once for all tests of this file. `HELMDRILL_CACHE_DIR` names the folder of the tools, else the
//! user's cache is taken, and filled where it is empty.

mod again;
mod course;
mod masks;
mod regraded;
mod states;
mod truth;
mod verdicts;

/// What helmdrill itself has: the clusters live in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
