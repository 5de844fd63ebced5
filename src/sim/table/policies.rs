//! How autoscalers, budgets, priorities, leases, runtime classes, webhooks and API services print.

use super::age::age;
use crate::clock::Moment;
use crate::sim::look::{is_true, list, name, number, plain, text, text_or};
use serde_json::Value;

pub(super) fn autoscaler(object: &Value, now: Moment) -> Vec<Value> {
    let target = object.pointer("/spec/scaleTargetRef").unwrap_or(&Value::Null);
    let least = object.pointer("/spec/minReplicas").filter(|value| !value.is_null()).map(plain);
    vec![
        name(object),
        format!("{}/{}", text(target, "/kind"), text(target, "/name")).into(),
        metrics(object).into(),
        least.unwrap_or_else(|| "<unset>".to_owned()).into(),
        number(object, "/spec/maxReplicas").into(),
        number(object, "/status/currentReplicas").into(),
        age(object, now),
    ]
}

/// The Scale of a workload.
pub(super) fn scale(object: &Value, now: Moment) -> Vec<Value> {
    let replicas = |field: &str| number(object, field).into();
    vec![name(object), replicas("/spec/replicas"), replicas("/status/replicas"), age(object, now)]
}

/// What an autoscaler goes by: `cpu: 5%/80%`, the first two of more.
fn metrics(autoscaler: &Value) -> String {
    if let Some(wanted) = autoscaler.pointer("/spec/targetCPUUtilizationPercentage") {
        let current = autoscaler.pointer("/status/currentCPUUtilizationPercentage");
        let current = current.map_or_else(|| "<unknown>".to_owned(), |now| format!("{}%", plain(now)));
        return format!("cpu: {current}/{}%", plain(wanted));
    }
    let specs = list(autoscaler, "/spec/metrics");
    if specs.is_empty() {
        return "<none>".to_owned();
    }
    let statuses = list(autoscaler, "/status/currentMetrics");
    let all = specs.iter().enumerate().map(|(index, spec)| metric(spec, statuses.get(index)));
    let all: Vec<String> = all.collect();
    match all.len().saturating_sub(2) {
        0 => all.join(", "),
        more => format!("{} + {more} more...", all[..2].join(", ")),
    }
}

fn metric(spec: &Value, status: Option<&Value>) -> String {
    let (field, named) = match text(spec, "/type") {
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "External" => ("external", false),
        _other => return "<unknown type>".to_owned(),
    };
    let target = spec.pointer(&format!("/{field}/target")).unwrap_or(&Value::Null);
    let current = status.and_then(|status| status.pointer(&format!("/{field}/current")));
    let pick = |key: &str| {
        let wanted = target.get(key).filter(|value| !value.is_null()).map(plain)?;
        let held = current.and_then(|current| current.get(key)).filter(|value| !value.is_null()).map(plain);
        Some((held, wanted))
    };
    let unknown = || "<unknown>".to_owned();
    let text_of = if let Some((held, wanted)) = pick("averageValue") {
        let suffix = if matches!(field, "object" | "external") { " (avg)" } else { "" };
        format!("{}/{wanted}{suffix}", held.unwrap_or_else(unknown))
    } else if let Some((held, wanted)) = pick("averageUtilization") {
        format!("{}/{wanted}%", held.map_or_else(unknown, |held| format!("{held}%")))
    } else if let Some((held, wanted)) = pick("value") {
        format!("{}/{wanted}", held.unwrap_or_else(unknown))
    } else {
        "<unknown>/<auto>".to_owned()
    };
    if named { format!("{}: {text_of}", text(spec, &format!("/{field}/name"))) } else { text_of }
}

pub(super) fn disruption_budget(object: &Value, now: Moment) -> Vec<Value> {
    let bound = |pointer| object.pointer(pointer).filter(|value| !value.is_null());
    let shown = |pointer| bound(pointer).map_or_else(|| "N/A".to_owned(), plain);
    vec![
        name(object),
        shown("/spec/minAvailable").into(),
        shown("/spec/maxUnavailable").into(),
        number(object, "/status/disruptionsAllowed").into(),
        age(object, now),
    ]
}

pub(super) fn priority_class(object: &Value, now: Moment) -> Vec<Value> {
    vec![
        name(object),
        number(object, "/value").into(),
        is_true(object, "/globalDefault").into(),
        age(object, now),
        text(object, "/preemptionPolicy").into(),
    ]
}

pub(super) fn lease(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), text(object, "/spec/holderIdentity").into(), age(object, now)]
}

pub(super) fn runtime_class(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), text(object, "/handler").into(), age(object, now)]
}

pub(super) fn webhooks(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), list(object, "/webhooks").len().into(), age(object, now)]
}

pub(super) fn api_service(object: &Value, now: Moment) -> Vec<Value> {
    let service = match object.pointer("/spec/service").filter(|service| service.is_object()) {
        Some(service) => format!("{}/{}", text(service, "/namespace"), text(service, "/name")),
        None => "Local".to_owned(),
    };
    let mut conditions = list(object, "/status/conditions").iter();
    let available = conditions.rfind(|condition| text(condition, "/type") == "Available");
    let available = match available.map(|c| (text(c, "/status"), text_or(c, "/reason", ""))) {
        Some(("True", _)) => "True".to_owned(),
        Some((status, reason)) => format!("{status} ({reason})"),
        None => "Unknown".to_owned(),
    };
    vec![name(object), service.into(), available.into(), age(object, now)]
}
