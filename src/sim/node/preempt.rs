//! Preemption: which pods of lower priority make room for a pod that does not fit, and what is done to them.

use super::NODE;
use super::fit::{Help, Misfit, misfit_among};
use crate::sim::controller::call::{self, resource, update_status};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{self, finished, list, number, terminating, text};
use crate::sim::controller::{View, Work};
use crate::snapshot::Object;
use serde_json::{Value, json};

/// The pods that have to go.
pub(super) struct Plan<'a> {
    victims: Vec<&'a Object>,
}

fn priority(pod: &Value) -> i64 {
    number(pod, "/spec/priority").unwrap_or(0)
}

/// The pods on the node that have not ended.
fn there<'a>(view: &View<'a>) -> Vec<&'a Object> {
    let all = view.snapshot.list("", "pods", None).map(|(_, pod)| pod);
    all.filter(|pod| pod["spec"]["nodeName"] == NODE && !finished(pod)).collect()
}

/// Whether pods that make room for this one are still going.
pub(super) fn waits(pod: &Value, view: &View<'_>) -> bool {
    let nominated = !text(pod, "/status/nominatedNodeName").is_empty();
    nominated && there(view).iter().any(|other| terminating(other) && priority(other) < priority(pod))
}

/// Who would have to go: all pods of lower priority, but for those that the pod can be with, the important ones first.
pub(super) fn plan<'a>(pod: &Value, node: &Value, view: &View<'a>, misfit: &Misfit) -> Option<Plan<'a>> {
    if misfit.help != Help::Preemption || text(pod, "/spec/preemptionPolicy") == "Never" || waits(pod, view) {
        return None;
    }
    let (mut lower, mut kept): (Vec<&Object>, Vec<&Object>) =
        there(view).into_iter().partition(|other| priority(other) < priority(pod));
    let fits = |with: &[&Object]| {
        let with: Vec<&Value> = with.iter().map(|other| &***other).collect();
        misfit_among(pod, node, view.snapshot, &with).is_none()
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
    Some(Plan { victims })
}

impl Plan<'_> {
    /// Tells every victim why it goes, and deletes it.
    pub(super) fn carry_out(&self, view: &View<'_>, pod: &Value, work: &mut Work) {
        for victim in &self.victims {
            let mut status = victim["status"].clone();
            let mut conditions = list(victim, "/status/conditions").to_vec();
            conditions.retain(|condition| condition["type"] != "DisruptionTarget");
            conditions.push(json!({
                "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
                "message": "default-scheduler: preempting to accommodate a higher priority pod",
                "observedGeneration": victim["metadata"]["generation"],
                "lastProbeTime": null, "lastTransitionTime": view.now.rfc3339(),
            }));
            status["conditions"] = json!(conditions);
            work.call(update_status(resource::PODS, victim, status));
            work.call(call::delete(resource::PODS, victim, None));
            let message = format!("Preempted by pod {} on node {NODE}", object::uid(pod));
            work.tell(Event::normal("default-scheduler", victim, "Preempted", message));
        }
    }
}
