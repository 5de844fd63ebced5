//! Counting the pods of a Job: which are active, which have newly ended, and how many have succeeded and failed in all.
//! Noting ended pods in the status, exactly once each, is in `track`.

use super::TRACKING;
use super::backoff::Backoff;
use super::indexes::{completions, index, indexed, limited_per_index, parse, valid_index};
use super::policy::{Action, action};
use crate::clock::Moment;
use crate::sim::controller::View;
use crate::sim::controller::object::{
    active, condition, finished, has_finalizer, list, map, number, ready, terminating, text, time, uid,
};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The annotation that counts the failures of a pod's index before it.
pub(super) const FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
/// The same for failures that the policy ignores.
pub(super) const IGNORED: &str = "batch.kubernetes.io/job-index-ignored-failure-count";

/// The pods of a Job by what became of them.
pub(super) struct Tally<'a> {
    /// All of them, by index.
    pub(super) all: Vec<&'a Object>,
    /// Those that run or are about to.
    pub(super) active: Vec<&'a Object>,
    /// How many of the active ones are ready.
    pub(super) ready: usize,
    /// Those that are being deleted and have not ended.
    pub(super) terminating: usize,
    /// How many have succeeded.
    pub(super) succeeded: i64,
    /// How many have failed and count.
    pub(super) failed: i64,
    /// The indexes that have succeeded, for Indexed Jobs.
    pub(super) done: BTreeSet<i64>,
    /// The indexes that have failed, where failures are counted for each.
    pub(super) given_up: BTreeSet<i64>,
    /// By index the failed pod that is kept until its successor is there, where failures are counted for each.
    pub(super) kept: BTreeMap<i64, &'a Object>,
    /// The failures since the last success.
    pub(super) backoff: Backoff,
}

/// Whether a pod that is being deleted is replaced only once it has ended.
pub(super) fn only_after_failure(job: &Value) -> bool {
    text(job, "/spec/podReplacementPolicy") == "Failed" || job["spec"]["podFailurePolicy"].is_object()
}

/// Whether a pod has failed, or is being deleted and counts as failed for that.
pub(super) fn failed(job: &Value, pod: &Value) -> bool {
    let phase = text(pod, "/status/phase");
    phase == "Failed" || !only_after_failure(job) && terminating(pod) && phase != "Succeeded"
}

/// Whether a failed pod counts.
pub(super) fn counts(job: &Value, pod: &Value) -> bool {
    action(job, pod) != Action::Ignore
}

/// When a pod ended: when its last container did, when it ceased to be ready, when it was deleted.
pub(super) fn finished_at(pod: &Value) -> Moment {
    let statuses = list(pod, "/status/containerStatuses");
    let stops: Option<Vec<Moment>> =
        statuses.iter().map(|status| time(status, "/state/terminated/finishedAt")).collect();
    let unready = condition(&pod["status"], "Ready").filter(|held| held["status"] == "False");
    let grace = number(pod, "/metadata/deletionGracePeriodSeconds").unwrap_or(0).unsigned_abs();
    let grace = i64::try_from(Duration::from_secs(grace).as_micros()).unwrap_or(i64::MAX);
    let deleted = time(pod, "/metadata/deletionTimestamp")
        .map(|at| Moment::from_micros(at.as_micros().saturating_sub(grace)));
    stops
        .and_then(|stops| stops.into_iter().max())
        .or_else(|| time(unready?, "/lastTransitionTime"))
        .or(deleted)
        .or(time(pod, "/metadata/creationTimestamp"))
        .unwrap_or_default()
}

/// The failures of a pod's index before it: those that count, and those that the policy ignores.
pub(super) fn failures(pod: &Value) -> (u32, u32) {
    let notes = map(pod, "/metadata/annotations");
    let of =
        |key: &str| notes.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(0);
    (of(FAILURES), of(IGNORED))
}

