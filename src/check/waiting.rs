//! What the pods of a workload wait for, in the words of whoever keeps them waiting.

use super::workload::{condition, pods_of};
use crate::snapshot::{Object, Snapshot};
use serde_json::Value;

/// Why the first pod of a workload that is not ready is not: what its node or the scheduler says.
pub(super) fn reason(kind: &str, live: &Object, namespace: &str, now: &Snapshot) -> Option<String> {
    let name = live["metadata"]["name"].as_str()?;
    let reference = format!("{kind}/{name}").parse().ok()?;
    let pods = pods_of(&reference, namespace, now)?;
    let (key, pod) = pods.iter().find(|(_, pod)| !condition(pod, "Ready"))?;
    let statuses = ["initContainerStatuses", "containerStatuses"]
        .iter()
        .flat_map(|at| pod["status"][*at].as_array().into_iter().flatten());
    let mut waiting = statuses.filter_map(|status| status["state"]["waiting"]["reason"].as_str());
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    let mut refused = conditions
        .filter(|condition| condition["type"] == "PodScheduled" && condition["status"] == "False")
        .filter_map(|condition| condition["message"].as_str());
    let why = waiting.next().or(refused.next())?;
    let missing = missing_volume(pod, namespace, now).map(|what| format!(", {what} does not exist"));
    Some(format!("pod {}: {why}{}", key.name, missing.unwrap_or_default()))
}

/// The first Secret or ConfigMap that a pod wants to mount and that is not there: `secret/tls`.
fn missing_volume(pod: &Value, namespace: &str, now: &Snapshot) -> Option<String> {
    let sources = [("secret", "secretName", "secrets"), ("configMap", "name", "configmaps")];
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    let mut wanted = volumes.flat_map(|volume| {
        sources.into_iter().filter_map(|(kind, field, resource)| {
            let source = volume.get(kind).filter(|source| source["optional"] != true)?;
            Some((kind.to_lowercase(), resource, source[field].as_str()?))
        })
    });
    let (kind, _, name) =
        wanted.find(|(_, resource, name)| now.find("", resource, namespace, name).is_none())?;
    Some(format!("{kind}/{name}"))
}
