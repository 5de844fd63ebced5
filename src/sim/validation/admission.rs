//! What the admission plugins of a plain cluster add to an object when it is created. Fields added here are owned
//! by nobody. What needs a look at other objects (service accounts, limits, priority classes) is not here.

use crate::sim::look::{list, text};
use serde_json::{Value, json};

/// Adds to a new object what its kind's admission plugins add.
pub(super) fn admit(group: &str, kind: &str, object: &mut Value) {
    match (group, kind) {
        ("", "Pod") => {
            tolerations(object);
            priority(object);
        }
        ("", "PersistentVolumeClaim") => finalizer(object, "kubernetes.io/pvc-protection"),
        ("", "PersistentVolume") => finalizer(object, "kubernetes.io/pv-protection"),
        _nothing => {}
    }
}

/// `DefaultTolerationSeconds`: a pod stays five minutes on a node that is gone or not ready.
fn tolerations(pod: &mut Value) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerated = list(pod, "/spec/tolerations").iter().any(|toleration| {
            matches!(text(toleration, "/effect"), "" | "NoExecute")
                && (text(toleration, "/key") == key || text(toleration, "/key").is_empty())
        });
        if !tolerated {
            let toleration =
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
            push(&mut pod["spec"], "tolerations", toleration);
        }
    }
}

/// `Priority`: without a class, and for the two classes that every cluster has.
fn priority(pod: &mut Value) {
    let priority = match text(pod, "/spec/priorityClassName") {
        "system-cluster-critical" => 2_000_000_000,
        "system-node-critical" => 2_000_001_000,
        _none_or_own => 0,
    };
    let spec = &mut pod["spec"];
    for (key, value) in [("priority", json!(priority)), ("preemptionPolicy", json!("PreemptLowerPriority"))] {
        if spec.get(key).is_none_or(Value::is_null) {
            spec[key] = value;
        }
    }
}

/// `StorageObjectInUseProtection`: what is in use is not deleted at once.
fn finalizer(object: &mut Value, finalizer: &str) {
    let held = list(object, "/metadata/finalizers").iter().any(|held| held.as_str() == Some(finalizer));
    if !held {
        push(&mut object["metadata"], "finalizers", finalizer.into());
    }
}

fn push(holder: &mut Value, key: &str, value: Value) {
    match holder.get_mut(key).and_then(Value::as_array_mut) {
        Some(list) => list.push(value),
        None => holder[key] = json!([value]),
    }
}
