//! The ReplicaSet of a Deployment's current template: finding, making and numbering it, and clearing out old ones.

use super::{HASH, NAME, REVISION, Rollout, replicas, rollout, scale, status, status_of};
use crate::call::Reply;
use crate::sim::controller::call::{self, Step, Work, resource};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{map, name, namespace, number, owned_by, terminating};
use crate::sim::controller::pods::refusal;
use crate::sim::controller::template;
use crate::snapshot::Object;
use serde_json::{Map, Value, json};

const HISTORY: &str = "deployment.kubernetes.io/revision-history";

/// Whether a ReplicaSet was made from the Deployment's current template.
pub(super) fn same_template(deployment: &Value, set: &Value) -> bool {
    let strip = |object: &Value| {
        let mut template = object["spec"]["template"].clone();
        if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            labels.remove(HASH);
        }
        template
    };
    strip(deployment) == strip(set)
}

fn revision(object: &Value) -> i64 {
    let notes = map(object, "/metadata/annotations");
    notes.get(REVISION).and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The annotations that a ReplicaSet takes over from its Deployment.
fn inherited(deployment: &Value) -> Map<String, Value> {
    let mut notes = map(deployment, "/metadata/annotations");
    notes.retain(|key, _| {
        key != "kubectl.kubernetes.io/last-applied-configuration"
            && key != "deprecated.deployment.rollback.to"
            && ![REVISION, HISTORY, super::DESIRED, super::MAXIMUM].contains(&key.as_str())
    });
    notes
}

/// Numbers the current ReplicaSet as the newest and notes the number on the Deployment; whether anything had to be
/// written.
pub(super) fn refresh(rollout: &Rollout<'_>, work: &mut Work) -> bool {
    let Some(new) = rollout.new else { return false };
    let newest = 1 + rollout.old.iter().map(|set| revision(set)).max().unwrap_or(0);
    let mut set = Value::clone(new);
    if !set["metadata"]["annotations"].is_object() {
        set["metadata"]["annotations"] = json!({});
    }
    for (key, value) in inherited(rollout.deployment) {
        set["metadata"]["annotations"][key] = value;
    }
    let held = revision(new);
    if held < newest {
        if held > 0 {
            let before =
                map(new, "/metadata/annotations").get(HISTORY).and_then(Value::as_str).map(str::to_owned);
            let history = before.map_or(held.to_string(), |before| format!("{before},{held}"));
            set["metadata"]["annotations"][HISTORY] = json!(history);
        }
        set["metadata"]["annotations"][REVISION] = json!(newest.to_string());
    }
    set["spec"]["minReadySeconds"] = rollout.deployment["spec"]["minReadySeconds"].clone();
    if set["spec"]["minReadySeconds"].is_null() {
        set["spec"].as_object_mut().expect("a ReplicaSet has a spec").remove("minReadySeconds");
    }
    if set != **new {
        work.call(call::update(resource::REPLICA_SETS, &set));
        return true;
    }
    number_deployment(rollout, held.max(newest), work)
}

fn number_deployment(rollout: &Rollout<'_>, number: i64, work: &mut Work) -> bool {
    let deployment = rollout.deployment;
    let found = super::super::object::condition(&deployment["status"], "Progressing").is_some();
    if revision(deployment) != number {
        let numbered = with_number(deployment, number);
        // By its status, as the real controller does: the generation counts what users change.
        work.call(call::put(resource::DEPLOYMENTS, &numbered, "status"));
        return true;
    }
    if found || !status::has_deadline(deployment) {
        return false;
    }
    let message =
        format!("Found new replica set \"{}\"", rollout.new.map(|set| name(set)).unwrap_or_default());
    let mut status = status_of(deployment);
    status::set(&mut status, "Progressing", "True", "FoundNewReplicaSet", &message, rollout.view.now);
    super::write_status(rollout, status, work);
    true
}

/// Makes the ReplicaSet of the current template; always something to write.
pub(super) fn create(rollout: &Rollout<'_>, work: &mut Work) -> bool {
    let deployment = rollout.deployment.clone();
    let set = Object::new(fresh(rollout));
    let (size, made) = (replicas(&set), name(&set).to_owned());
    let event = (size > 0).then(|| scale::scaled(rollout, &made, 0, size));
    let now = rollout.view.now;
    let watched = status::has_deadline(&deployment);
    let mut numbered = with_number(&deployment, revision(&set));
    let mut status = status_of(&deployment);
    if watched {
        let message = format!("Created new replica set \"{made}\"");
        status::set(&mut status, "Progressing", "True", "NewReplicaSetCreated", &message, now);
    }
    numbered["status"] = status.clone();
    let counted = status::counted(&rollout.with_new(&set), status);
    work.ask(call::create(resource::REPLICA_SETS, &set), move |reply| {
        if reply.is_success() {
            let note = call::put(resource::DEPLOYMENTS, &numbered, "status");
            let count = move |reply: &Reply| match reply.value() {
                Some(noted) if reply.is_success() => {
                    vec![Step::Call(Box::new(call::update_status(resource::DEPLOYMENTS, noted, counted)))]
                }
                _ => Vec::new(),
            };
            return event
                .map(Step::Tell)
                .into_iter()
                .chain([Step::Ask(Box::new(note), Box::new(count))])
                .collect();
        }
        let write =
            |status| Step::Call(Box::new(call::update_status(resource::DEPLOYMENTS, &deployment, status)));
        let mut status = status_of(&deployment);
        if reply.value().is_some_and(|refused| refused["reason"] == "AlreadyExists") {
            let count = number(&status, "/collisionCount").unwrap_or(0);
            status["collisionCount"] = json!(count + 1);
            return vec![write(status)];
        }
        let message = format!("Failed to create new replica set \"{made}\": {}", refusal(reply));
        let event = Event::warning(NAME, &deployment, "ReplicaSetCreateError", message.clone());
        if !watched {
            return vec![Step::Tell(event)];
        }
        status::set(&mut status, "Progressing", "False", "ReplicaSetCreateError", &message, now);
        vec![write(status), Step::Tell(event)]
    });
    true
}

/// The Deployment with the number of its newest revision noted on it.
fn with_number(deployment: &Value, number: i64) -> Value {
    let mut numbered = deployment.clone();
    if !numbered["metadata"]["annotations"].is_object() {
        numbered["metadata"]["annotations"] = json!({});
    }
    numbered["metadata"]["annotations"][REVISION] = json!(number.to_string());
    numbered
}

fn fresh(rollout: &Rollout<'_>) -> Value {
    let deployment = rollout.deployment;
    let mut template = deployment["spec"]["template"].clone();
    let collisions = number(deployment, "/status/collisionCount");
    let hash = template::hash(&template, collisions);
    template["metadata"]["labels"][HASH] = json!(hash);
    let mut selector = deployment["spec"]["selector"].clone();
    selector["matchLabels"][HASH] = json!(hash);
    let newest = 1 + rollout.old.iter().map(|set| revision(set)).max().unwrap_or(0);
    let mut notes = inherited(deployment);
    notes.insert(REVISION.to_owned(), json!(newest.to_string()));
    let mut set = json!({
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": format!("{}-{hash}", name(deployment)),
            "namespace": namespace(deployment),
            "labels": template["metadata"]["labels"],
            "annotations": notes,
            "ownerReferences": [owned_by(deployment)],
        },
        "spec": {"replicas": rollout::new_size(rollout), "selector": selector, "template": template},
    });
    if let Some(seconds) = number(deployment, "/spec/minReadySeconds") {
        set["spec"]["minReadySeconds"] = json!(seconds);
    }
    scale::annotate(rollout, &mut set);
    set
}

/// Deletes old ReplicaSets without pods beyond `revisionHistoryLimit`.
pub(super) fn clean_up(rollout: &Rollout<'_>, work: &mut Work) {
    let Some(limit) = number(rollout.deployment, "/spec/revisionHistoryLimit") else { return };
    let mut old: Vec<_> = rollout.old.iter().filter(|set| !terminating(set)).collect();
    old.sort_by_key(|set| revision(set));
    let over = old.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
    let count = |set: &Value, field: &str| number(set, field).unwrap_or(0);
    let seen = |set: &Value| count(set, "/metadata/generation") <= count(set, "/status/observedGeneration");
    let empty = |set: &Value| replicas(set) == 0 && count(set, "/status/replicas") == 0 && seen(set);
    for set in old.into_iter().take(over).filter(|set| empty(set)) {
        work.call(call::delete(resource::REPLICA_SETS, set, Some("Background")));
    }
}
