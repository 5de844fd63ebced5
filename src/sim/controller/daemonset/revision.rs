//! The recorded templates of a DaemonSet: ControllerRevisions, the label of pods of the current one, and clearing out
//! old ones.

use super::HASH;
use crate::sim::controller::View;
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::history::{data, fresh, newest, revisions};
use crate::sim::controller::object::{map, name, namespace, number};
use crate::sim::controller::template;
use crate::snapshot::Object;
use serde_json::{Value, json};

/// The revisions of a set: the one of the current template, and the others from the oldest on.
pub(super) struct Revisions<'a> {
    current: &'a Object,
    old: Vec<&'a Object>,
}

fn hash_of(object: &Value) -> String {
    map(object, "/metadata/labels").get(HASH).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl<'a> Revisions<'a> {
    /// The revisions, once the one of the current template is stored as the newest; until then what it takes for
    /// that is added to `work`.
    pub(super) fn of(
        view: &View<'a>,
        set: &'a Object,
        pods: &[&Object],
        work: &mut Work,
    ) -> Option<Revisions<'a>> {
        let all = revisions(view, set, work);
        let data = data(set);
        let (mut same, old): (Vec<&Object>, Vec<&Object>) =
            all.into_iter().partition(|revision| revision["data"] == data);
        let Some(current) = same.pop() else {
            make(view, set, data, newest(&old) + 1, work);
            return None;
        };
        if !same.is_empty() {
            relabel(current, pods, work);
            same.iter().for_each(|twin| work.call(call::delete(resource::REVISIONS, twin, None)));
            return None;
        }
        if number(current, "/revision").unwrap_or(0) <= newest(&old) {
            let mut renewed = Value::clone(current);
            renewed["revision"] = json!(newest(&old) + 1);
            work.call(call::update(resource::REVISIONS, &renewed));
            return None;
        }
        Some(Revisions { current, old })
    }

    /// The label of pods of the current template.
    pub(super) fn hash(&self) -> String {
        hash_of(self.current)
    }

    /// Deletes old revisions beyond `revisionHistoryLimit` that no pod has.
    pub(super) fn clean_up(&self, set: &Value, pods: &[&Object], work: &mut Work) {
        let keep = usize::try_from(number(set, "/spec/revisionHistoryLimit").unwrap_or(10)).unwrap_or(0);
        let over = self.old.len().saturating_sub(keep);
        let unused = |revision: &&&Object| pods.iter().all(|pod| hash_of(pod) != hash_of(revision));
        for revision in self.old.iter().filter(unused).take(over) {
            work.call(call::delete(resource::REVISIONS, revision, None));
        }
    }
}

/// Gives pods of a revision that is there twice the label of the one that is kept.
fn relabel(kept: &Object, pods: &[&Object], work: &mut Work) {
    let label = hash_of(kept);
    for pod in pods.iter().filter(|pod| hash_of(pod) != label) {
        let patch = json!({"metadata": {"labels": {HASH: label}}});
        work.call(call::merge_patch(resource::PODS, pod, &patch));
    }
}

/// Stores the revision of the current template, or counts a collision where its name is taken by other data.
fn make(view: &View<'_>, set: &Object, data: Value, as_number: i64, work: &mut Work) {
    let collisions = number(set, "/status/collisionCount");
    let hash = template::hash(&set["spec"]["template"], collisions);
    let revision = fresh(set, data, &hash, HASH, as_number);
    if view.find(resource::REVISIONS, namespace(set), name(&revision)).is_none() {
        return work.call(call::create(resource::REVISIONS, &revision));
    }
    let mut status = set["status"].clone();
    status["collisionCount"] = json!(collisions.unwrap_or(0) + 1);
    work.call(call::update_status(resource::DAEMON_SETS, set, status));
}
