//! The lanes of what was so for a while: the status of the release, how many pods were ready, which safeguards did not
//! hold.

use super::{Lane, Line, Mark, Tone, seconds};
use crate::grade::outages;
use crate::plan::{Plan, Severity};
use crate::release::Driver;
use crate::snapshot::{Key, Object};
use crate::transcript::{Event, Label, Transcript};
use std::collections::BTreeMap;

/// A lane for the release in every namespace, and in every unusual place in which it was recorded: the status of its newest
/// revision.
pub(super) fn releases(plan: &Plan, transcript: &Transcript, line: Line) -> Vec<Lane> {
    let mut lanes = Vec::new();
    let places = plan.namespaces.iter().flat_map(|namespace| Driver::ALL.map(|driver| (namespace, driver)));
    for (namespace, driver) in places {
        let mut revisions: BTreeMap<u32, String> = BTreeMap::new();
        let mut stretches = Stretches::new(line);
        follow(transcript, |at, key, object| {
            if let Some(number) = revision(key, driver, namespace, &plan.release) {
                match object {
                    Some(object) => revisions.insert(number, status(object)),
                    None => revisions.remove(&number),
                };
                stretches.is(
                    at,
                    revisions.last_key_value().map(|(number, status)| {
                        let label = format!("{number} {status}");
                        (
                            tone(status),
                            label,
                            format!("release {} is {status} at revision {number}", plan.release),
                        )
                    }),
                );
            }
        });
        let name = match plan.namespaces.len() {
            1 => format!("Release {}", driver.shown(&plan.release)),
            _ => format!("{} in {namespace}", driver.shown(&plan.release)),
        };
        let marks = stretches.end();
        if driver.is_default() || !marks.is_empty() {
            lanes.push(Lane { name, marks });
        }
    }
    lanes
}

/// The number of a revision of the release: `sh.helm.release.v1.web.v3` → 3.
fn revision(key: &Key, driver: Driver, namespace: &str, release: &str) -> Option<u32> {
    let ours = driver.keeps(key) && &*key.namespace == namespace;
    let (name, number) = key.name.strip_prefix("sh.helm.release.v1.")?.rsplit_once(".v")?;
    (ours && name == release).then(|| number.parse().ok()).flatten()
}

/// What the label of a record says, by which Helm finds it.
fn status(secret: &Object) -> String {
    match secret["metadata"]["labels"]["status"].as_str() {
        Some(status) if !status.is_empty() => status.to_owned(),
        Some(_) | None => "without a status".to_owned(),
    }
}

fn tone(status: &str) -> Tone {
    match status {
        "deployed" => Tone::Good,
        "superseded" | "uninstalled" | "uninstalling" => Tone::Doubtful,
        pending if pending.starts_with("pending-") => Tone::Doubtful,
        _ => Tone::Bad,
    }
}

/// How many of the pods that the workloads want are ready. A workload of the steady state that is gone still wants its own.
pub(super) fn availability(plan: &Plan, transcript: &Transcript, line: Line) -> Lane {
    let steady = transcript.snapshot(Label::Baseline);
    let mut workloads: BTreeMap<Key, (u64, u64)> = BTreeMap::new();
    let mut stretches = Stretches::new(line);
    follow(transcript, |at, key, object| {
        if !is_workload(key) || !plan.namespaces.iter().any(|name| **name == *key.namespace) {
            return;
        }
        let wanted = steady.and_then(|steady| steady.get(key)).map(|object| replicas(object).1);
        match (object, wanted) {
            (Some(object), _) => workloads.insert(key.clone(), replicas(object)),
            (None, Some(wanted)) => workloads.insert(key.clone(), (0, wanted)),
            (None, None) => workloads.remove(key),
        };
        stretches.is(at, (!workloads.is_empty()).then(|| ready(&workloads)));
    });
    Lane { name: "Ready pods".to_owned(), marks: stretches.end() }
}

fn is_workload(key: &Key) -> bool {
    &*key.group == "apps" && matches!(&*key.resource, "deployments" | "statefulsets" | "daemonsets")
}

