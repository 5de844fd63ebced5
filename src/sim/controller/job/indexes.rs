//! Completion indexes: sets of them as Job statuses write them, the index of a pod, and which indexes still need a pod.

use super::count::only_after_failure;
use crate::sim::controller::object::{active, list, map, number, terminating, text};
use crate::snapshot::Object;
use serde_json::Value;
use std::collections::BTreeSet;

/// The annotation and label of a pod that hold its index.
pub(super) const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// More pods than this no Job has run; a status that claims so was not written by its controller.
const MOST: usize = 100_000;

/// Whether every completion of the Job has an index.
pub(super) fn indexed(job: &Value) -> bool {
    text(job, "/spec/completionMode") == "Indexed"
}

/// Whether failures are counted for each index.
pub(super) fn limited_per_index(job: &Value) -> bool {
    indexed(job) && number(job, "/spec/backoffLimitPerIndex").is_some()
}

/// `spec.completions`, zero where it is not set.
pub(super) fn completions(job: &Value) -> i64 {
    number(job, "/spec/completions").unwrap_or(0)
}

/// The index of a pod, where it has one.
pub(super) fn index(pod: &Value) -> Option<i64> {
    let noted = map(pod, "/metadata/annotations").get(INDEX)?.as_str()?.parse().ok();
    noted.filter(|index: &i64| *index >= 0)
}

/// The index of a pod, where it is one that the Job has.
pub(super) fn valid_index(job: &Value, pod: &Value) -> Option<i64> {
    index(pod).filter(|index| *index < completions(job))
}

/// Reads `1,3-5`, leaving out what is not below `completions`.
pub(super) fn parse(text: &str, completions: i64) -> BTreeSet<i64> {
    let mut indexes = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
            indexes.extend((from..=to.min(completions - 1)).take(MOST));
        }
    }
    indexes
}

/// Writes `1,3-5`.
pub(super) fn write(indexes: &BTreeSet<i64>) -> String {
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

/// The first `count` indexes that are neither done nor have a pod.
pub(super) fn pending(job: &Value, pods: &[&Object], done: &BTreeSet<i64>, count: usize) -> Vec<i64> {
    let waits = only_after_failure(job);
    let taken =
        |pod: &&&Object| active(pod) || waits && terminating(pod) && !super::super::object::finished(pod);
    let taken: BTreeSet<i64> = pods.iter().filter(taken).filter_map(|pod| index(pod)).collect();
    (0..completions(job))
        .filter(|index| !done.contains(index) && !taken.contains(index))
        .take(count)
        .collect()
}

/// Reads a list of exit codes, uids and the like.
pub(super) fn holds(entries: &Value, at: &str, entry: &Value) -> bool {
    list(entries, at).contains(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_written_as_runs() {
        for text in ["", "0", "0,1", "0-2", "1,3-5,7"] {
            assert_eq!(write(&parse(text, 100)), text);
        }
        assert_eq!(write(&parse("0-5,7", 3)), "0-2");
    }
}
