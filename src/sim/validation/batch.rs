//! What Jobs and CronJobs may say. Policies of failure and success are in `job_policy`, what of a Job may change in
//! `job_update`.

use super::findings::{Findings, Path};
use super::workload::nonnegative;
use super::{cron, internal, job_policy, names, pod, selectors};
use crate::sim::look::{is_true, map, number, text};
use serde_json::Value;

/// Above as many completions, indexed Jobs are held to less.
const MANY: i64 = 100_000;

/// A whole Job, as a new one and a changed one are checked alike.
pub(super) fn job(object: &Value, old: Option<&Value>, found: &mut Findings) {
    own_selector(object, old, found);
    job_content(object, found);
    let completions = number(object, "/spec/completions");
    if text(object, "/spec/completionMode") == "Indexed" && completions > 0 {
        let name = text(object, "/metadata/name");
        let host = format!("{name}-{}", completions - 1);
        if !names::label(&host).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {host}");
            found.invalid(&Path::new("metadata.name"), name, &detail);
        }
    }
}

/// The spec of a Job.
pub(super) fn job_content(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    job_spec(&path, spec, found);
    let at = path.child("selector");
    let before = found.len();
    match spec.get("selector").filter(|selector| selector.is_object()) {
        None => found.required(&at, ""),
        given => selectors::selector(&at, given, found),
    }
    let bad = found.len() > before && spec.get("selector").is_some_and(Value::is_object);
    if !bad {
        selectors::template_labels_in_full(spec, found);
    }
}

/// A selector that Kubernetes makes is the one that it made, and so are the labels that it selects.
fn own_selector(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let selector = object.pointer("/spec/selector").filter(|selector| selector.is_object());
    let Some(selector) = selector.filter(|_| !is_true(object, "/spec/manualSelector")) else { return };
    let (uid, name) = (text(object, "/metadata/uid"), text(object, "/metadata/name"));
    let labels = map(object, "/spec/template/metadata/labels");
    let path = Path::new("spec.template.metadata.labels");
    let mut expected = vec![("controller-uid", uid), ("job-name", name)];
    let prefixed = [("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", name)];
    // A Job that was made before there were these labels need not get them.
    let had = old.map(|old| map(old, "/spec/template/metadata/labels"));
    if had.is_none_or(|had| had.is_some_and(|had| prefixed.iter().all(|(key, _)| had.contains_key(*key)))) {
        expected.extend(prefixed);
    }
    for (key, wanted) in expected.iter().copied() {
        match labels.and_then(|labels| labels.get(key)).and_then(Value::as_str) {
            None => {
                found.required(&path.key(key), &format!("must be '{wanted}'"));
            }
            Some(given) if given != wanted => {
                let shown = labels.map_or(Value::Null, |labels| Value::Object(labels.clone()));
                found.invalid(&path.key(key), shown, &format!("must be '{wanted}'"));
            }
            Some(_) => {}
        }
    }
    let made: serde_json::Map<String, Value> =
        expected.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
    let mut wrong = Findings::default();
    selectors::selector(&Path::new("spec.selector"), Some(selector), &mut wrong);
    if wrong.len() == 0 && !selectors::selects(selector, Some(&made)) {
        let printed = internal::print("LabelSelector", selector);
        found.invalid_printed(&Path::new("spec.selector"), &printed, "`selector` not auto-generated");
    }
}

