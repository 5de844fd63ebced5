//! Runs the commands of a plan, one after another, and writes down what they said. Whether that was any good is for
//! others to tell.

use super::DrillError;
use super::session::{GUARD, SESSION};
use super::site::Site;
use crate::call::Actor;
use crate::cluster::Cluster;
use crate::exec::{self, Command};
use crate::lease::Lease;
use crate::plan::{Outcome, Step};
use crate::transcript::{By, Event, Exit, Recorder};
use std::sync::Arc;
use std::time::Duration;

/// The time limit of a line that reaches no cluster, in seconds, and how much of what it prints is kept.
const ASIDE: u32 = 60;
const LARGEST: usize = 8 << 20;

/// Where and as whom commands run.
pub(super) struct Shell<'a> {
    pub(super) site: &'a Site,
    pub(super) cluster: &'a Cluster,
    pub(super) recorder: &'a Recorder,
    pub(super) lease: &'a Lease,
}

/// What a command came to.
pub(super) struct Said {
    pub(super) exit: Exit,
    pub(super) stderr: String,
    pub(super) stdout: String,
}

impl Shell<'_> {
    /// Runs one command with its fault armed.
    pub(super) async fn run(&self, step: &Step) -> Result<Said, DrillError> {
        self.run_by(By::People, step).await
    }

    /// The same for whoever types it.
    pub(super) async fn run_by(&self, by: By, step: &Step) -> Result<Said, DrillError> {
        let number = self.next_number();
        let (line, origin, namespace) = (step.line.clone(), step.origin.clone(), step.namespace.clone());
        let began = Event::Began { command: number, line, origin, namespace, by };
        self.recorder.record(self.cluster.now(), began);
        if let Some(rule) = &step.fault {
            self.cluster.arm(rule.clone());
        }
        let script: &[&str] = match step.session {
            false => &["-o", "pipefail", "-c", &step.line],
            true => &["-c", GUARD, "bash", "-c", SESSION, "bash", &step.line],
        };
        let mut command = self.command(script, step.namespace.as_deref(), step.timeout);
        if by == By::Reconciler {
            // helm reads from its environment as whom it acts; kubectl is told on its command line.
            command = command.envs([
                ("HELM_KUBEASUSER", Actor::RECONCILER_USER),
                ("HELM_KUBEASGROUPS", Actor::RECONCILER_GROUP),
            ]);
        }
        let finished = command.run().await;
        self.cluster.disarm();
        let finished = finished.map_err(|source| DrillError::Command {
            origin: step.origin.clone(),
            line: step.line.clone(),
            source,
        })?;
        let said = Said {
            exit: exit(finished.exit),
            stdout: finished.stdout.text(),
            stderr: finished.stderr.text(),
        };
        let (stdout, stderr) = (said.stdout.clone(), said.stderr.clone());
        self.recorder
            .record(self.cluster.now(), Event::Ended { command: number, exit: said.exit, stdout, stderr });
        Ok(said)
    }

    /// Runs a line that reaches no cluster and is not written down: what it prints, or what it complains.
    pub(super) async fn aside(&self, line: &str, origin: &str) -> Result<Result<String, String>, DrillError> {
        let finished = self.command(&["-o", "pipefail", "-c", line], None, ASIDE).keep(LARGEST).run().await;
        let (line, origin) = (line.to_owned(), origin.to_owned());
        let finished = finished.map_err(|source| DrillError::Command { origin, line, source })?;
        Ok(match finished.exit.is_success() {
            true => Ok(finished.stdout.text()),
            false => Err(finished.stderr.text()),
        })
    }

    pub(super) fn command(&self, script: &[&str], namespace: Option<&str>, timeout: u32) -> Command {
        Command::program("bash")
            .args(["--noprofile", "--norc"])
            .args(script)
            .envs(self.site.environment(namespace))
            .cwd(self.site.work())
            .timeout(Duration::from_secs(u64::from(timeout)))
            .on_roster(Arc::new(self.lease.clone()))
    }

    /// The number of the command that would begin now.
    pub(super) fn next_number(&self) -> u32 {
        let begun = |event: &Event| matches!(event, Event::Began { .. });
        let count = self.recorder.with(|t| t.entries.iter().filter(|entry| begun(&entry.event)).count());
        u32::try_from(count + 1).unwrap_or(u32::MAX)
    }
}

impl Said {
    /// The last thing that it said, on its standard error first.
    pub(super) fn last_line(&self) -> String {
        let last = [&self.stderr, &self.stdout]
            .into_iter()
            .find_map(|text| text.lines().rfind(|l| !l.trim().is_empty()));
        last.unwrap_or("it said nothing").trim().to_owned()
    }

    /// What helm and kubectl say first when they fail, where one of them did: more lines may follow, with advice.
    pub(super) fn complaint(&self) -> Option<&str> {
        self.stderr.lines().find(|line| line.starts_with("Error: ") || line.starts_with("error: "))
    }

    /// Why this is not what the step asked for; `None` where it is.
    pub(super) fn misses(&self, wanted: &Outcome) -> Option<String> {
        let last = self.last_line();
        let told = match self.exit {
            Exit::Code(code) => format!("exit {code}: {last}"),
            Exit::Signal(signal) => format!("ended by signal {signal}"),
            Exit::TimedOut => "ended by its time limit".to_owned(),
        };
        let failed = matches!(self.exit, Exit::Code(code) if code != 0);
        let met = match wanted {
            Outcome::Succeeds => self.exit == Exit::Code(0),
            Outcome::Fails => failed,
            Outcome::FailsWith(text) => failed && (self.stderr.contains(text) || self.stdout.contains(text)),
            // bash reports a child that died by SIGKILL as 128 + 9.
            Outcome::Killed => matches!(self.exit, Exit::Signal(9) | Exit::Code(137)),
            Outcome::Any => true,
        };
        (!met).then_some(told)
    }
}

pub(super) fn exit(exit: exec::Exit) -> Exit {
    match exit {
        exec::Exit::Code(code) => Exit::Code(code),
        exec::Exit::Signal(signal) => Exit::Signal(signal),
        exec::Exit::TimedOut => Exit::TimedOut,
    }
}
