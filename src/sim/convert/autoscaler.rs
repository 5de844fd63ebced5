//! A HorizontalPodAutoscaler in the two versions of its API. What `autoscaling/v1` has no fields for, it keeps in
//! annotations as JSON, in the form of its own types (Kubernetes, `pkg/apis/autoscaling/v1/conversion.go`).

use super::metric::{ASKED, FOUND, is_utilization, restored, rewritten, utilization};
use crate::call::{print_whole, read_list, read_one, typed};
use crate::sim::look::{list, number, text};
use serde_json::{Value, json};

const V1: &str = "autoscaling/v1";

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
    let note = |key: &str, kind: &str, mut items: Vec<Value>, object: &mut Value| {
        if !items.is_empty() {
            items.iter_mut().for_each(|item| typed::complete(V1, kind, item));
            let printed: Vec<String> = items.iter().map(|item| print_whole(V1, kind, item)).collect();
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

/// Takes an autoscaler from `autoscaling/v1` to `autoscaling/v2`. An annotation that cannot be read is as none.
pub(super) fn to_v2(object: &mut Value) {
    let asked = object["spec"].as_object_mut().and_then(|spec| spec.remove("targetCPUUtilizationPercentage"));
    let used = object.get_mut("status").and_then(Value::as_object_mut);
    let used = used.and_then(|status| status.remove("currentCPUUtilizationPercentage"));
    let items = |key: &str, kind: &str, object: &Value| {
        read_list(V1, kind, object["metadata"]["annotations"][key].as_str()?)
    };
    let mut metrics: Vec<Value> = items(METRICS, "MetricSpec", object)
        .unwrap_or_default()
        .iter()
        .map(|metric| restored(&ASKED, metric))
        .collect();
    let default = metrics.is_empty().then(|| json!(DEFAULT_UTILIZATION));
    let share = asked.filter(|asked| !asked.is_null()).or(default);
    metrics.extend(share.map(|share| {
        let target = json!({"type": "Utilization", "averageUtilization": share});
        json!({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    }));
    object["spec"]["metrics"] = json!(metrics);
    if let Some(found) = items(CURRENT_METRICS, "MetricStatus", object) {
        let found: Vec<Value> = found.iter().map(|metric| restored(&FOUND, metric)).collect();
        object["status"]["currentMetrics"] = if found.is_empty() { Value::Null } else { json!(found) };
    } else if let Some(used) = used.filter(|used| !used.is_null()) {
        let resource = json!({"name": "cpu", "current": {"averageUtilization": used}});
        object["status"]["currentMetrics"] = json!([{"type": "Resource", "resource": resource}]);
    }
    if let Some(conditions) = items(CONDITIONS, "HorizontalPodAutoscalerCondition", object) {
        object["status"]["conditions"] = json!(conditions);
    }
    let behavior = object["metadata"]["annotations"][BEHAVIOR].as_str();
    // The type inside the server has the fields of version 2, with names that begin in upper case.
    let behavior =
        behavior.and_then(|text| read_one("autoscaling/v2", "HorizontalPodAutoscalerBehavior", text));
    if let Some(behavior) = behavior.filter(|behavior| behavior != &json!({})) {
        object["spec"]["behavior"] = behavior;
    }
    forget(object);
}

/// Brings an autoscaler into the form in which the server tells it after reading it: annotations that stand for fields of
/// `autoscaling/v1` are written anew from what was read of them, and in `autoscaling/v2` they are none.
pub(in crate::sim) fn reread(object: &mut Value) {
    if text(object, "/apiVersion") != V1 {
        forget(object);
    } else if let Some(inside) = super::in_version(object, "autoscaling/v2")
        && let Some(told) = super::in_version(&inside, V1)
    {
        *object = told;
    }
}

/// Of the annotations that stand for fields takes those from `old` that stand for the part which is not written.
pub(in crate::sim) fn keep(old: Option<&Value>, object: &mut Value, writes_status: bool) {
    if text(object, "/apiVersion") != V1 {
        return;
    }
    let kept: &[&str] = if writes_status { &[METRICS, BEHAVIOR] } else { &[CURRENT_METRICS, CONDITIONS] };
    for key in kept {
        match old.and_then(|old| old["metadata"]["annotations"].get(key)) {
            Some(before) => object["metadata"]["annotations"][*key] = before.clone(),
            None => forget_of(object, &[key]),
        }
    }
}

/// Takes away the annotations that are made up for `autoscaling/v1`.
fn forget(object: &mut Value) {
    forget_of(object, &MADE_UP);
}

fn forget_of(object: &mut Value, keys: &[&str]) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) else { return };
    let before = annotations.len();
    annotations.retain(|key, _| !keys.contains(&key.as_str()));
    if annotations.is_empty() && before > 0 {
        metadata.remove("annotations");
    }
}

/// Rules of scaling as the annotation has them: the fields of Go's own type, all of them.
fn rules_as_text(rules: Option<&Value>) -> String {
    let Some(rules) = rules.filter(|rules| rules.is_object()) else { return "null".to_owned() };
    let policy = |policy: &Value| {
        let (value, seconds) = (number(policy, "/value"), number(policy, "/periodSeconds"));
        format!(r#"{{"Type":{},"Value":{value},"PeriodSeconds":{seconds}}}"#, json!(text(policy, "/type")))
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
