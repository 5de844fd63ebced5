//! Counting the ended pods of a Job, exactly once each: an ended pod is first noted by uid, then loses its
//! finalizer, then is counted. Also which pods a Job still needs.

use super::{Pods, TRACKING};
use crate::clock::Moment;
use crate::sim::controller::object::{has_finalizer, list, map, name, number, terminating, text, time, uid};
use crate::sim::controller::pods::from_template;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// How many pods have succeeded and failed, and which of them are noted but not yet counted for good.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Succeeded pods, noted ones included.
    pub(super) succeeded: i64,
    /// Failed pods, noted ones included.
    pub(super) failed: i64,
    /// `uncountedTerminatedPods` as it should be now.
    pub(super) noted: Value,
    /// `status.succeeded` and `status.failed` as they should be now.
    pub(super) settled: (i64, i64),
    /// `completedIndexes`, for Indexed Jobs.
    pub(super) indexes: BTreeSet<i64>,
}

/// When a pod ended: when its last container did.
pub(super) fn ended(pod: &Value) -> Moment {
    let stops = list(pod, "/status/containerStatuses").iter();
    let stops = stops.filter_map(|status| time(status, "/state/terminated/finishedAt"));
    stops.max().or(time(pod, "/metadata/creationTimestamp")).unwrap_or_default()
}

/// Whether a pod succeeded or failed; one that is deleted counts as failed, with `podReplacementPolicy: Failed`
/// only where it never started.
fn outcome(job: &Value, pod: &Value) -> Option<bool> {
    let waits = text(job, "/spec/podReplacementPolicy") == "Failed";
    match text(pod, "/status/phase") {
        "Succeeded" => Some(true),
        "Failed" => Some(false),
        phase if terminating(pod) && (!waits || phase == "Pending") => Some(false),
        _ => None,
    }
}

pub(super) fn indexed(job: &Value) -> bool {
    text(job, "/spec/completionMode") == "Indexed"
}

fn index(pod: &Value) -> Option<i64> {
    map(pod, "/metadata/annotations").get(INDEX)?.as_str()?.parse().ok()
}

impl Tally {
    /// Counts the pods of `job` on top of what its status already holds.
    pub(super) fn of(job: &Value, pods: &Pods<'_>) -> Tally {
        let mut tally = Tally::default();
        let mut lists = [Vec::new(), Vec::new()];
        let mut settled =
            [number(job, "/status/succeeded").unwrap_or(0), number(job, "/status/failed").unwrap_or(0)];
        let fields = ["succeeded", "failed"];
        tally.indexes = parse_indexes(text(job, "/status/completedIndexes"));
        for (place, field) in fields.iter().enumerate() {
            let held = list(job, &format!("/status/uncountedTerminatedPods/{field}"));
            for noted in held {
                let pod = pods.all.iter().find(|pod| pod["metadata"]["uid"] == *noted);
                match pod {
                    Some(pod) if has_finalizer(pod, TRACKING) => lists[place].push(noted.clone()),
                    _ if indexed(job) && place == 0 => {}
                    _ => settled[place] += 1,
                }
            }
            for pod in
                pods.all.iter().filter(|pod| has_finalizer(pod, TRACKING) && !held.contains(&json!(uid(pod))))
            {
                if outcome(job, pod) == Some(place == 0) {
                    match index(pod).filter(|_| indexed(job) && place == 0) {
                        Some(index) => {
                            tally.indexes.insert(index);
                        }
                        None => lists[place].push(json!(uid(pod))),
                    }
                }
            }
        }
        if indexed(job) {
            settled[0] = i64::try_from(tally.indexes.len()).expect("a count of pods");
        }
        tally.settled = (settled[0], settled[1]);
        let size = |list: &Vec<Value>| i64::try_from(list.len()).expect("a count of pods");
        tally.succeeded = settled[0] + size(&lists[0]);
        tally.failed = settled[1] + size(&lists[1]);
        tally.noted = json!({});
        for (field, list) in fields.into_iter().zip(lists).filter(|(_, list)| !list.is_empty()) {
            tally.noted[field] = json!(list);
        }
        tally
    }

