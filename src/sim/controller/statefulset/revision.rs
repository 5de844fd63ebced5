//! The recorded templates of a StatefulSet: ControllerRevisions, which of them pods are made from, and clearing
//! out old ones.

use super::revision_of;
use crate::sim::controller::View;
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::hash::hash;
use crate::sim::controller::object::{map, name, namespace, number, owned_by, text};
use crate::snapshot::Object;
use serde_json::{Value, json};

const HASH: &str = "controller.kubernetes.io/hash";

/// The revisions of a set, the oldest first, with the one to go to and the one to come from.
pub(super) struct Revisions<'a> {
    all: Vec<&'a Object>,
    update: &'a Object,
    current: &'a Object,
}

/// What a revision keeps of a set: its template, as a patch.
pub(in crate::sim::controller) fn data(set: &Value) -> Value {
    let mut template = set["spec"]["template"].clone();
    template["$patch"] = json!("replace");
    json!({"spec": {"template": template}})
}

/// A ControllerRevision of `data`, owned by `owner`, named after `hash`.
pub(in crate::sim::controller) fn fresh(
    owner: &Value,
    data: Value,
    hash: &str,
    label: &str,
    number: i64,
) -> Value {
    let mut labels = map(&owner["spec"]["template"], "/metadata/labels");
    labels.insert(label.to_owned(), json!(hash));
    let mut metadata = json!({
        "name": format!("{}-{hash}", name(owner)),
        "namespace": namespace(owner),
        "labels": labels,
        "ownerReferences": [owned_by(owner)],
    });
    let notes = map(owner, "/metadata/annotations");
    if !notes.is_empty() {
        metadata["annotations"] = json!(notes);
    }
    json!({"kind": "ControllerRevision", "apiVersion": "apps/v1", "metadata": metadata, "data": data, "revision": number})
}

impl<'a> Revisions<'a> {
    /// The revisions, once the one of the current template is stored as the newest; until then what it takes for
    /// that is added to `work`.
    pub(super) fn of(view: &View<'a>, set: &'a Object, work: &mut Work) -> Option<Revisions<'a>> {
        let mut all: Vec<&Object> = view.controlled(resource::REVISIONS, set);
        all.sort_by_key(|revision| number(revision, "/revision"));
        let newest = all.last().and_then(|revision| number(revision, "/revision")).unwrap_or(0);
        let data = data(set);
        let Some(update) = all.iter().copied().find(|revision| revision["data"] == data) else {
            let hash = hash(&data, Some(number(set, "/status/collisionCount").unwrap_or(0)));
            work.call(call::create(resource::REVISIONS, &fresh(set, data, &hash, HASH, newest + 1)));
            return None;
        };
        if number(update, "/revision") != Some(newest) {
            let mut renewed = Value::clone(update);
            renewed["revision"] = json!(newest + 1);
            work.call(call::update(resource::REVISIONS, &renewed));
            return None;
        }
        let held = text(set, "/status/currentRevision");
        let current = all.iter().copied().find(|revision| name(revision) == held).unwrap_or(update);
        Some(Revisions { all, update, current })
    }

    /// The name of the revision that pods come to have.
    pub(super) fn update_name(&self) -> &'a str {
        name(self.update)
    }

    /// The name of the revision that pods had before the update.
    pub(super) fn current_name(&self) -> &'a str {
        name(self.current)
    }

    /// The revision's name and template from which the pod of an ordinal is made.
    pub(super) fn for_ordinal(&self, set: &Value, ordinal: i64) -> (&'a str, &'a Value) {
        let first = number(set, "/spec/ordinals/start").unwrap_or(0);
        let partition = number(set, "/spec/updateStrategy/rollingUpdate/partition");
        let kept = partition.or(number(set, "/status/currentReplicas")).unwrap_or(0);
        let rolling = text(set, "/spec/updateStrategy/type") != "OnDelete";
        let revision = if rolling && ordinal < first + kept { self.current } else { self.update };
        (name(revision), &revision["data"]["spec"]["template"])
    }

    /// Deletes revisions that no pod uses beyond `revisionHistoryLimit`.
    pub(super) fn clean_up(&self, set: &Value, pods: &[&Object], work: &mut Work) {
        let limit = usize::try_from(number(set, "/spec/revisionHistoryLimit").unwrap_or(10)).unwrap_or(0);
        let used = |revision: &Object| {
            let name = name(revision);
            name == self.update_name()
                || name == self.current_name()
                || pods.iter().any(|pod| revision_of(pod) == name)
        };
        let old: Vec<_> = self.all.iter().filter(|revision| !used(revision)).collect();
        let over = old.len().saturating_sub(limit);
        for revision in old.into_iter().take(over) {
            work.call(call::delete(resource::REVISIONS, revision, None));
        }
    }
}
