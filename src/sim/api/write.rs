//! The road that every write takes into the store: defaults, ownership of fields, admission, preparation, validation,
//! and at its end one new version or none.

use super::options::Options;
use super::{Asked, admission, allocate, definition, kind, webhook};
use crate::sim::fields::{self, Manager};
use crate::sim::object::{self, carry, set_meta};
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::{World, names, validation};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// Which part of an object an update may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All but its status.
    Main,
    /// Its status alone.
    Status,
    /// One field of its spec, such as a Namespace's finalizers.
    Spec(&'static str),
    /// The whole spec, through a subresource (`pods/resize`).
    WholeSpec,
}

/// Who a write is recorded for.
pub(super) struct Author<'a> {
    pub(super) options: &'a Options,
    /// `status`, `scale` or nothing.
    pub(super) subresource: &'static str,
    /// Whether `managedFields` is settled already (server-side apply).
    pub(super) settled: bool,
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

/// Whether the status of a kind is written through its own subresource only.
pub(super) fn has_status(of: &Resource) -> bool {
    of.subresources.contains_key("status")
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
    if has_status(&of) && of.kind != "Node" {
        object.as_object_mut().expect("decoded as a map").remove("status");
    }
    object::metadata(&mut object);
    if !author.settled {
        track(world, asked, None, &mut object, author);
    }
    let wanted = object::name(&object).to_owned();
    admission::namespace_is_open(world, asked, &wanted)?;
    if !object::meta(&object, "resourceVersion").is_empty() {
        return Err(Refusal::unexplained("resourceVersion should not be set on objects to be created"));
    }
    christen(world, asked, &mut object);
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"] {
        set_meta(&mut object, field, Value::Null);
    }
    let count = world.store.count();
    set_meta(&mut object, "uid", json!(names::uid(world.config.seed, count)));
    set_meta(&mut object, "creationTimestamp", json!(asked.now.rfc3339()));
    admission::create(world, asked, &mut object)?;
    validation::prepare_create(&of.group, &of.kind, &mut object);
    let mut violations = validation::create(&of.group, &of.kind, &object);
    if violations.is_empty() {
        violations.extend(allocate::create(world, asked, &mut object).err());
    }
    if !violations.is_empty() {
        return Err(Refusal::invalid(&of.group, &of.kind, object::name(&object), &violations));
    }
    webhook::ask(world, asked, "CREATE", &object)?;
    let key = asked.key(object::name(&object));
    if world.store.snapshot().get(&key).is_some() {
        return Err(Refusal::exists(&of, object::name(&object)));
    }
    if author.options.dry_run {
        return Ok(Arc::new(object));
    }
    let name = object::name(&object).to_owned();
    let stored = asked.store(world, &name, object);
    definition::establish(world, asked, &stored);
    Ok(stored)
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
    check_identity(asked, old, &object)?;
    kind::fill(&of, &mut object);
    keep_what_is_not_written(&of, old, &mut object, part);
    if author.settled {
        fields::settle(old, &mut object);
    } else {
        track(world, asked, Some(old), &mut object, author);
    }
    admission::update(world, asked, old, &mut object)?;
    match part {
        Part::Main | Part::Spec(_) | Part::WholeSpec => {
            validation::prepare_update(&of.group, &of.kind, old, &mut object);
        }
        Part::Status => validation::prepare_status(&of.group, &of.kind, old, &mut object),
    }
    let mut violations = Vec::new();
    if part == Part::Status && author.subresource == "status" {
        violations = validation::status(&of.group, &of.kind, old, &object);
    }
    if part == Part::Main {
        violations = validation::update(&of.group, &of.kind, old, &object);
        if violations.is_empty() {
            violations.extend(allocate::update(world, asked, old, &mut object).err());
        }
    }
    if !violations.is_empty() {
        return Err(Refusal::invalid(&of.group, &of.kind, &name, &violations));
    }
    webhook::ask(world, asked, "UPDATE", &object)?;
    set_meta(&mut object, "resourceVersion", old["metadata"]["resourceVersion"].clone());
    if is_released(&object) {
        if !author.options.dry_run {
            world.store.remove(&asked.key(&name));
        }
        return Ok(Arc::new(object));
    }
    if same(old, &object) {
        return Ok(old.clone());
    }
    if author.options.dry_run {
        return Ok(Arc::new(object));
    }
    let stored = asked.store(world, &name, object);
    definition::establish(world, asked, &stored);
    Ok(stored)
}

