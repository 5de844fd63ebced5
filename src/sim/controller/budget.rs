//! The disruption controller: how many pods of a PodDisruptionBudget may go. Taking of a budget is eviction's matter.

use super::call::{self, Work, resource};
use super::deployment::resolve;
use super::event::Event;
use super::object::{
    condition, controller_of, list, name, namespace, number, ready, terminating, text, time,
};
use super::{Controller, MANAGER, View, always, selector};
use crate::clock::Moment;
use crate::sim::custom::Definitions;
use crate::sim::resources;
use crate::snapshot::Object;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a pod that was evicted may take to go before it counts again.
const GOING: Duration = Duration::from_secs(120);

/// What the events of this controller are told by.
const COMPONENT: &str = "controllermanager";

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "disruption-controller",
    program: MANAGER,
    watches: &[
        ("policy", "poddisruptionbudgets"),
        ("", "pods"),
        ("", "replicationcontrollers"),
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
    let disrupted = still_going(view, budget, &pods, work);
    let counted =
        pods.iter().filter(|pod| !terminating(pod) && ready(pod) && disrupted.get(name(pod)).is_none());
    let healthy = count(counted.count());
    let mut status = if budget["status"].is_object() { budget["status"].clone() } else { json!({}) };
    let mut unmanaged = false;
    match expected(view, budget, &pods, &mut unmanaged) {
        Ok((expected, desired)) => {
            let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
            status["currentHealthy"] = json!(healthy);
            status["desiredHealthy"] = json!(desired);
            status["expectedPods"] = json!(expected);
            status["disruptionsAllowed"] = json!(allowed);
            status["observedGeneration"] = budget["metadata"]["generation"].clone();
            let fields = status.as_object_mut().expect("a status is an object");
            match disrupted.is_empty() {
                true => drop(fields.remove("disruptedPods")),
                false => drop(fields.insert("disruptedPods".to_owned(), Value::Object(disrupted))),
            }
            let (state, reason) =
                if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
            set_condition(view, &mut status, state, reason, "");
        }
        Err(why) => {
            for field in ["currentHealthy", "desiredHealthy", "expectedPods"] {
                status[field] = json!(number(&budget["status"], &format!("/{field}")).unwrap_or(0));
            }
            status["disruptionsAllowed"] = json!(0);
            set_condition(view, &mut status, "False", "SyncFailed", &why);
            if status != budget["status"] {
                let told = format!("Failed to calculate the number of expected pods: {why}");
                work.tell(Event::warning(COMPONENT, budget, "CalculateExpectedPodCountFailed", told));
            }
        }
    }
    if status == budget["status"] {
        return;
    }
    if pods.is_empty() {
        let told = "No matching pods found".to_owned();
        work.tell(Event::normal(COMPONENT, budget, "NoPods", told));
    }
    if unmanaged {
        work.tell(Event::warning(COMPONENT, budget, "UnmanagedPods", unmanaged_told(budget)));
    }
    work.call(call::update_status(resource::BUDGETS, budget, status));
}

fn count(number: usize) -> i64 {
    i64::try_from(number).expect("a count of pods")
}

/// The pods that were evicted and have not gone yet; one that takes too long counts again.
fn still_going(view: &View<'_>, budget: &Object, pods: &[&Object], work: &mut Work) -> Map<String, Value> {
    let mut going = Map::new();
    for pod in pods.iter().filter(|pod| !terminating(pod)) {
        let since = &budget["status"]["disruptedPods"][name(pod)];
        let Some(until) = since.as_str().and_then(Moment::parse).map(|since| since.after(GOING)) else {
            continue;
        };
        if until < view.now {
            let space = namespace(budget);
            let told = format!("Pod was expected by PDB {space}/{space} to be deleted but it wasn't");
            work.tell(Event::warning(COMPONENT, pod, "NotDeleted", told));
        } else {
            work.wake_at(until.after(Duration::from_micros(1)));
            going.insert(name(pod).to_owned(), since.clone());
        }
    }
    going
}

