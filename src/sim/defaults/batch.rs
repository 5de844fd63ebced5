//! Defaults of Jobs and CronJobs.

use super::gaps::{fill, fill_zero, is_bare, items, object};
use super::pod;
use serde_json::{Map, Value, json};

/// `batch/v1` Job.
pub(super) fn job(job: &mut Value) {
    if let Some(spec) = object(job, "spec") {
        fill_spec(spec);
    }
    labels_from_template(job);
    fill(job, "status", Map::new());
}

/// A Job without labels takes those of its template, as it does again each time it is read.
pub(in crate::sim) fn labels_from_template(job: &mut Value) {
    let labels = job.pointer("/spec/template/metadata/labels").cloned();
    let Some(labels) = labels.filter(|labels| labels.as_object().is_some_and(|map| !map.is_empty())) else {
        return;
    };
    if let Some(metadata) = object(job, "metadata")
        && is_bare(metadata, "labels")
    {
        metadata["labels"] = labels;
    }
}

fn fill_spec(spec: &mut Value) {
    pod::template(spec);
    let unset = |spec: &Value, key: &str| spec.get(key).is_none_or(Value::is_null);
    if unset(spec, "completions") && unset(spec, "parallelism") {
        spec["completions"] = json!(1);
    }
    fill(spec, "parallelism", 1);
    let per_index = !unset(spec, "backoffLimitPerIndex");
    fill(spec, "backoffLimit", if per_index { i32::MAX } else { 6 });
    fill(spec, "completionMode", "NonIndexed");
    fill(spec, "suspend", false);
    fill(spec, "manualSelector", false);
    let policy = if unset(spec, "podFailurePolicy") { "TerminatingOrFailed" } else { "Failed" };
    fill(spec, "podReplacementPolicy", policy);
    if let Some(failure) = super::gaps::at(spec, "podFailurePolicy") {
        for rule in items(failure, "rules") {
            items(rule, "onPodConditions").for_each(|condition| fill_zero(condition, "status", "True"));
        }
    }
}

/// `batch/v1` CronJob.
pub(super) fn cron_job(cron: &mut Value) {
    if let Some(spec) = object(cron, "spec") {
        fill_zero(spec, "concurrencyPolicy", "Allow");
        fill(spec, "suspend", false);
        fill(spec, "successfulJobsHistoryLimit", 3);
        fill(spec, "failedJobsHistoryLimit", 1);
        fill(spec, "schedule", "");
        if let Some(template) = object(spec, "jobTemplate") {
            fill(template, "metadata", Map::new());
            if let Some(job) = object(template, "spec") {
                pod::template(job);
            }
        }
    }
    fill(cron, "status", Map::new());
}
