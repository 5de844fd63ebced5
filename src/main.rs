//! The `helmdrill` binary: nothing but the way into the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    helmdrill::cli::main()
}