/// How many pods there should be and how many must stay healthy; says whether some pods have nobody who manages them.
fn expected(
    view: &View<'_>,
    budget: &Value,
    pods: &[&Object],
    unmanaged: &mut bool,
) -> Result<(i64, i64), String> {
    let (minimum, maximum) = (&budget["spec"]["minAvailable"], &budget["spec"]["maxUnavailable"]);
    if !maximum.is_null() {
        let expected = scale(view, pods, unmanaged)?;
        return Ok((expected, (expected - resolve(maximum, expected, true)).max(0)));
    }
    if minimum.is_string() {
        let expected = scale(view, pods, unmanaged)?;
        return Ok((expected, resolve(minimum, expected, true)));
    }
    match minimum.as_i64() {
        Some(minimum) => Ok((count(pods.len()), minimum)),
        None => Ok((0, 0)),
    }
}

/// How many pods the owners of these pods want, each owner once.
fn scale(view: &View<'_>, pods: &[&Object], unmanaged: &mut bool) -> Result<i64, String> {
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for pod in pods {
        let Some(owner) = controller_of(pod) else {
            *unmanaged = true;
            continue;
        };
        let holder = holder(view, owner, namespace(pod))?;
        let holder = holder.ok_or_else(|| format!("found no controllers for pod {:?}", name(pod)))?;
        wanted.insert(super::object::uid(holder), number(holder, "/spec/replicas").unwrap_or(1));
    }
    Ok(wanted.values().sum())
}

/// Whatever says how many pods there are to be: the owner, or the Deployment above it.
fn holder<'a>(view: &View<'a>, owner: &Value, space: &str) -> Result<Option<&'a Object>, String> {
    let (group, version) =
        text(owner, "/apiVersion").split_once('/').unwrap_or(("", text(owner, "/apiVersion")));
    let kind = text(owner, "/kind");
    let known = resources::of_kind(group, version, kind);
    let known = known.or_else(|| {
        let mut definitions = Definitions::default();
        definitions.refresh(view.snapshot);
        let mut versions = definitions.served().flat_map(|definition| &definition.versions);
        versions
            .find(|it| it.resource.group == group && it.resource.kind == kind)
            .map(|it| it.resource.clone())
    });
    let Some(of) = known else {
        return Err(format!("no matches for kind {kind:?} in version \"{group}/{version}\""));
    };
    if !of.subresources.contains_key("scale") {
        return Err(format!("{} does not implement the scale subresource", of.qualified()));
    }
    let found = view.snapshot.find(&of.group, &of.plural, space, text(owner, "/name"));
    let Some(found) = found.filter(|found| super::object::uid(found) == text(owner, "/uid")) else {
        return Ok(None);
    };
    let above = controller_of(found).filter(|above| kind == "ReplicaSet" && above["kind"] == "Deployment");
    Ok(match above {
        Some(above) => view.find(resource::DEPLOYMENTS, space, text(above, "/name")),
        None => Some(found),
    })
}

fn set_condition(view: &View<'_>, status: &mut Value, state: &str, reason: &str, message: &str) {
    let held = condition(status, "DisruptionAllowed").filter(|held| held["status"] == state);
    let since = held.and_then(|held| time(held, "/lastTransitionTime")).unwrap_or(view.now).rfc3339();
    status["conditions"] = json!([{
        "type": "DisruptionAllowed", "status": state, "reason": reason, "message": message,
        "lastTransitionTime": since, "observedGeneration": status["observedGeneration"],
    }]);
}

/// What a user is told of pods that nobody manages, with the selector as Go prints it.
fn unmanaged_told(budget: &Value) -> String {
    let labels = budget["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let labels: String =
        labels.map(|(key, value)| format!("{key}: {},", value.as_str().unwrap_or_default())).collect();
    let expressions: String = list(budget, "/spec/selector/matchExpressions")
        .iter()
        .map(|expression| {
            let values =
                list(expression, "/values").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
            let (key, operator) = (text(expression, "/key"), text(expression, "/operator"));
            format!("LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{values}],}},")
        })
        .collect();
    format!(
        "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{{MatchLabels:map[string]string{{{labels}}},\
         MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}) were found to be unmanaged. As a result, the \
         status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these \
         pods please set \".spec.minAvailable\" field of the PDB to an integer value."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_of_a_budget_round_up() {
        assert_eq!(resolve(&Value::from("50%"), 3, true), 2);
        assert_eq!(resolve(&Value::from(2), 3, true), 2);
    }
}
