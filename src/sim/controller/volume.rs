//! PersistentVolumes and their claims: binding a claim to a volume, making one where the claim's storage class
//! provisions dynamically, protecting both while in use, and clearing up behind deleted claims. Which volume fits a
//! claim is `matching`'s matter.

use super::call::{self, Resource, Step, Work, resource};
use super::event::{Event, reference};
use super::matching::{is_smaller, matching, mismatch, prebound};
use super::object::{
    finished, has_finalizer, list, map, name, namespace, terminating, text, uid, without_finalizer,
};
use super::{Controller, MANAGER, View, always};
use crate::sim::node;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::time::Duration;

const NAME: &str = "persistentvolume-controller";
const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";
const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
const SELECTED: &str = "volume.kubernetes.io/selected-node";
const COMPLETED: &str = "pv.kubernetes.io/bind-completed";
const BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
const PROVISIONED: &str = "pv.kubernetes.io/provisioned-by";
/// So often all claims are looked at (`--pvclaimbinder-sync-period`).
const RESYNC: Duration = Duration::from_secs(15);

/// Binds claims and releases volumes.
pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[
        ("", "persistentvolumeclaims"),
        ("", "persistentvolumes"),
        ("storage.k8s.io", "storageclasses"),
        ("", "pods"),
    ],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for claim in view.all(resource::CLAIMS).filter(|claim| !terminating(claim)) {
            sync(view, claim, &mut work);
        }
        for (_, volume) in view.snapshot.list("", "persistentvolumes", Some("")) {
            reclaim(view, volume, &mut work);
        }
        work
    },
};

/// Lets deleted claims and volumes go once nothing uses them.
pub(crate) const PROTECTION: Controller = Controller {
    name: "pvc-protection-controller",
    program: MANAGER,
    watches: &[("", "persistentvolumeclaims"), ("", "persistentvolumes"), ("", "pods")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for claim in view.all(resource::CLAIMS).filter(|claim| terminating(claim)) {
            let placed = |pod: &&Object| !text(pod, "/spec/nodeName").is_empty();
            if has_finalizer(claim, CLAIM_PROTECTION) && !mounting(view, claim).any(|pod| placed(&pod)) {
                work.call(call::update(resource::CLAIMS, &without_finalizer(claim, CLAIM_PROTECTION)));
            }
        }
        for (_, volume) in view.snapshot.list("", "persistentvolumes", Some("")) {
            let bound = text(volume, "/status/phase") == "Bound";
            if terminating(volume) && !bound && has_finalizer(volume, VOLUME_PROTECTION) {
                work.call(call::update(resource::VOLUMES, &without_finalizer(volume, VOLUME_PROTECTION)));
            }
        }
        work
    },
};

/// The pods that mount a claim.
fn mounting<'a>(view: &View<'a>, claim: &'a Value) -> impl Iterator<Item = &'a Object> {
    view.within(resource::PODS, namespace(claim)).filter(|pod| {
        list(pod, "/spec/volumes").iter().any(|volume| match volume.get("ephemeral") {
            Some(_) => format!("{}-{}", name(pod), text(volume, "/name")) == name(claim),
            None => text(volume, "/persistentVolumeClaim/claimName") == name(claim),
        })
    })
}

fn sync<'a>(view: &View<'a>, claim: &'a Object, work: &mut Work) {
    if !text(claim, "/spec/volumeName").is_empty() {
        return settle(view, claim, work);
    }
    let class = class_of(view, claim);
    let waits = class.is_some_and(|class| text(class, "/volumeBindingMode") == "WaitForFirstConsumer");
    let wanted = mounting(view, claim).any(|pod| !finished(pod));
    let volume = if waits && !wanted { prebound(view, claim) } else { matching(view, claim) };
    if let Some(volume) = volume {
        return bind(claim, volume, work);
    }
    let named = text(claim, "/spec/storageClassName");
    if let Some(class) = class.filter(|_| named.is_empty() && claim["spec"].get("storageClassName").is_none())
    {
        let patch = json!({"spec": {"storageClassName": name(class)}});
        return work.call(call::merge_patch(resource::CLAIMS, claim, &patch));
    }
    if text(claim, "/status/phase") != "Pending" {
        return phase(view, resource::CLAIMS, claim, "Pending", work);
    }
    if waits && !wanted {
        let message = "waiting for first consumer to be created before binding";
        return tell_again(view, claim, "Normal", "WaitForFirstConsumer", message, work);
    }
    match class {
        Some(class) if text(class, "/provisioner") != "kubernetes.io/no-provisioner" => {
            provision(view, claim, class, waits, work);
        }
        Some(_) => {}
        None if named.is_empty() => {
            let message = "no persistent volumes available for this claim and no storage class is set";
            tell_again(view, claim, "Normal", "FailedBinding", message, work);
        }
        None => {
            let message = format!("storageclass.storage.k8s.io \"{named}\" not found");
            tell_again(view, claim, "Warning", "ProvisioningFailed", &message, work);
        }
    }
}

