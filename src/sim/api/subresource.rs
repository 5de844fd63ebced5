//! What lies below an object: status, scale, finalize, logs, evictions and the rest.

use super::part::Part;
use super::{Asked, accept, binding, decode, eviction, modify, scale};
use crate::call::{Reply, Verb};
use crate::sim::object::set_meta;
use crate::sim::status::Refusal;
use crate::sim::{World, names, node};
use serde_json::json;

/// Answers a call to a subresource, which discovery lists for the resource with this verb.
pub(super) fn answer(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let named = asked.at.subresource.as_deref().unwrap_or_default();
    match named.split('/').next().unwrap_or_default() {
        "status" => part(world, asked, Part::Status, "status"),
        "scale" => scale::answer(world, asked),
        "finalize" => part(world, asked, Part::Finalize, "finalize"),
        "approval" => part(world, asked, Part::Approval, "approval"),
        "ephemeralcontainers" => part(world, asked, Part::Ephemeral, "ephemeralcontainers"),
        "resize" => part(world, asked, Part::Resize, "resize"),
        "log" => log(world, asked),
        "eviction" => eviction::evict(world, asked),
        "binding" => binding::bind(world, asked),
        "token" => token(world, asked),
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

/// What a container has printed.
fn log(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let pod = asked.object(world)?;
    node::logs(&pod, &asked.call.query, world.snapshot(), world.config(), asked.now)
        .map(|text| Reply::raw(200, "text/plain", text))
        .map_err(|error| Refusal::bad_request(error.to_string()))
}

/// A token for a service account: text that nothing in this cluster checks.
fn token(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let account = asked.object(world)?;
    let body = decode::body(asked)?.and_then(|body| body.decode().ok()).unwrap_or_default();
    let seconds = body["spec"]["expirationSeconds"].as_u64().unwrap_or(3600);
    let count = world.store.count();
    let until = asked.now.after(std::time::Duration::from_secs(seconds));
    let mut request = json!({
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": account["metadata"]["name"], "namespace": account["metadata"]["namespace"]},
        "spec": {"audiences": ["https://kubernetes.default.svc.cluster.local"], "expirationSeconds": seconds},
        "status": {"token": names::uid(world.config.seed, count), "expirationTimestamp": until.rfc3339()},
    });
    set_meta(&mut request, "creationTimestamp", json!(asked.now.rfc3339()));
    Ok(Reply::json(201, request))
}
