//! ComponentStatuses: what kube-apiserver finds when it asks the other parts of the control plane how they are. Nothing
//! of it is stored. The controllers and the scheduler answer where this cluster has any; etcd always does.

use super::read::{self, Selection};
use super::{Asked, accept};
use crate::call::{Reply, Verb};
use crate::sim::World;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// GET of one component or of all.
pub(super) fn answer(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let form = accept::negotiate(asked)?;
    let all = [
        component("controller-manager", port(world, 10257)),
        component("scheduler", port(world, 10259)),
        component("etcd-0", Ok(())),
    ];
    if asked.call.verb == Verb::Get {
        let found = all.into_iter().find(|one| one["metadata"]["name"] == asked.name());
        let found = found.ok_or_else(|| {
            let singular = Resource { plural: "componentstatus".to_owned(), ..(*asked.of).clone() };
            Refusal::not_found(&singular, asked.name())
        })?;
        return accept::one(asked, 200, Arc::new(found));
    }
    let selection = Selection::read(world, asked, false)?;
    let taken = all.into_iter().filter(|one| selection.takes(&asked.of, one)).map(Arc::new);
    let taken: Vec<(Object, _)> = taken.map(|one| (one, Default::default())).collect();
    read::listed(asked, form, taken, json!({}))
}

/// Whether somebody listens for the health of a component, and else what comes of asking.
fn port(world: &World, port: u16) -> Result<(), String> {
    let why = || {
        format!(
            "Get \"https://127.0.0.1:{port}/healthz\": dial tcp 127.0.0.1:{port}: connect: connection refused"
        )
    };
    if world.config.controllers { Ok(()) } else { Err(why()) }
}

fn component(name: &str, health: Result<(), String>) -> Value {
    let (status, message) = match health {
        Ok(()) => ("True", "ok".to_owned()),
        Err(why) => ("False", why),
    };
    json!({
        "kind": "ComponentStatus", "apiVersion": "v1", "metadata": {"name": name},
        "conditions": [{"type": "Healthy", "status": status, "message": message}],
    })
}
