//! The claims of ephemeral volumes: each is made from its pod's template and belongs to the pod.

use super::call::{self, Work, resource};
use super::object::{finished, list, map, name, namespace, owned_by, terminating, text};
use super::{Controller, MANAGER, View};
use crate::snapshot::{Change, Object};
use serde_json::{Value, json};

/// The controller.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "ephemeral-volume-controller",
    program: MANAGER,
    watches: &[("", "pods"), ("", "persistentvolumeclaims")],
    wakes: |change| match change {
        Change::Added(_, object) | Change::Changed(_, _, object) | Change::Removed(_, object) => {
            text(object, "/kind") != "Pod" || list(object, "/spec/volumes").iter().any(is_ephemeral)
        }
    },
    run: |view| {
        let mut work = Work::default();
        for pod in view.all(resource::PODS).filter(|pod| !terminating(pod) && !finished(pod)) {
            for volume in list(pod, "/spec/volumes").iter().filter(|volume| is_ephemeral(volume)) {
                claim(view, pod, volume, &mut work);
            }
        }
        work
    },
};

fn is_ephemeral(volume: &Value) -> bool {
    volume.get("ephemeral").is_some()
}

fn claim(view: &View<'_>, pod: &Object, volume: &Value, work: &mut Work) {
    let made = format!("{}-{}", name(pod), text(volume, "/name"));
    if view.find(resource::CLAIMS, namespace(pod), &made).is_some() {
        return;
    }
    let template = &volume["ephemeral"]["volumeClaimTemplate"];
    let mut metadata = json!({"name": made, "namespace": namespace(pod), "ownerReferences": [owned_by(pod)]});
    for field in ["labels", "annotations"] {
        let notes = map(template, &format!("/metadata/{field}"));
        if !notes.is_empty() {
            metadata[field] = json!(notes);
        }
    }
    let claim = json!({
        "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": metadata, "spec": template["spec"],
    });
    work.call(call::create(resource::CLAIMS, &claim));
}
