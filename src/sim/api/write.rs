//! The road that every write takes into the store: defaults, ownership of fields, admission, preparation, validation,
//! and at its end one new version or none.

use super::admission::Write;
use super::options::Options;
use super::owners::{self, Seen};
use super::part::{Part, has_status};
use super::webhook::Operation;
use super::{Asked, admission, allocate, create, definition, kind, policy, unbuilt, webhook};
use crate::sim::fields::{self, Manager};
use crate::sim::object::{self, set_meta};
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::sim::{World, custom, names, schema, validation};
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
    if has_status(&of) && of.kind != "Node" {
        object.as_object_mut().expect("decoded as a map").remove("status");
    }
    object::metadata(&mut object);
    if !author.settled {
        track(world, asked, None, &mut object, author);
    }
    let called = admission::called(&object);
    admission::namespace_is_open(world, asked, &called)?;
    if version_of(&object)? != 0 {
        return Err(Refusal::unexplained("resourceVersion should not be set on objects to be created"));
    }
    christen(world, asked, &mut object);
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"] {
        set_meta(&mut object, field, Value::Null);
    }
    let count = world.store.count();
    set_meta(&mut object, "uid", json!(names::uid(world.config.seed, count)));
    set_meta(&mut object, "creationTimestamp", json!(asked.now.rfc3339()));
    admission::create(world, asked, &called, &mut object)?;
    admission::escalation(world, asked, None, &object)?;
    webhook::mutate(world, asked, Operation::Create, None, &mut Some(&mut object))?;
    owners::once(asked, &mut object, Seen::Mutated);
    let mut violations = new_violations(world, asked, &mut object)?;
    if violations.is_empty() {
        violations.extend(allocate::create(world, asked, &mut object).err());
    }
    if !violations.is_empty() {
        return Err(invalid(&of, &object, object::name(&object), &violations));
    }
    unbuilt::is_carried_out(&of, &object)?;
    if !of.custom {
        asked.warn_of(validation::warning::created(&of.group, &of.kind, &object));
    }
    definition::tidy(&of, &mut object);
    let write = Write { asked, old: None, dry_run: author.options.dry_run };
    admission::judge(world, &write, &object)?;
    policy::validate(world, asked, Operation::Create, None, Some(&object))?;
    webhook::validate(world, asked, Operation::Create, None, Some(&object))?;
    admission::charge(world, &write, &object)?;
    let key = asked.key(object::name(&object));
    if let Some(present) = world.store.snapshot().get(&key) {
        let name = object::name(&object);
        return Err(match object::meta(present, "deletionTimestamp") {
            "" => Refusal::exists(&of, name),
            _leaving => Refusal::exists_still(&of, name),
        });
    }
    if author.options.dry_run {
        return Ok(Arc::new(object));
    }
    let name = object::name(&object).to_owned();
    Ok(asked.store(world, &name, object))
}

/// Prepares a new object and says what is wrong with it.
fn new_violations(world: &World, asked: &Asked<'_>, object: &mut Value) -> Result<Vec<Violation>, Refusal> {
    let of = &asked.of;
    let Some((definition, version)) = world.definitions.of(of) else {
        validation::prepare_create(&of.group, &of.kind, object);
        if of.kind == "CertificateSigningRequest" {
            asked.user.asks_in(&mut object["spec"]);
        }
        return Ok(validation::create(&of.group, &of.kind, object));
    };
    if definition.terminating {
        let why = "create not allowed while custom resource definition is terminating";
        return Err(Refusal::forbidden(of, object::name(object), why));
    }
    custom::prepare_create(version, object);
    Ok(told(asked, custom::create(of, version, object)))
}

/// What is wrong with a custom object; what is only worth a warning goes with the answer.
fn told(asked: &Asked<'_>, judgement: custom::Judgement) -> Vec<Violation> {
    judgement.warnings.into_iter().for_each(|warning| asked.warn(warning));
    judgement.violations
}

/// 422; an object whose kind is not the one of its resource is called what it calls itself.
fn invalid(of: &Resource, object: &Value, name: &str, violations: &[Violation]) -> Refusal {
    if of.kind == "Event" {
        // Events of either group are those of the core group.
        return Refusal::invalid("", &of.kind, name, violations);
    }
    let kind = object["kind"].as_str().filter(|_| of.custom).unwrap_or(&of.kind);
    Refusal::invalid(&of.group, kind, name, violations)
}

/// Prepares a changed object.
fn prepare_update(world: &World, of: &Resource, old: &Value, object: &mut Value, part: Part) {
    match (part, world.definitions.of(of)) {
        (Part::Status | Part::Approval, _) if definition::is_definition(of) => {
            validation::stored_versions(object)
        }
        (Part::Status | Part::Approval, Some(_)) => {}
        (Part::Status | Part::Approval, None) => validation::prepare_status(&of.group, &of.kind, old, object),
        (Part::Main | Part::Finalize | Part::Ephemeral | Part::Resize, Some((_, version))) => {
            custom::prepare_update(version, old, object);
        }
        (Part::Main | Part::Finalize | Part::Ephemeral | Part::Resize, None) => {
            validation::prepare_update(&of.group, &of.kind, old, object);
        }
    }
}