impl<'a> Tally<'a> {
    /// Counts the pods of `job` on top of what its status already holds.
    pub(super) fn of(view: &View<'_>, job: &Value, mut all: Vec<&'a Object>) -> Tally<'a> {
        if indexed(job) {
            all.sort_by_key(|pod| index(pod));
        }
        let new = |outcome: &str| {
            let held = list(job, &format!("/status/uncountedTerminatedPods/{outcome}"));
            let fresh = |pod: &&&Object| has_finalizer(pod, TRACKING) && !held.contains(&json!(uid(pod)));
            let counted = |pod: &&&Object| !indexed(job) || valid_index(job, pod).is_some();
            let pods: Vec<&Object> = all.iter().filter(fresh).filter(counted).copied().collect();
            (pods, i64::try_from(held.len()).expect("a count of pods"))
        };
        let (mut succeeded, held_succeeded) = new("succeeded");
        succeeded.retain(|pod| text(pod, "/status/phase") == "Succeeded");
        let (mut failures, held_failed) = new("failed");
        failures.retain(|pod| failed(job, pod));
        let size = |count: usize| i64::try_from(count).expect("a count of pods");
        let settled = |field: &str| number(job, field).unwrap_or(0);
        let counting = failures.iter().filter(|pod| counts(job, pod)).count();
        let mut tally = Tally {
            active: all.iter().copied().filter(|pod| active(pod)).collect(),
            ready: all.iter().filter(|pod| active(pod) && ready(pod)).count(),
            terminating: all.iter().filter(|pod| terminating(pod) && !finished(pod)).count(),
            succeeded: settled("/status/succeeded") + size(succeeded.len()) + held_succeeded,
            failed: settled("/status/failed") + size(counting) + held_failed,
            done: BTreeSet::new(),
            given_up: BTreeSet::new(),
            kept: BTreeMap::new(),
            backoff: Backoff::of(view, job, &succeeded, &failures),
            all,
        };
        if indexed(job) {
            tally.count_indexes(job, &succeeded);
        }
        tally
    }

    fn count_indexes(&mut self, job: &Value, succeeded: &[&'a Object]) {
        self.done = parse(text(job, "/status/completedIndexes"), completions(job));
        self.done.extend(succeeded.iter().filter_map(|pod| valid_index(job, pod)));
        self.succeeded = i64::try_from(self.done.len()).expect("a count of pods");
        if !limited_per_index(job) {
            return;
        }
        self.given_up = parse(text(job, "/status/failedIndexes"), completions(job));
        let tracked = self.all.iter().filter(|pod| has_finalizer(pod, TRACKING) && index_failed(job, pod));
        self.given_up.extend(tracked.filter_map(|pod| valid_index(job, pod)));
        let running: BTreeSet<i64> = self.active.iter().filter_map(|pod| index(pod)).collect();
        let over = |index: &i64| {
            self.done.contains(index) || self.given_up.contains(index) || running.contains(index)
        };
        let mut kept: BTreeMap<i64, &'a Object> = BTreeMap::new();
        for pod in self.all.iter().filter(|pod| has_finalizer(pod, TRACKING) && failed(job, pod)) {
            let Some(index) = valid_index(job, pod).filter(|index| !over(index)) else { continue };
            let later = |held: &&Object| {
                failures_of(held) <= failures_of(pod) && finished_at(pod) >= finished_at(held)
            };
            if kept.get(&index).is_none_or(later) {
                kept.insert(index, pod);
            }
        }
        self.kept = kept;
    }
}

/// All failures of a pod's index before it.
pub(super) fn failures_of(pod: &Value) -> u32 {
    let (counted, ignored) = failures(pod);
    counted.saturating_add(ignored)
}

/// Whether a pod's failure is one too many for its index.
fn index_failed(job: &Value, pod: &Value) -> bool {
    let limit = number(job, "/spec/backoffLimitPerIndex").unwrap_or(0);
    failed(job, pod)
        && match action(job, pod) {
            Action::FailIndex => true,
            Action::Ignore => false,
            Action::Count | Action::FailJob(_) => i64::from(failures(pod).0) >= limit,
        }
}