/// Tells of a claim why it is not bound, and again each time that all claims are looked at.
fn tell_again(view: &View<'_>, claim: &Object, kind: &str, reason: &str, message: &str, work: &mut Work) {
    let event = match kind {
        "Warning" => Event::warning(NAME, claim, reason, message.to_owned()),
        _ => Event::normal(NAME, claim, reason, message.to_owned()),
    };
    let due = view.recorders.told(&event).map_or(view.now, |told| told.after(RESYNC));
    if view.now < due {
        return work.wake_at(due);
    }
    work.tell(event);
    work.wake_at(view.now.after(RESYNC));
}

/// Tells something of an object unless it was told before.
fn tell_once(view: &View<'_>, of: &Object, kind: &str, reason: &str, message: &str, work: &mut Work) {
    let space = if namespace(of).is_empty() { "default" } else { namespace(of) };
    let mut told = view.within(resource::EVENTS, space);
    let same = |event: &&Object| {
        event["involvedObject"]["uid"] == of["metadata"]["uid"]
            && event["reason"] == reason
            && event["message"] == message
    };
    if told.any(|event| same(&event)) {
        return;
    }
    work.tell(match kind {
        "Warning" => Event::warning(NAME, of, reason, message.to_owned()),
        _ => Event::normal(NAME, of, reason, message.to_owned()),
    });
}

/// The claim's storage class, or the default one where the claim leaves it open.
fn class_of<'a>(view: &View<'a>, claim: &Value) -> Option<&'a Object> {
    let mut classes =
        view.snapshot.list("storage.k8s.io", "storageclasses", Some("")).map(|(_, class)| class);
    match claim["spec"].get("storageClassName").and_then(Value::as_str) {
        Some(wanted) => classes.find(|class| name(class) == wanted),
        None => classes
            .find(|class| map(class, "/metadata/annotations").get(IS_DEFAULT).is_some_and(|is| is == "true")),
    }
}

