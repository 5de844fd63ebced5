//! How the process ends: exit codes are API.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Why a command of helmdrill could not do what it was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: Code,
    /// What went wrong, with its causes, one a line; already rendered diagnostics are printed as they are.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

/// The exit codes as `run --help` tells them.
pub(super) const TOLD: &str = "Exit codes:
  0    every drill came out as its scenario expects
  1    a drill came out otherwise, or drifts from its snapshot
  2    the command line or a scenario is wrong
  3    something that is needed could not be had: a tool, a folder, a port, a cluster
  4    a drill was inconclusive that should not be: no evidence that its fault bit
  70   a fault of helmdrill itself
  130  ended by SIGINT; 143 by SIGTERM";

/// The exit codes of helmdrill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// It met the bar.
    Met,
    /// It ran and did not meet it.
    NotMet,
    /// Wrong usage, or an invalid scenario.
    Invalid,
    /// The environment could not be provided.
    Environment,
    /// There is no evidence that the fault bit.
    Inconclusive,
    /// A fault of helmdrill itself.
    OurBug,
    /// Ended by SIGINT.
    Interrupted,
    /// Ended by SIGTERM.
    Terminated,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> ExitCode {
        ExitCode::from(match code {
            Code::Met => 0,
            Code::NotMet => 1,
            Code::Invalid => 2,
            Code::Environment => 3,
            Code::Inconclusive => 4,
            Code::OurBug => 70,
            Code::Interrupted => 130,
            Code::Terminated => 143,
        })
    }
}

impl Failure {
    /// Something that the user wrote is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Failure {
        Failure { code: Code::Invalid, message: message.into(), help: None }
    }

    /// Something that is needed could not be had.
    pub(crate) fn environment(error: &(dyn std::error::Error + 'static)) -> Failure {
        Failure { code: Code::Environment, message: chain(error), help: None }
    }

    /// How it is printed.
    pub(crate) fn told(&self) -> String {
        let mut told = match self.message.starts_with("error") {
            true => format!("{}\n", self.message.trim_end()),
            false if matches!(self.code, Code::Interrupted | Code::Terminated) => {
                format!("{}\n", self.message)
            }
            false => format!("error: {}\n", self.message),
        };
        if let Some(help) = &self.help {
            told += &format!("  help: {help}\n");
        }
        told
    }

    /// The same with a word on what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }
}

/// Does the work; a panic on the way, which Rust has told by then, is a fault of helmdrill itself. What the work held
/// was let go while it unwound.
pub(super) fn guarded(work: impl FnOnce() -> Result<Code, Failure>) -> Result<Code, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "helmdrill met a fault of its own".to_owned();
        let help = Some("please report what is printed above, with the command".to_owned());
        Err(Failure { code: Code::OurBug, message, help })
    })
}

/// An error and what caused it: `a: b: c`.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !told.contains(&text) {
            told += &format!(": {text}");
        }
        cause = inner.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_fault_of_our_own() {
        let failure = guarded(|| panic!("as if something could not be")).expect_err("it panicked");
        assert_eq!(failure.code, Code::OurBug);
        assert_eq!(ExitCode::from(failure.code), ExitCode::from(70));
    }
}
