//! What Jobs and CronJobs may say, and what of them never changes.

use super::findings::{Findings, Path, same};
use super::workload::nonnegative;
use super::{cron, internal, pod, selectors};
use crate::sim::look::{is_true, text};
use serde_json::Value;

/// A Job.
pub(super) fn job(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    job_spec(&path, spec, found);
    let selector = spec.get("selector").filter(|selector| selector.is_object());
    if selector.is_none() {
        found.required(&path.child("selector"), "");
    }
    selectors::selector(&path.child("selector"), selector, found);
    selectors::template_labels(spec, found);
}

fn job_spec(path: &Path, spec: &Value, found: &mut Findings) {
    let counts =
        ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"];
    nonnegative(path, spec, &counts, found);
    let mode = text(spec, "/completionMode");
    if !matches!(mode, "" | "NonIndexed" | "Indexed") {
        found.unsupported(&path.child("completionMode"), mode, &["NonIndexed", "Indexed"]);
    }
    if mode == "Indexed" && spec.get("completions").is_none_or(Value::is_null) {
        found.required(&path.child("completions"), "when completion mode is Indexed");
    }
    pod::template(&path.child("template"), spec.get("template"), found);
    let policy = path.child("template.spec.restartPolicy");
    match text(spec, "/template/spec/restartPolicy") {
        "Always" | "" => found.required(&policy, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" | "Never" => {}
        other => found.unsupported(&policy, other, &["OnFailure", "Never"]),
    }
}

/// What of a Job never changes; while it is suspended and never ran, where its pods may run does.
pub(super) fn job_update(old: &Value, new: &Value, found: &mut Findings) {
    let path = Path::new("spec");
    let field = |object: &Value, key: &str| object.get("spec").and_then(|spec| spec.get(key)).cloned();
    let check = |key: &str, found: &mut Findings| {
        found.immutable(&path.child(key), field(old, key).as_ref(), field(new, key).as_ref());
    };
    let elastic = text(new, "/spec/completionMode") == "Indexed"
        && same(field(new, "completions").as_ref(), field(new, "parallelism").as_ref());
    if !elastic {
        check("completions", found);
    }
    check("selector", found);
    template_update(old, new, found);
    for key in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        check(key, found);
    }
}

fn template_update(old: &Value, new: &Value, found: &mut Findings) {
    let template = |object: &Value| object.pointer("/spec/template").cloned().unwrap_or(Value::Null);
    let (before, mut mended) = (template(old), template(new));
    let idle = is_true(old, "/spec/suspend") && text(old, "/status/startTime").is_empty();
    if idle {
        let free = [
            ("/metadata", ["labels", "annotations"].as_slice()),
            ("/spec", ["nodeSelector", "affinity", "tolerations", "schedulingGates"].as_slice()),
        ];
        for (pointer, keys) in free {
            for key in keys {
                let held = before.pointer(pointer).and_then(|holder| holder.get(*key)).cloned();
                if let Some(holder) = mended.pointer_mut(pointer).filter(|holder| holder.is_object()) {
                    holder[*key] = held.unwrap_or(Value::Null);
                }
            }
        }
    }
    if !same(Some(&before), Some(&mended)) {
        let printed = internal::pod_template(&mended);
        found.invalid_printed(&Path::new("spec.template"), &printed, "field is immutable");
    }
}

/// A CronJob.
pub(super) fn cron_job(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    match text(spec, "/schedule") {
        "" => found.required(&path.child("schedule"), ""),
        schedule => {
            if let Err(detail) = cron::check(schedule) {
                found.invalid(&path.child("schedule"), schedule, &detail);
            }
        }
    }
    nonnegative(&path, spec, &["startingDeadlineSeconds"], found);
    let policies = ["Allow", "Forbid", "Replace"];
    found.one_of(&path.child("concurrencyPolicy"), text(spec, "/concurrencyPolicy"), &policies);
    let inner = path.child("jobTemplate.spec");
    let job = spec.pointer("/jobTemplate/spec").unwrap_or(&Value::Null);
    if is_true(job, "/manualSelector") {
        found.unsupported(&inner.child("manualSelector"), "true", &["nil", "false"]);
    }
    job_spec(&inner, job, found);
    nonnegative(&path, spec, &["successfulJobsHistoryLimit", "failedJobsHistoryLimit"], found);
    let name = text(object, "/metadata/name");
    if name.len() > 52 {
        found.invalid(&Path::new("metadata.name"), name, "must be no more than 52 characters");
    }
}
