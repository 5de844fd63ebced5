//! What autoscalers, disruption budgets and priority classes may say.

use super::findings::{Findings, Path, same};
use super::workload::{at_most_all, share};
use super::{internal, selectors};
use crate::sim::look::{list, number, text};
use serde_json::{Value, json};

/// A HorizontalPodAutoscaler of either version.
pub(super) fn autoscaler(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let least = spec.get("minReplicas").and_then(Value::as_i64);
    let most = number(spec, "/maxReplicas");
    if let Some(least) = least.filter(|least| *least < 1) {
        found.invalid(&path.child("minReplicas"), least, "must be greater than or equal to 1");
    }
    if most < 1 {
        found.invalid(&path.child("maxReplicas"), most, "must be greater than 0");
    }
    if least.is_some_and(|least| most < least) {
        found.invalid(&path.child("maxReplicas"), most, "must be greater than or equal to `minReplicas`");
    }
    let target = path.child("scaleTargetRef");
    for key in ["kind", "name"] {
        if text(spec, &format!("/scaleTargetRef/{key}")).is_empty() {
            found.required(&target.child(key), "");
        }
    }
    metrics(&path.child("metrics"), list(spec, "/metrics"), found);
}

const METRICS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

fn metrics(path: &Path, metrics: &[Value], found: &mut Findings) {
    for (index, metric) in metrics.iter().enumerate() {
        let at = path.index(index);
        let kind = text(metric, "/type");
        let Some((_, field)) = METRICS.iter().find(|(name, _)| *name == kind) else {
            match kind {
                "" => found.required(&at.child("type"), "must specify a metric source type"),
                other => found.unsupported(&at.child("type"), other, &METRICS.map(|(name, _)| name)),
            }
            continue;
        };
        let at = at.child(field);
        let Some(source) = metric.get(*field).filter(|source| source.is_object()) else {
            found.required(&at, "must populate information for the given metric source");
            continue;
        };
        if field.to_lowercase().ends_with("resource") && text(source, "/name").is_empty() {
            found.required(&at.child("name"), "must specify a resource name");
        }
        let kinds = ["AverageValue", "Utilization", "Value"];
        match text(source, "/target/type") {
            "" => found.required(&at.child("target.type"), "must specify a metric target type"),
            other if !kinds.contains(&other) => {
                found.invalid(
                    &at.child("target.type"),
                    other,
                    "must be either Utilization, Value, or AverageValue",
                );
            }
            _known => {}
        }
        if let Some(share) = source.pointer("/target/averageUtilization").and_then(Value::as_i64)
            && share < 1
        {
            found.invalid(&at.child("target.averageUtilization"), share, "must be greater than 0");
        }
    }
}

/// A PodDisruptionBudget.
pub(super) fn disruption_budget(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let bound = |key: &str| spec.get(key).filter(|value| !value.is_null());
    if bound("minAvailable").is_some() && bound("maxUnavailable").is_some() {
        let printed = internal::print("PodDisruptionBudgetSpec", spec);
        found.invalid_printed(&path, &printed, "minAvailable and maxUnavailable cannot be both set");
    }
    for key in ["minAvailable", "maxUnavailable"] {
        share(&path.child(key), bound(key), found);
        at_most_all(&path.child(key), bound(key), found);
    }
    selectors::selector(&path.child("selector"), spec.get("selector"), found);
    let policy = text(spec, "/unhealthyPodEvictionPolicy");
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    if !policy.is_empty() && !policies.contains(&policy) {
        found.unsupported(&path.child("unhealthyPodEvictionPolicy"), policy, &policies);
    }
}

/// A PriorityClass.
pub(super) fn priority_class(object: &Value, found: &mut Findings) {
    let (name, value) = (text(object, "/metadata/name"), number(object, "/value"));
    let most = 1_000_000_000;
    if value > most && !name.starts_with("system-") {
        let detail = format!("maximum allowed value of a user defined priority is {most}");
        found.forbidden(&Path::new("value"), &detail);
    }
    let policies = ["PreemptLowerPriority", "Never"];
    let policy = text(object, "/preemptionPolicy");
    if !policy.is_empty() && !policies.contains(&policy) {
        found.unsupported(&Path::new("preemptionPolicy"), policy, &policies);
    }
}

/// What of a PriorityClass never changes.
pub(super) fn priority_class_update(old: &Value, new: &Value, found: &mut Findings) {
    if number(old, "/value") != number(new, "/value") {
        found.forbidden(&Path::new("value"), "may not be changed in an update.");
    }
    let key = "preemptionPolicy";
    if !same(old.get(key), new.get(key)) {
        found.invalid(&Path::new(key), new.get(key).cloned().unwrap_or(json!(null)), "field is immutable");
    }
}
