//! The DaemonSet controller: one pod on every node that fits, replaced when the template changes.

use super::call::{self, Work, resource};
use super::claim::claim;
use super::object::{available_at, finished, list, map, name, number, set_count, terminating, text};
use super::pods;
use super::statefulset::{data, fresh};
use super::template;
use super::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::{Value, json};

const NAME: &str = "daemonset-controller";
const HASH: &str = "controller-revision-hash";
const GENERATION: &str = "deprecated.daemonset.template.generation";

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("apps", "daemonsets"), ("apps", "controllerrevisions"), ("", "pods"), ("", "nodes")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for set in view.all(resource::DAEMON_SETS) {
            sync(view, set, &mut work);
        }
        work
    },
};

fn sync<'a>(view: &View<'a>, set: &'a Object, work: &mut Work) {
    let mine = claim(view, set, resource::PODS, work);
    if terminating(set) || !work.steps.is_empty() {
        return;
    }
    let Some(hash) = current_hash(view, set, work) else { return };
    let nodes: Vec<&Object> = view.snapshot.list("", "nodes", Some("")).map(|(_, node)| node).collect();
    let fitting: Vec<&Object> = nodes.into_iter().filter(|node| fits(set, node)).collect();
    let status = status(view, set, &mine, &fitting, &hash, work);
    if status != set["status"] {
        work.call(call::update_status(resource::DAEMON_SETS, set, status));
        return;
    }
    manage(set, &mine, &fitting, &hash, work);
    if work.steps.is_empty() {
        update(view, set, &mine, &fitting, &hash, work);
    }
}

/// The hash of the current template, once its ControllerRevision is stored as the newest.
fn current_hash(view: &View<'_>, set: &Object, work: &mut Work) -> Option<String> {
    let mut all: Vec<&Object> = view.controlled(resource::REVISIONS, set);
    all.sort_by_key(|revision| number(revision, "/revision"));
    let newest = all.last().and_then(|revision| number(revision, "/revision")).unwrap_or(0);
    let data = data(set);
    let Some(current) = all.iter().copied().find(|revision| revision["data"] == data) else {
        let hash = template::hash(&set["spec"]["template"], number(set, "/status/collisionCount"));
        work.call(call::create(resource::REVISIONS, &fresh(set, data, &hash, HASH, newest + 1)));
        return None;
    };
    if number(current, "/revision") != Some(newest) {
        let mut renewed = Value::clone(current);
        renewed["revision"] = json!(newest + 1);
        work.call(call::update(resource::REVISIONS, &renewed));
        return None;
    }
    let keep = usize::try_from(number(set, "/spec/revisionHistoryLimit").unwrap_or(10)).unwrap_or(0);
    let over = (all.len() - 1).saturating_sub(keep);
    for revision in all.iter().filter(|revision| name(revision) != name(current)).take(over) {
        work.call(call::delete(resource::REVISIONS, revision, None));
    }
    Some(map(current, "/metadata/labels").get(HASH)?.as_str()?.to_owned())
}

/// Whether the set's pods may run on a node: by name, node selector and taints.
fn fits(set: &Value, node: &Value) -> bool {
    let spec = &set["spec"]["template"]["spec"];
    let labels = map(node, "/metadata/labels");
    let selected = map(spec, "/nodeSelector").iter().all(|(key, value)| labels.get(key) == Some(value));
    let wanted = text(spec, "/nodeName");
    let tolerated = |taint: &Value| {
        text(taint, "/effect") == "PreferNoSchedule"
            || text(taint, "/key").starts_with("node.kubernetes.io/")
            || list(spec, "/tolerations").iter().any(|toleration| tolerates(toleration, taint))
    };
    selected
        && (wanted.is_empty() || wanted == name(node))
        && list(node, "/spec/taints").iter().all(tolerated)
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let (key, effect) = (text(toleration, "/key"), text(toleration, "/effect"));
    let exists = text(toleration, "/operator") == "Exists";
    (effect.is_empty() || effect == text(taint, "/effect"))
        && (key == text(taint, "/key") || key.is_empty() && exists)
        && (exists || text(toleration, "/value") == text(taint, "/value"))
}

/// The node that a pod is on or meant for.
fn node_of(pod: &Value) -> &str {
    let placed = text(pod, "/spec/nodeName");
    let terms =
        "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    if placed.is_empty() { text(pod, &format!("{terms}/0/matchFields/0/values/0")) } else { placed }
}

