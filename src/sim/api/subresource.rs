//! What lies below an object: status, scale, finalize, logs, evictions and the rest.

use super::part::Part;
use super::{Asked, accept, binding, custom_scale, evict, log, modify, scale, token};
use crate::call::{Reply, Verb};
use crate::sim::World;
use crate::sim::status::Refusal;

/// Answers a call to a subresource, which discovery lists for the resource with this verb.
pub(super) fn answer(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let named = asked.at.subresource.as_deref().unwrap_or_default();
    match named.split('/').next().unwrap_or_default() {
        "status" => part(world, asked, Part::Status, "status"),
        "scale" if asked.of.custom => custom_scale::answer(world, asked),
        "scale" => scale::answer(world, asked),
        "finalize" => part(world, asked, Part::Finalize, "finalize"),
        "approval" => part(world, asked, Part::Approval, "approval"),
        "ephemeralcontainers" => part(world, asked, Part::Ephemeral, "ephemeralcontainers"),
        "resize" => part(world, asked, Part::Resize, "resize"),
        "log" => log::read(world, asked),
        "eviction" => evict::evict(world, asked),
        "binding" => binding::bind(world, asked),
        "token" => token::request(world, asked),
        other => {
            if asked.call.query.get("dryRun").is_some() {
                return Err(Refusal::bad_request("dryRun is not supported"));
            }
            let pod = asked.object(world)?;
            if other != "proxy" {
                log::is_reachable(world, asked, &pod, other)?;
            }
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
