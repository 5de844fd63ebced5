//! Flows: what operators typed, line by line, with the real helm and kubectl at the pace of a real node. While a command
//! works, the embedded cluster's time stands; it passes while the command waits, and a little after each. A command
//! that was killed on the recorded cluster is killed here by the gate, before the same call. Owns playing and the
//! comparison of exit codes, outputs and changing calls; the masks are in [`crate::flows_mask`].

use helmdrill::call::{Actor, Call};
use helmdrill::exec::{Command, Exit};
use helmdrill::fault::{Bites, Rule, Side, Verdict};
use helmdrill::transcript::Event;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::difference::Difference;
use crate::flows_mask::{masked, masked_calls};
use crate::subject::Reached;

/// What one operator typed, on a cluster that had little else to do.
#[derive(Debug, Deserialize)]
pub(crate) struct Flow {
    pub(crate) flow: String,
    /// `helm3` or `helm4`.
    pub(crate) helm: String,
    pub(crate) steps: Vec<Step>,
}

/// One line and its end; the end is missing in a flow that is still to be recorded.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) command: String,
    /// The exit code; the negative number of the signal that ended it.
    #[serde(default)]
    rc: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    /// The call before which the command was ended by SIGKILL.
    killed_before: Option<String>,
    #[serde(default)]
    api: Vec<Exchange>,
}

/// One call of a step; the one before which it was killed never came to be one.
#[derive(Debug, Deserialize)]
struct Exchange {
    call: Option<String>,
}

/// The binaries of a flow.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    pub(crate) helm: PathBuf,
    pub(crate) kubectl: PathBuf,
}

/// What one step came to: the exit code (a signal is negative), what was printed, and the calls that were made.
#[derive(Debug)]
pub(crate) struct Said {
    exit: i32,
    stdout: String,
    stderr: String,
    calls: Vec<Made>,
}

/// One call that reached the cluster: `GET /api/v1/namespaces/NS/pods?limit=500`, and the status of its answer.
#[derive(Debug)]
struct Made {
    call: String,
    status: Option<u16>,
}

impl Said {
    /// Whether the client complained of a watch that it had cancelled itself. Where its reader meets its own
    /// cancellation before it looks whether anybody listens, client-go prints this (`StreamWatcher.receive`), on a real
    /// cluster as here, once in thousands of commands.
    fn met_its_own_cancellation(&self) -> bool {
        self.stderr.contains("unable to decode an event from the watch stream: context canceled")
    }
}

/// Whether a race within a client is to be seen in what was played, so that it says nothing of the cluster.
pub(crate) fn raced(said: &[Said]) -> bool {
    said.iter().any(Said::met_its_own_cancellation)
}

struct Stage<'a> {
    reached: &'a Reached,
    namespace: String,
    chart: PathBuf,
}

/// Whether a line lets time pass without a watch: it says so, or asks again and again.
fn sleeps(line: &str) -> bool {
    ["sleep ", "--wait", "--atomic", "--rollback-on-failure", "kubectl drain"]
        .iter()
        .any(|word| line.contains(word))
}

impl Flow {
    /// `basics.helm4`.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.flow, self.helm)
    }
}

/// Plays a whole flow in a namespace of its own, and leaves the cluster.
pub(crate) async fn play(reached: Reached, flow: &Flow, binaries: &Binaries) -> Vec<Said> {
    let bin = reached.home.path().join("bin");
    std::fs::create_dir_all(&bin).expect("a writable folder");
    for (name, target) in [("helm", &binaries.helm), ("kubectl", &binaries.kubectl)] {
        std::os::unix::fs::symlink(target, bin.join(name)).expect("a writable folder");
    }
    let namespace = reached.namespace(&format!("{}-{}", flow.flow, flow.helm)).await;
    reached.ready(&namespace).await;
    reached.settle_in(&namespace);
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/charts/myapp");
    let stage = Stage { reached: &reached, namespace: namespace.clone(), chart };
    reached.stop_time_unless_awaited();
    let mut said = Vec::new();
    for step in &flow.steps {
        said.push(stage.step(step).await);
    }
    reached.leave(&namespace).await;
    said
}

