//! The scale of a custom resource, which stands where its definition says.

use super::options::Options;
use super::part::Part;
use super::patch::{self, Kind, Way};
use super::write::{self, Author};
use super::{Asked, accept, decode, scale};
use crate::call::{Reply, Verb};
use crate::sim::World;
use crate::sim::custom::{Scale, at};
use crate::sim::fields;
use crate::sim::object::{self, set_meta};
use crate::sim::resources::{self, Resource};
use crate::sim::status::Refusal;
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers a call to the scale of a custom object.
pub(super) fn answer(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let paths = world.definitions.of(&asked.of).and_then(|(_, version)| version.scale.clone());
    let paths = paths.ok_or_else(|| Refusal::not_found(&asked.of, asked.name()))?;
    let old = asked.object(world)?;
    let of = resources::of_kind("autoscaling", "v1", "HorizontalPodAutoscaler");
    let of = of.expect("autoscaling/v1 is built in");
    let kind = Resource { kind: "Scale".to_owned(), plural: asked.of.plural.clone(), ..(*of).clone() };
    let as_scale = Asked { of: Arc::new(kind), columns: Arc::default(), ..*asked };
    let (wanted, options) = match asked.call.verb {
        Verb::Update => {
            let options = Options::read(asked, "UpdateOptions")?;
            let sent = decode::object(world, &as_scale, &options)?.0;
            (scale::tracked(&as_scale, &options, &owned(&paths, &old), sent)?, options)
        }
        Verb::Patch => {
            let way = Way::read(asked, Kind::of(asked)?)?;
            let options = Options::of_patch(asked, way.kind == Kind::Apply)?;
            (patched(world, &as_scale, (&way, &options), owned(&paths, &old))?, options)
        }
        Verb::Get | Verb::List | Verb::Watch | Verb::Create | Verb::Delete | Verb::DeleteCollection => {
            if at(&old, &paths.spec).is_none() {
                let why = format!("the spec replicas field {:?} does not exist", paths.spec);
                return Err(Refusal::internal(&why));
            }
            return accept::one(&as_scale, 200, Arc::new(shown(&paths, &old)));
        }
    };
    let mut object = (*old).clone();
    let replicas = wanted["spec"]["replicas"].as_i64().unwrap_or(0);
    set(&mut object, &paths.spec, json!(replicas));
    let version = object::meta(&wanted, "resourceVersion");
    if !version.is_empty() {
        set_meta(&mut object, "resourceVersion", json!(version));
    }
    let path = steps(&paths.spec);
    let entries = fields::scale::to_workload(&old, &path, &wanted, &asked.of.api_version());
    set_meta(&mut object, "managedFields", entries);
    let author = Author { options: &options, subresource: "scale", settled: true, conditional: false };
    let stored = write::replace(world, asked, &old, object, Part::Main, &author)?;
    accept::one(&as_scale, 200, Arc::new(shown(&paths, &stored)))
}

/// The Scale that an object shows, with the entries of those who own its replicas.
fn owned(paths: &Scale, object: &Value) -> Value {
    let mut scale = shown(paths, object);
    set_meta(&mut scale, "managedFields", fields::scale::of_workload(object, &steps(&paths.spec)));
    scale
}

/// The steps of a path, `.spec.replicas`.
fn steps(path: &str) -> Vec<&str> {
    path.trim_start_matches('.').split('.').collect()
}

/// What a patch makes of a Scale. None is applied: kube-apiserver cannot convert a Scale of a custom kind.
fn patched(
    world: &World,
    as_scale: &Asked<'_>,
    (way, options): (&Way<'_>, &Options),
    present: Value,
) -> Result<Value, Refusal> {
    if way.kind != Kind::Apply {
        let mut wanted = way.applied(&as_scale.of, &present)?;
        decode::again(world, as_scale, options, &mut wanted, way)?;
        return scale::tracked(as_scale, options, &present, wanted);
    }
    let config = way.document();
    patch::check_config(as_scale, config)?;
    let told = |what: &str, of: &str| {
        Err(Refusal::unexplained(format!(
            "failed to {what} object ({of}; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an \
             invalid group/version: autoscaling/v1"
        )))
    };
    if present["metadata"].get("managedFields").is_none_or(Value::is_null) {
        return told("create manager for existing fields: failed to convert live", "/");
    }
    let manager = scale::manager(as_scale, options);
    fields::apply(scale::scale_type()?, Some(&present), config, &manager, options.force)
        .map_err(|error| patch::apply_refusal(&error))?;
    told("convert new", &format!("{}/{}", object::meta(config, "namespace"), object::name(config)))
}

/// The `autoscaling/v1` Scale that an object shows.
fn shown(paths: &Scale, object: &Value) -> Value {
    let metadata = &object["metadata"];
    let count = |path: &str| at(object, path).and_then(Value::as_i64).unwrap_or(0);
    let mut scale = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {}, "status": {"replicas": count(&paths.status)},
    });
    if let Some(namespace) = metadata.get("namespace") {
        scale["metadata"]["namespace"] = namespace.clone();
    }
    if count(&paths.spec) != 0 {
        scale["spec"]["replicas"] = json!(count(&paths.spec));
    }
    let selector = paths.selector.as_deref().and_then(|path| at(object, path)).and_then(Value::as_str);
    if let Some(selector) = selector.filter(|selector| !selector.is_empty()) {
        scale["status"]["selector"] = json!(selector);
    }
    scale
}

/// Puts a value where a path leads, making what is missing on the way.
fn set(object: &mut Value, path: &str, value: Value) {
    let mut here = object;
    for step in path.trim_start_matches('.').split('.') {
        if !here.is_object() {
            *here = json!({});
        }
        here = &mut here[step];
    }
    *here = value;
}
