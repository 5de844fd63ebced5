//! The workloads of a release, as its own manifest names them: what is known to be well of any chart.

use super::answer::unless;
use super::manifest::is_at;
use super::workload::{condition, pods_of};
use super::{Answer, View, Workloads};
use crate::release::{self, Record};
use crate::snapshot::{Object, Snapshot};
use serde_json::Value;

/// Every workload of the deployed revision is ready, or has at least so many ready pods. Where nothing is deployed, the
/// revision of the steady state says which they are.
pub(super) fn workloads(asked: &Workloads, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let found = deployed(view.now, namespace, &asked.release);
    let Some(record) = found.or_else(|| deployed(view.baseline, namespace, &asked.release)) else {
        let evidence = format!("release {} has no deployed revision", asked.release);
        return Answer { held: false, evidence };
    };
    let documents = match release::documents(&record.manifest) {
        Ok(documents) => documents,
        Err(error) => return Answer { held: false, evidence: error.to_string() },
    };
    let mut count = 0;
    let mut wrongs = Vec::new();
    for wanted in &documents {
        let Some(kind) = Kind::of(wanted) else { continue };
        count += 1;
        let live = view.now.iter().find(|(key, object)| is_at(wanted, namespace, key, object));
        let why = match live {
            None => Some("is missing".to_owned()),
            Some((_, live)) => kind.lacks(live, asked.at_least).map(|lack| {
                let inside = live["metadata"]["namespace"].as_str().unwrap_or(namespace);
                let reason = reason(kind, live, inside, view.now);
                format!("{lack}{}", reason.map(|reason| format!(" ({reason})")).unwrap_or_default())
            }),
        };
        let name = wanted["metadata"]["name"].as_str().unwrap_or_default();
        wrongs.extend(why.map(|why| format!("{}/{name} {why}", kind.word())));
    }
    let how = match asked.at_least {
        None => "all are ready".to_owned(),
        Some(pods) => format!("each has at least {pods} ready pods or all that it wants"),
    };
    unless(wrongs, || match count {
        0 => format!("revision {} of {} has no workloads", record.revision, asked.release),
        _ => format!("{count} workloads of revision {} of {}: {how}", record.revision, asked.release),
    })
}

/// The newest deployed revision that can be read.
fn deployed(now: &Snapshot, namespace: &str, name: &str) -> Option<Record> {
    let history = release::history(now, namespace, name);
    let newest = history.into_iter().rev().find(|revision| revision.status() == Some("deployed"))?;
    newest.record.ok()
}

/// What has pods of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
}

impl Kind {
    fn of(document: &Value) -> Option<Kind> {
        match document["kind"].as_str()? {
            "Deployment" => Some(Kind::Deployment),
            "StatefulSet" => Some(Kind::StatefulSet),
            "DaemonSet" => Some(Kind::DaemonSet),
            "Job" => Some(Kind::Job),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Deployment => "deployment",
            Kind::StatefulSet => "statefulset",
            Kind::DaemonSet => "daemonset",
            Kind::Job => "job",
        }
    }

    /// What it lacks; `None` where it is as it should be.
    fn lacks(self, live: &Object, at_least: Option<u64>) -> Option<String> {
        let number = |at: &str| live.pointer(at).and_then(Value::as_u64);
        let (wanted, ready, updated) = match self {
            Kind::Job => return lacks_end(live, at_least),
            Kind::Deployment | Kind::StatefulSet => {
                (number("/spec/replicas").unwrap_or(1), "/status/readyReplicas", "/status/updatedReplicas")
            }
            Kind::DaemonSet => (
                number("/status/desiredNumberScheduled").unwrap_or(0),
                "/status/numberReady",
                "/status/updatedNumberScheduled",
            ),
        };
        let (ready, updated) = (number(ready).unwrap_or(0), number(updated).unwrap_or(0));
        if let Some(pods) = at_least {
            return (ready < wanted.min(pods))
                .then(|| format!("has {ready} ready pods, expected at least {}", wanted.min(pods)));
        }
        let (seen, meant) = (number("/status/observedGeneration"), number("/metadata/generation"));
        if seen != meant {
            return Some("was changed, and its controller has not seen it yet".to_owned());
        }
        if ready < wanted {
            return Some(format!("has {ready} of {wanted} pods ready"));
        }
        let by_hand = live.pointer("/spec/updateStrategy/type").and_then(Value::as_str) == Some("OnDelete")
            || number("/spec/updateStrategy/rollingUpdate/partition").unwrap_or(0) > 0;
        (updated < wanted && !by_hand)
            .then(|| format!("has {updated} of {wanted} pods of its current template"))
    }
}

/// What a Job lacks: its end. While only some pods are asked for it lacks nothing, since it serves nobody.
fn lacks_end(job: &Object, at_least: Option<u64>) -> Option<String> {
    if at_least.is_some() || condition(job, "Complete") {
        return None;
    }
    Some(match condition(job, "Failed") {
        true => "has failed".to_owned(),
        false => "is not complete".to_owned(),
    })
}

/// Why the first of its pods that is not ready is not: what its node or the scheduler says.
fn reason(kind: Kind, live: &Object, namespace: &str, now: &Snapshot) -> Option<String> {
    let name = live["metadata"]["name"].as_str()?;
    let reference = format!("{}/{name}", kind.word()).parse().ok()?;
    let pods = pods_of(&reference, namespace, now)?;
    let (key, pod) = pods.iter().find(|(_, pod)| !condition(pod, "Ready"))?;
    let statuses = ["initContainerStatuses", "containerStatuses"]
        .iter()
        .flat_map(|at| pod["status"][*at].as_array().into_iter().flatten());
    let mut waiting = statuses.filter_map(|status| status["state"]["waiting"]["reason"].as_str());
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    let mut refused = conditions
        .filter(|condition| condition["type"] == "PodScheduled" && condition["status"] == "False")
        .filter_map(|condition| condition["message"].as_str());
    let why = waiting.next().or(refused.next())?;
    Some(format!("pod {}: {why}", key.name))
}