fn job_spec(path: &Path, spec: &Value, found: &mut Findings) {
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    nonnegative(path, spec, &counts, found);
    let given = |key: &str| spec.get(key).is_some_and(|value| !value.is_null());
    if given("maxFailedIndexes") && !given("backoffLimitPerIndex") {
        found.required(&path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(manager) = spec.get("managedBy").and_then(Value::as_str) {
        names::domain_path(&path.child("managedBy"), manager, found);
        if manager.len() > 63 {
            found.too_long(&path.child("managedBy"), 63);
        }
    }
    mode(path, spec, found);
    job_policy::failure(&path.child("podFailurePolicy"), spec, found);
    job_policy::success(&path.child("successPolicy"), spec, found);
    let replacement = spec.get("podReplacementPolicy").and_then(Value::as_str);
    let policies: &[&str] =
        if given("podFailurePolicy") { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    if let Some(policy) = replacement.filter(|policy| !policies.contains(policy)) {
        found.unsupported(&path.child("podReplacementPolicy"), policy, policies);
    }
    pod::template(&path.child("template"), spec.get("template"), found);
    let policy = path.child("template.spec.restartPolicy");
    match text(spec, "/template/spec/restartPolicy") {
        "Always" | "" => found.required(&policy, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if given("podFailurePolicy") => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            found.invalid(&policy, "OnFailure", detail);
        }
        "OnFailure" | "Never" => {}
        other => found.unsupported(&policy, other, &["OnFailure", "Never"]),
    }
}

fn mode(path: &Path, spec: &Value, found: &mut Findings) {
    let count = |key: &str| spec.get(key).and_then(Value::as_i64);
    let mode = spec.get("completionMode").and_then(Value::as_str);
    if let Some(mode) = mode.filter(|mode| !matches!(*mode, "NonIndexed" | "Indexed")) {
        found.unsupported(&path.child("completionMode"), mode, &["NonIndexed", "Indexed"]);
    }
    if mode == Some("Indexed") {
        return indexed(path, spec, found);
    }
    if !matches!(mode, None | Some("NonIndexed")) {
        return;
    }
    for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
        if let Some(given) = count(key) {
            found.invalid(&path.child(key), given, "requires indexed completion mode");
        }
    }
}

fn indexed(path: &Path, spec: &Value, found: &mut Findings) {
    let count = |key: &str| spec.get(key).and_then(Value::as_i64);
    let (completions, parallelism, failed) =
        (count("completions"), count("parallelism"), count("maxFailedIndexes"));
    let most = |key: &str, given: Option<i64>, most: i64, why: &str, found: &mut Findings| {
        if let Some(given) = given.filter(|given| *given > most) {
            found.invalid(&path.child(key), given, &format!("must be less than or equal to {most}{why}"));
        }
    };
    if completions.is_none() {
        found.required(&path.child("completions"), "when completion mode is Indexed");
    }
    most("parallelism", parallelism, MANY, " when completion mode is Indexed", found);
    if let (Some(completions), Some(failed)) = (completions, failed)
        && failed > completions
    {
        let detail = "must be less than or equal to completions";
        found.invalid(&path.child("maxFailedIndexes"), failed, detail);
    }
    most("maxFailedIndexes", failed, MANY, "", found);
    if completions.is_some_and(|completions| completions > MANY) && count("backoffLimitPerIndex").is_some() {
        if failed.is_none() {
            let detail = format!("must be specified when completions is above {MANY}");
            found.required(&path.child("maxFailedIndexes"), &detail);
        }
        let why = format!(" when completions are above {MANY} and used with backoff limit per index");
        most("parallelism", parallelism, 10_000, &why, found);
        most("maxFailedIndexes", failed, 10_000, &why, found);
    }
}

/// A CronJob; `old` is what it was, of a changed one.
pub(super) fn cron_job(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    schedule(&path.child("schedule"), spec, old, found);
    nonnegative(&path, spec, &["startingDeadlineSeconds"], found);
    let zone = spec.get("timeZone").and_then(Value::as_str);
    let before = old.map(|old| old.pointer("/spec/timeZone").and_then(Value::as_str));
    if before != Some(zone)
        && let Some(zone) = zone
    {
        time_zone(&path.child("timeZone"), zone, found);
    }
    let policies = ["Allow", "Forbid", "Replace"];
    found.one_of(&path.child("concurrencyPolicy"), text(spec, "/concurrencyPolicy"), &policies);
    let inner = path.child("jobTemplate.spec");
    let job = spec.pointer("/jobTemplate/spec").unwrap_or(&Value::Null);
    job_spec(&inner, job, found);
    if let Some(selector) = job.get("selector").filter(|selector| selector.is_object()) {
        let printed = internal::print("LabelSelector", selector);
        found.invalid_printed(&inner.child("selector"), &printed, "`selector` will be auto-generated");
    }
    if is_true(job, "/manualSelector") {
        found.unsupported_printed(&inner.child("manualSelector"), "true", &["nil", "false"]);
    }
    nonnegative(&path, spec, &["successfulJobsHistoryLimit", "failedJobsHistoryLimit"], found);
    let name = text(object, "/metadata/name");
    if old.is_none() && name.len() > 52 {
        found.invalid(&Path::new("metadata.name"), name, "must be no more than 52 characters");
    }
}

fn schedule(path: &Path, spec: &Value, old: Option<&Value>, found: &mut Findings) {
    let schedule = text(spec, "/schedule");
    if schedule.is_empty() {
        return found.required(path, "");
    }
    if let Err(detail) = cron::check(schedule) {
        found.invalid(path, schedule, &detail);
    }
    let allowed = old.is_some_and(|old| text(old, "/spec/schedule").contains("TZ"));
    match (schedule.contains("TZ"), allowed) {
        (true, true) if spec.get("timeZone").is_some_and(Value::is_string) => {
            let detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
            found.invalid(path, schedule, detail);
        }
        (true, false) => {
            let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            found.invalid(path, schedule, detail);
        }
        (true, true) | (false, _) => {}
    }
}

/// The names of the IANA time zone database.
const ZONES: &str = include_str!("zones.txt");

fn time_zone(path: &Path, zone: &str, found: &mut Findings) {
    if zone.is_empty() {
        return found.invalid(path, "", "timeZone must be nil or non-empty string");
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let is_part = |part: &str| {
        !matches!(part, "." | "..")
            && !part.starts_with('-')
            && (1..=14).contains(&part.len())
            && part.chars().all(fits)
    };
    let unknown = format!("unknown time zone {zone}");
    if !zone.split('/').all(is_part) {
        return found.invalid(path, zone, &unknown);
    }
    if zone.eq_ignore_ascii_case("local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        found.invalid(path, zone, detail);
    }
    if zone != "Local" && !ZONES.lines().any(|known| known == zone) {
        found.invalid(path, zone, &unknown);
    }
}
