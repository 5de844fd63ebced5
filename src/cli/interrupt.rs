//! Ctrl-C and SIGTERM: whatever runs is dropped, and with it every child, port, folder and cluster that it holds.

use super::exit::{Code, Failure};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long what was dropped has for its last steps (a kind cluster is deleted by a command).
const LAST_STEPS: Duration = Duration::from_secs(120);

/// Whether Ctrl-C has been taken over by the work that it would end. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken(Arc<AtomicBool>);

impl Taken {
    /// From now on the work hears of Ctrl-C itself.
    pub(super) fn take(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs a future on a runtime of its own until it ends or the process is told to stop.
pub(super) fn until(work: impl Future<Output = Result<Code, Failure>>) -> Result<Code, Failure> {
    until_taken(&Taken::default(), work)
}

/// The same for work that may take Ctrl-C over.
pub(super) fn until_taken(
    taken: &Taken,
    work: impl Future<Output = Result<Code, Failure>>,
) -> Result<Code, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment(&error))?;
    let ended = runtime.block_on(async {
        let mut interrupted =
            signal(SignalKind::interrupt()).map_err(|error| Failure::environment(&error))?;
        let mut terminated = signal(SignalKind::terminate()).map_err(|error| Failure::environment(&error))?;
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                ended = &mut work => return ended,
                _ = interrupted.recv() => {
                    if !taken.0.load(Ordering::SeqCst) {
                        return Err(stopped(Code::Interrupted));
                    }
                }
                _ = terminated.recv() => return Err(stopped(Code::Terminated)),
            }
        }
    });
    runtime.shutdown_timeout(LAST_STEPS);
    ended
}

/// That it was told to stop.
pub(super) fn stopped(code: Code) -> Failure {
    Failure { code, message: "stopped; nothing is left behind".to_owned(), help: None }
}