    /// Whether the pod's end is noted, so that it may go.
    pub(super) fn is_noted(&self, pod: &Value) -> bool {
        let uid = json!(uid(pod));
        let noted = ["/succeeded", "/failed"].iter().any(|field| list(&self.noted, field).contains(&uid));
        noted || index(pod).is_some_and(|index| self.indexes.contains(&index))
    }

    /// How many pods should run now.
    pub(super) fn wanted(&self, job: &Value, pods: &Pods<'_>) -> usize {
        let parallelism = number(job, "/spec/parallelism").unwrap_or(1);
        let running = i64::try_from(pods.active.len()).expect("a count of pods");
        let wanted = match number(job, "/spec/completions") {
            Some(completions) => parallelism.min(completions - self.succeeded),
            None if self.succeeded > 0 => running,
            None => parallelism,
        };
        let replaces_failed = text(job, "/spec/podReplacementPolicy") == "Failed";
        let leaving = if replaces_failed { pods.terminating } else { 0 };
        usize::try_from(wanted).unwrap_or(0).saturating_sub(leaving)
    }

    /// New pods for the Job, with their completion indexes where it has them.
    pub(super) fn fresh_pods(&self, job: &Object, pods: &Pods<'_>, count: usize) -> Vec<Value> {
        let mut pod = from_template(job, &job["spec"]["template"]);
        let mut finalizers = list(&pod, "/metadata/finalizers").to_vec();
        finalizers.push(json!(TRACKING));
        pod["metadata"]["finalizers"] = json!(finalizers);
        if !indexed(job) {
            return vec![pod; count];
        }
        let taken: BTreeSet<i64> = pods
            .all
            .iter()
            .filter(|pod| !terminating(pod) && outcome(job, pod) != Some(false))
            .filter_map(|pod| index(pod))
            .collect();
        let completions = number(job, "/spec/completions").unwrap_or(0);
        let free = (0..completions).filter(|index| !taken.contains(index) && !self.indexes.contains(index));
        free.take(count).map(|index| with_index(job, &pod, index)).collect()
    }
}

fn with_index(job: &Value, pod: &Value, index: i64) -> Value {
    let mut pod = pod.clone();
    let metadata = &mut pod["metadata"];
    metadata["generateName"] = json!(format!("{}-{index}-", name(job)));
    if !metadata["annotations"].is_object() {
        metadata["annotations"] = json!({});
    }
    metadata["annotations"][INDEX] = json!(index.to_string());
    metadata["labels"][INDEX] = json!(index.to_string());
    pod["spec"]["hostname"] = json!(format!("{}-{index}", name(job)));
    let source = json!({"fieldRef": {"fieldPath": format!("metadata.labels['{INDEX}']")}});
    for field in ["containers", "initContainers"] {
        for container in pod["spec"].get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            let mut env = list(container, "/env").to_vec();
            if !env.iter().any(|entry| entry["name"] == "JOB_COMPLETION_INDEX") {
                env.push(json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": source}));
                container["env"] = json!(env);
            }
        }
    }
    pod
}

/// More pods than this no Job has run; a status that claims so was not written by its controller.
const INDEXES: usize = 100_000;

/// Reads `1,3-5`.
fn parse_indexes(text: &str) -> BTreeSet<i64> {
    let mut indexes = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
            indexes.extend((from..=to).take(INDEXES));
        }
    }
    indexes
}

/// Writes `1,3-5`.
pub(super) fn write_indexes(indexes: &BTreeSet<i64>) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for index in indexes {
        match runs.last_mut() {
            Some((_, to)) if *to + 1 == *index => *to = *index,
            _ => runs.push((*index, *index)),
        }
    }
    let texts = runs.into_iter().map(|(from, to)| match to - from {
        0 => from.to_string(),
        1 => format!("{from},{to}"),
        _ => format!("{from}-{to}"),
    });
    texts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completed_indexes_are_written_as_runs() {
        for text in ["", "0", "0,1", "0-2", "1,3-5,7"] {
            assert_eq!(write_indexes(&parse_indexes(text)), text);
        }
    }
}