impl Stage<'_> {
    async fn step(&self, step: &Step) -> Said {
        let before = self.reached.recorder.with(|transcript| transcript.entries.len());
        if let Some(call) = &step.killed_before {
            self.reached.rules.install([killing(call)]);
        }
        let line = self.line(step);
        if sleeps(&line) {
            self.reached.go_on();
        }
        let finished = self.command(&line).run().await.expect("a shell");
        self.reached.stop_time_unless_awaited();
        self.reached.lapse().await;
        assert_eq!(self.reached.rules.failures(), [""; 0], "{line}");
        self.reached.rules.clear();
        let exit = match finished.exit {
            Exit::Code(code) => code,
            Exit::Signal(signal) => -signal,
            Exit::TimedOut => 124,
        };
        let (stdout, stderr) = (finished.stdout.text(), finished.stderr.text());
        let (stdout, stderr) = (self.placeless(&stdout), self.placeless(&stderr));
        Said { exit, stdout, stderr, calls: self.calls_since(before) }
    }

    /// The line as it was typed, with this run's places in it. A command that is to be killed takes the shell's
    /// place, so that its end is seen.
    fn line(&self, step: &Step) -> String {
        let line = step
            .command
            .replace("CHART", &self.chart.display().to_string())
            .replace("BACKUP", &self.reached.home.path().join("backup.yaml").display().to_string())
            .replace("=NS", &format!("={}", self.namespace));
        if step.killed_before.is_some() { format!("exec {line}") } else { line }
    }

    fn command(&self, line: &str) -> Command {
        let home = self.reached.home.path();
        Command::shell(line)
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", home.join("bin").display()))
            .env("KUBECONFIG", &self.reached.kubeconfig)
            .env("HOME", home)
            .env("GOGC", "400")
            .cwd(home)
            .timeout(Duration::from_secs(120))
    }

    /// What helm and kubectl asked since then and what reached the cluster of it.
    fn calls_since(&self, before: usize) -> Vec<Made> {
        self.reached.recorder.with(|transcript| {
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
                .map(|call| {
                    let query =
                        if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
                    let target = self.placeless(&(call.path.clone() + &query));
                    Made { call: format!("{} {target}", call.verb.http_method()), status: call.status }
                })
                .collect()
        })
    }

    fn placeless(&self, text: &str) -> String {
        text.replace(&self.chart.display().to_string(), "CHART")
            .replace(&self.reached.home.path().display().to_string(), "WORK")
            .replace(&self.namespace, "NS")
    }
}

/// The rule that kills Helm before the call that the recording names.
fn killing(call: &str) -> Rule {
    let (method, target) = call.split_once(' ').expect("a method and a path");
    let path = target.split('?').next().unwrap_or(target);
    let verb = http::Method::from_bytes(method.as_bytes()).expect("a method");
    let call = Call::from_http(&verb, path, "", Actor::from_user_agent("Helm/4"), "Helm/4");
    let at = call.resource().expect("a call on a resource");
    let name = at.name.as_deref().unwrap_or("*");
    let when = format!("{method} {}/{name}", at.resource).parse().expect("a matcher");
    Rule { id: "killed".to_owned(), when, verdict: Verdict::Kill(Side::Before), bites: Bites::Once }
}

/// How many parts of a step are compared: its exit code, what was printed, and the changing calls.
pub(crate) const PARTS: usize = 3;

/// How a played flow differs from the recorded one: `basics.helm4 8 Output`.
pub(crate) fn differences(flow: &Flow, said: &[Said]) -> Vec<Difference> {
    let mut found = Vec::new();
    for ((step, said), number) in flow.steps.iter().zip(said).zip(1..) {
        let want = masked(&(step.stdout.clone() + &step.stderr));
        let got = masked(&(said.stdout.clone() + &said.stderr));
        let calls = masked_calls(step.api.iter().filter_map(|exchange| exchange.call.as_deref()));
        let made = masked_calls(said.calls.iter().map(|made| made.call.as_str()));
        let compared: [_; PARTS] = [
            ("Exit", step.rc.to_string(), said.exit.to_string()),
            ("Output", want, got),
            ("Calls", calls.join("\n"), made.join("\n")),
        ];
        found.extend(compared.into_iter().filter(|(_, want, got)| want != got).map(|(part, want, got)| {
            let told = vec![format!("$ {}\nrecorded:\n{want}\nhere:\n{got}\n", step.command)];
            Difference { place: format!("{} {number} {part}", flow.name()), told }
        }));
    }
    found
}

/// Writes what was said into the steps of a flow that is being recorded.
pub(crate) fn written(flow: &mut Value, said: &[Said]) {
    for (step, said) in flow["steps"].as_array_mut().into_iter().flatten().zip(said) {
        step["rc"] = json!(said.exit);
        step["stdout"] = json!(said.stdout);
        step["stderr"] = json!(said.stderr);
        let calls = said.calls.iter().map(|made| json!({"call": made.call, "status": made.status}));
        step["api"] = calls.collect();
    }
}
