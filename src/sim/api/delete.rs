//! DELETE of an object or a collection: grace, propagation, finalizers, preconditions, and what is answered.

use super::delete_options::DeleteOptions;
use super::webhook::Operation;
use super::{Asked, accept, definition, policy, read, webhook};
use crate::call::{Reply, Text};
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::convert;
use crate::sim::object::{self, set_meta};
use crate::sim::resources::Resource;
use crate::sim::status::{Refusal, deleted};
use crate::snapshot::{Key, Object};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";
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
    let document = match form.shape {
        accept::Shape::Table => accept::tabled(form, asked, &found, metadata, asked.now)?,
        accept::Shape::Whole | accept::Shape::Metadata => {
            let items = found.into_iter().map(|object| (object, Text::default())).collect();
            read::list_of(&asked.of, items, metadata).document().clone()
        }
    };
    Ok(Reply { warnings, ..accept::encode(form, 200, document) })
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
        "Namespace" if of.group.is_empty() => begin_namespace(&mut object, now),
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
            world.store.remove(&key);
            let marked = convert::to_version(of, marked);
            answers_object.then_some(marked)
        }
        Step::Remove => {
            world.store.remove(&key);
            answers_object.then(|| old.clone())
        }
    }
}

fn check_preconditions(of: &Resource, old: &Value, options: &DeleteOptions) -> Result<(), Refusal> {
    let name = object::name(old);
    let uid = object::meta(old, "uid");
    if of.group.is_empty() && of.kind == "Namespace" {
        return check_namespace(of, old, options);
    }
    // Messages name the kind where a resource is meant, and the group in which it is stored.
    let group = of.storage_group().to_owned();
    let of = &Resource { plural: of.kind.clone(), group, ..of.clone() };
    if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != uid) {
        let why = format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). \
             The object might have been deleted and then recreated"
        );
        return Err(Refusal::conflict(of, name, &why));
    }
    let version = object::meta(old, "resourceVersion");
    if let Some(wanted) = options.version.as_deref().filter(|wanted| *wanted != version) {
        let why = format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record \
             ({version}). The object might have been modified"
        );
        return Err(Refusal::conflict(of, name, &why));
    }
    Ok(())
}

/// Namespaces have a road of their own, with words of its own.
fn check_namespace(of: &Resource, old: &Value, options: &DeleteOptions) -> Result<(), Refusal> {
    let wanted = [("UID", &options.uid, "uid"), ("ResourceVersion", &options.version, "resourceVersion")];
    for (word, wanted, field) in wanted {
        let present = object::meta(old, field);
        if let Some(wanted) = wanted.as_deref().filter(|wanted| *wanted != present) {
            let why = format!(
                "Precondition failed: {word} in precondition: {wanted}, {word} in object meta: {present}"
            );
            return Err(Refusal::conflict(of, object::name(old), &why));
        }
    }
    Ok(())
}

/// What a deletion does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It is under way already.
    Nothing,
    /// The object is marked and stays until something lets it go.
    Mark,
    /// The object is marked, which watchers see, and removed at once.
    MarkAndRemove,
    /// The object is removed.
    Remove,
}

