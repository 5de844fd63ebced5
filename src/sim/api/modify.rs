//! PUT and PATCH of an object: what it becomes, before it takes the common road of every write.

use super::options::Options;
use super::owners::{self, Seen};
use super::part::Part;
use super::patch::{self, Kind, Way};
use super::stated;
use super::write::{self, Author};
use super::{Asked, accept, decode, definition, kind, retold};
use crate::call::Reply;
use crate::sim::World;
use crate::sim::object::set_meta;
use crate::sim::status::Refusal;
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
    stated::named(asked)?;
    accept::negotiate(asked)?;
    let options = Options::read(asked, "UpdateOptions")?;
    let (mut sent, warnings) = decode::object(world, asked, &options)?;
    owners::once(asked, &mut sent, Seen::Sent);
    let author = Author { options: &options, subresource, settled: false, conditional: true };
    let (before, stored) =
        put_object(world, asked, sent, part, &author).map_err(|refusal| refusal.warned(&warnings))?;
    let status = if before.is_some() { 200 } else { 201 };
    let further = definition::warnings(&asked.of, before.as_deref(), &stored);
    let mut reply = accept::one(asked, status, stored)?;
    reply.warnings = warnings;
    reply.warnings.extend(further);
    Ok(reply)
}

/// Writes what was sent: the object that was there before, if any, and what it is now.
fn put_object(
    world: &mut World,
    asked: &Asked<'_>,
    sent: Value,
    part: Part,
    author: &Author<'_>,
) -> Result<(Option<Object>, Object), Refusal> {
    stated::check_identity(asked, asked.name(), &sent)?;
    asked.has_path_segment()?;
    match asked.object(world) {
        Ok(old) => {
            let stored = write::replace(world, asked, &old, sent, part, author)?;
            Ok((Some(old), stored))
        }
        // The status of what is not there creates all of it.
        Err(refusal)
            if !matches!(part, Part::Main | Part::Status) || !stated::is_created_by_put(&asked.of) =>
        {
            Err(refusal)
        }
        Err(_) => {
            // Which version it says it is of does not matter, as long as it is one.
            stated::version_of(&sent)?;
            stated::check_uid(asked, &json!({}), &sent, author)?;
            Ok((None, write::insert(world, asked, sent, author)?))
        }
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
    let kind = Kind::of(asked)?;
    stated::named(asked)?;
    accept::negotiate(asked)?;
    let options = Options::of_patch(asked, kind == Kind::Apply)?;
    // What there is not is not patched, whatever the patch is; an apply creates it.
    let old = (kind != Kind::Apply).then(|| asked.object(world)).transpose()?;
    let way = Way::read(asked, kind)?;
    let author = Author { options: &options, subresource, settled: old.is_none(), conditional: false };
    let Some(old) = old else { return apply(world, asked, &way, part, &author) };
    let mut object = way.applied(&asked.of, &old)?;
    let warnings = decode::again(world, asked, &options, &mut object, &way)?;
    let stored = write::replace(world, asked, &old, object, part, &author);
    let stored = stored.map_err(|refusal| refusal.warned(&warnings))?;
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
    way: &Way<'_>,
    part: Part,
    author: &Author<'_>,
) -> Result<Reply, Refusal> {
    asked.has_path_segment()?;
    let live: Option<Object> = asked.object(world).ok();
    let config = way.document();
    patch::check_config(asked, config)?;
    if live.is_none() && part != Part::Main && !stated::is_created_by_applied_status(&asked.of, part) {
        return Err(Refusal::not_found(&asked.of, asked.name()));
    }
    let mut merged = write::applied(world, asked, live.as_ref(), config, author)?;
    let warnings = way.strict_yaml(author.options)?;
    if live.is_none() {
        stated::check_unborn(asked, &merged)?;
    }
    stated::check_identity(asked, asked.name(), &merged)?;
    let (status, stored) = match &live {
        None => {
            stated::version_of(&merged)?;
            set_meta(&mut merged, "resourceVersion", Value::Null);
            retold::note(asked, &merged);
            kind::tidy_applied(world, &asked.of, &mut merged);
            (201, write::insert(world, asked, merged, author)?)
        }
        Some(old) => {
            retold::note(asked, &merged);
            kind::tidy_applied(world, &asked.of, &mut merged);
            (200, write::replace(world, asked, old, merged, part, author)?)
        }
    };
    let mut reply = accept::one(asked, status, stored)?;
    reply.warnings = warnings;
    Ok(reply)
}
