//! What a pod's spec may say beyond its containers; what of a pod may change.

use super::container::{self, Role};
use super::findings::{Findings, Path, same};
use super::{meta, names, selectors, volume};
use crate::sim::look::{list, map, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A pod template at `spec.template` or deeper.
pub(super) fn template(path: &Path, template: Option<&Value>, found: &mut Findings) {
    let template = template.unwrap_or(&Value::Null);
    meta::labels(&path.child("labels"), map(template, "/metadata/labels"), found);
    meta::annotations(&path.child("annotations"), map(template, "/metadata/annotations"), found);
    spec(&path.child("spec"), template.get("spec").unwrap_or(&Value::Null), found);
}

/// The template of what only knows pods that always restart.
pub(super) fn lasting_template(workload: &str, holder: &Value, found: &mut Findings) {
    let path = Path::new("spec.template");
    template(&path, holder.get("template"), found);
    let policy = text(holder, "/template/spec/restartPolicy");
    if policy != "Always" && !policy.is_empty() {
        found.unsupported(&path.child("spec.restartPolicy"), policy, &["Always"]);
    }
    if holder.pointer("/template/spec/activeDeadlineSeconds").is_some_and(|value| !value.is_null()) {
        let detail = format!("activeDeadlineSeconds in {workload} is not Supported");
        found.forbidden(&path.child("spec.activeDeadlineSeconds"), &detail);
    }
}

/// The spec of a pod or template.
pub(super) fn spec(path: &Path, spec: &Value, found: &mut Findings) {
    let volumes = volume::volumes(&path.child("volumes"), list(spec, "/volumes"), found);
    let mut taken = BTreeSet::new();
    let main = list(spec, "/containers");
    container::containers(&path.child("containers"), Role::Main, main, &volumes, &mut taken, found);
    let initial = list(spec, "/initContainers");
    container::containers(&path.child("initContainers"), Role::Initial, initial, &volumes, &mut taken, found);
    let policies = ["Always", "OnFailure", "Never"];
    found.one_of(&path.child("restartPolicy"), text(spec, "/restartPolicy"), &policies);
    let dns = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    found.one_of(&path.child("dnsPolicy"), text(spec, "/dnsPolicy"), &dns);
    meta::labels(&path.child("nodeSelector"), map(spec, "/nodeSelector"), found);
    spread(&path.child("topologySpreadConstraints"), list(spec, "/topologySpreadConstraints"), found);
    texts(path, spec, found);
    if let Some(deadline) = spec.get("activeDeadlineSeconds").and_then(Value::as_i64)
        && !(1..=i64::from(i32::MAX)).contains(&deadline)
    {
        let detail = "must be between 1 and 2147483647, inclusive";
        found.invalid(&path.child("activeDeadlineSeconds"), deadline, detail);
    }
    tolerations(&path.child("tolerations"), list(spec, "/tolerations"), found);
    found
        .nonnegative(&path.child("terminationGracePeriodSeconds"), spec.get("terminationGracePeriodSeconds"));
}

/// A check of `names`.
type NameCheck = fn(&str) -> Vec<String>;

fn texts(path: &Path, spec: &Value, found: &mut Findings) {
    let checks: [(&str, NameCheck); 6] = [
        ("serviceAccountName", names::subdomain),
        ("nodeName", names::subdomain),
        ("hostname", names::label),
        ("subdomain", names::label),
        ("priorityClassName", names::subdomain),
        ("runtimeClassName", names::subdomain),
    ];
    for (key, check) in checks {
        let given = text(spec, &format!("/{key}"));
        if !given.is_empty() {
            found.invalid_each(&path.child(key), given, check(given));
        }
    }
    for (index, secret) in list(spec, "/imagePullSecrets").iter().enumerate() {
        if text(secret, "/name").is_empty() {
            found.required(&path.child("imagePullSecrets").index(index).child("name"), "");
        }
    }
}

fn spread(path: &Path, constraints: &[Value], found: &mut Findings) {
    for (index, constraint) in constraints.iter().enumerate() {
        let at = path.index(index);
        let skew = constraint.get("maxSkew").and_then(Value::as_i64).unwrap_or(0);
        if skew <= 0 {
            found.invalid(&at.child("maxSkew"), skew, "must be greater than zero");
        }
        if text(constraint, "/topologyKey").is_empty() {
            found.required(&at.child("topologyKey"), "can not be empty");
        }
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        let action = text(constraint, "/whenUnsatisfiable");
        if !actions.contains(&action) {
            found.unsupported(&at.child("whenUnsatisfiable"), action, &actions);
        }
        selectors::selector(&at.child("labelSelector"), constraint.get("labelSelector"), found);
    }
}

fn tolerations(path: &Path, tolerations: &[Value], found: &mut Findings) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let at = path.index(index);
        let (key, operator) = (text(toleration, "/key"), text(toleration, "/operator"));
        if !key.is_empty() {
            found.invalid_each(&at.child("key"), key, names::qualified(key));
        }
        if key.is_empty() && operator != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            found.invalid(&at.child("operator"), operator, detail);
        }
        let effect = text(toleration, "/effect");
        if toleration.get("tolerationSeconds").is_some_and(|v| !v.is_null()) && effect != "NoExecute" {
            found.invalid(
                &at.child("effect"),
                effect,
                "effect must be 'NoExecute' when `tolerationSeconds` is set",
            );
        }
        match operator {
            "Equal" | "" => {
                let value = text(toleration, "/value");
                let wrong = names::label_value(value);
                found.invalid_each(&at.child("operator"), value, wrong.into_iter().take(1));
            }
            "Exists" => {
                if !text(toleration, "/value").is_empty() {
                    let detail = "value must be empty when `operator` is 'Exists'";
                    found.invalid(&at.child("operator"), toleration.clone(), detail);
                }
            }
            other => found.unsupported(&at.child("operator"), other, &["Equal", "Exists"]),
        }
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        if !effect.is_empty() && !effects.contains(&effect) {
            found.unsupported(&at.child("effect"), effect, &effects);
        }
    }
}

/// What of the spec of a pod may change: images, tolerations added, a deadline set.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    let mut mended = new.get("spec").cloned().unwrap_or(Value::Null);
    let before = old.get("spec").cloned().unwrap_or(Value::Null);
    for key in ["containers", "initContainers"] {
        let images: Vec<Value> =
            list(&before, &format!("/{key}")).iter().map(|c| c["image"].clone()).collect();
        let held = mended.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
        held.zip(images).for_each(|(container, image)| container["image"] = image);
    }
    let kept = list(&before, "/tolerations");
    let tolerated = list(&mended, "/tolerations");
    if kept.iter().all(|toleration| tolerated.contains(toleration)) {
        mended["tolerations"] = before.get("tolerations").cloned().unwrap_or(json!([]));
    }
    for key in ["activeDeadlineSeconds", "schedulingGates", "nodeName"] {
        let may_set = key == "activeDeadlineSeconds" && mended.get(key).is_some_and(|value| !value.is_null());
        let bound_late = key == "nodeName" && text(&before, "/nodeName").is_empty();
        let fewer_gates = key == "schedulingGates";
        if may_set || bound_late || fewer_gates {
            mended[key] = before.get(key).cloned().unwrap_or(Value::Null);
        }
    }
    if !same(Some(&before), Some(&mended)) {
        let detail = "pod updates may not change fields other than `spec.containers[*].image`,\
                      `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions \
                      to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                      previously negative)";
        let changed = super::internal::difference("PodSpec", &before, &mended);
        found.forbidden(&Path::new("spec"), &format!("{detail}\n{changed}"));
    }
}
