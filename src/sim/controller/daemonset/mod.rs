//! The DaemonSet controller: one pod on every node that fits, replaced when the template changes. Owns the order of
//! steps and the status; which nodes fit is in `place`, which pods come and go in `manage`, how a new template rolls out
//! in `update`, the recorded templates in `revision`.

mod manage;
mod place;
mod revision;
mod update;

use super::call::{self, Work, resource};
use super::claim::claim;
use super::object::{available_at, finished, name, number, ready, set_count, terminating, text};
use super::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use place::Place;
use serde_json::{Value, json};
use std::cmp::Ordering;

const NAME: &str = "daemonset-controller";
const HASH: &str = "controller-revision-hash";

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

/// A DaemonSet with its pods by node.
struct Daemons<'a> {
    view: &'a View<'a>,
    set: &'a Object,
    /// The label of pods of the current template.
    hash: String,
    nodes: Vec<Node<'a>>,
    /// Pods that are meant for nodes that are not there.
    astray: Vec<&'a Object>,
}

/// A node, and the set's pods that are on it or meant for it, the oldest first.
struct Node<'a> {
    node: &'a Object,
    place: Place,
    pods: Vec<&'a Object>,
}

impl<'a> Node<'a> {
    /// The pods that are not being deleted.
    fn staying(&self) -> impl Iterator<Item = &'a Object> {
        self.pods.iter().copied().filter(|pod| !terminating(pod))
    }
}

impl Daemons<'_> {
    fn wanted(&self) -> i64 {
        let nodes = self.nodes.iter().filter(|node| node.place == Place::Runs).count();
        i64::try_from(nodes).expect("a count of nodes")
    }

    fn available(&self, pod: &Value) -> bool {
        let min_ready = number(self.set, "/spec/minReadySeconds").unwrap_or(0);
        available_at(pod, min_ready).is_some_and(|at| min_ready == 0 || at <= self.view.now)
    }

    fn updated(&self, pod: &Value) -> bool {
        let generation = place::generation(self.set);
        let of_generation = generation
            .is_some_and(|generation| text(pod, "/metadata/labels/pod-template-generation") == generation);
        of_generation || text(pod, "/metadata/labels/controller-revision-hash") == self.hash
    }
}

fn sync<'a>(view: &'a View<'a>, set: &'a Object, work: &mut Work) {
    if terminating(set) {
        return;
    }
    let mine = claim(view, set, resource::PODS, work);
    let Some(revisions) = revision::Revisions::of(view, set, &mine, work) else { return };
    if !work.steps.is_empty() {
        return;
    }
    let daemons = gather(view, set, &mine, revisions.hash());
    let status = status(&daemons, work);
    if status != set["status"] {
        work.call(call::update_status(resource::DAEMON_SETS, set, status));
        return;
    }
    manage::manage(&daemons, work);
    if work.steps.is_empty() {
        update::update(&daemons, work);
    }
    revisions.clean_up(set, &mine, work);
}

fn gather<'a>(view: &'a View<'a>, set: &'a Object, mine: &[&'a Object], hash: String) -> Daemons<'a> {
    let all = view.snapshot.list("", "nodes", Some("")).map(|(_, node)| node);
    let gone = |pod: &Object| terminating(pod) && finished(pod);
    let mut nodes: Vec<Node<'_>> = all
        .map(|node| {
            let here = |pod: &&Object| place::node_of(pod) == name(node) && !gone(pod);
            let mut pods: Vec<&Object> = mine.iter().copied().filter(here).collect();
            pods.sort_by(|one, other| oldest_first(one, other));
            Node { node, place: place::place(set, node), pods }
        })
        .collect();
    nodes.sort_by(|one, other| name(one.node).cmp(name(other.node)));
    let nowhere = |pod: &&Object| nodes.iter().all(|node| name(node.node) != place::node_of(pod));
    let astray = mine.iter().copied().filter(nowhere).collect();
    Daemons { view, set, hash, nodes, astray }
}

/// Pods that are placed come first, then the older ones.
fn oldest_first(one: &Value, other: &Value) -> Ordering {
    let key = |pod: &Value| {
        let born = text(pod, "/metadata/creationTimestamp").to_owned();
        (text(pod, "/spec/nodeName").is_empty(), born, name(pod).to_owned())
    };
    key(one).cmp(&key(other))
}

fn status(daemons: &Daemons<'_>, work: &mut Work) -> Value {
    let set = daemons.set;
    let min_ready = number(set, "/spec/minReadySeconds").unwrap_or(0);
    let first: Vec<&Object> = daemons
        .nodes
        .iter()
        .filter(|node| node.place == Place::Runs)
        .filter_map(|node| node.pods.first().copied())
        .collect();
    let astray =
        daemons.nodes.iter().filter(|node| node.place != Place::Runs && !node.pods.is_empty()).count();
    // A surging pod is not the first of its node, and the older one waits for it.
    let next = daemons.nodes.iter().flat_map(Node::staying).filter_map(|pod| available_at(pod, min_ready));
    if let Some(at) = next.filter(|at| *at > daemons.view.now).min() {
        work.wake_at(at);
    }
    let count = |of: &dyn Fn(&Value) -> bool| {
        i64::try_from(first.iter().filter(|pod| of(pod)).count()).expect("a count of pods")
    };
    let available = count(&|pod| daemons.available(pod));
    let mut status = if set["status"].is_object() { set["status"].clone() } else { json!({}) };
    status["currentNumberScheduled"] = json!(first.len());
    status["numberMisscheduled"] = json!(astray);
    status["desiredNumberScheduled"] = json!(daemons.wanted());
    status["numberReady"] = json!(count(&ready));
    status["observedGeneration"] = set["metadata"]["generation"].clone();
    set_count(&mut status, "updatedNumberScheduled", count(&|pod| daemons.updated(pod)));
    set_count(&mut status, "numberAvailable", available);
    set_count(&mut status, "numberUnavailable", daemons.wanted() - available);
    status
}
