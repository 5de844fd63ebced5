//! The kubelets: each looks after the pods that are bound to its node, unless it is stopped. Keeps no memory; a pod's
//! stored status, the time and the seed decide.

use super::Kubelet;
use super::admit;
use super::life::Life;
use super::stop::farewell;
use crate::sim::controller::call::{resource, update_status};
use crate::sim::controller::object::{finished, name, terminating, text};
use crate::sim::controller::{Controller, View, Work};
use crate::snapshot::Change;
use serde_json::Value;
use std::collections::BTreeSet;

/// The kubelets' loop.
pub(super) const KUBELET: Controller = Controller {
    name: "kubelet",
    program: "kubelet",
    watches: &[("", "pods"), ("", "configmaps"), ("", "secrets"), ("", "nodes")],
    wakes: concerns,
    run,
};

fn concerns(change: &Change<'_>) -> bool {
    match change {
        Change::Changed(key, before, after) if &*key.resource == "nodes" => {
            super::kubelet(before) != super::kubelet(after)
        }
        Change::Added(key, object) | Change::Changed(key, _, object) => {
            &*key.resource != "pods" || !text(object, "/spec/nodeName").is_empty()
        }
        Change::Removed(key, _) => &*key.resource != "pods",
    }
}

fn run(view: &View<'_>) -> Work {
    let mut work = Work::default();
    let nodes = view.snapshot.list("", "nodes", None).map(|(_, node)| node);
    let running = nodes.filter(|node| super::kubelet(node) == Kubelet::Running);
    let running: BTreeSet<&str> = running.map(|node| name(node)).collect();
    for pod in view.all(resource::PODS).filter(|pod| running.contains(text(pod, "/spec/nodeName"))) {
        let done = sync(view, pod);
        work.steps.extend(done.steps);
        work.notes.extend(done.notes);
        if let Some(wake) = done.wake {
            work.wake_at(wake);
        }
    }
    work
}

/// What is due for one pod.
fn sync(view: &View<'_>, pod: &Value) -> Work {
    let mut work = Work::default();
    if finished(pod) {
        if terminating(pod) && !farewelled(pod) {
            work.call(farewell(pod));
        }
        return work;
    }
    if !terminating(pod) && admit::refuse(view, pod, &mut work) {
        return work;
    }
    let mut life = Life::read(view, pod);
    let gone = if life.leaving() {
        life.wind_down()
    } else {
        life.advance();
        false
    };
    let status = life.status();
    if !same(&status, &pod["status"]) {
        work.call(update_status(resource::PODS, pod, status));
    }
    work.wake = life.work.wake;
    work.steps.append(&mut life.work.steps);
    work.notes.append(&mut life.work.notes);
    if gone && !farewelled(pod) {
        work.call(farewell(pod));
    }
    work
}

/// Whether the kubelet has said already that nothing is left, and a finalizer keeps the pod.
fn farewelled(pod: &Value) -> bool {
    pod["metadata"]["deletionGracePeriodSeconds"] == 0
        && pod["metadata"].get("finalizers").and_then(Value::as_array).is_some_and(|held| !held.is_empty())
}

/// Whether two documents say the same; what is null says nothing.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let none = Value::Null;
            let all = |x: &serde_json::Map<String, Value>, y: &serde_json::Map<String, Value>| {
                x.iter().all(|(key, value)| same(value, y.get(key).unwrap_or(&none)))
            };
            all(a, b) && all(b, a)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => a == b,
    }
}