/// A Namespace stays, terminating, until its own finalizers are gone.
fn begin_namespace(object: &mut Value, now: Moment) -> Step {
    if !object::is_terminating(object) {
        set_meta(object, "deletionTimestamp", json!(now.rfc3339()));
        object["status"]["phase"] = json!("Terminating");
        return Step::Mark;
    }
    let held = object["spec"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
    if held || !object::finalizers(object).is_empty() { Step::Nothing } else { Step::Remove }
}

/// Marks an object as kube-apiserver's generic deletion does.
fn begin(of: &Resource, object: &mut Value, options: &DeleteOptions, now: Moment) -> Step {
    let graceful = match grace(of, object, options, now) {
        Grace::UnderWay => return Step::Nothing,
        Grace::None => false,
        Grace::Set => true,
    };
    let kept = finalizers_after(of, object, options);
    object::set_finalizers(object, &kept);
    if !graceful {
        if kept.is_empty() {
            return Step::Remove;
        }
        mark(object, now);
        return Step::Mark;
    }
    let waits = object["metadata"]["deletionGracePeriodSeconds"].as_i64() != Some(0);
    if waits || !kept.is_empty() { Step::Mark } else { Step::MarkAndRemove }
}

enum Grace {
    /// This kind is deleted without grace.
    None,
    /// The time and grace of the deletion stand in the object.
    Set,
    /// A deletion with no more grace than asked for is under way.
    UnderWay,
}

/// Pods are the one built-in kind that is given time to end.
fn grace(of: &Resource, object: &mut Value, options: &DeleteOptions, now: Moment) -> Grace {
    let under_way = object::is_terminating(object);
    let present = object["metadata"]["deletionGracePeriodSeconds"].as_i64();
    if under_way {
        let Some(present) = present.filter(|present| *present != 0) else { return Grace::None };
        let shorter = options.grace.map(|grace| grace.max(0)).filter(|grace| *grace < present);
        if of.kind != "Pod" || !of.group.is_empty() {
            return Grace::None;
        }
        let Some(shorter) = shorter else { return Grace::UnderWay };
        let end = Moment::parse(object::meta(object, "deletionTimestamp")).unwrap_or(now);
        let sooner = end.as_micros() - (present - shorter) * 1_000_000;
        // A deletion does not come to be in the past; one that was to be graceful stays so for a second.
        let late = sooner < now.as_micros();
        let shorter = if late { shorter.min(1) } else { shorter };
        let sooner = sooner.max(now.as_micros());
        set_meta(object, "deletionTimestamp", json!(Moment::from_micros(sooner).rfc3339()));
        set_meta(object, "deletionGracePeriodSeconds", json!(shorter));
        return Grace::Set;
    }
    if of.kind != "Pod" || !of.group.is_empty() {
        return Grace::None;
    }
    let own = object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    let asked = options.grace.unwrap_or(own);
    let asked = if asked < 0 { 1 } else { asked };
    let nowhere = object["spec"]["nodeName"].as_str().unwrap_or_default().is_empty();
    let ended = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let grace = if nowhere || ended { 0 } else { asked };
    let end = now.after(Duration::from_secs(u64::try_from(grace).unwrap_or(0)));
    set_meta(object, "deletionTimestamp", json!(end.rfc3339()));
    set_meta(object, "deletionGracePeriodSeconds", json!(grace));
    count_generation(object);
    Grace::Set
}

/// Marks an object that finalizers hold.
fn mark(object: &mut Value, now: Moment) {
    if !object::is_terminating(object) {
        set_meta(object, "deletionTimestamp", json!(now.rfc3339()));
        count_generation(object);
    }
    set_meta(object, "deletionGracePeriodSeconds", json!(0));
}

fn count_generation(object: &mut Value) {
    if let Some(generation) = object["metadata"]["generation"].as_i64() {
        set_meta(object, "generation", json!(generation + 1));
    }
}

/// The finalizers after the propagation policy had its say.
fn finalizers_after(of: &Resource, object: &Value, options: &DeleteOptions) -> Vec<String> {
    let present = object::finalizers(object);
    if of.kind == "Event" {
        // Nothing depends on an event: what is to become of dependents is not looked at.
        return present;
    }
    let policy = match options.propagation.as_deref() {
        Some(policy) => policy,
        None if present.iter().any(|f| f == ORPHAN) => "Orphan",
        None if present.iter().any(|f| f == FOREGROUND) => "Foreground",
        None => default_policy(of),
    };
    let mut kept: Vec<String> = present.into_iter().filter(|f| f != ORPHAN && f != FOREGROUND).collect();
    match policy {
        "Orphan" => kept.push(ORPHAN.to_owned()),
        "Foreground" => kept.push(FOREGROUND.to_owned()),
        _ => {}
    }
    kept
}

/// Jobs and ReplicationControllers leave their pods behind unless told otherwise.
fn default_policy(of: &Resource) -> &'static str {
    match (of.group.as_str(), of.kind.as_str()) {
        ("batch", "Job") | ("", "ReplicationController") => "Orphan",
        _ => "Background",
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
