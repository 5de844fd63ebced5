//! ControllerRevisions: the templates that StatefulSets and DaemonSets have had. Owns what one holds, and which of them
//! belong to a set; how they are named and numbered is each controller's matter.

use super::View;
use super::call::{Work, resource};
use super::claim::claim;
use super::object::{map, name, namespace, number, owned_by, text};
use crate::snapshot::Object;
use serde_json::{Value, json};

/// The longest part of a set's name that a revision takes over.
const PREFIX: usize = 223;

/// What a revision keeps of a set: its template, as a patch.
pub(super) fn data(set: &Value) -> Value {
    let mut template = set["spec"]["template"].clone();
    template["$patch"] = json!("replace");
    json!({"spec": {"template": template}})
}

/// A ControllerRevision of `data`, owned by `owner`, named after `hash`, which is also its label `label`.
pub(super) fn fresh(owner: &Value, data: Value, hash: &str, label: &str, number: i64) -> Value {
    let mut labels = map(&owner["spec"]["template"], "/metadata/labels");
    labels.insert(label.to_owned(), json!(hash));
    let prefix: String = name(owner).chars().take(PREFIX).collect();
    let mut metadata = json!({
        "name": format!("{prefix}-{hash}"),
        "namespace": namespace(owner),
        "labels": labels,
        "ownerReferences": [owned_by(owner)],
    });
    let notes = map(owner, "/metadata/annotations");
    if !notes.is_empty() {
        metadata["annotations"] = json!(notes);
    }
    json!({
        "kind": "ControllerRevision", "apiVersion": "apps/v1", "metadata": metadata, "data": data,
        "revision": number,
    })
}

/// The revisions of a set, the oldest first. Orphans that it selects are adopted.
pub(super) fn revisions<'a>(view: &View<'a>, set: &'a Value, work: &mut Work) -> Vec<&'a Object> {
    let mut all = claim(view, set, resource::REVISIONS, work);
    all.sort_by_key(|revision| {
        let born = text(revision, "/metadata/creationTimestamp");
        (number(revision, "/revision"), born, name(revision))
    });
    all
}

/// The highest number of `revisions`.
pub(super) fn newest(revisions: &[&Object]) -> i64 {
    revisions.iter().filter_map(|revision| number(revision, "/revision")).max().unwrap_or(0)
}
