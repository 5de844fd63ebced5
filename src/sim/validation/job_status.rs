//! What the status of a Job may say. A rule is asked only where something that it is about has changed, so that a status
//! that a change of the spec made wrong can be mended.

use super::findings::{Findings, Path, same};
use super::internal;
use super::job_policy::{count_indexes, interval};
use crate::clock::Moment;
use crate::sim::look::{is_true, list, number, text};
use serde_json::Value;

/// What a Job may have come to, by its old and its new status.
struct Course<'a> {
    old: &'a Value,
    new: &'a Value,
}

impl Course<'_> {
    fn is(object: &Value, condition: &str) -> bool {
        let held = |one: &Value| one["type"] == condition && one["status"] == "True";
        list(object, "/status/conditions").iter().any(held)
    }

    fn is_finished(object: &Value) -> bool {
        Course::is(object, "Complete") || Course::is(object, "Failed")
    }

    fn now(&self, condition: &str) -> bool {
        Course::is(self.new, condition)
    }

    /// Whether any of these conditions was true and is not, or the other way round.
    fn turned(&self, conditions: &[&str]) -> bool {
        conditions.iter().any(|condition| Course::is(self.old, condition) != self.now(condition))
    }

    fn finishes(&self) -> bool {
        Course::is_finished(self.old) != Course::is_finished(self.new)
    }

    fn changed(&self, fields: &[&str]) -> bool {
        let part = |object: &Value, field: &str| object["status"].get(field).cloned();
        fields.iter().any(|field| !same(part(self.old, field).as_ref(), part(self.new, field).as_ref()))
    }

    fn held(&self, field: &str) -> Option<&Value> {
        self.new["status"].get(field).filter(|value| !value.is_null())
    }

    fn count(&self, field: &str) -> i64 {
        number(self.new, &format!("/status/{field}"))
    }
}

/// The changed status of a Job whose counts are not negative.
pub(super) fn status(old: &Value, new: &Value, found: &mut Findings) {
    let path = Path::new("status");
    let course = Course { old, new };
    uncounted(&path.child("uncountedTerminatedPods"), new, found);
    ends(&path, &course, found);
    finished(&path, &course, found);
    indexes(&path, &course, found);
    if course.changed(&["terminating"]) || course.finishes() {
        let count = course.count("terminating");
        if count > 0 && Course::is_finished(new) {
            found.invalid(&path.child("terminating"), count, "terminating>0 is invalid for finished job");
        }
    }
    let (ready, active) = (course.count("ready"), course.count("active"));
    if course.changed(&["ready", "active"]) && ready > active {
        found.invalid(&path.child("ready"), ready, "cannot set more ready pods than active");
    }
    success(&path.child("conditions"), &course, found);
    transitions(&path, &course, found);
}

fn uncounted(path: &Path, new: &Value, found: &mut Findings) {
    let mut seen: Vec<&Value> = Vec::new();
    for key in ["succeeded", "failed"] {
        let uids = list(new, &format!("/status/uncountedTerminatedPods/{key}"));
        for (index, uid) in uids.iter().enumerate() {
            let at = path.child(key).index(index);
            if uid == "" {
                found.invalid(&at, "", "must not be empty");
            } else if seen.contains(&uid) {
                found.duplicate(&at, uid.clone());
            } else {
                seen.push(uid);
            }
        }
    }
}

/// Which ends exclude each other or follow from each other, and when the Job was done.
fn ends(path: &Path, course: &Course<'_>, found: &mut Findings) {
    let conditions = path.child("conditions");
    let complete = course.now("Complete");
    if course.turned(&["Complete", "Failed"]) && complete && course.now("Failed") {
        found.invalid_unshown(&conditions, "cannot set Complete=True and Failed=true conditions");
    }
    if course.turned(&["Complete", "FailureTarget"]) && complete && course.now("FailureTarget") {
        found.invalid_unshown(&conditions, "cannot set Complete=True and FailureTarget=true conditions");
    }
    let at = path.child("completionTime");
    let done = course.held("completionTime");
    if course.turned(&["Complete"]) || course.changed(&["completionTime"]) {
        match done {
            Some(done) if !complete => {
                let detail = "cannot set completionTime when there is no Complete=True condition";
                found.invalid(&at, done.clone(), detail);
            }
            None if complete => found.required(&at, "completionTime is required for Complete jobs"),
            Some(_) | None => {}
        }
    }
    let moment = |value: Option<&Value>| value.and_then(Value::as_str).and_then(Moment::parse);
    if course.changed(&["startTime", "completionTime"])
        && let (Some(start), Some(end)) = (moment(course.held("startTime")), moment(done))
        && end < start
    {
        found.invalid(
            &at,
            done.cloned().unwrap_or(Value::Null),
            "completionTime cannot be set before startTime",
        );
    }
    for (end, before) in [("Failed", "FailureTarget"), ("Complete", "SuccessCriteriaMet")] {
        if course.turned(&[end, before]) && course.now(end) && !course.now(before) {
            let detail = format!("cannot set {end}=True condition without the {before}=true condition");
            found.invalid_unshown(&conditions, &detail);
        }
    }
}

