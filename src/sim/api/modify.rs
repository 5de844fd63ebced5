//! PUT and PATCH of an object: what it becomes, before it takes the common road of every write.

use super::options::Options;
use super::patch::{self, Kind};
use super::write::{self, Author, Part};
use super::{Asked, accept, decode, definition, kind};
use crate::call::Reply;
use crate::sim::World;
use crate::sim::object::{self, set_meta};
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::snapshot::Object;
use serde_json::{Value, json};

/// PUT of a whole object.
pub(super) fn put(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    put_part(world, asked, Part::Main, "")
}

/// PUT of a part of an object.
pub(super) fn put_part(
    world: &mut World,
    asked: &Asked<'_>,
    part: Part,
    subresource: &'static str,
) -> Result<Reply, Refusal> {
    accept::negotiate(&asked.call.accept)?;
    let options = Options::read(asked, "UpdateOptions")?;
    let (sent, warnings) = decode::object(world, asked, &options)?;
    if object::name(&sent) != asked.name() {
        return Err(write::wrong_name(object::name(&sent), asked.name()));
    }
    let old = asked.object(world)?;
    let must = asked.of.custom || must_name_version(&asked.of.group, &asked.of.kind);
    if object::meta(&sent, "resourceVersion").is_empty() && must {
        let violation = Violation {
            reason: "FieldValueInvalid",
            field: "metadata.resourceVersion".to_owned(),
            message: "Invalid value: 0: must be specified for an update".to_owned(),
        };
        let kind = if asked.of.custom { &asked.of.plural } else { &asked.of.kind };
        return Err(Refusal::invalid(&asked.of.group, kind, asked.name(), &[violation]));
    }
    let author = Author { options: &options, subresource, settled: false };
    let stored = write::replace(world, asked, &old, sent, part, &author)?;
    let further = definition::warnings(&asked.of, Some(&old), &stored);
    let mut reply = accept::one(asked, 200, stored)?;
    reply.warnings = warnings;
    reply.warnings.extend(further);
    Ok(reply)
}

/// The kinds that kube-apiserver does not update without a resourceVersion.
fn must_name_version(group: &str, kind: &str) -> bool {
    match group {
        "coordination.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io" | "policy" => true,
        "admissionregistration.k8s.io" => true,
        "storage.k8s.io" => matches!(kind, "CSIDriver" | "CSINode" | "VolumeAttachment"),
        _ => false,
    }
}

/// PATCH of a whole object.
pub(super) fn patch(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    patch_part(world, asked, Part::Main, "")
}

/// PATCH of a part of an object.
pub(super) fn patch_part(
    world: &mut World,
    asked: &Asked<'_>,
    part: Part,
    subresource: &'static str,
) -> Result<Reply, Refusal> {
    accept::negotiate(&asked.call.accept)?;
    let way = Kind::of(asked)?;
    let options = Options::read(asked, "PatchOptions")?;
    let named = Violation {
        reason: "FieldValueRequired",
        field: "fieldManager".to_owned(),
        message: "Required value: is required for apply patch".to_owned(),
    };
    let forced = Violation {
        reason: "FieldValueForbidden",
        field: "force".to_owned(),
        message: "Forbidden: may not be specified for non-apply patch".to_owned(),
    };
    match way {
        Kind::Apply if !options.manager_named => {
            return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[named]));
        }
        Kind::Json | Kind::Merge | Kind::Strategic if options.force => {
            return Err(Refusal::invalid("meta.k8s.io", "PatchOptions", "", &[forced]));
        }
        Kind::Apply | Kind::Json | Kind::Merge | Kind::Strategic => {}
    }
    let document = patch::document(asked, way)?;
    let author = Author { options: &options, subresource, settled: way == Kind::Apply };
    if way == Kind::Apply {
        return apply(world, asked, document, part, &author);
    }
    let old = asked.object(world)?;
    let mut object = patch::patched(asked, way, &old, &document)?;
    let warnings =
        decode::again(world, asked, &options, &mut object, |object| patch::shown(way, object, &document))?;
    let stored = write::replace(world, asked, &old, object, part, &author)?;
    let further = definition::warnings(&asked.of, Some(&old), &stored);
    let mut reply = accept::one(asked, 200, stored)?;
    reply.warnings = warnings;
    reply.warnings.extend(further);
    Ok(reply)
}

/// Server-side apply, which creates what is not there.
fn apply(
    world: &mut World,
    asked: &Asked<'_>,
    mut config: Value,
    part: Part,
    author: &Author<'_>,
) -> Result<Reply, Refusal> {
    let live: Option<Object> = asked.object(world).ok();
    patch::check_config(asked, &mut config)?;
    let version = object::meta(&config, "resourceVersion").to_owned();
    match &live {
        None if part != Part::Main => return Err(Refusal::not_found(&asked.of, asked.name())),
        None if !object::meta(&config, "uid").is_empty() => {
            let why = format!(
                "uid mismatch: the provided object specified uid {}, and no existing object was found",
                object::meta(&config, "uid")
            );
            return Err(Refusal::conflict(&asked.of, asked.name(), &why));
        }
        Some(old) if !version.is_empty() && version != object::meta(old, "resourceVersion") => {
            return Err(Refusal::modified(&asked.of, asked.name()));
        }
        None | Some(_) => {}
    }
    let mut merged = write::applied(world, asked, live.as_ref(), &config, author)?;
    let (status, stored) = match &live {
        None => {
            set_meta(&mut merged, "resourceVersion", Value::Null);
            set_meta(&mut merged, "name", json!(asked.name()));
            kind::tidy(world, &asked.of, &mut merged);
            (201, write::insert(world, asked, merged, author)?)
        }
        Some(old) => {
            kind::tidy(world, &asked.of, &mut merged);
            (200, write::replace(world, asked, old, merged, part, author)?)
        }
    };
    accept::one(asked, status, stored)
}
