//! What the HorizontalPodAutoscaler controller says of metrics that it cannot read, on a cluster that serves no metrics
//! API at all.

use crate::sim::controller::object::{map, namespace, text};
use serde_json::Value;

/// Why one metric cannot be read.
#[derive(Debug, PartialEq)]
pub(super) struct Unread {
    /// The reason of event and condition.
    pub(super) reason: &'static str,
    /// What event and condition say.
    pub(super) said: String,
    /// The same as the error of the whole computation has it.
    pub(super) error: String,
}

const RESOURCES: &str = "unable to fetch metrics from resource metrics API: the server could not find the requested \
                         resource (get pods.metrics.k8s.io)";
const CUSTOM: &str = "unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered";

/// Why an entry of `spec.metrics` cannot be read.
pub(super) fn unread(scaler: &Value, metric: &Value) -> Unread {
    match text(metric, "/type") {
        "Resource" => {
            let name = text(metric, "/resource/name");
            let said = resource(name, &metric["resource"]["target"]);
            let error = format!("failed to get {name} resource metric value: {said}");
            Unread { reason: "FailedGetResourceMetric", said, error }
        }
        "ContainerResource" => {
            let said =
                resource(text(metric, "/containerResource/name"), &metric["containerResource"]["target"]);
            let container = text(metric, "/containerResource/container");
            let error = format!("failed to get {container} container metric value: {said}");
            Unread { reason: "FailedGetContainerResourceMetric", said, error }
        }
        "Pods" => {
            let said = format!("unable to get metric {}: {CUSTOM}", text(metric, "/pods/metric/name"));
            let error = format!("failed to get pods metric value: {said}");
            Unread { reason: "FailedGetPodsMetric", said, error }
        }
        "Object" => object(scaler, &metric["object"]),
        _ => external(scaler, &metric["external"]),
    }
}

fn resource(name: &str, target: &Value) -> String {
    let what = if target.get("averageValue").is_some() { "usage" } else { "utilization" };
    format!("failed to get {name} {what}: unable to get metrics for resource {name}: {RESOURCES}")
}

fn object(scaler: &Value, object: &Value) -> Unread {
    let name = text(object, "/metric/name");
    let (kind, of) = (text(object, "/describedObject/kind"), text(object, "/describedObject/name"));
    let said = format!("unable to get metric {name}: {kind} on {} {of}/{CUSTOM}", namespace(scaler));
    let error = match text(object, "/target/type") {
        "AverageValue" => {
            format!("failed to get object metric value: failed to get {name} object metric: {said}")
        }
        _ => format!("failed to get object metric value: {said}"),
    };
    Unread { reason: "FailedGetObjectMetric", said, error }
}

fn external(scaler: &Value, external: &Value) -> Unread {
    let name = text(external, "/metric/name");
    let selector = go_selector(&external["metric"]["selector"]);
    let said = format!(
        "unable to get external metric {}/{name}/{selector}: unable to fetch metrics from external metrics API: the \
         server could not find the requested resource (get {name}.external.metrics.k8s.io)",
        namespace(scaler)
    );
    let inner = if external["target"].get("averageValue").is_some() {
        format!("failed to get {name} external metric: {said}")
    } else {
        format!("failed to get external metric {name}: {said}")
    };
    let error = format!("failed to get {name} external metric value: {inner}");
    Unread { reason: "FailedGetExternalMetric", said, error }
}

/// A label selector as Go prints a pointer to one.
fn go_selector(selector: &Value) -> String {
    if !selector.is_object() {
        return "nil".to_owned();
    }
    let labels = map(selector, "/matchLabels");
    let mut pairs: Vec<String> =
        labels.iter().map(|(key, value)| format!("{key}: {},", value.as_str().unwrap_or_default())).collect();
    pairs.sort();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{}}},MatchExpressions:[]LabelSelectorRequirement{{}},}}",
        pairs.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_metric_that_cannot_be_read_is_told_as_the_recorded_cluster_told_it() {
        let scaler = json!({"metadata": {"namespace": "n"}});
        let cases = [
            (
                json!({"type": "Resource", "resource": {"name": "memory", "target": {"averageValue": "10Mi"}}}),
                "failed to get memory resource metric value: failed to get memory usage: unable to get metrics for \
                 resource memory: unable to fetch metrics from resource metrics API: the server could not find the \
                 requested resource (get pods.metrics.k8s.io)",
            ),
            (
                json!({"type": "Object", "object": {
                    "metric": {"name": "requests"}, "describedObject": {"kind": "Service", "name": "d"},
                    "target": {"type": "Value"},
                }}),
                "failed to get object metric value: unable to get metric requests: Service on n d/unable to fetch \
                 metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered",
            ),
            (
                json!({"type": "External", "external": {"metric": {"name": "queue"}, "target": {"averageValue": "30"}}}),
                "failed to get queue external metric value: failed to get queue external metric: unable to get \
                 external metric n/queue/nil: unable to fetch metrics from external metrics API: the server could \
                 not find the requested resource (get queue.external.metrics.k8s.io)",
            ),
        ];
        for (metric, expected) in cases {
            assert_eq!(unread(&scaler, &metric).error, expected);
        }
    }
}
