//! Defaults of autoscalers, disruption budgets, priorities and limits.

use super::gaps::{at, fill, fill_null, fill_zero, is_bare, items, object, text};
use serde_json::{Map, Value, json};

/// HorizontalPodAutoscaler of either version. What version 1 goes by where it names no metric comes with its conversion.
pub(super) fn autoscaler(autoscaler: &mut Value) {
    let v1 = text(autoscaler, "apiVersion") == "autoscaling/v1";
    if let Some(spec) = object(autoscaler, "spec") {
        fill(spec, "minReplicas", 1);
        if !v1 {
            if is_bare(spec, "metrics") {
                let target = json!({"type": "Utilization", "averageUtilization": 80});
                spec["metrics"] =
                    json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]);
            }
            if let Some(behavior) = at(spec, "behavior") {
                fill_behavior(behavior);
            }
        }
    }
    if let Some(status) = object(autoscaler, "status") {
        fill(status, "desiredReplicas", 0);
        if v1 {
            fill(status, "currentReplicas", 0);
        } else {
            fill_null(status, "currentMetrics");
        }
    }
}

fn fill_behavior(behavior: &mut Value) {
    let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    if let Some(up) = object(behavior, "scaleUp") {
        fill(up, "stabilizationWindowSeconds", 0);
        fill(up, "selectPolicy", "Max");
        fill(up, "policies", json!([pods, percent]));
    }
    if let Some(down) = object(behavior, "scaleDown") {
        fill(down, "selectPolicy", "Max");
        fill(down, "policies", json!([percent]));
    }
}

/// PodDisruptionBudget.
pub(super) fn disruption_budget(budget: &mut Value) {
    fill(budget, "spec", Map::new());
    if let Some(status) = object(budget, "status") {
        for count in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
            fill(status, count, 0);
        }
    }
}

/// PriorityClass.
pub(super) fn priority_class(class: &mut Value) {
    fill(class, "value", 0);
    fill(class, "preemptionPolicy", "PreemptLowerPriority");
}

/// LimitRange: defaults of containers follow from each other, upper bounds first.
pub(super) fn limit_range(range: &mut Value) {
    let Some(spec) = object(range, "spec") else { return };
    fill_null(spec, "limits");
    for item in items(spec, "limits").filter(|item| text(item, "type") == "Container") {
        for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
            let values = item.get(from).and_then(Value::as_object).cloned().unwrap_or_default();
            if values.is_empty() {
                continue;
            }
            if let Some(target) = object(item, to) {
                for (name, value) in values {
                    fill(target, &name, value);
                }
            }
        }
    }
}

/// Lease.
pub(super) fn lease(lease: &mut Value) {
    fill(lease, "spec", Map::new());
}

/// Core Event, whose times and reporters print even when they are empty.
pub(super) fn event(event: &mut Value) {
    fill(event, "involvedObject", Map::new());
    fill(event, "source", Map::new());
    for time in ["firstTimestamp", "lastTimestamp", "eventTime"] {
        fill_null(event, time);
    }
    fill(event, "reportingComponent", "");
    fill(event, "reportingInstance", "");
}

/// ControllerRevision.
pub(super) fn controller_revision(revision: &mut Value) {
    fill_zero(revision, "revision", 0);
}

/// What a Node says of itself: all that it has can be given out, and its first block of addresses stands twice.
pub(super) fn node(node: &mut Value) {
    if let Some(spec) = object(node, "spec") {
        let single = text(spec, "podCIDR").to_owned();
        let first = spec.pointer("/podCIDRs/0").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !single.is_empty() && single != first {
            spec["podCIDRs"] = json!([single]);
        } else if single.is_empty() && !first.is_empty() {
            spec["podCIDR"] = json!(first);
        }
    }
    if let Some(status) = object(node, "status")
        && let Some(capacity) = status.get("capacity").cloned()
    {
        fill(status, "allocatable", capacity);
    }
}

/// What is asked for of a resource: one device, where no number is given.
pub(super) fn device_requests(devices: Option<&mut Value>) {
    for request in devices.into_iter().flat_map(|devices| items(devices, "requests")) {
        if let Some(exact) = at(request, "exactly") {
            device_request(exact);
        }
        items(request, "firstAvailable").for_each(device_request);
    }
}

fn device_request(request: &mut Value) {
    fill_zero(request, "allocationMode", "ExactCount");
    if text(request, "allocationMode") == "ExactCount" {
        fill_zero(request, "count", 1);
    }
    device_tolerations(request);
}

/// What tolerates a taint of a device compares values, if it does not say otherwise.
pub(super) fn device_tolerations(holder: &mut Value) {
    items(holder, "tolerations").for_each(|toleration| fill_zero(toleration, "operator", "Equal"));
}
