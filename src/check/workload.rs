//! Workloads and their pods: how many are ready, and whether all of them come from the current template.

use super::answer::unless;
use super::{Answer, ObjectRef, Template, View, Workload};
use crate::snapshot::{Key, Object, Snapshot};
use serde_json::Value;

/// At least so many pods of the workload are ready.
pub(super) fn available(asked: &Workload, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let Some(pods) = pods_of(&asked.workload, namespace, view.now) else {
        return missing(&asked.workload);
    };
    let ready = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
    let evidence = format!("{} has {ready} of {} pods ready", asked.workload, pods.len());
    let evidence = match ready >= asked.at_least {
        true => evidence,
        false => format!("{evidence}, expected at least {}", asked.at_least),
    };
    Answer { held: ready >= asked.at_least, evidence }
}

/// All ready pods come from the current template, and there is one.
pub(super) fn uniform(asked: &Template, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let Some((key, workload)) = asked.workload.find(namespace, view.now) else {
        return missing(&asked.workload);
    };
    let (seen, meant) = (&workload["status"]["observedGeneration"], &workload["metadata"]["generation"]);
    let mut wrongs = Vec::new();
    if seen.as_i64() != meant.as_i64() {
        wrongs.push(format!("{} is at generation {meant}, its controller at {seen}", asked.workload));
    }
    let (mark, current) = match &*key.resource {
        "deployments" => ("pod-template-hash", current_hash(workload, namespace, view.now)),
        _ => ("controller-revision-hash", workload["status"]["updateRevision"].as_str().map(str::to_owned)),
    };
    let pods = pods_of(&asked.workload, namespace, view.now).unwrap_or_default();
    let ready: Vec<&(&Key, &Object)> = pods.iter().filter(|(_, pod)| is_ready(pod)).collect();
    let hash = |pod: &Object| pod["metadata"]["labels"][mark].as_str().unwrap_or("none").to_owned();
    let current = match (current, ready.first()) {
        (Some(current), Some(_)) => current,
        // A DaemonSet does not name its current revision: one hash for all pods is what can be asked of it.
        (None, Some((_, pod))) if &*key.resource == "daemonsets" => hash(pod),
        (None, Some(_)) => {
            wrongs.push(format!("{} has no current template", asked.workload));
            String::new()
        }
        (_, None) => {
            wrongs.push(format!("{} has no ready pod", asked.workload));
            String::new()
        }
    };
    for (pod, object) in &ready {
        if !current.is_empty() && hash(object) != current {
            wrongs.push(format!("pod {} is of template {}, current is {current}", pod.name, hash(object)));
        }
    }
    unless(wrongs, || format!("{} ready pods of {} are of template {current}", ready.len(), asked.workload))
}

fn missing(workload: &ObjectRef) -> Answer {
    Answer { held: false, evidence: format!("{workload} does not exist") }
}

/// The hash of the ReplicaSet that carries the revision of its Deployment.
fn current_hash(deployment: &Object, namespace: &str, now: &Snapshot) -> Option<String> {
    let revision = |object: &Value| {
        object["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str().map(str::to_owned)
    };
    let wanted = revision(deployment)?;
    let (_, set) = now
        .list("apps", "replicasets", Some(namespace))
        .find(|(_, set)| owned_by(set, deployment) && revision(set).is_some_and(|found| found == wanted))?;
    set["metadata"]["labels"]["pod-template-hash"].as_str().map(str::to_owned)
}

/// The pods of a workload that are not on their way out; `None` where the workload does not exist.
pub(super) fn pods_of<'a>(
    workload: &ObjectRef,
    namespace: &'a str,
    now: &'a Snapshot,
) -> Option<Vec<(&'a Key, &'a Object)>> {
    let (key, object) = workload.find(namespace, now)?;
    if &*key.resource == "pods" {
        return Some(vec![(key, object)]);
    }
    let sets: Vec<&Object> = now
        .list("apps", "replicasets", Some(namespace))
        .map(|(_, set)| set)
        .filter(|set| owned_by(set, object))
        .collect();
    let ours = |pod: &Object| owned_by(pod, object) || sets.iter().any(|set| owned_by(pod, set));
    let staying = |pod: &Object| pod["metadata"]["deletionTimestamp"].is_null();
    Some(now.list("", "pods", Some(namespace)).filter(|(_, pod)| ours(pod) && staying(pod)).collect())
}

fn owned_by(object: &Value, owner: &Value) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    let uid = &owner["metadata"]["uid"];
    !uid.is_null() && owners.into_iter().any(|reference| reference["uid"] == *uid)
}

/// Whether a pod carries the condition Ready and is not on its way out.
pub(super) fn is_ready(pod: &Value) -> bool {
    pod["metadata"]["deletionTimestamp"].is_null() && condition(pod, "Ready")
}

/// Whether an object carries a condition with status True.
pub(super) fn condition(object: &Value, wanted: &str) -> bool {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().any(|c| c["type"] == wanted && c["status"] == "True")
}
