//! Reading of stored objects: metadata, owners, pod conditions. Reads alone; phrasing of calls is `call`'s matter.

use crate::clock::Moment;
use crate::sim::look;
pub(in crate::sim) use crate::sim::look::{list, text};
use serde_json::{Map, Value, json};

/// `metadata.name`.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// `metadata.namespace`; empty where there is none.
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// `metadata.uid`.
pub(crate) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// The whole number at a JSON pointer.
pub(crate) fn number(object: &Value, at: &str) -> Option<i64> {
    look::at(object, at).and_then(Value::as_i64)
}

/// The map at a JSON pointer; empty where there is none.
pub(crate) fn map(object: &Value, at: &str) -> Map<String, Value> {
    look::at(object, at).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The time at a JSON pointer.
pub(crate) fn time(object: &Value, at: &str) -> Option<Moment> {
    look::at(object, at).and_then(Value::as_str).and_then(Moment::parse)
}

/// Whether the object is being deleted.
pub(crate) fn terminating(object: &Value) -> bool {
    look::at(object, "/metadata/deletionTimestamp").is_some_and(|stamp| !stamp.is_null())
}

/// Whether `metadata.finalizers` names `finalizer`.
pub(crate) fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    list(object, "/metadata/finalizers").iter().any(|entry| entry == finalizer)
}

/// A copy of the object without one of its finalizers.
pub(crate) fn without_finalizer(object: &Value, finalizer: &str) -> Value {
    let mut object = object.clone();
    if let Some(entries) = object.pointer_mut("/metadata/finalizers").and_then(Value::as_array_mut) {
        entries.retain(|entry| entry != finalizer);
        if entries.is_empty() {
            object["metadata"].as_object_mut().expect("it had finalizers").remove("finalizers");
        }
    }
    object
}

/// The owner reference that is marked as the controller.
pub(crate) fn controller_of(object: &Value) -> Option<&Value> {
    list(object, "/metadata/ownerReferences").iter().find(|owner| owner["controller"] == true)
}

/// Whether the object's controller is `owner`.
pub(crate) fn controlled_by(object: &Value, owner: &Value) -> bool {
    controller_of(object).is_some_and(|reference| reference["uid"] == owner["metadata"]["uid"])
}

/// The owner reference with which controllers mark what they make.
pub(crate) fn owned_by(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// One entry of `status.conditions`.
pub(crate) fn condition<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    list(status, "/conditions").iter().find(|condition| condition["type"] == kind)
}

/// The containers of a pod that run beside each other: its own and its sidecars.
pub(crate) fn side_by_side(pod: &Value) -> impl Iterator<Item = &Value> {
    let sidecars = list(pod, "/spec/initContainers").iter().filter(|init| init["restartPolicy"] == "Always");
    list(pod, "/spec/containers").iter().chain(sidecars)
}

/// Whether a pod's phase is `Succeeded` or `Failed`.
pub(crate) fn finished(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// Whether a pod is neither finished nor being deleted.
pub(crate) fn active(pod: &Value) -> bool {
    !finished(pod) && !terminating(pod)
}

/// Whether a pod's `Ready` condition is true.
pub(crate) fn ready(pod: &Value) -> bool {
    condition(&pod["status"], "Ready").is_some_and(|condition| condition["status"] == "True")
}

/// When a pod becomes available: ready for `min_ready` seconds. `None` where it is not ready.
pub(crate) fn available_at(pod: &Value, min_ready: i64) -> Option<Moment> {
    let condition = condition(&pod["status"], "Ready").filter(|condition| condition["status"] == "True")?;
    let since = time(condition, "/lastTransitionTime").unwrap_or_default();
    Some(since.after(std::time::Duration::from_secs(min_ready.unsigned_abs())))
}

/// Writes a count, or removes the field where it is zero: how `omitempty` numbers are stored.
pub(crate) fn set_count(status: &mut Value, field: &str, count: i64) {
    let fields = status.as_object_mut().expect("a status is an object");
    if count == 0 {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), json!(count));
    }
}
