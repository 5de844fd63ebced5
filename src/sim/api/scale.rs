//! The scale subresource: `autoscaling/v1` Scale of a workload, read, replaced, patched and applied, with the ownership
//! of the replicas carried between the two.

use super::options::Options;
use super::part::Part;
use super::patch::{self, Kind, Way};
use super::stated;
use super::write::{self, Author};
use super::{Asked, accept, decode};
use crate::call::{Reply, Verb};
use crate::sim::World;
use crate::sim::fields::{self, Manager};
use crate::sim::object::{self, set_meta};
use crate::sim::resources::{self, Resource};
use crate::sim::schema::{self, Type};
use crate::sim::status::Refusal;
use crate::sim::validation;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers a call to the scale of a workload.
pub(super) fn answer(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let of = resources::of_kind("autoscaling", "v1", "HorizontalPodAutoscaler");
    let of = of.expect("autoscaling/v1 is built in");
    let scale = Resource { kind: "Scale".to_owned(), plural: asked.of.plural.clone(), ..(*of).clone() };
    let as_scale = Asked { of: Arc::new(scale), columns: Arc::default(), ..*asked };
    let apply = || Kind::of(asked).map(|kind| kind == Kind::Apply);
    let options = match asked.call.verb {
        Verb::Update => Options::read(asked, "UpdateOptions")?,
        Verb::Patch => Options::of_patch(asked, apply()?)?,
        Verb::Get | Verb::List | Verb::Watch | Verb::Create | Verb::Delete | Verb::DeleteCollection => {
            let old = asked.object(world)?;
            return accept::one(&as_scale, 200, Arc::new(of_workload(&old)));
        }
    };
    let (wanted, warnings) = match asked.call.verb {
        Verb::Update => {
            let (sent, warnings) = decode::object(world, &as_scale, &options)?;
            let told = replaced(world, asked, &as_scale, &options, sent);
            (told.map_err(|refusal| refusal.warned(&warnings))?, warnings)
        }
        _ => patched(world, asked, &as_scale, &options)?,
    };
    let stored = store(world, asked, &options, &wanted).map_err(|refusal| refusal.warned(&warnings))?;
    let reply = accept::one(&as_scale, 200, Arc::new(of_workload(&stored)))?;
    Ok(Reply { warnings, ..reply })
}

pub(super) fn scale_type() -> Result<&'static Type, Refusal> {
    schema::of("autoscaling", "v1", "Scale").ok_or_else(|| Refusal::unexplained("no type is known for Scale"))
}

/// The Scale of a workload with the entries of those who own its replicas.
fn owned(workload: &Value) -> Value {
    let mut scale = of_workload(workload);
    set_meta(&mut scale, "managedFields", fields::scale::of_workload(workload, &fields::scale::REPLICAS));
    scale
}

pub(super) fn manager(as_scale: &Asked<'_>, options: &Options) -> Manager {
    Manager {
        name: options.manager.clone(),
        api_version: as_scale.of.api_version(),
        subresource: "scale".to_owned(),
        at: as_scale.now,
    }
}

/// The Scale that was sent, with the entry of whoever sent it.
pub(super) fn tracked(
    as_scale: &Asked<'_>,
    options: &Options,
    old: &Value,
    mut sent: Value,
) -> Result<Value, Refusal> {
    fields::track(scale_type()?, Some(old), &mut sent, &manager(as_scale, options));
    Ok(sent)
}

/// The Scale that was sent in place of the one there is.
fn replaced(
    world: &World,
    asked: &Asked<'_>,
    as_scale: &Asked<'_>,
    options: &Options,
    sent: Value,
) -> Result<Value, Refusal> {
    stated::check_identity(asked, asked.name(), &sent)?;
    let old = asked.object(world)?;
    let author = Author { options, subresource: "scale", settled: true, conditional: true };
    stated::check_uid(asked, &old, &sent, &author)?;
    tracked(as_scale, options, &owned(&old), sent)
}

fn patched(
    world: &World,
    asked: &Asked<'_>,
    as_scale: &Asked<'_>,
    options: &Options,
) -> Result<(Value, Vec<String>), Refusal> {
    let kind = Kind::of(asked)?;
    let there = (kind != Kind::Apply).then(|| asked.object(world)).transpose()?;
    let way = Way::read(asked, kind)?;
    let old = there.map_or_else(|| asked.object(world), Ok)?;
    let present = owned(&old);
    let (wanted, warnings) = if way.kind == Kind::Apply {
        patch::check_config(as_scale, way.document())?;
        let manager = manager(as_scale, options);
        let (ty, config) = (scale_type()?, way.document());
        let mut wanted = fields::apply(ty, Some(&present), config, &manager, options.force)
            .map_err(|error| patch::apply_refusal(&error))?;
        write::converted(&as_scale.of, ty, config, &mut wanted)?;
        (wanted, way.strict_yaml(options)?)
    } else {
        let mut wanted = way.applied(&as_scale.of, &present)?;
        let warnings = decode::again(world, as_scale, options, &mut wanted, &way)?;
        (tracked(as_scale, options, &present, wanted)?, warnings)
    };
    stated::check_identity(asked, asked.name(), &wanted)?;
    Ok((wanted, warnings))
}

/// Stores the replicas that a Scale asks for.
fn store(world: &mut World, asked: &Asked<'_>, options: &Options, wanted: &Value) -> Result<Object, Refusal> {
    let old = asked.object(world)?;
    let replicas = wanted["spec"]["replicas"].as_i64().unwrap_or(0);
    let violations = validation::scale(wanted);
    if !violations.is_empty() {
        return Err(Refusal::invalid("autoscaling", "Scale", asked.name(), &violations));
    }
    let mut object = (*old).clone();
    object["spec"]["replicas"] = json!(replicas);
    set_meta(&mut object, "resourceVersion", wanted["metadata"]["resourceVersion"].clone());
    let replicas = &fields::scale::REPLICAS;
    let entries = fields::scale::to_workload(&old, replicas, wanted, &asked.of.api_version());
    set_meta(&mut object, "managedFields", entries);
    let author = Author { options, subresource: "scale", settled: true, conditional: false };
    write::replace(world, asked, &old, object, Part::Main, &author)
}

/// The Scale of a workload.
fn of_workload(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut scale = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {},
        "status": {"replicas": object["status"]["replicas"].as_i64().unwrap_or(0)},
    });
    if let Some(replicas) = object["spec"]["replicas"].as_i64().filter(|replicas| *replicas != 0) {
        scale["spec"]["replicas"] = json!(replicas);
    }
    if let Some(selector) = object::selector_text(&object["spec"]["selector"]) {
        scale["status"]["selector"] = json!(selector);
    }
    scale
}
