//! Eviction: a pod is deleted unless a PodDisruptionBudget stands in the way. What a budget allows is counted by the
//! disruption controller; what an eviction takes of it is written down here at once.

use super::delete;
use super::delete_options::DeleteOptions;
use super::options::Options;
use super::{Asked, accept, admission, create, decode};
use crate::call::Reply;
use crate::sim::World;
use crate::sim::controller::disruption::Disruption;
use crate::sim::fields::{self, Manager};
use crate::sim::look::{list, number, text};
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::schema;
use crate::sim::selector::Selector;
use crate::sim::status::Refusal;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// More evictions than this wait for the disruption controller, and no more are let through.
const MOST_DISRUPTED: usize = 2000;

/// Answers the `eviction` subresource of a pod.
pub(super) fn evict(world: &mut World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    accept::negotiate(asked)?;
    let options = Options::read(asked, "CreateOptions")?;
    let named = decode::body(asked)?.and_then(|body| body.decode().ok()).unwrap_or_default();
    // `policy/v1beta1` is still taken.
    let version = if named["apiVersion"] == "policy/v1beta1" { "v1beta1" } else { "v1" };
    let of = Resource {
        group: "policy".to_owned(),
        version: version.to_owned(),
        kind: "Eviction".to_owned(),
        ..(*asked.of).clone()
    };
    let (eviction, warnings) =
        decode::object(world, &Asked { of: Arc::new(of), columns: Arc::default(), ..*asked }, &options)?;
    let evicted = carry_out(world, asked, &eviction, &options);
    let reply = evicted.map_err(|refusal| refusal.warned(&warnings))?;
    Ok(Reply { warnings, ..reply })
}

/// Deletes the pod that an Eviction names, if its budgets let it.
fn carry_out(
    world: &mut World,
    asked: &Asked<'_>,
    eviction: &Value,
    options: &Options,
) -> Result<Reply, Refusal> {
    create::same_namespace(asked, eviction)?;
    admission::namespace_is_open(world, asked, asked.name())?;
    if object::name(eviction) != asked.name() {
        return Err(Refusal::bad_request("name in URL does not match name in Eviction object"));
    }
    let pod = asked.object(world)?;
    let mut deletion = DeleteOptions::from_document(&eviction["deleteOptions"])?;
    deletion.dry_run |= options.dry_run;
    if !may_be_ignored(&pod)
        && let Some(reply) = ask_budgets(world, asked, &pod, &deletion)?
    {
        return Ok(reply);
    }
    let pod = condemn(world, asked, pod, &mut deletion)?;
    let whole = crate::call::ResourcePath { subresource: None, ..asked.at.clone() };
    let whole = Asked { at: &whole, of: asked.of.clone(), columns: Arc::default(), ..*asked };
    delete::delete(world, &whole, &pod, &deletion)?;
    Ok(Reply::json(
        201,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
    ))
}

/// No budget protects a pod that does not run or goes already.
fn may_be_ignored(pod: &Value) -> bool {
    matches!(text(pod, "/status/phase"), "Succeeded" | "Failed" | "Pending") || object::is_terminating(pod)
}

/// Asks the budget of a pod; an answer that ends the eviction where there are several.
fn ask_budgets(
    world: &mut World,
    asked: &Asked<'_>,
    pod: &Object,
    deletion: &DeleteOptions,
) -> Result<Option<Reply>, Refusal> {
    let snapshot = world.store.snapshot();
    let all =
        snapshot.list("policy", "poddisruptionbudgets", Some(asked.namespace())).map(|(_, budget)| budget);
    let covering: Vec<Object> = all.filter(|budget| covers(budget, pod)).cloned().collect();
    let budget = match covering.as_slice() {
        [] => return Ok(None),
        [one] => one,
        _several => {
            let message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
            return Ok(Some(Reply::json(
                500,
                json!({
                    "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
                    "code": 500,
                }),
            )));
        }
    };
    if !is_ready(pod) {
        let status = |field: &str| number(budget, &format!("/status/{field}"));
        let enough = status("currentHealthy") >= status("desiredHealthy") && status("desiredHealthy") > 0;
        if text(budget, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow" || enough {
            return Ok(None);
        }
    }
    take(world, asked, budget, object::name(pod), deletion.dry_run)?;
    Ok(None)
}

