//! Hands a broken release over to a command from outside: what it reads, what it may use, and how it ends. What it did is
//! in the calls; what it says is kept as any command's.

use super::DrillError;
use super::commands::{Said, Shell, exit};
use super::session::GUARD;
use crate::check::Answer;
use crate::cluster::Allowance;
use crate::exec::{Command, ExecError, Finished};
use crate::lease;
use crate::plan::{Plan, Responder};
use crate::transcript::{By, Event, Exit};

/// The checks under which it is written down how a responder ended and what it left.
const WITHIN: &str = "within its budget";
const ALONE: &str = "nothing of it runs on";

impl Shell<'_> {
    /// Runs the responder to its end, whichever comes first: its own, that of its time, that of its calls.
    ///
    /// # Errors
    /// Where it cannot be started: there was nobody who could have recovered anything.
    pub(super) async fn hand_over(
        &self,
        plan: &Plan,
        responder: &Responder,
    ) -> Result<Vec<(&'static str, Answer)>, DrillError> {
        let number = self.next_number();
        let (line, origin) = (responder.command.clone(), Responder::ORIGIN.to_owned());
        let began = Event::Began { command: number, line, origin, namespace: None, by: By::People };
        self.recorder.record(self.cluster.now(), began);
        let allowance = self.cluster.rules().allow(responder.calls.unwrap_or(u32::MAX));
        let script = ["-c", GUARD, "bash", "-c", &responder.command];
        let command = self.command(&script, None, responder.seconds);
        let command = command.envs(responder.variables(plan)).stdin(responder.briefing.clone());
        let ended = self.finish(command, &allowance).await;
        self.cluster.disarm();
        let strays = self.end_strays().await;
        let finished = ended.map_err(|source| DrillError::Command {
            origin: Responder::ORIGIN.to_owned(),
            line: responder.command.clone(),
            source,
        })?;
        let said = Said {
            exit: exit(finished.exit),
            stdout: without(&finished.stdout.text(), &responder.environment),
            stderr: without(&finished.stderr.text(), &responder.environment),
        };
        if let (Exit::Code(126 | 127), 0) = (said.exit, allowance.made()) {
            let why = said.last_line();
            return Err(DrillError::Responder { command: responder.command.clone(), why });
        }
        let within = within(responder, &finished, said.exit, &allowance);
        let Said { exit, stdout, stderr } = said;
        self.recorder.record(self.cluster.now(), Event::Ended { command: number, exit, stdout, stderr });
        let alone = (strays > 0).then(|| {
            let evidence = match strays {
                1 => "a process was still there and was ended".to_owned(),
                many => format!("{many} processes were still there and were ended"),
            };
            (ALONE, Answer { held: false, evidence })
        });
        Ok(std::iter::once((WITHIN, within)).chain(alone).collect())
    }

    async fn finish(&self, command: Command, allowance: &Allowance) -> Result<Finished, ExecError> {
        command.spawn().await?.wait_or(allowance.exceeded()).await
    }

    /// Ends what has left the process group of the responder.
    async fn end_strays(&self) -> usize {
        let folder = self.site.folder().to_owned();
        tokio::task::spawn_blocking(move || lease::end_all_in(&folder)).await.unwrap_or_default()
    }
}

/// How it ended, held against what it might use.
fn within(responder: &Responder, finished: &Finished, exit: Exit, allowance: &Allowance) -> Answer {
    let Responder { seconds, calls, .. } = responder;
    let used = format!("{:.1} of {seconds} seconds", finished.elapsed.as_secs_f64());
    let made = match calls {
        Some(calls) => format!("{} of {calls} calls", allowance.made()),
        None => format!("{} calls", allowance.made()),
    };
    let (held, how) = match exit {
        Exit::TimedOut => (false, "it was ended when its time was over".to_owned()),
        _ if allowance.is_exceeded() => {
            (false, "it was ended when it asked for one call too many".to_owned())
        }
        Exit::Code(code) => (true, format!("it ended by itself with exit {code}")),
        Exit::Signal(signal) => {
            (true, format!("it was ended by signal {signal}, which helmdrill did not send"))
        }
    };
    Answer { held, evidence: format!("{how}: {used}, {made}") }
}

/// A value shorter than this is no secret, and may be a part of other words.
const SECRET: usize = 8;

/// What was said without the values that the responder was given from outside.
fn without(said: &str, environment: &[(String, String)]) -> String {
    let secrets = environment.iter().filter(|(_, value)| value.len() >= SECRET);
    secrets.fold(said.to_owned(), |said, (name, value)| said.replace(value.as_str(), &format!("[{name}]")))
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn what_was_handed_over_is_not_written_down() {
        let given = [("KEY".to_owned(), "s3cret-value".to_owned()), ("MODE".to_owned(), "a".to_owned())];
        assert_eq!(without("a key: s3cret-value", &given), "a key: [KEY]");
    }
}
