//! Admission: what the plugins of a default kube-apiserver add to objects that are written, and what they refuse, in
//! the order in which they are asked. One file per plugin or family of plugins.

mod account;
mod classes;
mod limits;
mod placing;
mod quota;
mod security;

use super::Asked;
use crate::sim::World;
use crate::sim::access::{self, Attributes};
use crate::sim::object;
use crate::sim::status::Refusal;
use serde_json::{Value, json};

/// A write that is judged.
pub(super) struct Write<'a, 'b> {
    /// The call.
    pub(super) asked: &'a Asked<'b>,
    /// The stored object, where there is one.
    pub(super) old: Option<&'a Value>,
    /// Whether nothing is stored.
    pub(super) dry_run: bool,
}

impl Write<'_, '_> {
    /// 403 `… is forbidden: …`.
    fn forbidden(&self, object: &Value, why: &str) -> Refusal {
        Refusal::forbidden(&self.asked.of, object::name(object), why)
    }
}

/// NamespaceLifecycle: nothing is created in a namespace that is missing or going.
pub(super) fn namespace_is_open(world: &World, asked: &Asked<'_>, name: &str) -> Result<(), Refusal> {
    if !asked.of.namespaced {
        return Ok(());
    }
    let namespace = asked.namespace();
    match world.store.snapshot().find("", "namespaces", "", namespace) {
        None => Err(Refusal::no_namespace(namespace)),
        Some(found) if object::is_terminating(found) => Err(Refusal::terminating(&asked.of, name, namespace)),
        Some(_) => Ok(()),
    }
}

/// What a new object is called in refusals that come before it has a generated name.
pub(super) fn called(object: &Value) -> String {
    let names = [object::name(object), object::meta(object, "generateName"), "Unknown"];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}

/// What the plugins make of a new object.
pub(super) fn create(
    world: &mut World,
    asked: &Asked<'_>,
    called: &str,
    object: &mut Value,
) -> Result<(), Refusal> {
    match (asked.of.group.as_str(), asked.of.kind.as_str()) {
        ("", "Pod") => {
            limits::fill(world, asked.namespace(), object);
            if world.config.controllers {
                account::assign(world, asked, called, object)?;
            }
            placing::priority(world, asked, called, object)?;
            placing::tolerations(object);
            placing::runtime_class(world, asked, called, object)?;
        }
        ("", "Namespace") => name_label(object),
        ("", "Node") => {
            let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
            let taints = object["spec"]["taints"].as_array();
            let there = |held: &Value| held["key"] == taint["key"] && held["effect"] == taint["effect"];
            if !taints.is_some_and(|taints| taints.iter().any(there)) {
                append(&mut object["spec"]["taints"], taint);
            }
        }
        ("", "PersistentVolumeClaim") => {
            classes::storage(world, object);
            classes::hold(object, "kubernetes.io/pvc-protection");
        }
        ("", "PersistentVolume") => classes::hold(object, "kubernetes.io/pv-protection"),
        ("storage.k8s.io", "VolumeAttributesClass") => classes::hold(object, "kubernetes.io/vac-protection"),
        ("networking.k8s.io", "Ingress") => classes::ingress(world, object),
        _ => {}
    }
    Ok(())
}

/// What the plugins make of a changed object.
pub(super) fn update(asked: &Asked<'_>, old: &Value, object: &mut Value) {
    if asked.of.group.is_empty() && asked.of.kind == "Pod" {
        placing::keep_priority(old, object);
        placing::tolerations(object);
    }
    if asked.of.group.is_empty() && asked.of.kind == "Namespace" {
        name_label(object);
    }
}

fn name_label(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
}

/// Nobody gives away what he does not hold. (Not a plugin, but asked at the same place.)
pub(super) fn escalation(
    world: &World,
    asked: &Asked<'_>,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Refusal> {
    access::escalation(world, asked.user, &Attributes::of(asked.call), &asked.of, old, new)
}

/// What the plugins have against an object that is valid.
pub(super) fn judge(world: &World, write: &Write<'_, '_>, object: &Value) -> Result<(), Refusal> {
    limits::judge(world, write, object)?;
    security::judge(world, write, object)?;
    match (write.asked.of.group.as_str(), write.asked.of.kind.as_str()) {
        ("scheduling.k8s.io", "PriorityClass") => placing::one_default(world, write, object),
        ("", "Pod") => placing::overhead(world, write, object),
        ("", "PersistentVolumeClaim") => classes::growth(world, write, object),
        ("certificates.k8s.io", "CertificateSigningRequest") => signer(world, write, object),
        _ => Ok(()),
    }
}

/// CertificateApproval, CertificateSigning: who approves or signs must be allowed to for the signer that is asked.
fn signer(world: &World, write: &Write<'_, '_>, request: &Value) -> Result<(), Refusal> {
    let certificate = |of: &Value| of["status"]["certificate"].clone();
    let verb = match write.asked.at.subresource.as_deref() {
        Some("approval") => "approve",
        Some("status") if write.old.is_some_and(|old| certificate(old) != certificate(request)) => "sign",
        _ => return Ok(()),
    };
    let name = request["spec"]["signerName"].as_str().unwrap_or_default();
    let domain = format!("{}/*", name.split('/').next().unwrap_or_default());
    let allowed = [name, &domain].iter().any(|name| {
        let about = Attributes {
            verb: verb.to_owned(),
            group: "certificates.k8s.io".to_owned(),
            resource: "signers".to_owned(),
            name: (*name).to_owned(),
            ..Attributes::default()
        };
        access::decide(world, write.asked.user, &about).allowed
    });
    let why = format!("user not permitted to {verb} requests with signerName {name:?}");
    if allowed { Ok(()) } else { Err(write.forbidden(request, &why)) }
}

/// ResourceQuota, which is asked last, when everybody else has said yes.
pub(super) fn charge(world: &mut World, write: &Write<'_, '_>, object: &Value) -> Result<(), Refusal> {
    quota::charge(world, write, object)
}

fn append(list: &mut Value, item: Value) {
    match list.as_array_mut() {
        Some(list) => list.push(item),
        None => *list = json!([item]),
    }
}
