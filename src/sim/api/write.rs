//! The road that every write takes into the store: defaults, ownership of fields, admission, preparation, validation,
//! and at its end one new version or none. What is wrong with an object is `judge`'s matter, which object it says it is
//! `stated`'s.

use super::admission::Write;
use super::judge::{changed_violations, invalid, new_violations, prepare_update};
use super::options::Options;
use super::owners::{self, Seen};
use super::part::{Part, has_status};
use super::stated::{check_identity, check_uid, check_version, version_of};
use super::webhook::Operation;
use super::{Asked, admission, allocate, definition, kind, policy, retold, unbuilt, webhook};
use crate::sim::fields::{self, Manager};
use crate::sim::object::{self, set_meta};
use crate::sim::resources::Resource;
use crate::sim::schema::Type;
use crate::sim::status::Refusal;
use crate::sim::{World, addresses, names, schema, validation};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// Who a write is recorded for.
pub(super) struct Author<'a> {
    pub(super) options: &'a Options,
    /// `status`, `scale` or nothing.
    pub(super) subresource: &'static str,
    /// Whether `managedFields` is settled already (server-side apply, scale).
    pub(super) settled: bool,
    /// Whether the uid that the object names is a condition of the write (PUT).
    pub(super) conditional: bool,
}

impl Author<'_> {
    fn manager(&self, asked: &Asked<'_>) -> Manager {
        Manager {
            name: self.options.manager.clone(),
            api_version: asked.of.api_version(),
            subresource: self.subresource.to_owned(),
            at: asked.now,
        }
    }
}

/// Stores a new object, which has been decoded and pruned.
pub(super) fn insert(
    world: &mut World,
    asked: &Asked<'_>,
    mut object: Value,
    author: &Author<'_>,
) -> Result<Object, Refusal> {
    let of = asked.of.clone();
    kind::fill(&of, &mut object);
    if has_status(&of) && of.kind != "Node" && author.subresource.is_empty() {
        object.as_object_mut().expect("decoded as a map").remove("status");
    }
    // One that comes to be by an update keeps what it says of its own end.
    if !author.settled && !author.conditional {
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
            set_meta(&mut object, field, Value::Null);
        }
    }
    if !author.settled {
        track(world, asked, None, &mut object, author);
    }
    Part::Main.keep_annotations(&of, None, &mut object);
    let called = admission::called(&object);
    admission::namespace_is_open(world, asked, &called)?;
    christen(world, asked, &mut object);
    let count = world.store.count();
    set_meta(&mut object, "uid", json!(names::uid(world.config.seed, count)));
    set_meta(&mut object, "creationTimestamp", json!(asked.now.rfc3339()));
    admission::create(world, asked, &called, &mut object)?;
    admission::escalation(world, asked, None, &object)?;
    webhook::mutate(world, asked, Operation::Create, None, &mut Some(&mut object))?;
    owners::once(asked, &mut object, Seen::Mutated);
    let violations = new_violations(world, asked, &mut object, author)?;
    if !violations.is_empty() {
        let violations = retold::with_empties(world, asked, (None, &object), Part::Main, violations);
        return Err(invalid(&of, &object, object::name(&object), &violations));
    }
    unbuilt::is_carried_out(&of, &object)?;
    if !of.custom {
        asked.warn_of(validation::warning::created(&of.group, &of.kind, &object));
    }
    validation::fill_again(&of.group, &of.kind, &mut object);
    definition::tidy(&of, &mut object);
    let write = Write { asked, old: None, dry_run: author.options.dry_run };
    admission::judge(world, &write, &object)?;
    policy::validate(world, asked, Operation::Create, None, Some(&object))?;
    webhook::validate(world, asked, Operation::Create, None, Some(&object))?;
    admission::charge(world, &write, &object)?;
    // Only storage looks at the version, and a dry run does not come so far. One that is no number is none.
    if !author.options.dry_run {
        if !author.conditional && version_of(&object).is_ok_and(|version| version != 0) {
            return Err(Refusal::unexplained("resourceVersion should not be set on objects to be created"));
        }
        stored_bare(&mut object);
    }
    let key = asked.key(object::name(&object));
    if let Some(present) = world.store.snapshot().get(&key) {
        let name = object::name(&object);
        return Err(match object::meta(present, "deletionTimestamp") {
            "" => Refusal::exists(&of, name),
            _leaving => Refusal::exists_still(&of, name),
        });
    }
    if author.options.dry_run {
        return Ok(asked.as_stored(object));
    }
    let name = object::name(&object).to_owned();
    Ok(asked.store(world, &name, object))
}

/// Takes away what the store keeps of no object: its version, which is given by the store, and the link to itself.
fn stored_bare(object: &mut Value) {
    set_meta(object, "resourceVersion", Value::Null);
    set_meta(object, "selfLink", Value::Null);
}

/// Gives the object its namespace, and a name where it asks for a generated one.
fn christen(world: &mut World, asked: &Asked<'_>, object: &mut Value) {
    let namespace = if asked.of.namespaced { json!(asked.namespace()) } else { Value::Null };
    set_meta(object, "namespace", namespace);
    let base = object::meta(object, "generateName").to_owned();
    if object::name(object).is_empty() && !base.is_empty() {
        loop {
            let count = world.store.count();
            let name = names::suffixed(world.config.seed, count, &base);
            if world.store.snapshot().get(&asked.key(&name)).is_none() {
                set_meta(object, "name", json!(name));
                break;
            }
        }
    }
}