/// Binds the volume to the claim, then the claim to the volume.
fn bind(claim: &Object, volume: &Object, work: &mut Work) {
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
fn provision(view: &View<'_>, claim: &Object, class: &Object, waits: bool, work: &mut Work) {
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
            let message = super::pods::refusal(reply);
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

/// Brings a claim that names its volume, and the volume, to `Bound`.
fn settle(view: &View<'_>, claim: &Object, work: &mut Work) {
    let completed = claim["metadata"]["annotations"][COMPLETED] == "yes";
    let pending = |work: &mut Work| {
        if text(claim, "/status/phase") != "Pending" {
            phase(view, resource::CLAIMS, claim, "Pending", work);
        }
    };
    let Some(volume) = view.find(resource::VOLUMES, "", text(claim, "/spec/volumeName")) else {
        return if completed { lose(view, claim, "ClaimLost", work) } else { pending(work) };
    };
    let held = &volume["spec"]["claimRef"];
    let ours = text(held, "/name") == name(claim) && text(held, "/namespace") == namespace(claim);
    let reserved = ours && [uid(claim), ""].contains(&text(held, "/uid"));
    if !held.is_null() && !reserved {
        if completed {
            return lose(view, claim, "ClaimMisbound", work);
        }
        let message = format!("volume {:?} already bound to a different claim.", name(volume));
        tell_again(view, claim, "Warning", "FailedBinding", &message, work);
        return pending(work);
    }
    if !completed {
        if held.is_null()
            && let Some(why) = mismatch(claim, volume)
        {
            let message = format!("Cannot bind to requested volume {:?}: {why}", name(volume));
            tell_again(view, claim, "Warning", "VolumeMismatch", &message, work);
            return pending(work);
        }
        return bind(claim, volume, work);
    }
    if text(volume, "/status/phase") != "Bound" {
        phase(view, resource::VOLUMES, volume, "Bound", work);
    }
    if expand(view, claim, volume, work) {
        return;
    }
    let mut status = if claim["status"].is_object() { claim["status"].clone() } else { json!({}) };
    status["phase"] = json!("Bound");
    status["accessModes"] = volume["spec"]["accessModes"].clone();
    if text(claim, "/status/phase") != "Bound" || status["capacity"].is_null() {
        status["capacity"] = volume["spec"]["capacity"].clone();
    }
    if status != claim["status"] {
        work.call(call::update_status(resource::CLAIMS, claim, status));
    }
}

/// Makes a provisioned volume as large as its claim asks for; whether it had to.
fn expand(view: &View<'_>, claim: &Object, volume: &Object, work: &mut Work) -> bool {
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

/// A bound claim without its volume.
fn lose(view: &View<'_>, claim: &Object, reason: &str, work: &mut Work) {
    let message = match reason {
        "ClaimLost" => "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
        _ => "Two claims are bound to the same volume, this one is bound incorrectly",
    };
    if text(claim, "/status/phase") != "Lost" {
        phase(view, resource::CLAIMS, claim, "Lost", work);
        tell_once(view, claim, "Warning", reason, message, work);
    }
}

fn phase(view: &View<'_>, of: Resource, object: &Object, phase: &str, work: &mut Work) {
    let mut status = if object["status"].is_object() { object["status"].clone() } else { json!({}) };
    status["phase"] = json!(phase);
    if of == resource::VOLUMES {
        status["lastPhaseTransitionTime"] = json!(view.now.rfc3339());
    } else if phase == "Lost"
        && let Some(fields) = status.as_object_mut()
    {
        fields.retain(|field, _| field == "phase");
    }
    work.call(call::update_status(of, object, status));
}

/// What becomes of a volume by itself: available at first, released or deleted when its claim is gone.
fn reclaim(view: &View<'_>, volume: &Object, work: &mut Work) {
    let claim = &volume["spec"]["claimRef"];
    let held = text(volume, "/status/phase");
    if claim.is_null() || text(claim, "/uid").is_empty() {
        if held != "Available" {
            phase(view, resource::VOLUMES, volume, "Available", work);
        }
        return;
    }
    let holder = view.find(resource::CLAIMS, text(claim, "/namespace"), text(claim, "/name"));
    let lost = holder.is_none_or(|holder| uid(holder) != text(claim, "/uid"));
    if !lost {
        return;
    }
    if !matches!(held, "Released" | "Failed") {
        phase(view, resource::VOLUMES, volume, "Released", work);
    } else if !terminating(volume) && text(volume, "/spec/persistentVolumeReclaimPolicy") == "Delete" {
        match undeletable(volume) {
            None => work.call(call::delete(resource::VOLUMES, volume, None)),
            Some(why) if held != "Failed" => {
                let mut status = volume["status"].clone();
                status["phase"] = json!("Failed");
                status["message"] = json!(why);
                status["lastPhaseTransitionTime"] = json!(view.now.rfc3339());
                work.call(call::update_status(resource::VOLUMES, volume, status));
                tell_once(view, volume, "Warning", "VolumeFailedDelete", &why, work);
            }
            Some(_) => {}
        }
    }
}

/// Why nobody deletes what a released volume stands for; volumes that were provisioned are deleted by who made them.
fn undeletable(volume: &Value) -> Option<String> {
    let path = volume.pointer("/spec/hostPath/path").and_then(Value::as_str)?;
    let made = volume["metadata"]["annotations"].get(PROVISIONED).is_some();
    let deletable = made || path.strip_prefix("/tmp/").is_some_and(|rest| !rest.is_empty());
    (!deletable).then(|| format!("host_path deleter only supports /tmp/.+ but received provided {path}"))
}
