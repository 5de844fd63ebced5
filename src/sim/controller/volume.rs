//! PersistentVolumes and their claims: binding a claim to a volume that fits, making one where the claim's storage
//! class provisions dynamically, protecting both while in use, and clearing up behind deleted claims.

use super::call::{self, Resource, Step, Work, resource};
use super::event::{Event, reference};
use super::object::{
    finished, has_finalizer, list, map, name, namespace, terminating, text, uid, without_finalizer,
};
use super::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::{Value, json};

const NAME: &str = "persistentvolume-controller";
const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";
const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
const SELECTED: &str = "volume.kubernetes.io/selected-node";

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
pub(super) const PROTECTION: Controller = Controller {
    name: "pvc-protection-controller",
    program: MANAGER,
    watches: &[("", "persistentvolumeclaims"), ("", "persistentvolumes"), ("", "pods")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for claim in view.all(resource::CLAIMS).filter(|claim| terminating(claim)) {
            if has_finalizer(claim, CLAIM_PROTECTION) && users(view, claim).is_empty() {
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

/// The pods that mount a claim and have not ended.
fn users<'a>(view: &View<'a>, claim: &'a Value) -> Vec<&'a Object> {
    let mounts = |pod: &Value| {
        list(pod, "/spec/volumes")
            .iter()
            .any(|volume| text(volume, "/persistentVolumeClaim/claimName") == name(claim))
    };
    view.within(resource::PODS, namespace(claim)).filter(|pod| !finished(pod) && mounts(pod)).collect()
}

fn sync<'a>(view: &View<'a>, claim: &'a Object, work: &mut Work) {
    if !text(claim, "/spec/volumeName").is_empty() {
        return settle(view, claim, work);
    }
    if let Some(volume) = matching(view, claim) {
        return bind(claim, volume, work);
    }
    let Some(class) = class_of(view, claim) else {
        if text(claim, "/status/phase") != "Pending" {
            return phase(resource::CLAIMS, claim, "Pending", work);
        }
        let wanted = text(claim, "/spec/storageClassName");
        return if wanted.is_empty() {
            let message = "no persistent volumes available for this claim and no storage class is set";
            tell_once(view, claim, "Normal", "FailedBinding", message, work);
        } else {
            let message = format!("storageclass.storage.k8s.io \"{wanted}\" not found");
            tell_once(view, claim, "Warning", "ProvisioningFailed", &message, work);
        };
    };
    if text(claim, "/spec/storageClassName").is_empty() {
        let patch = json!({"spec": {"storageClassName": name(class)}});
        return work.call(call::merge_patch(resource::CLAIMS, claim, &patch));
    }
    let waits = text(class, "/volumeBindingMode") == "WaitForFirstConsumer";
    if waits && users(view, claim).is_empty() {
        let message = "waiting for first consumer to be created before binding";
        return tell_once(view, claim, "Normal", "WaitForFirstConsumer", message, work);
    }
    if text(class, "/provisioner") != "kubernetes.io/no-provisioner" {
        provision(claim, class, waits, work);
    }
}

/// Tells something of a claim unless it was told before; the real controller repeats it every fifteen seconds.
fn tell_once(view: &View<'_>, claim: &Object, kind: &str, reason: &str, message: &str, work: &mut Work) {
    let told = view
        .within(resource::EVENTS, namespace(claim))
        .any(|event| event["involvedObject"]["uid"] == claim["metadata"]["uid"] && event["reason"] == reason);
    if !told {
        work.tell(match kind {
            "Warning" => Event::warning(NAME, claim, reason, message.to_owned()),
            _ => Event::normal(NAME, claim, reason, message.to_owned()),
        });
    }
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

/// A free volume of the claim's class that is large enough and has its access modes; the smallest fits best.
fn matching<'a>(view: &View<'a>, claim: &Value) -> Option<&'a Object> {
    let wanted = bytes(text(claim, "/spec/resources/requests/storage"));
    let fits = |volume: &Value| {
        let meant = &volume["spec"]["claimRef"];
        let free = meant.is_null() && text(volume, "/status/phase") == "Available"
            || text(meant, "/name") == name(claim)
                && text(meant, "/namespace") == namespace(claim)
                && (text(meant, "/uid").is_empty() || text(meant, "/uid") == uid(claim));
        let modes = list(volume, "/spec/accessModes");
        free && !terminating(volume)
            && text(volume, "/spec/storageClassName") == text(claim, "/spec/storageClassName")
            && list(claim, "/spec/accessModes").iter().all(|mode| modes.contains(mode))
            && bytes(text(volume, "/spec/capacity/storage")) >= wanted
    };
    let volumes = view.snapshot.list("", "persistentvolumes", Some("")).map(|(_, volume)| volume);
    volumes.filter(|volume| fits(volume)).min_by_key(|volume| bytes(text(volume, "/spec/capacity/storage")))
}

/// A storage quantity in bytes; what cannot be read counts as none.
fn bytes(quantity: &str) -> u64 {
    let digits = quantity.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &quantity[digits.len()..] {
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        _ => 1,
    };
    digits.parse::<u64>().unwrap_or(0).saturating_mul(unit)
}

fn bind(claim: &Object, volume: &Object, work: &mut Work) {
    let mut bound = Value::clone(volume);
    bound["spec"]["claimRef"] = reference(claim);
    if bound != **volume {
        work.call(call::update(resource::VOLUMES, &bound));
    }
    attach(claim, name(volume), work);
}

/// Writes the volume's name into the claim.
fn attach(claim: &Object, volume: &str, work: &mut Work) {
    let patch = json!({
        "metadata": {"annotations": {
            "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes",
        }},
        "spec": {"volumeName": volume},
    });
    work.call(call::merge_patch(resource::CLAIMS, claim, &patch));
}

/// Makes a volume for the claim, as the provisioner of its class would.
fn provision(claim: &Object, class: &Object, waits: bool, work: &mut Work) {
    let made = format!("pvc-{}", uid(claim));
    let provisioner = text(class, "/provisioner");
    let volume = json!({
        "kind": "PersistentVolume", "apiVersion": "v1",
        "metadata": {"name": made, "annotations": {"pv.kubernetes.io/provisioned-by": provisioner}},
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
    let (claim, waits) = (claim.clone(), waits);
    let provisioner = provisioner.to_owned();
    work.ask(call::create(resource::VOLUMES, &volume), move |reply| {
        if !reply.is_success() {
            let message = super::pods::refusal(reply);
            return vec![Step::Tell(Event::warning(NAME, &claim, "ProvisioningFailed", message))];
        }
        let mut notes = json!({
            "pv.kubernetes.io/bind-completed": "yes",
            "pv.kubernetes.io/bound-by-controller": "yes",
            "volume.beta.kubernetes.io/storage-provisioner": provisioner,
            "volume.kubernetes.io/storage-provisioner": provisioner,
        });
        if waits {
            notes[SELECTED] = json!("node1");
        }
        let patch = json!({"metadata": {"annotations": notes}, "spec": {"volumeName": made}});
        let message = format!("Successfully provisioned volume {made}");
        vec![
            Step::Tell(Event::normal(NAME, &claim, "ProvisioningSucceeded", message)),
            Step::Call(Box::new(call::merge_patch(resource::CLAIMS, &claim, &patch))),
        ]
    });
}

/// Brings the status of a claim with a volume, and of the volume, to `Bound`.
fn settle(view: &View<'_>, claim: &Object, work: &mut Work) {
    let volume = view.find(resource::VOLUMES, "", text(claim, "/spec/volumeName"));
    let Some(volume) = volume else {
        if text(claim, "/status/phase") == "Bound" {
            phase(resource::CLAIMS, claim, "Lost", work);
        }
        return;
    };
    if uid(claim) != text(volume, "/spec/claimRef/uid") {
        if volume["spec"]["claimRef"].is_null() {
            bind(claim, volume, work);
        }
        return;
    }
    if text(volume, "/status/phase") != "Bound" {
        phase(resource::VOLUMES, volume, "Bound", work);
    }
    let mut status = json!({"phase": "Bound"});
    status["accessModes"] = volume["spec"]["accessModes"].clone();
    status["capacity"] = volume["spec"]["capacity"].clone();
    if status != claim["status"] {
        work.call(call::update_status(resource::CLAIMS, claim, status));
    }
}

fn phase(of: Resource, object: &Object, phase: &str, work: &mut Work) {
    let mut status = if object["status"].is_object() { object["status"].clone() } else { json!({}) };
    status["phase"] = json!(phase);
    work.call(call::update_status(of, object, status));
}

/// What becomes of a volume by itself: available at first, released or deleted when its claim is gone.
fn reclaim(view: &View<'_>, volume: &Object, work: &mut Work) {
    let claim = &volume["spec"]["claimRef"];
    let held = text(volume, "/status/phase");
    if claim.is_null() {
        if held != "Available" {
            phase(resource::VOLUMES, volume, "Available", work);
        }
        return;
    }
    let holder = view.find(resource::CLAIMS, text(claim, "/namespace"), text(claim, "/name"));
    let lost =
        !text(claim, "/uid").is_empty() && holder.is_none_or(|holder| uid(holder) != text(claim, "/uid"));
    if !lost || terminating(volume) {
        return;
    }
    if held != "Released" {
        phase(resource::VOLUMES, volume, "Released", work);
    } else if text(volume, "/spec/persistentVolumeReclaimPolicy") == "Delete" {
        work.call(call::delete(resource::VOLUMES, volume, None));
    }
}
