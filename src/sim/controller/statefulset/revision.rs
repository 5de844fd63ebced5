//! The recorded templates of a StatefulSet: ControllerRevisions, which of them pods are made from, and clearing
//! out old ones.

use super::revision_of;
use crate::sim::controller::View;
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::hash::hash;
use crate::sim::controller::history::{data, fresh, newest, revisions};
use crate::sim::controller::object::{name, namespace, number, text};
use crate::snapshot::Object;
use serde_json::{Value, json};

const HASH: &str = "controller.kubernetes.io/hash";

/// The revisions of a set, the oldest first, with the one to go to and the one to come from.
pub(super) struct Revisions<'a> {
    all: Vec<&'a Object>,
    update: &'a Object,
    current: &'a Object,
}

impl<'a> Revisions<'a> {
    /// The revisions, once the one of the current template is stored as the newest; until then what it takes for
    /// that is added to `work`.
    pub(super) fn of(view: &View<'a>, set: &'a Object, work: &mut Work) -> Option<Revisions<'a>> {
        let all = revisions(view, set, work);
        if !work.steps.is_empty() {
            return None;
        }
        let newest = newest(&all);
        let data = data(set);
        let Some(update) = all.iter().rev().copied().find(|revision| revision["data"] == data) else {
            make(view, set, data, newest + 1, work);
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

/// Stores the revision of the current template. A name that is taken by other data is avoided by counting collisions.
fn make(view: &View<'_>, set: &Object, data: Value, as_number: i64, work: &mut Work) {
    let mut collisions = number(set, "/status/collisionCount").unwrap_or(0);
    loop {
        let revision = fresh(set, data.clone(), &hash(&data, Some(collisions)), HASH, as_number);
        if view.find(resource::REVISIONS, namespace(set), name(&revision)).is_none() {
            return work.call(call::create(resource::REVISIONS, &revision));
        }
        collisions += 1;
    }
}
