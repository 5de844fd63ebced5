//! What lies below an object: status, scale, finalize, logs, evictions and the rest.

use super::options::Options;
use super::patch::{self, Kind};
use super::write::{self, Author, Part};
use super::{Asked, accept, custom_scale, decode, evict, modify, token};
use crate::call::{Reply, Verb};
use crate::sim::object;
use crate::sim::resources::{self, Resource};
use crate::sim::status::Refusal;
use crate::sim::{World, node};
use crate::snapshot::Key;
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers a call to a subresource, which discovery lists for the resource with this verb.
pub(super) fn answer(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let named = asked.at.subresource.as_deref().unwrap_or_default();
    match named.split('/').next().unwrap_or_default() {
        "status" => part(world, asked, Part::Status, "status"),
        "scale" if asked.of.custom => custom_scale::answer(world, asked),
        "scale" => scale(world, asked),
        "finalize" => part(world, asked, Part::Spec("finalizers"), "finalize"),
        "approval" => part(world, asked, Part::Status, "approval"),
        "ephemeralcontainers" => part(world, asked, Part::Spec("ephemeralContainers"), "ephemeralcontainers"),
        "resize" => part(world, asked, Part::WholeSpec, "resize"),
        "log" => log(world, asked),
        "eviction" => evict::evict(world, asked),
        "binding" => bind(world, asked),
        "token" => token::request(world, asked),
        other => {
            asked.object(world)?;
            Err(Refusal::bad_request(format!(
                "{other} needs a connection to a running container, which this cluster does not have"
            )))
        }
    }
}

fn part(world: &mut World, asked: &Asked<'_>, part: Part, name: &'static str) -> Result<Reply, Refusal> {
    match asked.call.verb {
        Verb::Update => modify::put_part(world, asked, part, name),
        Verb::Patch => modify::patch_part(world, asked, part, name),
        Verb::Get | Verb::List | Verb::Watch | Verb::Create | Verb::Delete | Verb::DeleteCollection => {
            accept::one(asked, 200, asked.object(world)?)
        }
    }
}

/// `autoscaling/v1` Scale of a workload.
fn scale(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let old = asked.object(world)?;
    let present = scale_of(&old);
    let of = resources::of_kind("autoscaling", "v1", "HorizontalPodAutoscaler");
    let of = of.expect("autoscaling/v1 is built in");
    let scale = Resource { kind: "Scale".to_owned(), plural: asked.of.plural.clone(), ..(*of).clone() };
    let as_scale = Asked { of: Arc::new(scale), columns: Arc::default(), ..*asked };
    let (wanted, options) = match asked.call.verb {
        Verb::Update => {
            let options = Options::read(asked, "UpdateOptions")?;
            (decode::object(world, &as_scale, &options)?.0, options)
        }
        Verb::Patch => {
            let options = Options::read(asked, "PatchOptions")?;
            let kind = Kind::of(asked)?;
            let document = patch::document(asked, kind)?;
            let typed = if kind == Kind::Strategic { Kind::Merge } else { kind };
            (patch::patched(&as_scale, typed, &present, &document)?, options)
        }
        Verb::Get | Verb::List | Verb::Watch | Verb::Create | Verb::Delete | Verb::DeleteCollection => {
            return accept::one(&as_scale, 200, Arc::new(present));
        }
    };
    let version = object::meta(&wanted, "resourceVersion");
    if !version.is_empty() && version != object::meta(&old, "resourceVersion") {
        return Err(Refusal::modified(&asked.of, asked.name()));
    }
    let replicas = wanted["spec"]["replicas"].as_i64().unwrap_or(0);
    if replicas < 0 {
        let violation = crate::sim::validation::Violation {
            reason: "FieldValueInvalid",
            field: "spec.replicas".to_owned(),
            message: format!("Invalid value: {replicas}: must be greater than or equal to 0"),
        };
        return Err(Refusal::invalid("autoscaling", "Scale", asked.name(), &[violation]));
    }
    let mut object = (*old).clone();
    object["spec"]["replicas"] = json!(replicas);
    let author = Author { options: &options, subresource: "scale", settled: false };
    let stored = write::replace(world, asked, &old, object, Part::Main, &author)?;
    accept::one(&as_scale, 200, Arc::new(scale_of(&stored)))
}

