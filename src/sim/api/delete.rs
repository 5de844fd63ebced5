//! DELETE of an object or a collection: grace, propagation, finalizers, preconditions, and what is answered.

use super::options::{dry_run_violation, not_supported};
use super::webhook::Operation;
use super::{Asked, accept, decode, definition, read, webhook};
use crate::call::{Reply, Text};
use crate::clock::Moment;
use crate::sim::World;
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

/// The options of a deletion, from the body or from the query.
#[derive(Clone, Debug, Default)]
pub(super) struct DeleteOptions {
    grace: Option<i64>,
    propagation: Option<String>,
    uid: Option<String>,
    version: Option<String>,
    dry_run: bool,
}

impl DeleteOptions {
    /// Reads the options of a request.
    pub(super) fn read(asked: &Asked<'_>) -> Result<DeleteOptions, Refusal> {
        let query = &asked.call.query;
        let sent = match decode::body(asked)? {
            None => Value::Null,
            Some(body) => body.decode().map_err(|error| {
                Refusal::unexplained(format!("couldn't get version/kind; json parse error: {error}"))
            })?,
        };
        let given = DeleteOptions::from_document(&sent)?;
        let orphan =
            query.get("orphanDependents").map(|value| if value == "true" { "Orphan" } else { "Background" });
        let propagation = query.get("propagationPolicy").or(orphan).map(str::to_owned);
        let options = DeleteOptions {
            grace: given.grace.or_else(|| query.get("gracePeriodSeconds").and_then(|text| text.parse().ok())),
            propagation: given.propagation.or(propagation),
            dry_run: given.dry_run || query.get("dryRun").is_some(),
            ..given
        };
        let dry: Vec<&str> = query.get("dryRun").into_iter().collect();
        let policy =
            options.propagation.as_deref().filter(|p| !matches!(*p, "Foreground" | "Background" | "Orphan"));
        let supported = r#""Foreground", "Background", "Orphan", "nil""#;
        let wrong =
            policy.map(|policy| not_supported("propagationPolicy", &format!("{policy:?}"), supported));
        let violations: Vec<_> = wrong.into_iter().chain(dry_run_violation(&dry)).collect();
        if !violations.is_empty() {
            return Err(Refusal::invalid("meta.k8s.io", "DeleteOptions", "", &violations));
        }
        Ok(options)
    }

    /// Reads a `DeleteOptions` document, such as an eviction carries.
    pub(super) fn from_document(sent: &Value) -> Result<DeleteOptions, Refusal> {
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let dry: Vec<&str> =
            sent["dryRun"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if let Some(violation) = dry_run_violation(&dry) {
            return Err(Refusal::invalid("meta.k8s.io", "DeleteOptions", "", &[violation]));
        }
        let orphan = sent["orphanDependents"].as_bool();
        let orphan = orphan.map(|orphan| if orphan { "Orphan" } else { "Background" }.to_owned());
        Ok(DeleteOptions {
            grace: sent["gracePeriodSeconds"].as_i64(),
            propagation: text(&sent["propagationPolicy"]).or(orphan),
            uid: text(&sent["preconditions"]["uid"]),
            version: text(&sent["preconditions"]["resourceVersion"]),
            dry_run: !dry.is_empty(),
        })
    }
}

impl DeleteOptions {
    /// A dry run of the request is one of the deletion too.
    pub(super) fn set_dry_run(&mut self, dry_run: bool) {
        self.dry_run |= dry_run;
    }

    /// Whether nothing is deleted.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Which precondition an object does not meet, in the words of an eviction.
    pub(super) fn unmet(&self, object: &Value) -> Option<String> {
        let (uid, version) = (object::meta(object, "uid"), object::meta(object, "resourceVersion"));
        if let Some(wanted) = self.uid.as_deref().filter(|wanted| *wanted != uid) {
            return Some(format!(
                "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might \
                 have been deleted and then recreated"
            ));
        }
        let wanted = self.version.as_deref().filter(|wanted| *wanted != version)?;
        Some(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record \
             ({version}). The object might have been modified"
        ))
    }

    /// Expects the version that the deletion itself made of the object.
    pub(super) fn follow(&mut self, object: &Value) {
        if self.version.is_some() {
            self.version = Some(object::meta(object, "resourceVersion").to_owned());
        }
    }
}

/// DELETE of one object.
pub(super) fn one(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(&asked.call.accept)?;
    let options = DeleteOptions::read(asked)?;
    let old = asked.object(world)?;
    let answer = delete(world, asked, &old, &options)?;
    let mut reply = match answer {
        Some(object) => accept::one(asked, 200, object)?,
        None => Reply::json(200, deleted(&asked.of, object::name(&old), &old["metadata"]["uid"])),
    };
    if options.propagation.is_none() && asked.of.kind == "Job" {
        let warning = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background \
            to remove them or set propagationPolicy=Orphan to suppress this warning";
        reply.warnings.push(warning.to_owned());
    }
    Ok(reply)
}

/// DELETE of a collection: every object that the selectors match.
pub(super) fn collection(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(&asked.call.accept)?;
    let options = DeleteOptions::read(asked)?;
    let found = read::selected(world, asked)?;
    for object in &found {
        delete(world, asked, object, &options)?;
    }
    let after = world.store.version().to_string();
    let mut metadata = json!({"resourceVersion": after});
    if asked.of.custom {
        metadata["continue"] = json!("");
    }
    let items = found.into_iter().map(|object| (object, Text::default())).collect();
    Ok(Reply::list(200, read::listing(&asked.of, items, metadata)))
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
        Step::Mark => Some(if object == **old { old.clone() } else { world.store.put(key, object) }),
        Step::MarkAndRemove => {
            let marked = world.store.put(key.clone(), object);
            world.store.remove(&key);
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
    if let Some(wanted) = options.uid.as_deref().filter(|wanted| of.custom && *wanted != uid) {
        let why = format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have \
             been deleted and then recreated"
        );
        let kind = Resource { plural: of.kind.clone(), ..of.clone() };
        return Err(Refusal::conflict(&kind, name, &why));
    }
    if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != uid) {
        let why = format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}");
        return Err(Refusal::conflict(of, name, &why));
    }
    let version = object::meta(old, "resourceVersion");
    if let Some(wanted) = options.version.as_deref().filter(|wanted| *wanted != version) {
        let why = format!(
            "Precondition failed: ResourceVersion in precondition: {wanted}, ResourceVersion in object meta: {version}"
        );
        return Err(Refusal::conflict(of, name, &why));
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
        let Some(present) = present else { return Grace::None };
        let shorter = options.grace.map(|grace| grace.max(0)).filter(|grace| *grace < present);
        if of.kind != "Pod" || !of.group.is_empty() {
            return Grace::None;
        }
        let Some(shorter) = shorter else { return Grace::UnderWay };
        let end = Moment::parse(object::meta(object, "deletionTimestamp")).unwrap_or(now);
        let sooner = end.as_micros() - (present - shorter) * 1_000_000;
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
        "storage.k8s.io" => {
            matches!(of.kind.as_str(), "StorageClass" | "CSIDriver" | "CSINode" | "VolumeAttachment")
        }
        _ => false,
    }
}
