//! Which objects a controller counts as its own: those it owns and still selects; it adopts orphans that it selects
//! and releases what it owns and no longer selects.

use super::View;
use super::call::{self, Resource, Work};
use super::object::{controlled_by, controller_of, finished, list, owned_by, terminating, text};
use super::selector;
use crate::snapshot::Object;
use serde_json::{Value, json};

/// The objects of kind `of` that belong to `owner` by its `spec.selector`. Adoptions and releases are added to
/// `work`; what is being adopted counts at once.
pub(super) fn claim<'a>(view: &View<'a>, owner: &'a Value, of: Resource, work: &mut Work) -> Vec<&'a Object> {
    let selected = |object: &Value| selector::matches(&owner["spec"]["selector"], object);
    claim_where(view, owner, of, work, selected)
}

/// The same by any rule of selection.
pub(super) fn claim_where<'a>(
    view: &View<'a>,
    owner: &'a Value,
    of: Resource,
    work: &mut Work,
    selected: impl Fn(&Value) -> bool,
) -> Vec<&'a Object> {
    claim_with(view, owner, of, work, selected, None)
}

/// The same, where what is adopted also gets a finalizer.
pub(super) fn claim_with<'a>(
    view: &View<'a>,
    owner: &'a Value,
    of: Resource,
    work: &mut Work,
    selected: impl Fn(&Value) -> bool,
    finalizer: Option<&str>,
) -> Vec<&'a Object> {
    let mut mine = Vec::new();
    let namespace = text(owner, "/metadata/namespace");
    for object in view.within(of, namespace) {
        let is_selected = selected(object);
        if controlled_by(object, owner) {
            if is_selected {
                mine.push(object);
            } else if !terminating(owner) {
                work.call(call::merge_patch(of, object, &released(object, owner)));
            }
        } else if is_selected && free(object) && !terminating(owner) {
            work.call(call::merge_patch(of, object, &adopted(object, owner, finalizer)));
            mine.push(object);
        }
    }
    mine
}

/// Whether nobody controls the object and it is worth adopting.
fn free(object: &Value) -> bool {
    controller_of(object).is_none() && !terminating(object) && !finished(object)
}

fn adopted(object: &Value, owner: &Value, finalizer: Option<&str>) -> Value {
    let mut owners = list(object, "/metadata/ownerReferences").to_vec();
    owners.retain(|entry| entry["uid"] != owner["metadata"]["uid"]);
    owners.push(owned_by(owner));
    let mut metadata = json!({"uid": object["metadata"]["uid"], "ownerReferences": owners});
    if let Some(finalizer) = finalizer {
        let mut finalizers = list(object, "/metadata/finalizers").to_vec();
        finalizers.push(json!(finalizer));
        metadata["finalizers"] = Value::Array(finalizers);
    }
    json!({ "metadata": metadata })
}

/// The patch that takes `owner` out of the owners of `object`.
pub(super) fn released(object: &Value, owner: &Value) -> Value {
    let mut owners = list(object, "/metadata/ownerReferences").to_vec();
    owners.retain(|entry| entry["uid"] != owner["metadata"]["uid"]);
    let owners = if owners.is_empty() { Value::Null } else { Value::Array(owners) };
    json!({"metadata": {"uid": object["metadata"]["uid"], "ownerReferences": owners}})
}
