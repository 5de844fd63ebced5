//! DELETE of an object or a collection: grace, propagation, finalizers, preconditions, and what is answered.

mod begin;
mod preconditions;

use super::delete_options::DeleteOptions;
use super::webhook::Operation;
use super::{Asked, accept, definition, policy, read, webhook};
use crate::call::{Reply, Text};
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::addresses;
use crate::sim::convert;
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::status::{Refusal, deleted};
use crate::snapshot::{Key, Object};
use begin::{Step, begin, begin_namespace};
use preconditions::check_preconditions;
use serde_json::json;
use std::sync::Arc;

const ETERNAL: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// DELETE of one object.
pub(super) fn one(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(asked)?;
    let options = DeleteOptions::read(asked)?;
    let warnings = job_warning(&asked.of, &options);
    let refused = |refusal: Refusal| refusal.warned(&warnings);
    let old = asked.object(world).map_err(refused)?;
    let answer = delete(world, asked, &old, &options).map_err(refused)?;
    let goes_on = asked.object(world).is_ok() && !options.dry_run;
    let status = if goes_on && options.cascading { 202 } else { 200 };
    let mut reply = match answer {
        Some(object) => accept::one(asked, status, object)?,
        None => {
            let status_document = deleted(&asked.of, object::name(&old), &old["metadata"]["uid"]);
            let form = accept::negotiate(asked)?;
            accept::encode(accept::Form { shape: accept::Shape::Whole, ..form }, 200, status_document)
        }
    };
    reply.warnings = warnings;
    Ok(reply)
}

/// Jobs leave their pods behind, which those are told who did not say what is to become of them.
fn job_warning(of: &Resource, options: &DeleteOptions) -> Vec<String> {
    if of.group != "batch" || of.kind != "Job" || !options.silent {
        return Vec::new();
    }
    let warning = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background \
        to remove them or set propagationPolicy=Orphan to suppress this warning";
    vec![warning.to_owned()]
}

/// DELETE of a collection: every object of the page that the query asks for.
pub(super) fn collection(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let form = accept::negotiate(asked)?;
    let (found, mut metadata) = read::page(world, asked, form)?;
    let found: Vec<Object> = found.into_iter().map(|(object, _)| object).collect();
    let options = DeleteOptions::read(asked)?;
    let warnings = job_warning(&asked.of, &options);
    for object in &found {
        delete(world, asked, object, &options).map_err(|refusal| refusal.warned(&warnings))?;
    }
    if metadata.get("continue").is_none() {
        metadata["resourceVersion"] = json!(world.store.version().to_string());
    }
    let items = found.into_iter().map(|object| (object, Text::default())).collect();
    let reply = read::listed(asked, accept::fitting(asked)?, items, metadata)?;
    Ok(Reply { warnings, ..reply })
}

/// Deletes one object or starts its deletion. Gives the object where it is answered, nothing where a `Status` is.
pub(super) fn delete(
    world: &mut World,
    asked: &Asked<'_>,
    old: &Object,
    options: &DeleteOptions,
) -> Result<Option<Object>, Refusal> {
    let name = object::name(old).to_owned();
    check_preconditions(&asked.of, old, options)?;
    if asked.of.kind == "Namespace" && asked.of.group.is_empty() && ETERNAL[..3].contains(&name.as_str()) {
        return Err(Refusal::forbidden(&asked.of, &name, "this namespace may not be deleted"));
    }
    webhook::mutate(world, asked, Operation::Delete, Some(old), &mut None)?;
    policy::validate(world, asked, Operation::Delete, Some(old), None)?;
    webhook::validate(world, asked, Operation::Delete, Some(old), None)?;
    let answer = carry_out(world, &asked.of, old, options, asked.now);
    if asked.of.custom && !options.dry_run {
        definition::finish_if_empty(world, &asked.of.qualified(), asked.now);
    }
    Ok(answer)
}

/// Deletes one object or starts its deletion, which nothing stands against any more.
pub(super) fn carry_out(
    world: &mut World,
    of: &Resource,
    old: &Object,
    options: &DeleteOptions,
    now: Moment,
) -> Option<Object> {
    let name = object::name(old);
    let key = Key::new(of.storage_group(), &of.plural, object::meta(old, "namespace"), name);
    if definition::is_definition(of)
        && let Some(marked) = definition::marked(old, now)
    {
        if options.dry_run {
            return Some(Arc::new(marked));
        }
        let marked = world.store.put(key, marked);
        definition::clean_up(world, name, now);
        return Some(marked);
    }
    let mut object = (**old).clone();
    let step = match of.kind.as_str() {
        "Namespace" if of.group.is_empty() => begin_namespace(&mut object, options, now),
        _ => begin(of, &mut object, options, now),
    };
    let answers_object = returns_object(of);
    if options.dry_run {
        let gone = step == Step::Remove && !answers_object;
        return (!gone).then(|| Arc::new(object));
    }
    match step {
        Step::Nothing => Some(old.clone()),
        Step::Mark if object == **old => Some(old.clone()),
        Step::Mark => {
            let marked = world.store.put(key, convert::to_storage(of, object));
            Some(convert::to_version(of, marked))
        }
        Step::MarkAndRemove => {
            let marked = world.store.put(key.clone(), convert::to_storage(of, object));
            addresses::remove(world, &key);
            let marked = convert::to_version(of, marked);
            answers_object.then_some(marked)
        }
        Step::Remove => {
            addresses::remove(world, &key);
            answers_object.then(|| old.clone())
        }
    }
}

/// The kinds whose deletion is answered with the object instead of a `Status`.
fn returns_object(of: &Resource) -> bool {
    match of.group.as_str() {
        "" => matches!(
            of.kind.as_str(),
            "Namespace"
                | "Pod"
                | "PersistentVolume"
                | "PersistentVolumeClaim"
                | "PodTemplate"
                | "ResourceQuota"
                | "Service"
                | "ServiceAccount"
        ),
        "storage.k8s.io" => of.kind != "CSIStorageCapacity",
        "resource.k8s.io" => true,
        _ => false,
    }
}