fn status(
    view: &View<'_>,
    set: &Value,
    mine: &[&Object],
    fitting: &[&Object],
    hash: &str,
    work: &mut Work,
) -> Value {
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or(0);
    let on = |node: &Object| mine.iter().find(|pod| node_of(pod) == name(node) && !terminating(pod));
    let pods: Vec<&&Object> = fitting.iter().filter_map(|node| on(node)).collect();
    let health = pods::health(view, pods.iter().map(|pod| **pod), min_ready);
    if let Some(at) = health.next {
        work.wake_at(at);
    }
    let count = |number: usize| i64::try_from(number).expect("a count of pods");
    let updated =
        pods.iter().filter(|pod| text(pod, "/metadata/labels/controller-revision-hash") == hash).count();
    let astray = mine.iter().filter(|pod| fitting.iter().all(|node| name(node) != node_of(pod))).count();
    let mut status = if set["status"].is_object() { set["status"].clone() } else { json!({}) };
    status["currentNumberScheduled"] = json!(pods.len());
    status["numberMisscheduled"] = json!(astray);
    status["desiredNumberScheduled"] = json!(fitting.len());
    status["numberReady"] = json!(health.ready);
    status["observedGeneration"] = set["metadata"]["generation"].clone();
    set_count(&mut status, "updatedNumberScheduled", count(updated));
    set_count(&mut status, "numberAvailable", health.available);
    set_count(&mut status, "numberUnavailable", count(fitting.len()) - health.available);
    status
}

/// Creates missing pods and removes those that failed, are too many or on the wrong node.
fn manage(set: &Object, mine: &[&Object], fitting: &[&Object], hash: &str, work: &mut Work) {
    let mut fresh = Vec::new();
    for node in fitting {
        let here: Vec<&Object> = mine.iter().copied().filter(|pod| node_of(pod) == name(node)).collect();
        if here.is_empty() {
            fresh.push(pod_for(set, node, hash));
        }
        let mut standing = here.into_iter().filter(|pod| !terminating(pod));
        let kept = standing.next();
        let failed = kept.filter(|pod| finished(pod));
        for pod in failed.into_iter().chain(standing) {
            work.steps.push(pods::delete(NAME, set, pod));
        }
    }
    let astray = |pod: &&&Object| !terminating(pod) && fitting.iter().all(|node| name(node) != node_of(pod));
    for pod in mine.iter().filter(astray) {
        work.steps.push(pods::delete(NAME, set, pod));
    }
    work.steps.extend(pods::create(NAME, set.clone(), fresh, |_| Vec::new()));
}

fn generation(set: &Value) -> String {
    let noted = map(set, "/metadata/annotations").get(GENERATION).and_then(Value::as_str).map(str::to_owned);
    noted.unwrap_or_else(|| number(set, "/metadata/generation").unwrap_or(1).to_string())
}

/// A pod that the scheduler can place on this node only, and that stays there whatever befalls the node.
fn pod_for(set: &Object, node: &Object, hash: &str) -> Value {
    let mut pod = pods::from_template(set, &set["spec"]["template"]);
    pod["metadata"]["labels"][HASH] = json!(hash);
    pod["metadata"]["labels"]["pod-template-generation"] = json!(generation(set));
    let term = json!({"matchFields": [
        {"key": "metadata.name", "operator": "In", "values": [name(node)]}
    ]});
    let mut affinity = pod["spec"].get("affinity").cloned().unwrap_or_else(|| json!({}));
    if !affinity["nodeAffinity"].is_object() {
        affinity["nodeAffinity"] = json!({});
    }
    affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
        json!({"nodeSelectorTerms": [term]});
    pod["spec"]["affinity"] = affinity;
    let mut tolerations = list(&pod, "/spec/tolerations").to_vec();
    let evict = ["not-ready", "unreachable"].map(|key| (key, "NoExecute"));
    let place =
        ["disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"].map(|key| (key, "NoSchedule"));
    for (key, effect) in evict.into_iter().chain(place) {
        tolerations.push(
            json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": effect}),
        );
    }
    pod["spec"]["tolerations"] = json!(tolerations);
    pod
}

/// Replaces pods of an older template, unavailable ones at once and others as `maxUnavailable` allows.
fn update(view: &View<'_>, set: &Object, mine: &[&Object], fitting: &[&Object], hash: &str, work: &mut Work) {
    if text(set, "/spec/updateStrategy/type") == "OnDelete" {
        return;
    }
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or(0);
    let total = i64::try_from(fitting.len()).expect("a count of nodes");
    let bound = super::deployment::resolve(
        &set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"],
        total,
        true,
    );
    let available = |pod: &Object| {
        !terminating(pod) && available_at(pod, min_ready).is_some_and(|at| min_ready == 0 || at <= view.now)
    };
    let old =
        |pod: &Object| !terminating(pod) && text(pod, "/metadata/labels/controller-revision-hash") != hash;
    let up = i64::try_from(mine.iter().filter(|pod| available(pod)).count()).expect("a count of pods");
    let mut budget = bound.max(1) - (total - up);
    for pod in mine.iter().filter(|pod| old(pod)) {
        if available(pod) {
            if budget <= 0 {
                continue;
            }
            budget -= 1;
        }
        work.steps.push(pods::delete(NAME, set, pod));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taint_keeps_a_set_away_unless_it_is_tolerated() {
        let node = json!({"metadata": {"name": "n"}, "spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]}});
        let set = |tolerations: Value| json!({"spec": {"template": {"spec": {"tolerations": tolerations}}}});
        assert!(!fits(&set(json!([])), &node));
        assert!(fits(&set(json!([{"operator": "Exists"}])), &node));
        assert!(fits(&set(json!([{"key": "gpu", "value": "yes"}])), &node));
        assert!(!fits(&set(json!([{"key": "gpu", "value": "no"}])), &node));
    }
}
