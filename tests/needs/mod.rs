//! Tests that need more of the machine than Rust: a browser, a container engine. Where it is there they run as any others. Where
//! it is not, each is listed as ignored, and why is said behind them all; with `CI` in the environment that is a failure.
#![allow(clippy::print_stderr, reason = "what a machine lacks is said to whoever runs the tests")]

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;

/// A test under the name of its function.
pub(crate) type Test = (&'static str, fn());

/// Names functions as tests.
macro_rules! tests {
    ($($name:ident),* $(,)?) => { [$((stringify!($name), $name as fn())),*] };
}
pub(crate) use tests;

/// Runs the tests that the command line asks for, if what they need is there; else says what is not.
pub(crate) fn run(need: Result<(), String>, tests: &[Test]) -> ExitCode {
    let missing = need.err();
    let trial = |(name, test): &Test| {
        let test = *test;
        let run = move || -> Result<(), Failed> {
            test();
            Ok(())
        };
        Trial::test(*name, run).with_ignored_flag(missing.is_some())
    };
    let arguments = Arguments::from_args();
    let conclusion = libtest_mimic::run(&arguments, tests.iter().map(trial).collect());
    match missing {
        Some(missing) if !arguments.list && !arguments.ignored && !arguments.include_ignored => {
            eprintln!("{} tests did NOT run: {missing}\n", tests.len());
            let needed = std::env::var_os("CI").is_some();
            if needed { ExitCode::FAILURE } else { conclusion.exit_code() }
        }
        Some(_) | None => conclusion.exit_code(),
    }
}
