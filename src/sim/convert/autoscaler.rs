//! A HorizontalPodAutoscaler in the two versions of its API. What `autoscaling/v1` has no fields for, it keeps in
//! annotations as JSON, in the form of its own types (Kubernetes, `pkg/apis/autoscaling/v1/conversion.go`).

use super::metric::{ASKED, FOUND, is_utilization, restored, rewritten, utilization};
use crate::call::print_whole;
use crate::sim::look::list;
use serde_json::{Value, json};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// Every annotation that is made up for `autoscaling/v1`, and gone in other versions.
const MADE_UP: [&str; 6] = [
    METRICS,
    CURRENT_METRICS,
    CONDITIONS,
    BEHAVIOR,
    "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
    "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
];

/// What an autoscaler that names no metric goes by: the usage of processors, in percent of what is requested.
const DEFAULT_UTILIZATION: u32 = 80;

/// Takes an autoscaler from `autoscaling/v2` to `autoscaling/v1`.
pub(super) fn to_v1(object: &mut Value) {
    forget(object);
    let metrics = list(object, "/spec/metrics").to_vec();
    let current = list(object, "/status/currentMetrics").to_vec();
    let conditions = list(object, "/status/conditions").to_vec();
    let (of_processors, others): (Vec<&Value>, Vec<&Value>) = metrics.iter().partition(|m| is_utilization(m));
    let mut used =
        current.iter().filter_map(|metric| utilization(metric, "/resource/current/averageUtilization"));
    let (asked, used) = (of_processors.first().copied(), used.next_back().cloned());
    let note = |key: &str, kind: &str, items: Vec<Value>, object: &mut Value| {
        if !items.is_empty() {
            let printed: Vec<String> =
                items.iter().map(|item| print_whole("autoscaling/v1", kind, item)).collect();
            object["metadata"]["annotations"][key] = json!(format!("[{}]", printed.join(",")));
        }
    };
    note(METRICS, "MetricSpec", others.into_iter().map(|m| rewritten(&ASKED, m)).collect(), object);
    note(CURRENT_METRICS, "MetricStatus", current.iter().map(|m| rewritten(&FOUND, m)).collect(), object);
    note(CONDITIONS, "HorizontalPodAutoscalerCondition", conditions, object);
    if let Some(behavior) = object["spec"].get("behavior").filter(|behavior| behavior.is_object()) {
        let written = format!(
            r#"{{"ScaleUp":{},"ScaleDown":{}}}"#,
            rules_as_text(behavior.get("scaleUp")),
            rules_as_text(behavior.get("scaleDown"))
        );
        object["metadata"]["annotations"][BEHAVIOR] = json!(written);
    }
    if let Some(asked) = asked {
        object["spec"]["targetCPUUtilizationPercentage"] =
            asked["resource"]["target"]["averageUtilization"].clone();
    }
    if let Some(used) = used {
        object["status"]["currentCPUUtilizationPercentage"] = used;
    }
}

/// Whether an autoscaler of `autoscaling/v1` names metrics in its annotation, so that nothing is made up for it.
pub(in crate::sim) fn names_metrics(object: &Value) -> bool {
    let kept = object["metadata"]["annotations"][METRICS].as_str();
    let kept = kept.and_then(|kept| serde_json::from_str::<Vec<Value>>(kept).ok());
    kept.is_some_and(|metrics| !metrics.is_empty())
}

/// Takes an autoscaler from `autoscaling/v1` to `autoscaling/v2`.
pub(super) fn to_v2(object: &mut Value) {
    let asked = object["spec"].as_object_mut().and_then(|spec| spec.remove("targetCPUUtilizationPercentage"));
    let used = object.get_mut("status").and_then(Value::as_object_mut);
    let used = used.and_then(|status| status.remove("currentCPUUtilizationPercentage"));
    let kept = |key: &str, object: &Value| -> Option<Value> {
        serde_json::from_str(object["metadata"]["annotations"][key].as_str()?).ok()
    };
    let items = |key: &str, object: &Value| kept(key, object)?.as_array().cloned();
    let mut metrics: Vec<Value> =
        items(METRICS, object).unwrap_or_default().iter().map(|m| restored(&ASKED, m)).collect();
    let default = metrics.is_empty().then(|| json!(DEFAULT_UTILIZATION));
    let share = asked.filter(|asked| !asked.is_null()).or(default);
    metrics.extend(share.map(|share| {
        let target = json!({"type": "Utilization", "averageUtilization": share});
        json!({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    }));
    object["spec"]["metrics"] = json!(metrics);
    if let Some(found) = items(CURRENT_METRICS, object) {
        let found: Vec<Value> = found.iter().map(|m| restored(&FOUND, m)).collect();
        object["status"]["currentMetrics"] = json!(found);
    } else if let Some(used) = used.filter(|used| !used.is_null()) {
        let resource = json!({"name": "cpu", "current": {"averageUtilization": used}});
        object["status"]["currentMetrics"] = json!([{"type": "Resource", "resource": resource}]);
    }
    if let Some(conditions) = items(CONDITIONS, object) {
        object["status"]["conditions"] = json!(conditions);
    }
    if let Some(behavior) = kept(BEHAVIOR, object).map(|kept| small(&kept)).filter(|b| b != &json!({})) {
        object["spec"]["behavior"] = behavior;
    }
    forget(object);
}

/// Takes away the annotations that are made up for `autoscaling/v1`.
fn forget(object: &mut Value) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else { return };
    let before = annotations.len();
    annotations.retain(|key, _| !MADE_UP.contains(&key.as_str()));
    if annotations.is_empty() && before > 0 {
        metadata.remove("annotations");
    }
}

/// Rules of scaling as the annotation has them: the fields of Go's own type, all of them.
fn rules_as_text(rules: Option<&Value>) -> String {
    let Some(rules) = rules.filter(|rules| rules.is_object()) else { return "null".to_owned() };
    let policy = |policy: &Value| {
        let (kind, value, seconds) = (&policy["type"], &policy["value"], &policy["periodSeconds"]);
        format!(r#"{{"Type":{kind},"Value":{value},"PeriodSeconds":{seconds}}}"#)
    };
    let policies = match rules["policies"].as_array() {
        Some(policies) => format!("[{}]", policies.iter().map(policy).collect::<Vec<_>>().join(",")),
        None => "null".to_owned(),
    };
    format!(
        r#"{{"StabilizationWindowSeconds":{},"SelectPolicy":{},"Policies":{policies},"Tolerance":{}}}"#,
        rules["stabilizationWindowSeconds"], rules["selectPolicy"], rules["tolerance"]
    )
}

/// The same back: names that begin small, and nothing where there is null.
fn small(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.iter().filter(|(_, member)| !member.is_null());
            Value::Object(there.map(|(name, member)| (begun_small(name), small(member))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(small).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn begun_small(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
