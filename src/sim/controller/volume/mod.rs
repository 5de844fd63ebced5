//! PersistentVolumes and their claims: what becomes of a claim, from the moment that it is asked for until it is bound.
//!
//! - `matching`: which volume fits a claim
//! - `provision`: binding, and making volumes where the storage class provisions dynamically
//! - `phases`: what is said of claims and volumes
//! - `protection`: what is in use is not let go
//! - `reclaim`: clearing up behind deleted claims

mod matching;
mod phases;
mod protection;
mod provision;
mod reclaim;

pub(crate) use protection::PROTECTION;

use super::call::{self, Work, resource};
use super::object::{finished, list, map, name, namespace, terminating, text, uid};
use super::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use matching::{matching, mismatch, prebound};
use phases::{lose, phase, tell_again};
use provision::{bind, expand, provision};
use reclaim::reclaim;
use serde_json::{Value, json};

const NAME: &str = "persistentvolume-controller";
const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
const COMPLETED: &str = "pv.kubernetes.io/bind-completed";
const PROVISIONED: &str = "pv.kubernetes.io/provisioned-by";

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
