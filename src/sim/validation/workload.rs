//! What workloads may say, and what of them never changes.

use super::findings::{Findings, Path, same};
use super::{names, pod, selectors};
use crate::sim::look::{plain, text};
use serde_json::{Value, json};

/// Deployment, ReplicaSet, StatefulSet, DaemonSet or ReplicationController.
pub(super) fn workload(kind: &str, object: &Value, found: &mut Findings) {
    let empty = json!({});
    let spec = object.get("spec").unwrap_or(&empty);
    let path = Path::new("spec");
    match kind {
        "Deployment" => {
            nonnegative(&path, spec, &["replicas"], found);
            selectors::of_workload("deployment", spec, found);
            selectors::template_labels(spec, found);
            pod::lasting_template("ReplicaSet", spec, found);
            strategy(&path.child("strategy"), spec.get("strategy"), found);
            nonnegative(
                &path,
                spec,
                &["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"],
                found,
            );
            deadline(&path, spec, found);
        }
        "ReplicaSet" => {
            nonnegative(&path, spec, &["replicas", "minReadySeconds"], found);
            selectors::of_workload("deployment", spec, found);
            selectors::template_labels(spec, found);
            pod::lasting_template("ReplicaSet", spec, found);
        }
        "StatefulSet" => stateful_set(&path, spec, found),
        "DaemonSet" => {
            selectors::of_workload("daemonset", spec, found);
            selectors::template_labels(spec, found);
            pod::lasting_template("DaemonSet", spec, found);
            nonnegative(&path, spec, &["minReadySeconds"], found);
            daemon_strategy(&path.child("updateStrategy"), spec.get("updateStrategy"), found);
            nonnegative(&path, spec, &["revisionHistoryLimit"], found);
        }
        _replication_controller => {
            nonnegative(&path, spec, &["replicas", "minReadySeconds"], found);
            pod::lasting_template("ReplicationController", spec, found);
        }
    }
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
        other => found.unsupported(&path.child("type"), other, &["Recreate", "RollingUpdate"]),
    }
}

fn daemon_strategy(path: &Path, strategy: Option<&Value>, found: &mut Findings) {
    let strategy = strategy.unwrap_or(&Value::Null);
    match text(strategy, "/type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let at = path.child("rollingUpdate");
            let rolling = strategy.get("rollingUpdate").cloned().unwrap_or(json!({}));
            for key in ["maxUnavailable", "maxSurge"] {
                share(&at.child(key), rolling.get(key), found);
                at_most_all(&at.child(key), rolling.get(key), found);
            }
            let zero = |key: &str| rolling.get(key).is_none_or(is_nothing);
            if zero("maxUnavailable") && zero("maxSurge") {
                found.required(&at.child("maxUnavailable"), "cannot be 0 when maxSurge is 0");
            }
        }
        other => found.unsupported(&path.child("type"), other, &["RollingUpdate", "OnDelete"]),
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

fn is_nothing(value: &Value) -> bool {
    matches!(&*plain(value), "0" | "0%")
}

fn stateful_set(path: &Path, spec: &Value, found: &mut Findings) {
    let management = text(spec, "/podManagementPolicy");
    match management {
        "" => found.required(&path.child("podManagementPolicy"), ""),
        "OrderedReady" | "Parallel" => {}
        other => {
            let at = path.child("podManagementPolicy");
            found.invalid(&at, other, "must be 'OrderedReady' or 'Parallel'");
        }
    }
    let strategy = spec.get("updateStrategy").unwrap_or(&Value::Null);
    let at = path.child("updateStrategy");
    match text(strategy, "/type") {
        "" => found.required(&at, ""),
        "OnDelete" => {
            if let Some(rolling) = strategy.get("rollingUpdate").filter(|rolling| rolling.is_object()) {
                let detail = "only allowed for updateStrategy 'RollingUpdate'";
                found.invalid(&at.child("rollingUpdate"), rolling.clone(), detail);
            }
        }
        "RollingUpdate" => {
            let rolling = at.child("rollingUpdate");
            found.nonnegative(&rolling.child("partition"), strategy.pointer("/rollingUpdate/partition"));
            share(&rolling.child("maxUnavailable"), strategy.pointer("/rollingUpdate/maxUnavailable"), found);
        }
        _other => found.invalid(&at, strategy.clone(), "must be 'RollingUpdate' or 'OnDelete'"),
    }
    for key in ["whenDeleted", "whenScaled"] {
        let policy = text(spec, &format!("/persistentVolumeClaimRetentionPolicy/{key}"));
        if !matches!(policy, "Retain" | "Delete") {
            let at = path.child("persistentVolumeClaimRetentionPolicy").child(key);
            found.unsupported(&at, policy, &["Retain", "Delete"]);
        }
    }
    nonnegative(path, spec, &["replicas", "minReadySeconds"], found);
    found.nonnegative(&path.child("ordinals.start"), spec.pointer("/ordinals/start"));
    selectors::of_workload("statefulset", spec, found);
    selectors::template_labels(spec, found);
    pod::lasting_template("StatefulSet", spec, found);
}

/// What of a workload never changes.
pub(super) fn update(kind: &str, old: &Value, new: &Value, found: &mut Findings) {
    let field = |object: &Value, key: &str| object.get("spec").and_then(|spec| spec.get(key)).cloned();
    match kind {
        "Deployment" | "ReplicaSet" | "DaemonSet" => {
            let (was, is) = (field(old, "selector"), field(new, "selector"));
            found.immutable(&Path::new("spec.selector"), was.as_ref(), is.as_ref());
        }
        "StatefulSet" => {
            let mut mended = new.get("spec").cloned().unwrap_or(json!({}));
            for key in STATEFUL_MAY_CHANGE {
                mended[key] = field(old, key).unwrap_or(Value::Null);
            }
            if !same(old.get("spec"), Some(&mended)) {
                let listed: Vec<String> = STATEFUL_MAY_CHANGE.iter().map(|key| format!("'{key}'")).collect();
                let [rest @ .., last] = &*listed else { return };
                let fields = format!("{} and {last}", rest.join(", "));
                let detail =
                    format!("updates to statefulset spec for fields other than {fields} are forbidden");
                found.forbidden(&Path::new("spec"), &detail);
            }
        }
        _replication_controller => {}
    }
}

/// What of a StatefulSet's spec may change.
const STATEFUL_MAY_CHANGE: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];
