//! Evictions: a pod is deleted unless a disruption budget is used up.

use super::delete;
use super::delete_options::DeleteOptions;
use super::options::Options;
use super::{Asked, create, decode};
use crate::call::{Reply, ResourcePath};
use crate::sim::World;
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::selector::Selector;
use crate::sim::status::Refusal;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// Deletes the pod of the path, as an `Eviction` asks.
pub(super) fn evict(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let options = Options::read(asked, "CreateOptions")?;
    let (sent, warnings) = read(world, asked, &options)?;
    create::same_namespace(asked, &sent)?;
    if object::name(&sent) != asked.name() {
        return Err(Refusal::bad_request("name in URL does not match name in Eviction object"));
    }
    let mut how = DeleteOptions::from_document(&sent["deleteOptions"])?;
    how.dry_run |= options.dry_run;
    let pod = asked.object(world)?;
    if let Some(budget) = exhausted_budget(world, asked, &pod) {
        let needs = budget["status"]["desiredHealthy"].as_i64().unwrap_or(0);
        let has = budget["status"]["currentHealthy"].as_i64().unwrap_or(0);
        let name = object::name(&budget);
        let cause =
            format!("The disruption budget {name} needs {needs} healthy pods and has {has} currently");
        return Err(Refusal::disruption(
            "Cannot evict pod as it would violate the pod's disruption budget.",
            &cause,
        ));
    }
    let whole = ResourcePath { subresource: None, ..asked.at.clone() };
    let whole = Asked { at: &whole, of: asked.of.clone(), columns: Arc::default(), ..*asked };
    delete::delete(world, &whole, &pod, &how)?;
    let done =
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(Reply { warnings, ..Reply::json(201, done) })
}

/// Reads the `Eviction`, in `policy/v1` or in the `policy/v1beta1` that is still taken.
fn read(world: &World, asked: &Asked<'_>, options: &Options) -> Result<(Value, Vec<String>), Refusal> {
    let body = decode::body(asked)?.and_then(|body| body.decode().ok()).unwrap_or_default();
    let version = if body["apiVersion"] == "policy/v1beta1" { "v1beta1" } else { "v1" };
    let of = Resource {
        group: "policy".to_owned(),
        version: version.to_owned(),
        kind: "Eviction".to_owned(),
        ..(*asked.of).clone()
    };
    decode::object(world, &Asked { of: Arc::new(of), columns: Arc::default(), ..*asked }, options)
}

/// The budget that covers a running pod and allows no further disruption.
fn exhausted_budget(world: &World, asked: &Asked<'_>, pod: &Value) -> Option<Object> {
    if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
        return None;
    }
    let snapshot = world.store.snapshot();
    let mut budgets = snapshot.list("policy", "poddisruptionbudgets", Some(asked.namespace()));
    let covers = |budget: &Value| {
        let text = object::selector_text(&budget["spec"]["selector"]).unwrap_or_default();
        Selector::labels(&text).is_ok_and(|selector| selector.matches_labels(pod))
    };
    let found = budgets.find(|(_, budget)| {
        covers(budget) && budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(0) < 1
    });
    found.map(|(_, budget)| budget.clone())
}