/// What a Job that is over no longer has, and what it must have.
fn finished(path: &Path, course: &Course<'_>, found: &mut Findings) {
    if !Course::is_finished(course.new) {
        return;
    }
    let asked = |field: &str| course.finishes() || course.changed(&[field]);
    let active = course.count("active");
    if asked("active") && active > 0 {
        found.invalid(&path.child("active"), active, "active>0 is invalid for finished job");
    }
    if asked("startTime") && course.held("startTime").is_none() {
        found.required(&path.child("startTime"), "startTime is required for finished job");
    }
    if let Some(pods) = course.held("uncountedTerminatedPods")
        && asked("uncountedTerminatedPods")
        && ["/succeeded", "/failed"].iter().any(|key| !list(pods, key).is_empty())
    {
        let shown = internal::print("UncountedTerminatedPods", pods);
        let detail = "uncountedTerminatedPods needs to be empty for finished job";
        found.invalid_printed(&path.child("uncountedTerminatedPods"), &shown, detail);
    }
}

fn indexes(path: &Path, course: &Course<'_>, found: &mut Findings) {
    let (completed_changed, failed_changed) =
        (course.changed(&["completedIndexes"]), course.changed(&["failedIndexes"]));
    let completions = course.new.pointer("/spec/completions").and_then(Value::as_i64);
    let by_index = course.new.pointer("/spec/backoffLimitPerIndex").is_some_and(Value::is_number);
    let completed = text(course.new, "/status/completedIndexes");
    let failed = course.held("failedIndexes").and_then(Value::as_str);
    let mut format = |key: &str, given: &str, most: i64| {
        if let Err(why) = count_indexes(given, most) {
            found.invalid(&path.child(key), given, &format!("error parsing {key}: {why}"));
        }
    };
    if let Some(most) = completions.filter(|_| completed_changed) {
        format("completedIndexes", completed, most);
    }
    if let (Some(most), Some(failed)) = (completions.filter(|_| failed_changed && by_index), failed) {
        format("failedIndexes", failed, most);
    }
    if completed_changed && !completed.is_empty() && text(course.new, "/spec/completionMode") != "Indexed" {
        let detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
        found.invalid(&path.child("completedIndexes"), completed, detail);
    }
    let Some(failed) = failed else { return };
    let at = path.child("failedIndexes");
    if failed_changed && !by_index {
        found.invalid(&at, failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
    }
    if let Some(most) = completions.filter(|_| failed_changed || completed_changed)
        && let Some(index) = overlap(completed, failed, most)
    {
        let detail = format!("failedIndexes and completedIndexes overlap at index: {index}");
        found.invalid(&at, failed, &detail);
    }
}

/// The first index that two lists of intervals share; what is no interval is passed over.
fn overlap(one: &str, other: &str, completions: i64) -> Option<i64> {
    let read = |text: &str| -> Vec<(i64, i64)> {
        text.split(',').filter_map(|part| interval(part, completions).ok()).collect()
    };
    let other = read(other);
    read(one).into_iter().find_map(|(from, to)| {
        let shared = other.iter().find(|(first, last)| from <= *last && *first <= to)?;
        Some(from.max(shared.0))
    })
}

/// When a Job may be said to have met what makes it a success.
fn success(path: &Path, course: &Course<'_>, found: &mut Findings) {
    let met = course.now("SuccessCriteriaMet");
    for (end, shown) in [("Failed", "Failed=true"), ("FailureTarget", "FailureTarget=true")] {
        if met && course.now(end) {
            let detail = format!("cannot set SuccessCriteriaMet=True and {shown} conditions");
            found.invalid_unshown(path, &detail);
        }
    }
    let has_policy = course.new.pointer("/spec/successPolicy").is_some_and(Value::is_object);
    if has_policy && !met && course.now("Complete") {
        let detail = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
        found.invalid_unshown(path, detail);
    }
}

/// What of a status is never taken back.
fn transitions(path: &Path, course: &Course<'_>, found: &mut Findings) {
    let conditions = path.child("conditions");
    for condition in ["Failed", "Complete", "FailureTarget"] {
        if Course::is(course.old, condition) && !course.now(condition) {
            let detail = format!("cannot disable the terminal {condition}=True condition");
            found.invalid_unshown(&conditions, &detail);
        }
    }
    let decreases = |field: &str| course.count(field) < number(course.old, &format!("/status/{field}"));
    if decreases("failed") {
        found.invalid(&path.child("failed"), course.count("failed"), "cannot decrease the failed counter");
    }
    let spec = |field: &str| course.new["spec"].get(field).cloned();
    let elastic =
        text(course.new, "/spec/completionMode") == "Indexed" && spec("completions") == spec("parallelism");
    if !elastic && decreases("succeeded") {
        let detail = "cannot decrease the succeeded counter";
        found.invalid(&path.child("succeeded"), course.count("succeeded"), detail);
    }
    let before = |field: &str| course.old["status"].get(field).filter(|value| !value.is_null());
    if let (Some(was), Some(is)) = (before("completionTime"), course.held("completionTime"))
        && was != is
    {
        found.invalid(&path.child("completionTime"), is.clone(), "completionTime cannot be mutated");
    }
    let started = before("startTime").is_some() && before("startTime") != course.held("startTime");
    if started && !is_true(course.new, "/spec/suspend") {
        found.required(&path.child("startTime"), "startTime cannot be removed for unsuspended job");
    }
    let (was_met, met) = (Course::is(course.old, "SuccessCriteriaMet"), course.now("SuccessCriteriaMet"));
    if was_met && !met {
        found.invalid_unshown(&conditions, "cannot disable the SuccessCriteriaMet=True condition");
    }
    if Course::is(course.old, "Complete") && !was_met && met {
        let detail = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
        found.invalid_unshown(&conditions, detail);
    }
}
