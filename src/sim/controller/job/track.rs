//! Counting every ended pod exactly once: it is first noted by uid in the status, then loses its finalizer, then is
//! counted for good.

use super::TRACKING;
use super::count::{Tally, counts, failed};
use super::indexes::{completions, indexed, limited_per_index, parse, valid_index, write};
use super::status::Verdict;
use crate::sim::controller::object::{has_finalizer, list, number, set_count, terminating, text, uid};
use crate::snapshot::Object;
use serde_json::{Value, json};

/// So many pods are noted at a time.
const MOST: usize = 500;

/// Notes the newly ended pods in `status`, and counts those that were noted and have lost their finalizer. Returns the
/// pods that may lose it next.
pub(super) fn track<'a>(
    job: &Value,
    tally: &Tally<'a>,
    verdict: Option<&Verdict>,
    status: &mut Value,
) -> Vec<&'a Object> {
    let tracked: Vec<&Object> =
        tally.all.iter().copied().filter(|pod| has_finalizer(pod, TRACKING)).collect();
    let mut noted = settle(&tracked, status);
    let before = parse(text(job, "/status/completedIndexes"), completions(job));
    let mut freed = Vec::new();
    let mut fresh_indexes = 0;
    for pod in tracked {
        let has_failed = failed(job, pod);
        if !free(job, tally, pod, has_failed, verdict.is_some()) {
            continue;
        }
        freed.push(pod);
        let own = json!(uid(pod));
        let counted_by =
            |field: &str| list(job, &format!("/status/uncountedTerminatedPods/{field}")).contains(&own);
        let index = valid_index(job, pod);
        if text(pod, "/status/phase") == "Succeeded" && !counted_by("failed") {
            if indexed(job) {
                fresh_indexes += usize::from(index.is_some_and(|index| !before.contains(&index)));
            } else if !counted_by("succeeded") {
                noted[0].push(own);
            }
        } else if (has_failed || verdict.is_some_and(|verdict| !verdict.succeeded))
            && !counted_by("failed")
            && (!indexed(job) || index.is_some())
            && counts(job, pod)
        {
            noted[1].push(own);
        }
        if fresh_indexes + noted[0].len() + noted[1].len() >= MOST {
            break;
        }
    }
    status["uncountedTerminatedPods"] = json!({});
    for (field, list) in ["succeeded", "failed"].into_iter().zip(noted).filter(|(_, list)| !list.is_empty()) {
        status["uncountedTerminatedPods"][field] = Value::Array(list);
    }
    if indexed(job) {
        note_indexes(job, tally, status);
    }
    freed
}

/// Counts for good what was noted and has lost its finalizer; what is noted still.
fn settle(tracked: &[&Object], status: &mut Value) -> [Vec<Value>; 2] {
    ["succeeded", "failed"].map(|field| {
        let held = list(status, &format!("/uncountedTerminatedPods/{field}"));
        let still = |noted: &Value| tracked.iter().any(|pod| pod["metadata"]["uid"] == *noted);
        let (kept, counted): (Vec<Value>, Vec<Value>) = held.iter().cloned().partition(still);
        let before = number(status, &format!("/{field}")).unwrap_or(0);
        set_count(status, field, before + i64::try_from(counted.len()).expect("a count of pods"));
        kept
    })
}

/// Whether a pod's end need not be waited for any longer, so that it may lose its finalizer.
fn free(job: &Value, tally: &Tally<'_>, pod: &Object, has_failed: bool, over: bool) -> bool {
    if terminating(job) || over || text(pod, "/status/phase") == "Succeeded" {
        return true;
    }
    has_failed && !tally.kept.values().any(|kept| uid(kept) == uid(pod))
}

fn note_indexes(job: &Value, tally: &Tally<'_>, status: &mut Value) {
    set_count(status, "succeeded", i64::try_from(tally.done.len()).expect("a count of pods"));
    let fields = status.as_object_mut().expect("a status is an object");
    if tally.done.is_empty() {
        fields.remove("completedIndexes");
    } else {
        fields.insert("completedIndexes".to_owned(), json!(write(&tally.done)));
    }
    if limited_per_index(job) {
        fields.insert("failedIndexes".to_owned(), json!(write(&tally.given_up)));
    }
}
