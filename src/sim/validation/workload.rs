//! What workloads may say, and what of them never changes. StatefulSets are in `stateful`.

use super::findings::{Findings, Path};
use super::{internal, names, pod, selectors, stateful};
use crate::sim::look::{self, plain, text};
use serde_json::{Value, json};

/// Deployment, ReplicaSet, StatefulSet, DaemonSet or ReplicationController; `old` is what it was, of a changed one.
pub(super) fn workload(kind: &str, object: &Value, old: Option<&Value>, found: &mut Findings) {
    let empty = json!({});
    let spec = object.get("spec").unwrap_or(&empty);
    let path = Path::new("spec");
    match kind {
        "Deployment" => {
            nonnegative(&path, spec, &["replicas"], found);
            if selectors::of_workload("deployment", spec, found) {
                selectors::template_labels(spec, found);
                pod::lasting_template("ReplicaSet", spec, found);
            }
            strategy(&path.child("strategy"), spec.get("strategy"), found);
            let counts = ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"];
            nonnegative(&path, spec, &counts, found);
            deadline(&path, spec, found);
        }
        "ReplicaSet" => {
            nonnegative(&path, spec, &["replicas", "minReadySeconds"], found);
            if selectors::of_workload("deployment", spec, found) {
                selectors::template_labels(spec, found);
                pod::lasting_template("ReplicaSet", spec, found);
            }
        }
        "StatefulSet" => stateful::set(&path, spec, old, found),
        "DaemonSet" => daemon_set(&path, spec, found),
        _replication_controller => {
            pod::plain_selector(spec, found);
            match spec.get("template").filter(|template| template.is_object()) {
                Some(_) => pod::lasting_template("ReplicationController", spec, found),
                None => found.required(&path.child("template"), ""),
            }
            nonnegative(&path, spec, &["replicas", "minReadySeconds"], found);
        }
    }
}

fn daemon_set(path: &Path, spec: &Value, found: &mut Findings) {
    let at = path.child("selector");
    let given = spec.get("selector").filter(|selector| selector.is_object());
    let before = found.len();
    selectors::selector(&at, given, found);
    if found.len() == before {
        selectors::template_labels_in_full(spec, found);
    }
    if given.is_some_and(selectors::is_empty) {
        found.invalid_printed(&at, "{}", "empty selector is invalid for daemonset");
    }
    pod::lasting_template("DaemonSet", spec, found);
    nonnegative(path, spec, &["minReadySeconds"], found);
    daemon_strategy(&path.child("updateStrategy"), spec.get("updateStrategy"), found);
    nonnegative(path, spec, &["revisionHistoryLimit"], found);
}

/// Numbers of a spec that may not be below zero.
pub(super) fn nonnegative(path: &Path, spec: &Value, keys: &[&str], found: &mut Findings) {
    keys.iter().for_each(|key| found.nonnegative(&path.child(key), spec.get(*key)));
}

fn deadline(path: &Path, spec: &Value, found: &mut Findings) {
    let number = |key: &str| spec.get(key).and_then(Value::as_i64);
    if let Some(deadline) = number("progressDeadlineSeconds")
        && deadline <= number("minReadySeconds").unwrap_or(0)
    {
        let at = path.child("progressDeadlineSeconds");
        found.invalid(&at, deadline, "must be greater than minReadySeconds");
    }
}

