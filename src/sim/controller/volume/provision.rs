//! Binding a claim to a volume, making one as the provisioner of a storage class would, and making one larger.

use super::super::View;
use super::super::call::{self, Step, Work, resource};
use super::super::event::{Event, reference};
use super::super::object::{name, text, uid};
use super::matching::is_smaller;
use super::phases::tell_once;
use super::{COMPLETED, NAME, PROVISIONED, mounting};
use crate::sim::node;
use crate::snapshot::Object;
use serde_json::{Value, json};

const SELECTED: &str = "volume.kubernetes.io/selected-node";
const BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";

/// Binds the volume to the claim, then the claim to the volume.
pub(super) fn bind(claim: &Object, volume: &Object, work: &mut Work) {
    let mut bound = Value::clone(volume);
    if text(volume, "/spec/claimRef/uid").is_empty() {
        if volume["spec"]["claimRef"].is_null() {
            bound["metadata"]["annotations"][BY_CONTROLLER] = json!("yes");
        }
        bound["spec"]["claimRef"] = reference(claim);
        work.call(call::update(resource::VOLUMES, &bound));
    }
    let mut patch = json!({"metadata": {"annotations": {COMPLETED: "yes"}}});
    if text(claim, "/spec/volumeName").is_empty() {
        patch["metadata"]["annotations"][BY_CONTROLLER] = json!("yes");
        patch["spec"] = json!({"volumeName": name(volume)});
    }
    work.call(call::merge_patch(resource::CLAIMS, claim, &patch));
}

/// Makes a volume for the claim, as the provisioner of its class would.
pub(super) fn provision(view: &View<'_>, claim: &Object, class: &Object, waits: bool, work: &mut Work) {
    let made = format!("pvc-{}", uid(claim));
    let provisioner = text(class, "/provisioner");
    let message = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system \
         administrator. If volume creation is delayed, please verify that the provisioner is running and correctly \
         registered."
    );
    tell_once(view, claim, "Normal", "ExternalProvisioning", &message, work);
    let volume = json!({
        "kind": "PersistentVolume", "apiVersion": "v1",
        "metadata": {"name": made, "annotations": {PROVISIONED: provisioner}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": class.get("reclaimPolicy").unwrap_or(&json!("Delete")),
            "storageClassName": name(class),
            "volumeMode": claim["spec"].get("volumeMode").unwrap_or(&json!("Filesystem")),
            "hostPath": {"path": format!("/var/local-path-provisioner/{made}"), "type": "DirectoryOrCreate"},
            "claimRef": reference(claim),
        },
    });
    // The scheduler's choice, by the pod that the claim waited for.
    let placed = mounting(view, claim).map(|pod| text(pod, "/spec/nodeName")).find(|node| !node.is_empty());
    let node = waits.then(|| placed.unwrap_or(node::NODE).to_owned());
    let claim = claim.clone();
    let provisioner = provisioner.to_owned();
    work.ask(call::create(resource::VOLUMES, &volume), move |reply| {
        if !reply.is_success() {
            let message = super::super::pods::refusal(reply);
            return vec![Step::Tell(Event::warning(NAME, &claim, "ProvisioningFailed", message))];
        }
        let mut notes = json!({
            COMPLETED: "yes",
            BY_CONTROLLER: "yes",
            "volume.beta.kubernetes.io/storage-provisioner": provisioner,
            "volume.kubernetes.io/storage-provisioner": provisioner,
        });
        if let Some(node) = node {
            notes[SELECTED] = json!(node);
        }
        let patch = json!({"metadata": {"annotations": notes}, "spec": {"volumeName": made}});
        let message = format!("Successfully provisioned volume {made}");
        vec![
            Step::Tell(Event::normal(NAME, &claim, "ProvisioningSucceeded", message)),
            Step::Call(Box::new(call::merge_patch(resource::CLAIMS, &claim, &patch))),
        ]
    });
}

/// Makes a provisioned volume as large as its claim asks for; whether it had to.
pub(super) fn expand(view: &View<'_>, claim: &Object, volume: &Object, work: &mut Work) -> bool {
    let wanted = &claim["spec"]["resources"]["requests"]["storage"];
    let made = volume["metadata"]["annotations"].get(PROVISIONED).is_some();
    if !made || text(claim, "/status/phase") != "Bound" || !is_smaller(volume, claim) {
        return false;
    }
    let message = "waiting for an external controller to expand this PVC";
    tell_once(view, claim, "Normal", "ExternalExpanding", message, work);
    let patch = json!({"spec": {"capacity": {"storage": wanted}}});
    work.call(call::merge_patch(resource::VOLUMES, volume, &patch));
    let mut status = claim["status"].clone();
    status["capacity"]["storage"] = wanted.clone();
    work.call(call::update_status(resource::CLAIMS, claim, status));
    true
}
