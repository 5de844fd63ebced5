//! The `helmdrill` binary: nothing but the way into the command line.

use std::process::ExitCode;

/// Objects are trees of small pieces, and a call to a cluster makes and drops some hundred of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    helmdrill::cli::main()
}