fn scale_of(object: &Value) -> Value {
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
    if let Some(selector) = selector_text(&object["spec"]["selector"]) {
        scale["status"]["selector"] = json!(selector);
    }
    scale
}

/// A label selector as text: `a=b,c in (d,e)`.
fn selector_text(selector: &Value) -> Option<String> {
    let labels = selector
        .get("matchLabels")
        .or_else(|| selector.get("matchExpressions").is_none().then_some(selector));
    let equal = labels.and_then(Value::as_object).into_iter().flatten();
    let mut parts: Vec<String> =
        equal.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = expression["key"].as_str().unwrap_or_default();
        let values = expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut values: Vec<&str> = values.collect();
        values.sort_unstable();
        parts.push(match expression["operator"].as_str().unwrap_or_default() {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.sort();
    (!parts.is_empty()).then(|| parts.join(","))
}

/// What a container has printed.
fn log(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let pod = asked.object(world)?;
    if pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty() {
        // There is no node to ask.
        return Ok(Reply::raw(204, "text/plain", ""));
    }
    node::logs(&pod, &asked.call.query, world.snapshot(), world.config(), asked.now)
        .map(|text| Reply::raw(200, "text/plain", text))
        .map_err(|error| Refusal::bad_request(error.to_string()))
}

/// Binds a pod to a node, as the scheduler asks.
fn bind(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let old = asked.object(world)?;
    let body = decode::body(asked)?.map(|body| body.decode());
    let Some(Ok(binding)) = body else { return Err(Refusal::bad_request("a Binding is expected")) };
    let present = old["spec"]["nodeName"].as_str().unwrap_or_default();
    if !present.is_empty() {
        let why = format!("pod {} is already assigned to node {present:?}", asked.name());
        return Err(Refusal::conflict(&asked.of, asked.name(), &why));
    }
    let mut pod = (*old).clone();
    pod["spec"]["nodeName"] = binding["target"]["name"].clone();
    let condition = json!({
        "type": "PodScheduled", "status": "True", "lastProbeTime": null,
        "lastTransitionTime": asked.now.rfc3339(),
    });
    if !pod["status"]["conditions"].is_array() {
        pod["status"]["conditions"] = json!([]);
    }
    let conditions = pod["status"]["conditions"].as_array_mut().expect("made a list just above");
    conditions.retain(|condition| condition["type"] != "PodScheduled");
    conditions.push(condition);
    pod["status"].as_object_mut().map(|status| status.remove("nominatedNodeName"));
    world.store.put(asked.key(asked.name()), pod);
    Ok(Reply::json(
        201,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
    ))
}

/// The `bindings` resource: the older way to bind a pod.
pub(super) fn bind_by_name(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let body = decode::body(asked)?.map(|body| body.decode());
    let Some(Ok(binding)) = body else { return Err(Refusal::bad_request("a Binding is expected")) };
    let name = object::name(&binding).to_owned();
    let at = crate::call::ResourcePath {
        resource: "pods".to_owned(),
        name: Some(name),
        subresource: Some("binding".to_owned()),
        ..asked.at.clone()
    };
    let of = resources::of_kind("", "v1", "Pod").expect("pods are built in");
    let key = Key::new("", "pods", asked.namespace(), object::name(&binding));
    world.store.snapshot().get(&key).ok_or_else(|| Refusal::not_found(&of, object::name(&binding)))?;
    bind(world, &Asked { at: &at, of, columns: Arc::default(), ..*asked })
}