fn strategy(path: &Path, strategy: Option<&Value>, found: &mut Findings) {
    let strategy = strategy.unwrap_or(&Value::Null);
    let rolling = strategy.get("rollingUpdate").filter(|rolling| rolling.is_object());
    match text(strategy, "/type") {
        "Recreate" => {
            if rolling.is_some() {
                let detail = "may not be specified when strategy `type` is 'Recreate'";
                found.forbidden(&path.child("rollingUpdate"), detail);
            }
        }
        "RollingUpdate" => match rolling {
            None => found.required(&path.child("rollingUpdate"), "this should be defaulted and never be nil"),
            Some(rolling) => {
                let at = path.child("rollingUpdate");
                for key in ["maxUnavailable", "maxSurge"] {
                    share(&at.child(key), rolling.get(key), found);
                }
                let zero = |key: &str| rolling.get(key).is_some_and(is_nothing);
                if zero("maxUnavailable") && zero("maxSurge") {
                    let value = rolling.get("maxUnavailable").cloned().unwrap_or(json!(0));
                    found.invalid(&at.child("maxUnavailable"), value, "may not be 0 when `maxSurge` is 0");
                }
                at_most_all(&at.child("maxUnavailable"), rolling.get("maxUnavailable"), found);
            }
        },
        _other => {
            let printed = internal::print("DeploymentStrategy", strategy);
            found.unsupported_printed(path, &printed, &["Recreate", "RollingUpdate"]);
        }
    }
}

fn daemon_strategy(path: &Path, strategy: Option<&Value>, found: &mut Findings) {
    let strategy = strategy.unwrap_or(&Value::Null);
    match text(strategy, "/type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let at = path.child("rollingUpdate");
            let Some(rolling) = strategy.get("rollingUpdate").filter(|rolling| rolling.is_object()) else {
                return found.required(&at, "");
            };
            for key in ["maxUnavailable", "maxSurge"] {
                share(&at.child(key), rolling.get(key), found);
            }
            for key in ["maxUnavailable", "maxSurge"] {
                at_most_all(&at.child(key), rolling.get(key), found);
            }
            let set = |key: &str| rolling.get(key).is_some_and(|value| !is_nothing(value));
            match (set("maxUnavailable"), set("maxSurge")) {
                (true, true) => {
                    let surge = rolling["maxSurge"].clone();
                    found.invalid(
                        &at.child("maxSurge"),
                        surge,
                        "may not be set when maxUnavailable is non-zero",
                    );
                }
                (false, false) => {
                    found.required(&at.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
                }
                (true, false) | (false, true) => {}
            }
        }
        _other => {
            let printed = internal::print("DaemonSetUpdateStrategy", strategy);
            found.unsupported_printed(path, &printed, &["RollingUpdate", "OnDelete"]);
        }
    }
}

/// A number that is not negative, or a percentage.
pub(super) fn share(path: &Path, value: Option<&Value>, found: &mut Findings) {
    match value {
        Some(Value::String(text)) if !names::is_percent(text) => {
            found.invalid(path, text.as_str(), names::PERCENT)
        }
        other => found.nonnegative(path, other),
    }
}

/// A percentage is at most 100.
pub(super) fn at_most_all(path: &Path, value: Option<&Value>, found: &mut Findings) {
    let percent = value.and_then(Value::as_str).filter(|text| names::is_percent(text));
    let percent = percent.and_then(|text| text.trim_end_matches('%').parse::<i64>().ok());
    if percent.is_some_and(|percent| percent > 100) {
        found.invalid(path, value.cloned().unwrap_or(Value::Null), "must not be greater than 100%");
    }
}

/// Whether a number or percentage amounts to nothing; text that is neither does.
pub(super) fn is_nothing(value: &Value) -> bool {
    let text = plain(value);
    let digits = text.strip_suffix('%').unwrap_or(&text);
    digits.parse::<i64>().is_ok_and(|number| number == 0) || digits.parse::<i64>().is_err()
}

/// What of a workload never changes.
pub(super) fn update(kind: &str, old: &Value, new: &Value, found: &mut Findings) {
    match kind {
        "Deployment" | "ReplicaSet" => {
            let (was, is) = (look::at(old, "/spec/selector"), look::at(new, "/spec/selector"));
            found.immutable(&Path::new("spec.selector"), was, is);
        }
        "StatefulSet" => stateful::update(old, new, found),
        _others_are_checked_before => {}
    }
}

/// What of a DaemonSet never changes, told before its content.
pub(super) fn daemon_set_update(old: &Value, new: &Value, found: &mut Findings) {
    let (was, is) = (look::at(old, "/spec/selector"), look::at(new, "/spec/selector"));
    found.immutable(&Path::new("spec.selector"), was, is);
}
