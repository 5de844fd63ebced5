//! What is wrong with an object that is about to be stored, new or changed, in each part of it that is written alone; and
//! the state in which it is judged.

use super::part::Part;
use super::write::Author;
use super::{Asked, allocate, definition};
use crate::clock::Moment;
use crate::sim::look::{is_true, list};
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::sim::{World, custom, validation};
use serde_json::Value;

/// Prepares a new object and says what is wrong with it.
pub(super) fn new_violations(
    world: &mut World,
    asked: &Asked<'_>,
    object: &mut Value,
    author: &Author<'_>,
) -> Result<Vec<Violation>, Refusal> {
    let of = &asked.of;
    let Some((definition, version)) = world.definitions.of(of) else {
        // What comes to be by its status alone is given no addresses, and none follow from others.
        let by_status = of.kind == "Service" && !author.subresource.is_empty();
        let given = by_status.then(|| object["spec"].clone());
        validation::prepare_create(&of.group, &of.kind, object);
        if let Some(spec) = given {
            object["spec"] = spec;
        }
        if of.kind == "CertificateSigningRequest" {
            asked.user.asks_in(&mut object["spec"]);
        }
        if author.subresource.is_empty() {
            let unfit = allocate::create(world, asked, object, author.options.dry_run)?;
            if !unfit.is_empty() {
                return Ok(unfit);
            }
        }
        let mut violations: Vec<Violation> = unentitled(world, asked, object).into_iter().collect();
        violations.extend(validation::create(&of.group, &of.kind, object));
        return Ok(violations);
    };
    if definition.terminating {
        let why = "create not allowed while custom resource definition is terminating";
        return Err(Refusal::forbidden(of, object::name(object), why));
    }
    custom::prepare_create(version, object);
    Ok(told(asked, custom::create(of, version, object)))
}

/// The label of a namespace in which devices may be asked for as their administrator does.
const ADMIN: &str = "resource.kubernetes.io/admin-access";

/// The first request for a device, in a claim or a template of claims, that only an administrator's namespace may hold.
fn unentitled(world: &World, asked: &Asked<'_>, object: &Value) -> Option<Violation> {
    let requests = match (asked.of.group.as_str(), asked.of.kind.as_str()) {
        ("resource.k8s.io", "ResourceClaim") => "/spec/devices/requests",
        ("resource.k8s.io", "ResourceClaimTemplate") => "/spec/spec/devices/requests",
        _asks_for_no_device => return None,
    };
    let index = list(object, requests).iter().position(|one| is_true(one, "/exactly/adminAccess"))?;
    let namespace = world.store.snapshot().find("", "namespaces", "", asked.namespace());
    let entitled = namespace.is_some_and(|namespace| namespace["metadata"]["labels"][ADMIN] == "true");
    (!entitled).then(|| Violation {
        reason: "FieldValueForbidden",
        field: format!("spec.devices.requests[{index}].adminAccess"),
        message: format!(
            "Forbidden: admin access to devices requires the `{ADMIN}: true` label on the containing namespace"
        ),
    })
}

/// What is wrong with a custom object; what is only worth a warning goes with the answer.
fn told(asked: &Asked<'_>, judgement: custom::Judgement) -> Vec<Violation> {
    judgement.warnings.into_iter().for_each(|warning| asked.warn(warning));
    judgement.violations
}

/// 422; an object whose kind is not the one of its resource is called what it calls itself.
pub(super) fn invalid(of: &Resource, object: &Value, name: &str, violations: &[Violation]) -> Refusal {
    if of.kind == "Event" {
        // Events of either group are those of the core group.
        return Refusal::invalid("", &of.kind, name, violations);
    }
    let kind = object["kind"].as_str().filter(|_| of.custom).unwrap_or(&of.kind);
    Refusal::invalid(&of.group, kind, name, violations)
}

/// Prepares a changed object.
pub(super) fn prepare_update(
    world: &World,
    of: &Resource,
    old: &Value,
    object: &mut Value,
    (part, now): (Part, Moment),
) {
    match (part, world.definitions.of(of)) {
        (Part::Status | Part::Approval, _) if definition::is_definition(of) => {
            validation::stored_versions(object)
        }
        (Part::Status | Part::Approval, Some(_)) => {}
        (Part::Status | Part::Approval, None) => {
            validation::prepare_status(&of.group, &of.kind, old, object, now);
        }
        (Part::Main | Part::Finalize | Part::Ephemeral | Part::Resize, Some((_, version))) => {
            custom::prepare_update(version, old, object);
        }
        (Part::Main | Part::Finalize | Part::Ephemeral | Part::Resize, None) => {
            validation::prepare_update(&of.group, &of.kind, old, object);
        }
    }
}

/// What is wrong with a changed object.
pub(super) fn changed_violations(
    world: &World,
    asked: &Asked<'_>,
    old: &Value,
    object: &Value,
    part: Part,
) -> Vec<Violation> {
    let of = &asked.of;
    match (part, world.definitions.of(of)) {
        (Part::Main, Some((_, version))) => told(asked, custom::update(of, version, old, object)),
        (Part::Status, Some((_, version))) => told(asked, custom::status(version, old, object)),
        (Part::Main, None) => validation::update(&of.group, &of.kind, old, object),
        (Part::Status, None) => validation::status(&of.group, &of.kind, old, object),
        (Part::Approval, _) => validation::approval(old, object),
        (Part::Resize, _) => validation::resize(old, object),
        (Part::Ephemeral, _) => validation::ephemeral_containers(old, object),
        (Part::Finalize, _) => validation::finalizers(old, object),
    }
}
