//! What StatefulSets may say, and what of them never changes.

use super::findings::{Findings, Path, same};
use super::workload::{at_most_all, is_nothing, nonnegative, share};
use super::{claim, internal, meta, names, pod, pod_annotations, selectors};
use crate::sim::look::{list, map, text};
use serde_json::{Value, json};

/// The spec of a StatefulSet; `old` is the whole set as it was, of a changed one.
pub(super) fn set(path: &Path, spec: &Value, old: Option<&Value>, found: &mut Findings) {
    let management = text(spec, "/podManagementPolicy");
    match management {
        "" => found.required(&path.child("podManagementPolicy"), ""),
        "OrderedReady" | "Parallel" => {}
        other => {
            let at = path.child("podManagementPolicy");
            found.invalid(&at, other, "must be 'OrderedReady' or 'Parallel'");
        }
    }
    strategy(&path.child("updateStrategy"), spec.get("updateStrategy").unwrap_or(&Value::Null), found);
    if let Some(policy) = spec.get("persistentVolumeClaimRetentionPolicy").filter(|policy| policy.is_object())
    {
        for key in ["whenDeleted", "whenScaled"] {
            let given = text(policy, &format!("/{key}"));
            if !matches!(given, "Retain" | "Delete") {
                let at = path.child("persistentVolumeClaimRetentionPolicy").child(key);
                found.unsupported(&at, given, &["Retain", "Delete"]);
            }
        }
    }
    if old.is_none() {
        for (index, template) in list(spec, "/volumeClaimTemplates").iter().enumerate() {
            let at = path.child("volumeClaimTemplates").index(index).child("spec");
            claim::spec(&at, template.get("spec").unwrap_or(&Value::Null), false, found);
        }
    }
    nonnegative(path, spec, &["replicas", "minReadySeconds"], found);
    found.nonnegative(&path.child("ordinals.start"), spec.pointer("/ordinals/start"));
    let service = text(spec, "/serviceName");
    if old.is_none() && !service.is_empty() {
        found.invalid_each(&path.child("serviceName"), service, names::label(service));
    }
    template(path, spec, old, found);
}

fn template(path: &Path, spec: &Value, old: Option<&Value>, found: &mut Findings) {
    let (good, detail) = selectors::of_set(spec, found);
    let at = path.child("template");
    if good {
        selectors::template_labels(spec, found);
        let mended = with_claims(spec);
        if !old.is_some_and(was_broken) {
            pod::template(&at, mended.get("template"), found);
        }
        meta::labels(&at.child("labels"), map(spec, "/template/metadata/labels"), found);
        let notes = at.child("annotations");
        meta::annotations(&notes, map(spec, "/template/metadata/annotations"), found);
        pod_annotations::annotations(&notes, &mended["template"], found);
    } else {
        let printed = internal::print("LabelSelector", &spec["selector"]);
        found.invalid_printed(&path.child("selector"), &printed, detail);
    }
    let policy = text(spec, "/template/spec/restartPolicy");
    if policy != "Always" {
        found.unsupported(&at.child("spec.restartPolicy"), policy, &["Always"]);
    }
    if spec.pointer("/template/spec/activeDeadlineSeconds").is_some_and(|value| !value.is_null()) {
        let detail = "activeDeadlineSeconds in StatefulSet is not Supported";
        found.forbidden(&at.child("spec.activeDeadlineSeconds"), detail);
    }
}

/// Whether a set that is stored already would be refused.
fn was_broken(old: &Value) -> bool {
    let mut found = Findings::default();
    let spec = old.get("spec").unwrap_or(&Value::Null);
    let pods = with_claims(spec);
    pod::template(&Path::new("template"), pods.get("template"), &mut found);
    found.len() > 0
}

/// The spec with the claims of its templates among the volumes of its pods, and without names for its hosts.
fn with_claims(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let claims: Vec<String> = list(&spec, "/volumeClaimTemplates")
        .iter()
        .map(|claim| text(claim, "/metadata/name").to_owned())
        .collect();
    let Some(pods) = spec.pointer_mut("/template/spec").and_then(Value::as_object_mut) else { return spec };
    pods.remove("hostname");
    pods.remove("subdomain");
    if claims.is_empty() {
        return spec;
    }
    let held = pods.remove("volumes").unwrap_or(json!([]));
    let own = claims.iter().map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name}}));
    let rest = held.as_array().into_iter().flatten().cloned();
    let rest = rest.filter(|volume| !claims.iter().any(|name| name == text(volume, "/name")));
    pods.insert("volumes".to_owned(), own.chain(rest).collect());
    spec
}

fn strategy(path: &Path, strategy: &Value, found: &mut Findings) {
    let rolling = strategy.get("rollingUpdate").filter(|rolling| rolling.is_object());
    let at = path.child("rollingUpdate");
    match (text(strategy, "/type"), rolling) {
        ("", _) => found.required(path, ""),
        ("OnDelete", Some(rolling)) => {
            let printed = internal::print("RollingUpdateStatefulSetStrategy", rolling);
            found.invalid_printed(&at, &printed, "only allowed for updateStrategy 'RollingUpdate'");
        }
        ("RollingUpdate", Some(rolling)) => {
            found.nonnegative(&at.child("partition"), rolling.get("partition"));
            if let Some(most) = rolling.get("maxUnavailable").filter(|most| !most.is_null()) {
                let at = at.child("maxUnavailable");
                share(&at, Some(most), found);
                if is_nothing(most) {
                    found.invalid(&at, most.clone(), "cannot be 0");
                }
                at_most_all(&at, Some(most), found);
            }
        }
        ("OnDelete" | "RollingUpdate", None) => {}
        (_other, _) => {
            let printed = internal::print("StatefulSetUpdateStrategy", strategy);
            found.invalid_printed(path, &printed, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// What of a StatefulSet's spec may change.
const MAY_CHANGE: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// What of a StatefulSet never changes.
pub(super) fn update(old: &Value, new: &Value, found: &mut Findings) {
    let mut mended = new.get("spec").cloned().unwrap_or(json!({}));
    for key in MAY_CHANGE {
        mended[key] = old.get("spec").and_then(|spec| spec.get(key)).cloned().unwrap_or(Value::Null);
    }
    if !same(old.get("spec"), Some(&mended)) {
        let listed: Vec<String> = MAY_CHANGE.iter().map(|key| format!("'{key}'")).collect();
        let [rest @ .., last] = &*listed else { return };
        let fields = format!("{} and {last}", rest.join(", "));
        let detail = format!("updates to statefulset spec for fields other than {fields} are forbidden");
        found.forbidden(&Path::new("spec"), &detail);
    }
}