fn is_ready(pod: &Value) -> bool {
    let conditions = list(pod, "/status/conditions");
    conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

fn covers(budget: &Value, pod: &Value) -> bool {
    let Some(selector) = budget["spec"].get("selector") else { return false };
    let text = crate::sim::look::selector(Some(selector));
    Selector::labels(&text).is_ok_and(|selector| selector.matches_labels(pod))
}

/// Takes one disruption of the budget, or refuses.
fn take(
    world: &mut World,
    asked: &Asked<'_>,
    budget: &Object,
    pod: &str,
    dry_run: bool,
) -> Result<(), Refusal> {
    let name = object::name(budget);
    let status = |field: &str| number(budget, &format!("/status/{field}"));
    if status("observedGeneration") < number(budget, "/metadata/generation") {
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(Refusal::disruption(REFUSED, &cause, Some(10)));
    }
    let allowed = status("disruptionsAllowed");
    let forbidden = |why: &str| Err(Refusal::denied("policy", "poddisruptionbudget", name, why));
    if allowed < 0 {
        return forbidden("pdb disruptions allowed is negative");
    }
    let disrupted = budget["status"]["disruptedPods"].as_object().map_or(0, serde_json::Map::len);
    if disrupted > MOST_DISRUPTED {
        return forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if allowed == 0 {
        return Err(Refusal::disruption(REFUSED, &why_not(budget), None));
    }
    if dry_run {
        return Ok(());
    }
    let mut changed = Value::clone(budget);
    let fields = &mut changed["status"];
    fields["disruptionsAllowed"] = json!(allowed - 1);
    fields["disruptedPods"][pod] = json!(asked.now.rfc3339());
    if allowed == 1 {
        exhaust(fields, number(budget, "/metadata/generation"), asked);
    }
    if let Some(ty) = schema::of("policy", "v1", "PodDisruptionBudget") {
        let manager = Manager {
            name: "kube-apiserver".to_owned(),
            api_version: "policy/v1".to_owned(),
            subresource: "status".to_owned(),
            at: asked.now,
        };
        fields::track(ty, Some(&**budget), &mut changed, &manager);
    }
    let key = crate::snapshot::Key::new("policy", "poddisruptionbudgets", asked.namespace(), name);
    world.store.put(key, changed);
    Ok(())
}

const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

fn why_not(budget: &Value) -> String {
    let name = object::name(budget);
    let conditions = list(budget, "/status/conditions").iter();
    let mut conditions = conditions.filter(|c| c["type"] == "DisruptionAllowed" && c["status"] == "False");
    let told = conditions.next().map(|c| (text(c, "/reason"), text(c, "/message")));
    let told = told.filter(|(_, message)| !message.is_empty());
    let (has, needs) = (number(budget, "/status/currentHealthy"), number(budget, "/status/desiredHealthy"));
    let stays = format!("The disruption budget {name} does not allow evicting pods currently");
    match told {
        Some(("SyncFailed", message)) => format!("{stays} because it failed sync: {message}"),
        _ if has <= needs => {
            format!("The disruption budget {name} needs {needs} healthy pods and has {has} currently")
        }
        Some((reason, message)) => format!("{stays} ({reason}): {message}"),
        None => stays,
    }
}

/// The condition of a budget that allows nothing more.
fn exhaust(status: &mut Value, generation: i64, asked: &Asked<'_>) {
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    let mut kept: Vec<Value> = Vec::new();
    let mut since = asked.now.rfc3339();
    for condition in conditions {
        if condition["type"] != "DisruptionAllowed" {
            kept.push(condition);
        } else if condition["status"] == "False" {
            since = text(&condition, "/lastTransitionTime").to_owned();
        }
    }
    kept.push(json!({
        "type": "DisruptionAllowed", "status": "False", "observedGeneration": generation,
        "lastTransitionTime": since, "reason": "InsufficientPods", "message": "",
    }));
    status["conditions"] = json!(kept);
}

/// Notes on the pod that it is being evicted; nobody is recorded as the owner of that note.
fn condemn(
    world: &mut World,
    asked: &Asked<'_>,
    pod: Object,
    deletion: &mut DeleteOptions,
) -> Result<Object, Refusal> {
    if deletion.dry_run {
        return Ok(pod);
    }
    if let Some(why) = deletion.unmet(&pod) {
        return Err(Refusal::clash("", "Pod", object::name(&pod), &why));
    }
    let mut changed = Value::clone(&pod);
    changed["status"] = Disruption::Eviction.noted(&pod, asked.now);
    let stored = asked.store(world, object::name(&pod), changed);
    deletion.follow(&stored);
    Ok(stored)
}
