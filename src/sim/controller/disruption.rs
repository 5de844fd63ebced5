//! The condition with which whoever ends a pod says why: one for all that do.

use super::object::list;
use crate::clock::Moment;
use serde_json::{Value, json};

/// Who ends a pod before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Disruption {
    /// The subresource `eviction`.
    Eviction,
    /// A pod of higher priority that needs the room.
    Preemption,
    /// A taint that the pod does not tolerate.
    Taint,
    /// The end of its node.
    LostNode,
}

impl Disruption {
    fn said(self) -> (&'static str, &'static str) {
        match self {
            Disruption::Eviction => ("EvictionByEvictionAPI", "Eviction API: evicting"),
            Disruption::Preemption => (
                "PreemptionByScheduler",
                "default-scheduler: preempting to accommodate a higher priority pod",
            ),
            Disruption::Taint => ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"),
            Disruption::LostNode => ("DeletionByPodGC", "PodGC: node no longer exists"),
        }
    }

    /// The status of a pod that ends for this reason: nothing but the condition differs.
    pub(in crate::sim) fn noted(self, pod: &Value, at: Moment) -> Value {
        let (reason, message) = self.said();
        let mut told = json!({
            "type": "DisruptionTarget", "status": "True", "lastProbeTime": null,
            "lastTransitionTime": at.rfc3339(), "reason": reason, "message": message,
        });
        match self {
            // The API server does not say which generation it looked at.
            Disruption::Eviction => {}
            Disruption::Preemption | Disruption::Taint | Disruption::LostNode => {
                told["observedGeneration"] = pod["metadata"]["generation"].clone();
            }
        }
        let mut conditions = list(pod, "/status/conditions").to_vec();
        conditions.retain(|held| held["type"] != "DisruptionTarget");
        conditions.push(told);
        let mut status = pod["status"].clone();
        status["conditions"] = json!(conditions);
        status
    }
}
