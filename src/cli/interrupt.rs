//! Ctrl-C and SIGTERM: whatever runs is dropped, and with it every child, port, folder and cluster that it holds.

use super::exit::{Code, Failure};
use std::future::Future;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long what was dropped has for its last steps (a kind cluster is deleted by a command).
const LAST_STEPS: Duration = Duration::from_secs(120);

/// Runs a future on a runtime of its own until it ends or the process is told to stop.
pub(super) fn until(work: impl Future<Output = Result<Code, Failure>>) -> Result<Code, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment(&error))?;
    let ended = runtime.block_on(async {
        let mut interrupted =
            signal(SignalKind::interrupt()).map_err(|error| Failure::environment(&error))?;
        let mut terminated = signal(SignalKind::terminate()).map_err(|error| Failure::environment(&error))?;
        tokio::select! {
            ended = work => ended,
            _ = interrupted.recv() => Err(stopped(Code::Interrupted)),
            _ = terminated.recv() => Err(stopped(Code::Terminated)),
        }
    });
    runtime.shutdown_timeout(LAST_STEPS);
    ended
}

fn stopped(code: Code) -> Failure {
    Failure { code, message: "stopped; nothing is left behind".to_owned(), help: None }
}
