//! Preemption: which pods of lower priority make room for a pod that does not fit, and what is done to them.

use super::choose::Refusal;
use super::fit::{Scene, misfit};
use crate::sim::controller::call::{self, resource, update_status};
use crate::sim::controller::disruption::Disruption;
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{self, finished, number, terminating, text};
use crate::sim::controller::{View, Work};
use crate::snapshot::{Object, Snapshot};
use serde_json::Value;

/// The pods that have to go.
pub(super) struct Plan<'a> {
    node: &'a Object,
    victims: Vec<&'a Object>,
}

fn priority(pod: &Value) -> i64 {
    number(pod, "/spec/priority").unwrap_or(0)
}

/// The pods on a node that have not ended.
fn there<'a>(view: &View<'a>, node: &str) -> Vec<&'a Object> {
    let all = view.snapshot.list("", "pods", None).map(|(_, pod)| pod);
    all.filter(|pod| text(pod, "/spec/nodeName") == node && !finished(pod)).collect()
}

/// Whether pods that make room for this one are still going.
pub(super) fn waits(pod: &Value, view: &View<'_>) -> bool {
    let nominated = text(pod, "/status/nominatedNodeName");
    !nominated.is_empty()
        && there(view, nominated).iter().any(|other| terminating(other) && priority(other) < priority(pod))
}

/// The pods for which room is being made on a node, as far as this one does not come before them.
pub(super) fn nominated<'a>(pod: &Value, node: &str, snapshot: &'a Snapshot) -> Vec<&'a Object> {
    let all = snapshot.list("", "pods", None).map(|(_, pod)| pod);
    all.filter(|other| {
        text(other, "/status/nominatedNodeName") == node
            && text(other, "/spec/nodeName").is_empty()
            && !finished(other)
            && object::uid(other) != object::uid(pod)
            && priority(other) >= priority(pod)
    })
    .collect()
}

/// Who would have to go, on the node where the fewest have to.
pub(super) fn plan<'a>(pod: &Value, view: &View<'a>, refusal: &Refusal<'a>) -> Option<Plan<'a>> {
    let Refusal::Nodes(misfits) = refusal else { return None };
    if text(pod, "/spec/preemptionPolicy") == "Never" || waits(pod, view) {
        return None;
    }
    let crowded = misfits.iter().filter(|(_, misfit)| misfit.crowded);
    let plans =
        crowded.filter_map(|(node, _)| victims(pod, node, view).map(|victims| Plan { node, victims }));
    plans.min_by_key(|plan| plan.victims.len())
}

/// All pods of lower priority on a node, but for those that the pod can be with, the important ones first.
fn victims<'a>(pod: &Value, node: &'a Object, view: &View<'a>) -> Option<Vec<&'a Object>> {
    let (mut lower, mut kept): (Vec<&Object>, Vec<&Object>) =
        there(view, object::name(node)).into_iter().partition(|other| priority(other) < priority(pod));
    kept.extend(nominated(pod, object::name(node), view.snapshot));
    let mut scene = Scene::around(node, view.snapshot);
    let mut fits = |with: &[&'a Object]| {
        scene.there = with.iter().map(|other| &***other).collect();
        misfit(pod, &scene).is_none()
    };
    if lower.is_empty() || !fits(&kept) {
        return None;
    }
    lower.sort_by_key(|other| (-priority(other), text(other, "/status/startTime").to_owned()));
    let mut victims = Vec::new();
    for other in lower {
        kept.push(other);
        if !fits(&kept) {
            kept.pop();
            victims.push(other);
        }
    }
    Some(victims)
}

impl Plan<'_> {
    /// Tells every victim why it goes, and deletes it; the node where there will be room.
    pub(super) fn carry_out(&self, view: &View<'_>, pod: &Value, work: &mut Work) -> &str {
        let node = object::name(self.node);
        for victim in &self.victims {
            let status = Disruption::Preemption.noted(victim, view.now);
            work.call(update_status(resource::PODS, victim, status));
            work.call(call::delete(resource::PODS, victim, None));
            let message = format!("Preempted by pod {} on node {node}", object::uid(pod));
            let event = Event::normal("default-scheduler", victim, "Preempted", message);
            work.tell(event.doing("Preempting"));
        }
        node
    }
}
