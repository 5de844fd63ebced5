//! What of a pod may change: images, a deadline set or lowered, tolerations added, gates taken away; and where a pod
//! that is still gated may run, as long as that gets narrower.

use super::affinity;
use super::findings::{Findings, Path, same};
use super::{internal, pod_annotations};
use crate::sim::look::{list, map, number, text};
use serde_json::{Value, json};

const CHANGEABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
    `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
    tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// The change of a pod's spec.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    pod_annotations::update(old, new, found);
    let path = Path::new("spec");
    let before = old.get("spec").cloned().unwrap_or(Value::Null);
    let mut mended = new.get("spec").cloned().unwrap_or(Value::Null);
    for key in ["containers", "initContainers"] {
        if !containers(
            &path.child(key),
            list(&mended, &format!("/{key}")),
            list(&before, &format!("/{key}")),
            found,
        ) {
            return;
        }
    }
    if !deadline(&path.child("activeDeadlineSeconds"), &before, &mended, found) {
        return;
    }
    tolerations(&path.child("tolerations"), &before, &mended, found);
    gates(&path.child("schedulingGates"), &before, &mended, found);
    if same(Some(&before), Some(&mended)) {
        return;
    }
    mend(&before, &mut mended);
    if !list(&before, "/schedulingGates").is_empty() {
        gated(&path, &before, &mut mended, found);
    }
    if !same(Some(&before), Some(&mended)) {
        let changed = internal::difference("PodSpec", &before, &mended);
        found.forbidden(&path, &format!("{CHANGEABLE}\n{changed}"));
    }
}

/// Whether the lists hold as many containers as before.
fn containers(path: &Path, new: &[Value], old: &[Value], found: &mut Findings) -> bool {
    if new.len() != old.len() {
        found.forbidden(path, "pod updates may not add or remove containers");
        return false;
    }
    for (index, container) in new.iter().enumerate() {
        let (at, image) = (path.index(index).child("image"), text(container, "/image"));
        if image.is_empty() {
            found.required(&at, "");
        }
        if image.trim() != image {
            found.invalid(&at, image, "must not have leading or trailing whitespace");
        }
    }
    true
}

/// Whether the deadline is one that the rest can be checked with.
fn deadline(path: &Path, old: &Value, new: &Value, found: &mut Findings) -> bool {
    let seconds = |spec: &Value| spec.get("activeDeadlineSeconds").and_then(Value::as_i64);
    match (seconds(old), seconds(new)) {
        (_, Some(new)) if !(0..=i64::from(i32::MAX)).contains(&new) => {
            found.invalid(path, new, "must be between 0 and 2147483647, inclusive");
            false
        }
        (Some(old), Some(new)) if old < new => {
            found.invalid(path, new, "must be less than or equal to previous value");
            false
        }
        (Some(_), None) => {
            found.invalid(path, Value::Null, "must not update from a positive integer to nil value");
            true
        }
        (_, _) => true,
    }
}

fn tolerations(path: &Path, old: &Value, new: &Value, found: &mut Findings) {
    let without_seconds = |toleration: &Value| {
        let mut toleration = toleration.clone();
        toleration.as_object_mut().map(|map| map.remove("tolerationSeconds"));
        toleration
    };
    let held: Vec<Value> = list(new, "/tolerations").iter().map(without_seconds).collect();
    for toleration in list(old, "/tolerations") {
        if !held.contains(&without_seconds(toleration)) {
            let detail = "existing toleration can not be modified except its tolerationSeconds";
            return found.forbidden(path, detail);
        }
    }
    affinity::tolerations(path, list(new, "/tolerations"), found);
}

fn gates(path: &Path, old: &Value, new: &Value, found: &mut Findings) {
    let held: Vec<&str> = list(old, "/schedulingGates").iter().map(|gate| text(gate, "/name")).collect();
    for (index, gate) in list(new, "/schedulingGates").iter().enumerate() {
        let name = text(gate, "/name");
        if !held.contains(&name) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            found.forbidden(&path.index(index).child("name"), &detail);
        }
    }
}

/// Takes back what may change.
fn mend(before: &Value, mended: &mut Value) {
    for key in ["containers", "initContainers"] {
        let images: Vec<Value> =
            list(before, &format!("/{key}")).iter().map(|c| c["image"].clone()).collect();
        let held = mended.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
        held.zip(images).for_each(|(container, image)| container["image"] = image);
    }
    let mut kept = vec!["activeDeadlineSeconds", "schedulingGates", "tolerations"];
    let grace = |spec: &Value| number(spec, "/terminationGracePeriodSeconds");
    if grace(before) < 0 && grace(mended) == 1 {
        kept.push("terminationGracePeriodSeconds");
    }
    for key in kept {
        mended[key] = before.get(key).cloned().unwrap_or(Value::Null);
    }
}

fn gated(path: &Path, before: &Value, mended: &mut Value, found: &mut Findings) {
    let key = "nodeSelector";
    if !same(before.get(key), mended.get(key)) {
        let at = path.child(key);
        let new = map(mended, "/nodeSelector");
        for (label, value) in map(before, "/nodeSelector").into_iter().flatten() {
            if new.and_then(|new| new.get(label)) != Some(value) {
                let printed = json!(new).to_string();
                let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
                found.invalid_printed(&at, &printed, detail);
                break;
            }
        }
        mended[key] = before.get(key).cloned().unwrap_or(Value::Null);
    }
    let nodes = |spec: &Value| spec.pointer("/affinity/nodeAffinity").cloned().unwrap_or(Value::Null);
    let (old, new) = (nodes(before), nodes(mended));
    if same(Some(&old), Some(&new)) {
        return;
    }
    narrower(&path.child("affinity.nodeAffinity"), &old, &new, found);
    match (before["affinity"].is_object(), mended["affinity"].is_object()) {
        (_, true) => {
            mended["affinity"]["nodeAffinity"] = old;
            let others =
                ["podAffinity", "podAntiAffinity"].iter().any(|key| mended["affinity"][key].is_object());
            if !before["affinity"].is_object() && !others {
                mended["affinity"] = Value::Null;
            }
        }
        (true, false) => mended["affinity"] = json!({"nodeAffinity": old}),
        (false, false) => {}
    }
}

fn narrower(path: &Path, old: &Value, new: &Value, found: &mut Findings) {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let terms = |nodes: &Value| nodes[required]["nodeSelectorTerms"].as_array().cloned();
    let Some(held) = terms(old) else { return };
    let at = path.child(required).child("nodeSelectorTerms");
    let given = terms(new).unwrap_or_default();
    if given.is_empty() != held.is_empty() || given.len() != held.len() {
        let printed: Vec<String> =
            given.iter().map(|term| internal::print("NodeSelectorTerm", term)).collect();
        let printed = if given.is_empty() { "null".to_owned() } else { format!("[{}]", printed.join(",")) };
        return found.invalid_printed(
            &at,
            &printed,
            "no additions/deletions to non-empty NodeSelectorTerms list are allowed",
        );
    }
    for (index, (old, new)) in held.iter().zip(&given).enumerate() {
        let kept = ["matchExpressions", "matchFields"].iter().all(|key| {
            let (old, new) = (list(old, &format!("/{key}")), list(new, &format!("/{key}")));
            old.len() <= new.len() && old.iter().zip(new).all(|(old, new)| old == new)
        });
        if !kept {
            let printed = internal::print("NodeSelectorTerm", new);
            let detail = "only additions are allowed (no mutations or deletions)";
            found.invalid_printed(&at.index(index), &printed, detail);
        }
    }
}