/// Refuses another name, namespace, uid or resourceVersion than the stored object has.
fn check_identity(asked: &Asked<'_>, old: &Value, object: &Value) -> Result<(), Refusal> {
    let (name, namespace) = (object::name(old), asked.namespace());
    let given = object::name(object);
    if given != name {
        return Err(wrong_name(given, name));
    }
    let stated = object::meta(object, "namespace");
    if asked.of.namespaced && !stated.is_empty() && stated != namespace {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Refusal::bad_request(why));
    }
    let version = object::meta(object, "resourceVersion");
    if !matches!(version, "" | "0") && version != object::meta(old, "resourceVersion") {
        return Err(Refusal::modified(&asked.of, name));
    }
    let (uid, present) = (object::meta(object, "uid"), object::meta(old, "uid"));
    if !uid.is_empty() && uid != present {
        let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {present}");
        return Err(Refusal::conflict(&asked.of, name, &why));
    }
    Ok(())
}

/// 400 for an object whose name is not the one of the path.
pub(super) fn wrong_name(given: &str, name: &str) -> Refusal {
    if given.is_empty() {
        return Refusal::bad_request(format!(
            "the name of the object ({name} based on URL) was undeterminable: name must be provided"
        ));
    }
    Refusal::bad_request(format!(
        "the name of the object ({given}) does not match the name on the URL ({name})"
    ))
}

/// Carries over from the stored object what this write cannot change.
fn keep_what_is_not_written(of: &Resource, old: &Value, object: &mut Value, part: Part) {
    if part != Part::Main {
        let written = std::mem::replace(object, old.clone());
        match part {
            Part::Status => {
                carry(&written, object, "status");
                let kept = of.custom || (of.group == "apps" && of.kind == "Deployment");
                let fields: &[&str] = if kept {
                    &["annotations", "finalizers"]
                } else {
                    &["annotations", "finalizers", "labels"]
                };
                for field in fields {
                    set_meta(object, field, written["metadata"][*field].clone());
                }
            }
            Part::Spec(field) => {
                let value = written["spec"][field].clone();
                match object["spec"].as_object_mut() {
                    Some(spec) if value.is_null() => drop(spec.remove(field)),
                    _ => object["spec"][field] = value,
                }
            }
            Part::WholeSpec => carry(&written, object, "spec"),
            Part::Main => {}
        }
        return set_managed(object, &written);
    }
    let written = object.clone();
    for field in ["namespace", "uid", "creationTimestamp", "generation"] {
        set_meta(object, field, old["metadata"][field].clone());
    }
    // That an object is being deleted is never taken back.
    if old["metadata"]["deletionTimestamp"].is_string() {
        set_meta(object, "deletionTimestamp", old["metadata"]["deletionTimestamp"].clone());
    }
    let grace = "deletionGracePeriodSeconds";
    if object["metadata"].get(grace).is_none() {
        set_meta(object, grace, old["metadata"][grace].clone());
    }
    if has_status(of) {
        carry(old, object, "status");
    }
    if of.group.is_empty() && of.kind == "Namespace" {
        // Only the finalize subresource lets a namespace go.
        carry(old, object, "spec");
    }
    set_managed(object, &written);
}

/// The `managedFields` of what was sent: ownership is recorded on top of them, or on the stored ones where none
/// were sent, and `[]` or `[{}]` forgets all.
fn set_managed(object: &mut Value, written: &Value) {
    set_meta(object, "managedFields", written["metadata"]["managedFields"].clone());
}

/// Whether an update was the last thing that a deletion waited for.
fn is_released(object: &Value) -> bool {
    object::is_terminating(object)
        && object::finalizers(object).is_empty()
        && matches!(object["metadata"]["deletionGracePeriodSeconds"].as_i64(), None | Some(0))
        && (object["kind"] != "Namespace"
            || object["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty))
}

/// Whether two objects differ in nothing but the times of their `managedFields`.
fn same(old: &Value, new: &Value) -> bool {
    let timeless = |object: &Value| {
        let mut managed = object["metadata"]["managedFields"].clone();
        for entry in managed.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            entry.remove("time");
        }
        managed
    };
    let without = |object: &Value| {
        let mut rest = object.clone();
        set_meta(&mut rest, "managedFields", Value::Null);
        rest
    };
    timeless(old) == timeless(new) && without(old) == without(new)
}

fn track(world: &World, asked: &Asked<'_>, old: Option<&Object>, object: &mut Value, author: &Author<'_>) {
    if let Some(ty) = kind::of(world, &asked.of) {
        fields::track(ty.get(), old.map(|old| &**old), object, &author.manager(asked));
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
    fields::apply(ty.get(), live.map(|live| &**live), config, &author.manager(asked), author.options.force)
        .map_err(|error| super::patch::apply_refusal(&error))
}
