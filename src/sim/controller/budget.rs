//! The disruption controller: how many pods of a PodDisruptionBudget may go.

use super::call::{self, Work, resource};
use super::deployment::resolve;
use super::object::{active, condition, controller_of, namespace, number, ready, text};
use super::{Controller, MANAGER, View, always, selector};
use crate::snapshot::Object;
use serde_json::json;
use std::collections::BTreeMap;

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "disruption-controller",
    program: MANAGER,
    watches: &[
        ("policy", "poddisruptionbudgets"),
        ("", "pods"),
        ("apps", "replicasets"),
        ("apps", "deployments"),
        ("apps", "statefulsets"),
    ],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for budget in view.all(resource::BUDGETS) {
            sync(view, budget, &mut work);
        }
        work
    },
};

fn sync<'a>(view: &View<'a>, budget: &'a Object, work: &mut Work) {
    let inside = view.within(resource::PODS, namespace(budget));
    let pods: Vec<&Object> =
        inside.filter(|pod| selector::matches(&budget["spec"]["selector"], pod)).collect();
    let count = |number: usize| i64::try_from(number).expect("a count of pods");
    let (minimum, maximum) = (&budget["spec"]["minAvailable"], &budget["spec"]["maxUnavailable"]);
    let (expected, desired) = if !maximum.is_null() {
        let expected = scale(view, &pods);
        (expected, (expected - resolve(maximum, expected, true)).max(0))
    } else if minimum.is_string() {
        let expected = scale(view, &pods);
        (expected, resolve(minimum, expected, true))
    } else {
        (count(pods.len()), minimum.as_i64().unwrap_or(0))
    };
    let healthy = count(pods.iter().filter(|pod| active(pod) && ready(pod)).count());
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let mut status = if budget["status"].is_object() { budget["status"].clone() } else { json!({}) };
    status["currentHealthy"] = json!(healthy);
    status["desiredHealthy"] = json!(desired);
    status["expectedPods"] = json!(expected);
    status["disruptionsAllowed"] = json!(allowed);
    status["observedGeneration"] = budget["metadata"]["generation"].clone();
    let (state, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let held = condition(&status, "DisruptionAllowed").filter(|held| held["status"] == state);
    let since = held.map_or_else(|| view.now.rfc3339(), |held| text(held, "/lastTransitionTime").to_owned());
    status["conditions"] = json!([{
        "type": "DisruptionAllowed", "status": state, "reason": reason, "message": "",
        "lastTransitionTime": since, "observedGeneration": budget["metadata"]["generation"],
    }]);
    if status != budget["status"] {
        work.call(call::update_status(resource::BUDGETS, budget, status));
    }
}

/// How many pods the owners of these pods want, each owner once.
fn scale(view: &View<'_>, pods: &[&Object]) -> i64 {
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for pod in pods {
        let Some(owner) = controller_of(pod) else { continue };
        let of = match text(owner, "/kind") {
            "ReplicaSet" => resource::REPLICA_SETS,
            "StatefulSet" => resource::STATEFUL_SETS,
            _ => continue,
        };
        let Some(mut holder) = view.find(of, namespace(pod), text(owner, "/name")) else { continue };
        let above = controller_of(holder).filter(|above| above["kind"] == "Deployment");
        if let Some(above) =
            above.and_then(|above| view.find(resource::DEPLOYMENTS, namespace(pod), text(above, "/name")))
        {
            holder = above;
        }
        wanted.insert(super::object::uid(holder), number(holder, "/spec/replicas").unwrap_or(1));
    }
    wanted.values().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn percentages_of_a_budget_round_up() {
        assert_eq!(resolve(&Value::from("50%"), 3, true), 2);
        assert_eq!(resolve(&Value::from(2), 3, true), 2);
    }
}
