//! The time between the pager and the debrief: the shell runs, `drill` is answered, the clock is watched. Ends with the
//! shell, at the word of whoever recovers, or when the time is up.

use super::super::exit::{Code, Failure};
use super::super::{say, surroundings};
use super::Subject;
use super::answers::Answers;
use super::desk::Desk;
use crate::drill::{Attended, Damage, DrillError, Lounge, OpenShell, Parting};
use crate::transcript::{Leaving, Transcript};
use std::io::IsTerminal;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};

/// Farther away than any practice lasts.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// A recovery that is over.
pub(super) struct Held {
    pub(super) transcript: Transcript,
    pub(super) how: Leaving,
    /// For how long the shell was open.
    pub(super) took: Duration,
}

/// Hands the broken release over and returns when it is back.
pub(super) async fn hold(
    damage: Damage,
    subject: &Subject,
    limit: Option<Duration>,
) -> Result<Held, Failure> {
    let failed = |error: DrillError| Failure::environment(&error);
    let mut attended = damage.attend(subject.open.clone());
    let mut desk = Desk::open(&attended.socket())?;
    let lounge = Lounge {
        terminal: std::io::stdin().is_terminal(),
        program: surroundings::program()?,
        environment: surroundings::terminal(),
    };
    let shell = attended.shell(&lounge).await.map_err(failed)?;
    let began = Instant::now();
    let mut answers = Answers::new(&subject.source.scenario.hints, began, limit);
    let how =
        until_left(shell, &mut attended, &mut answers, &mut desk, began + limit.unwrap_or(NEVER)).await?;
    // The shell of a terminal that was closed may read the end of a file there before anybody is told.
    if lounge.terminal && !std::io::stdin().is_terminal() {
        return Err(gone());
    }
    let took = began.elapsed();
    if how == Leaving::TimeUp {
        say("\nthe time is up\n");
    }
    let transcript = attended.finish(how).await.map_err(failed)?;
    Ok(Held { transcript, how, took })
}

/// Nobody is there any more whose recovery could be graded.
fn gone() -> Failure {
    let message = "the terminal has gone away; nothing is left behind".to_owned();
    Failure { code: Code::Terminated, message, help: None }
}

/// Answers until it is over. A shell that is still open then ends, with all that was started in it, and the terminal is
/// ours again.
async fn until_left(
    shell: OpenShell,
    attended: &mut Attended,
    answers: &mut Answers<'_>,
    desk: &mut Desk,
    up: Instant,
) -> Result<Leaving, Failure> {
    let mut hung_up = signal(SignalKind::hangup()).map_err(|error| Failure::environment(&error))?;
    let shell = shell.ended();
    tokio::pin!(shell);
    loop {
        tokio::select! {
            ended = &mut shell => {
                let parting = ended.map_err(|error| Failure::environment(&error))?;
                return if parting == Parting::HungUp { Err(gone()) } else { Ok(Leaving::Done) };
            }
            asked = desk.next() => {
                let answer = answers.answer(attended, &asked.request).await?;
                let left = answer.left;
                asked.reply(answer).await;
                if let Some(how) = left {
                    return Ok(how);
                }
            }
            _ = hung_up.recv() => return Err(gone()),
            () = sleep_until(up) => return Ok(Leaving::TimeUp),
        }
    }
}