/// What is wrong with a changed object.
fn changed_violations(
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
        (Part::Finalize, _) => Vec::new(),
    }
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
    part.keep(&of, old, &mut object);
    if author.settled {
        fields::settle(old, &mut object);
    } else {
        track(world, asked, Some(old), &mut object, author);
    }
    admission::update(asked, old, &mut object);
    admission::escalation(world, asked, Some(old), &object)?;
    webhook::mutate(world, asked, Operation::Update, Some(old), &mut Some(&mut object))?;
    owners::once(asked, &mut object, Seen::Mutated);
    prepare_update(world, &of, old, &mut object, part);
    let mut violations = changed_violations(world, asked, old, &object, part);
    if part == Part::Main && violations.is_empty() {
        violations.extend(allocate::update(world, asked, old, &mut object).err());
    }
    if !violations.is_empty() {
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
    set_meta(&mut object, "resourceVersion", old["metadata"]["resourceVersion"].clone());
    if is_released(&object) {
        if !author.options.dry_run {
            world.store.remove(&asked.key(&name));
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
        return Ok(Arc::new(object));
    }
    Ok(asked.store(world, &name, object))
}

/// What is wrong with the name or namespace that an object states.
pub(super) fn check_identity(asked: &Asked<'_>, name: &str, object: &Value) -> Result<(), Refusal> {
    create::same_namespace(asked, object)?;
    match object::name(object) {
        given if given == name => Ok(()),
        given => Err(wrong_name(given, name)),
    }
}

/// 409 for an object that names another uid than the stored one has.
pub(super) fn check_uid(
    asked: &Asked<'_>,
    old: &Value,
    object: &Value,
    author: &Author<'_>,
) -> Result<(), Refusal> {
    let (uid, present) = (object::meta(object, "uid"), object::meta(old, "uid"));
    if uid.is_empty() || uid == present {
        return Ok(());
    }
    let key = asked.of.registry_key(asked.namespace(), asked.name());
    let root = if author.options.dry_run { "" } else { "/registry" };
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {root}{key}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: UID in precondition: {uid}, UID in object meta: {present}"
    );
    Err(Refusal::conflict(&asked.of, asked.name(), &why))
}

/// The resourceVersion that an object names as a number; 0 where it names none.
pub(super) fn version_of(object: &Value) -> Result<u64, Refusal> {
    match object::meta(object, "resourceVersion") {
        "" => Ok(0),
        text => text.parse().map_err(|_| {
            Refusal::unexplained(format!("strconv.ParseUint: parsing {text:?}: invalid syntax"))
        }),
    }
}

/// Refuses another resourceVersion than the stored object has, and none where the kind asks for one.
fn check_version(of: &Resource, old: &Value, object: &Value) -> Result<(), Refusal> {
    let name = object::name(old);
    match version_of(object)? {
        0 if must_name_version(of) => {
            let violation = Violation {
                reason: "FieldValueInvalid",
                field: "metadata.resourceVersion".to_owned(),
                message: "Invalid value: 0: must be specified for an update".to_owned(),
            };
            Err(Refusal::invalid(&of.group, &of.plural, name, &[violation]))
        }
        0 => Ok(()),
        version if version.to_string() == object::meta(old, "resourceVersion") => Ok(()),
        _ => Err(Refusal::modified(of, name)),
    }
}

/// The kinds that kube-apiserver does not update without a resourceVersion.
fn must_name_version(of: &Resource) -> bool {
    match of.group.as_str() {
        "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io" => true,
        "coordination.k8s.io" | "node.k8s.io" | "policy" => true,
        "storage.k8s.io" => {
            matches!(of.kind.as_str(), "CSIDriver" | "CSINode" | "CSIStorageCapacity" | "VolumeAttachment")
        }
        _ => of.custom,
    }
}

/// The kinds that a PUT creates where they are not there.
pub(super) fn is_created_by_put(of: &Resource) -> bool {
    match of.group.as_str() {
        "" => matches!(of.kind.as_str(), "Endpoints" | "Event" | "LimitRange" | "Service"),
        "coordination.k8s.io" | "events.k8s.io" | "node.k8s.io" | "rbac.authorization.k8s.io" => true,
        _ => false,
    }
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
        // Nobody owns what is asked for in a CertificateSigningRequest: it never changes.
        let asks = asked.of.kind == "CertificateSigningRequest" && old.is_none();
        let spec = asks.then(|| object.as_object_mut()?.remove("spec")).flatten();
        fields::track(ty.get(), old.map(|old| &**old), object, &author.manager(asked));
        if let Some(spec) = spec {
            object["spec"] = spec;
        }
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
    let merged = fields::apply(ty.get(), live, config, &author.manager(asked), force)
        .map_err(|error| super::patch::apply_refusal(&error))?;
    match schema::unconvertible(ty.get(), &merged).filter(|_| !of.custom) {
        None => Ok(merged),
        Some(why) => {
            let kind = fields::go_kind(&of.api_version(), &of.kind);
            let (namespace, name) = (object::meta(config, "namespace"), object::name(config));
            Err(Refusal::unexplained(format!(
                "failed to convert new object ({namespace}/{name}; {kind}) to proper version: \
                 unable to convert unstructured object to {kind}: {why}"
            )))
        }
    }
}
