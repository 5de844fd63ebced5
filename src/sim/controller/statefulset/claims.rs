//! The volume claims of a StatefulSet's pods: made with the pod, and owned as `persistentVolumeClaimRetentionPolicy` says,
//! so that the garbage collector takes them with the set or with the pod.

use super::{NAME, told};
use crate::sim::controller::View;
use crate::sim::controller::call::{self, Step, resource};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{list, map, name, namespace, owned_by, text};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::ops::Range;

/// `data-web-0`.
pub(super) fn claim_name(set: &Value, template: &Value, ordinal: i64) -> String {
    format!("{}-{}-{ordinal}", name(template), name(set))
}

/// The claims of one pod, labelled as the set selects.
fn claims(set: &Value, ordinal: i64) -> Vec<Value> {
    let claim = |template: &Value| {
        let mut labels = map(template, "/metadata/labels");
        labels.extend(map(set, "/spec/selector/matchLabels"));
        let mut metadata = map(template, "/metadata");
        metadata.insert("name".to_owned(), json!(claim_name(set, template, ordinal)));
        metadata.insert("namespace".to_owned(), json!(namespace(set)));
        metadata.insert("labels".to_owned(), json!(labels));
        json!({
            "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": metadata, "spec": template["spec"],
        })
    };
    list(set, "/spec/volumeClaimTemplates").iter().map(claim).collect()
}

fn stored<'a>(view: &View<'a>, set: &Value, ordinal: i64) -> Vec<&'a Object> {
    let templates = list(set, "/spec/volumeClaimTemplates").iter();
    let names = templates.map(|template| claim_name(set, template, ordinal));
    names.filter_map(|name| view.find(resource::CLAIMS, namespace(set), &name)).collect()
}

/// Creates the claims of a pod that are not there, and tells of each.
pub(super) fn create(view: &View<'_>, set: &Object, ordinal: i64) -> Vec<Step> {
    let missing = |claim: &Value| view.find(resource::CLAIMS, namespace(set), name(claim)).is_none();
    let create = |claim: Value| {
        let what = format!("Claim {} Pod {}-{ordinal}", name(&claim), name(set));
        told(set, "Create", what, "success", call::create(resource::CLAIMS, &claim))
    };
    claims(set, ordinal).into_iter().filter(missing).map(create).collect()
}

/// What a pod that waits for its claims needs: those that are missing, and the owners of all.
pub(super) fn complete(
    view: &View<'_>,
    set: &Object,
    ordinals: &Range<i64>,
    ordinal: i64,
    pod: &Object,
) -> Vec<Step> {
    let mut steps = create(view, set, ordinal);
    steps.extend(own(view, set, ordinals, ordinal, pod));
    steps
}

/// Whether a claim of the pod still belongs to a pod of this name that is gone.
pub(super) fn stale(view: &View<'_>, set: &Value, ordinal: i64) -> bool {
    let pod = format!("{}-{ordinal}", name(set));
    let of_pod = |owner: &Value| owner["kind"] == "Pod" && owner["name"] == *pod;
    deletes(set, "whenScaled")
        && stored(view, set, ordinal).iter().any(|claim| owners(claim).iter().any(of_pod))
}

fn deletes(set: &Value, when: &str) -> bool {
    set["spec"]["persistentVolumeClaimRetentionPolicy"][when] == "Delete"
}

fn owners(claim: &Value) -> &[Value] {
    list(claim, "/metadata/ownerReferences")
}

/// Sets the owners of a pod's claims where they are not as the retention policy says.
pub(super) fn own(
    view: &View<'_>,
    set: &Object,
    ordinals: &Range<i64>,
    ordinal: i64,
    pod: &Object,
) -> Vec<Step> {
    let leaves = !ordinals.contains(&ordinal);
    let policy = (deletes(set, "whenScaled"), deletes(set, "whenDeleted"));
    let wanted = match policy {
        (true, _) if leaves => Some(owned_by(pod)),
        (_, true) => Some(owned_by(set)),
        (true, false) | (false, false) => None,
    };
    let mut steps = Vec::new();
    for claim in stored(view, set, ordinal) {
        let is = |owner: &Value, of: &Value| {
            owner["kind"] == of["kind"] && owner["name"] == of["metadata"]["name"]
        };
        let mine = |owner: &Value| is(owner, set) || is(owner, pod);
        let same = |owner: &Value, of: &Value| owner["uid"] == of["metadata"]["uid"];
        let old = |owner: &&Value| mine(owner) && !same(owner, set) && !same(owner, pod);
        if owners(claim).iter().any(|owner| old(&owner)) {
            continue;
        }
        let foreign = owners(claim).iter().any(|owner| !mine(owner) && owner["controller"] == true);
        let foreign = foreign && policy != (false, false);
        if foreign {
            let message = format!(
                "PersistentVolumeClaim {} has a conflicting OwnerReference that acts as a manging controller, the \
                 retention policy is ignored for this claim",
                name(claim)
            );
            steps.push(Step::Tell(Event::warning(NAME, set, "ConflictingController", message)));
        }
        let mut fresh: Vec<Value> = owners(claim).iter().filter(|owner| !mine(owner)).cloned().collect();
        fresh.extend(wanted.clone().filter(|_| !foreign));
        if fresh.iter().map(key).ne(owners(claim).iter().map(key)) {
            steps.push(Step::Call(Box::new(call::update(resource::CLAIMS, &with_owners(claim, fresh)))));
        }
    }
    steps
}

fn key(owner: &Value) -> (&str, bool) {
    (text(owner, "/uid"), owner["controller"] == true)
}

fn with_owners(claim: &Value, owners: Vec<Value>) -> Value {
    let mut claim = claim.clone();
    let metadata = claim["metadata"].as_object_mut().expect("a claim has metadata");
    if owners.is_empty() {
        metadata.remove("ownerReferences");
    } else {
        metadata.insert("ownerReferences".to_owned(), Value::Array(owners));
    }
    claim
}