/// Stores a changed object, or leaves the stored one where nothing changed. The object comes back as it is answered.
pub(super) fn replace(
    world: &mut World,
    asked: &Asked<'_>,
    old: &Object,
    mut object: Value,
    part: Part,
    author: &Author<'_>,
) -> Result<Object, Refusal> {
    let of = asked.of.clone();
    let name = object::name(old).to_owned();
    check_identity(asked, &name, &object)?;
    if author.conditional {
        check_uid(asked, old, &object, author)?;
    }
    check_version(&of, old, &object)?;
    if object::meta(&object, "uid").is_empty() {
        set_meta(&mut object, "uid", old["metadata"]["uid"].clone());
    }
    kind::fill(&of, &mut object);
    let early = part.is_tracked_as_sent(&of);
    if early && !author.settled {
        track(world, asked, Some(old), &mut object, author);
    }
    part.keep(&of, old, &mut object);
    if author.settled {
        fields::settle(old, &mut object);
    } else if !early {
        track(world, asked, Some(old), &mut object, author);
    }
    part.keep_annotations(&of, Some(old), &mut object);
    admission::update(asked, old, &mut object);
    admission::escalation(world, asked, Some(old), &object)?;
    webhook::mutate(world, asked, Operation::Update, Some(old), &mut Some(&mut object))?;
    owners::once(asked, &mut object, Seen::Mutated);
    prepare_update(world, &of, old, &mut object, (part, asked.now));
    retold::count(world, asked, old, &mut object, part);
    let mut violations = changed_violations(world, asked, old, &object, part);
    if part == Part::Main && violations.is_empty() {
        violations.extend(allocate::update(world, asked, old, &mut object).err());
    }
    if !violations.is_empty() {
        let violations = retold::with_empties(world, asked, (Some(old), &object), part, violations);
        return Err(invalid(&of, &object, &name, &violations));
    }
    unbuilt::is_carried_out(&of, &object)?;
    if !of.custom && part == Part::Main {
        asked.warn_of(validation::warning::updated(&of.group, &of.kind, old, &object));
    }
    definition::tidy(&of, &mut object);
    let write = Write { asked, old: Some(old), dry_run: author.options.dry_run };
    admission::judge(world, &write, &object)?;
    policy::validate(world, asked, Operation::Update, Some(old), Some(&object))?;
    webhook::validate(world, asked, Operation::Update, Some(old), Some(&object))?;
    admission::charge(world, &write, &object)?;
    if !author.options.dry_run {
        stored_bare(&mut object);
    }
    set_meta(&mut object, "resourceVersion", old["metadata"]["resourceVersion"].clone());
    if is_released(&object) {
        if !author.options.dry_run {
            addresses::remove(world, &asked.key(&name));
            if of.custom {
                definition::finish_if_empty(world, &of.qualified(), asked.now);
            }
        }
        return Ok(Arc::new(object));
    }
    if fields::unchanged(old, &object) {
        return Ok(old.clone());
    }
    if author.options.dry_run {
        return Ok(asked.as_stored(object));
    }
    Ok(asked.store(world, &name, object))
}

/// Whether an update was the last thing that a deletion waited for.
fn is_released(object: &Value) -> bool {
    object::is_terminating(object)
        && object::finalizers(object).is_empty()
        && matches!(object["metadata"]["deletionGracePeriodSeconds"].as_i64(), None | Some(0))
        && (object["kind"] != "Namespace"
            || object["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty))
}

fn track(world: &World, asked: &Asked<'_>, old: Option<&Object>, object: &mut Value, author: &Author<'_>) {
    if let Some(ty) = kind::of(world, &asked.of) {
        let sent = retold::in_values(asked, ty.get(), object);
        let old = old.map(|old| &**old);
        fields::track_sent(ty.get(), old, object, sent.as_ref(), &author.manager(asked));
    }
}

/// Server-side apply of `config` onto what is stored.
pub(super) fn applied(
    world: &World,
    asked: &Asked<'_>,
    live: Option<&Object>,
    config: &Value,
    author: &Author<'_>,
) -> Result<Value, Refusal> {
    let of = &asked.of;
    let ty = kind::of(world, of)
        .ok_or_else(|| Refusal::unexplained(format!("no type is known for {}", of.kind)))?;
    let (live, force) = (live.map(|live| &**live), author.options.force);
    let mut merged = fields::apply(ty.get(), live, config, &author.manager(asked), force)
        .map_err(|error| super::patch::apply_refusal(&error))?;
    if of.custom {
        return Ok(merged);
    }
    if let Some(managers) = config["metadata"].get("managedFields") {
        // It is read with the rest, and only then forgotten.
        converted(of, ty.get(), config, &mut json!({"metadata": {"managedFields": managers}}))?;
    }
    converted(of, ty.get(), config, &mut merged)?;
    Ok(merged)
}

/// Reads what was applied as the type of its kind does.
pub(super) fn converted(of: &Resource, ty: &Type, config: &Value, merged: &mut Value) -> Result<(), Refusal> {
    match schema::convert(ty, merged) {
        Ok(()) => Ok(()),
        Err(why) => {
            let kind = fields::go_kind(&of.api_version(), &of.kind);
            let (namespace, name) = (object::meta(config, "namespace"), object::name(config));
            Err(Refusal::unexplained(format!(
                "failed to convert new object ({namespace}/{name}; {kind}) to proper version: \
                 unable to convert unstructured object to {kind}: {why}"
            )))
        }
    }
}
