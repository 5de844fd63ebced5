//! Plays one recorded flow on an embedded cluster of its own: every line as it was typed, with the real helm and
//! kubectl, at the pace of the recorded node. A command that was killed there is killed here by the gate.

use crate::recording::{Flow, Step};
use helmdrill::behaviour::Pace;
use helmdrill::call::{Actor, Call};
use helmdrill::clock::Moment;
use helmdrill::cluster::{Cluster, EmbeddedSpec, Place};
use helmdrill::exec::{Command, Exit};
use helmdrill::fault::{Rule, Side, Verdict};
use helmdrill::seed::Seed;
use helmdrill::transcript::{Event, Recorder};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The binaries of a flow.
pub(crate) struct Binaries {
    pub(crate) helm: PathBuf,
    pub(crate) kubectl: PathBuf,
}

/// What one step came to: the exit code (a signal is negative), what was printed, and the calls that were made.
pub(crate) struct Said {
    pub(crate) exit: i32,
    pub(crate) output: String,
    pub(crate) calls: Vec<String>,
}

struct Stage<'a> {
    cluster: Cluster,
    recorder: Recorder,
    namespace: String,
    folder: tempfile::TempDir,
    chart: &'a Path,
}

/// Plays a whole flow and says what each step came to.
pub(crate) async fn play(flow: &Flow, binaries: &Binaries, chart: &Path) -> Vec<Said> {
    let stage = Stage::set(flow, binaries, chart).await;
    let mut said = Vec::new();
    for step in &flow.steps {
        said.push(stage.step(step).await);
    }
    stage.cluster.close().await;
    said
}

impl<'a> Stage<'a> {
    async fn set(flow: &Flow, binaries: &Binaries, chart: &'a Path) -> Stage<'a> {
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        std::fs::create_dir_all(&bin).expect("a writable folder");
        for (name, target) in [("helm", &binaries.helm), ("kubectl", &binaries.kubectl)] {
            std::os::unix::fs::symlink(target, bin.join(name)).expect("a writable folder");
        }
        let namespace = format!("{}-{}", flow.flow, flow.helm);
        let spec = EmbeddedSpec {
            seed: Seed(7),
            pace: Pace::Real,
            behaviours: Arc::default(),
            rbac: false,
            controllers: true,
            namespaces: vec![namespace.clone()],
            port: 0,
        };
        let recorder = Recorder::new(Moment::default());
        let place = Place::File(folder.path().join("kubeconfig"));
        let cluster = Cluster::embedded(&spec, Some(recorder.clone()), place).await.expect("it listens");
        Stage { cluster, recorder, namespace, folder, chart }
    }

    async fn step(&self, step: &Step) -> Said {
        let before = self.recorder.with(|transcript| transcript.entries.len());
        if let Some(call) = step.killed_before.as_deref().filter(|_| step.rc == -9) {
            self.cluster.arm(self.killing(call));
        }
        let line = self.line(step);
        let finished = self.command(&line).run().await.expect("a shell");
        assert_eq!(self.cluster.rules().failures(), [""; 0], "{line}");
        self.cluster.disarm();
        let exit = match finished.exit {
            Exit::Code(code) => code,
            Exit::Signal(signal) => -signal,
            Exit::TimedOut => 124,
        };
        let output = self.placeless(&(finished.stdout.text() + &finished.stderr.text()));
        Said { exit, output, calls: self.calls_since(before) }
    }

    /// The line as it was typed, with this run's places in it. A command that is to be killed takes the shell's
    /// place, so that its end is seen.
    fn line(&self, step: &Step) -> String {
        let line = step
            .command
            .replace("CHART", &self.chart.display().to_string())
            .replace("BACKUP", &self.folder.path().join("backup.yaml").display().to_string())
            .replace("=NS", &format!("={}", self.namespace));
        if step.killed_before.is_some() { format!("exec {line}") } else { line }
    }

    fn command(&self, line: &str) -> Command {
        let home = self.folder.path();
        Command::shell(line)
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", home.join("bin").display()))
            .env("KUBECONFIG", self.cluster.kubeconfig())
            .env("HOME", home)
            .cwd(home)
            .timeout(Duration::from_secs(120))
    }

    /// The rule that kills Helm before the call that the recording names.
    fn killing(&self, call: &str) -> Rule {
        let (method, target) = call.split_once(' ').expect("a method and a path");
        let path = target.split('?').next().unwrap_or(target);
        let verb = http::Method::from_bytes(method.as_bytes()).expect("a method");
        let call = Call::from_http(&verb, path, "", Actor::from_user_agent("Helm/4"), "Helm/4");
        let at = call.resource().expect("a call on a resource");
        let name = at.name.as_deref().unwrap_or("*");
        let when = format!("{method} {}/{name}", at.resource).parse().expect("a matcher");
        Rule { id: "killed".to_owned(), when, verdict: Verdict::Kill(Side::Before) }
    }

    /// What helm and kubectl asked since then and what reached the cluster of it: `GET /api/v1/namespaces/NS/pods`.
    fn calls_since(&self, before: usize) -> Vec<String> {
        self.recorder.with(|transcript| {
            let entries = &transcript.entries[before..];
            let bitten: BTreeSet<u64> = entries
                .iter()
                .filter_map(|entry| match &entry.event {
                    Event::Fault { call, .. } => Some(*call),
                    _ => None,
                })
                .collect();
            let made = entries.iter().filter_map(|entry| match &entry.event {
                Event::Call(call) if !bitten.contains(&call.id) => Some(call),
                _ => None,
            });
            made.filter(|call| matches!(call.actor, Actor::Helm(_) | Actor::Kubectl(_) | Actor::Other(_)))
                .map(|call| format!("{} {}", call.verb.http_method(), self.placeless(&call.path)))
                .collect()
        })
    }

    fn placeless(&self, text: &str) -> String {
        text.replace(&self.chart.display().to_string(), "CHART")
            .replace(&self.folder.path().display().to_string(), "WORK")
            .replace(&self.namespace, "NS")
    }
}