/// How many pods are ready, and how many are wanted.
fn replicas(object: &Object) -> (u64, u64) {
    let number = |value: &serde_json::Value| value.as_u64().unwrap_or(0);
    let (spec, status) = (&object["spec"], &object["status"]);
    match spec.get("replicas") {
        Some(wanted) => (number(&status["readyReplicas"]), number(wanted)),
        None => (number(&status["numberReady"]), number(&status["desiredNumberScheduled"])),
    }
}

fn ready(workloads: &BTreeMap<Key, (u64, u64)>) -> (Tone, String, String) {
    let ready: u64 = workloads.values().map(|(ready, wanted)| ready.min(wanted)).sum();
    let wanted: u64 = workloads.values().map(|(_, wanted)| wanted).sum();
    let tone = match (ready, wanted) {
        (_, 0) => Tone::Bad,
        (ready, wanted) if ready == wanted => Tone::Good,
        (0, _) => Tone::Bad,
        (_, _) => Tone::Doubtful,
    };
    let lacking = workloads.iter().filter(|(_, (ready, wanted))| ready < wanted || *wanted == 0);
    let lacking: String =
        lacking.map(|(key, (ready, wanted))| format!("\n{key}: {ready} of {wanted}")).collect();
    (tone, format!("{ready}/{wanted}"), format!("{ready} of {wanted} pods are ready{lacking}"))
}

/// The stretches in which held safeguards did not hold; no lane where all did.
pub(super) fn safeguards(plan: &Plan, transcript: &Transcript, line: Line) -> Vec<Lane> {
    let marks: Vec<Mark> = outages(plan, transcript)
        .into_iter()
        .map(|outage| {
            let (from, to) = (line.at(outage.from), line.at(outage.to));
            let tone = match outage.severity {
                Severity::Recoverable => Tone::Doubtful,
                Severity::Catastrophic => Tone::Bad,
            };
            let told = format!(
                "{} to {}: safeguard {} does not hold: {}",
                seconds(from),
                seconds(to),
                outage.safeguard,
                outage.evidence
            );
            Mark { from, to: Some(to), tone, label: outage.safeguard, told }
        })
        .collect();
    if marks.is_empty() { Vec::new() } else { vec![Lane { name: "Broken safeguards".to_owned(), marks }] }
}

/// Hands over every object as it came, changed and went.
fn follow(transcript: &Transcript, mut seen: impl FnMut(crate::clock::Moment, &Key, Option<&Object>)) {
    for entry in &transcript.entries {
        match &entry.event {
            Event::Object { key, object } => seen(entry.at, key, object.as_ref()),
            Event::Snapshot { snapshot, .. } => {
                snapshot.iter().for_each(|(key, object)| seen(entry.at, key, Some(object)));
            }
            Event::Phase { .. }
            | Event::Began { .. }
            | Event::Ended { .. }
            | Event::Call(_)
            | Event::Fault { .. }
            | Event::Checked { .. }
            | Event::Aside(_) => {}
        }
    }
}

/// Something that is so until something else is.
struct Stretches {
    line: Line,
    marks: Vec<Mark>,
    now: Option<(u64, (Tone, String, String))>,
}

impl Stretches {
    fn new(line: Line) -> Stretches {
        Stretches { line, marks: Vec::new(), now: None }
    }

    /// From then on this is so, or nothing is known.
    fn is(&mut self, at: crate::clock::Moment, state: Option<(Tone, String, String)>) {
        let unchanged = self.now.as_ref().map(|(_, now)| now) == state.as_ref();
        if !unchanged {
            let at = self.line.at(at);
            self.close(at);
            self.now = state.map(|state| (at, state));
        }
    }

    fn close(&mut self, to: u64) {
        // What lasted for no time at all was never seen by anybody.
        if let Some((from, (tone, label, told))) = self.now.take().filter(|(from, _)| *from < to) {
            let told = format!("{} to {}: {told}", seconds(from), seconds(to));
            self.marks.push(Mark { from, to: Some(to), tone, label, told });
        }
    }

    fn end(mut self) -> Vec<Mark> {
        self.close(self.line.length);
        self.marks
    }
}
