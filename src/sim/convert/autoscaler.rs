//! A HorizontalPodAutoscaler in the two versions of its API. What `autoscaling/v1` has no fields for, it keeps in
//! annotations as JSON, in the form of its own types (Kubernetes, `pkg/apis/autoscaling/v1/conversion.go`).

use crate::call::print_whole;
use crate::sim::look::{self, list, text};
use serde_json::{Map, Value, json};

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

/// A field of a metric: its name in `autoscaling/v1`, where `autoscaling/v2` has it, and whether `v1` writes 0 for none.
type Field = (&'static str, &'static str, bool);

/// The sources of a metric, by the field that holds each; `target…` is what is asked for, `current…` what is.
const ASKED: [(&str, &[Field]); 5] = [
    (
        "object",
        &[
            ("target", "/describedObject", false),
            ("metricName", "/metric/name", false),
            ("targetValue", "/target/value", true),
            ("selector", "/metric/selector", false),
            ("averageValue", "/target/averageValue", false),
        ],
    ),
    (
        "pods",
        &[
            ("metricName", "/metric/name", false),
            ("targetAverageValue", "/target/averageValue", true),
            ("selector", "/metric/selector", false),
        ],
    ),
    (
        "resource",
        &[
            ("name", "/name", false),
            ("targetAverageUtilization", "/target/averageUtilization", false),
            ("targetAverageValue", "/target/averageValue", false),
        ],
    ),
    (
        "containerResource",
        &[
            ("name", "/name", false),
            ("targetAverageUtilization", "/target/averageUtilization", false),
            ("targetAverageValue", "/target/averageValue", false),
            ("container", "/container", false),
        ],
    ),
    (
        "external",
        &[
            ("metricName", "/metric/name", false),
            ("metricSelector", "/metric/selector", false),
            ("targetValue", "/target/value", false),
            ("targetAverageValue", "/target/averageValue", false),
        ],
    ),
];

const FOUND: [(&str, &[Field]); 5] = [
    (
        "object",
        &[
            ("target", "/describedObject", false),
            ("metricName", "/metric/name", false),
            ("currentValue", "/current/value", true),
            ("selector", "/metric/selector", false),
            ("averageValue", "/current/averageValue", false),
        ],
    ),
    (
        "pods",
        &[
            ("metricName", "/metric/name", false),
            ("currentAverageValue", "/current/averageValue", true),
            ("selector", "/metric/selector", false),
        ],
    ),
    (
        "resource",
        &[
            ("name", "/name", false),
            ("currentAverageUtilization", "/current/averageUtilization", false),
            ("currentAverageValue", "/current/averageValue", true),
        ],
    ),
    (
        "containerResource",
        &[
            ("name", "/name", false),
            ("currentAverageUtilization", "/current/averageUtilization", false),
            ("currentAverageValue", "/current/averageValue", true),
            ("container", "/container", false),
        ],
    ),
    (
        "external",
        &[
            ("metricName", "/metric/name", false),
            ("metricSelector", "/metric/selector", false),
            ("currentValue", "/current/value", true),
            ("currentAverageValue", "/current/averageValue", false),
        ],
    ),
];

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

/// Whether a metric is what `autoscaling/v1` has a field for.
fn is_utilization(metric: &Value) -> bool {
    utilization(metric, "/resource/target/averageUtilization").is_some()
}

/// The share of processors at a pointer of a metric, where it is about them.
fn utilization<'a>(metric: &'a Value, pointer: &str) -> Option<&'a Value> {
    let of_processors = text(metric, "/type") == "Resource" && text(metric, "/resource/name") == "cpu";
    look::at(metric, pointer).filter(|share| of_processors && !share.is_null())
}

/// A metric of `autoscaling/v2` in the form of `autoscaling/v1`.
fn rewritten(sources: &[(&'static str, &[Field])], metric: &Value) -> Value {
    let mut out = Map::from_iter([("type".to_owned(), metric["type"].clone())]);
    for (source, fields) in sources {
        let Some(from) = metric.get(*source).filter(|from| from.is_object()) else { continue };
        let zero = |wanted: bool| wanted.then(|| json!("0"));
        let told = fields.iter().filter_map(|(name, pointer, or_zero)| {
            let value = look::at(from, pointer).filter(|value| !value.is_null()).cloned();
            Some(((*name).to_owned(), value.or_else(|| zero(*or_zero))?))
        });
        out.insert((*source).to_owned(), Value::Object(told.collect()));
    }
    Value::Object(out)
}

/// A metric of `autoscaling/v1` in the form of `autoscaling/v2`.
fn restored(sources: &[(&'static str, &[Field])], metric: &Value) -> Value {
    let mut out = json!({"type": metric["type"]});
    for (source, fields) in sources {
        let Some(from) = metric.get(*source).filter(|from| from.is_object()) else { continue };
        let averaged = from.get("averageValue").is_some_and(|value| !value.is_null());
        let mut to = json!({});
        for (name, pointer, or_zero) in *fields {
            let value = from.get(*name).filter(|value| !value.is_null());
            // A zero that stands for nothing goes, where an average is what is asked for.
            let nothing = *or_zero && *name == "targetValue" && averaged && value == Some(&json!("0"));
            if let Some(value) = value.filter(|_| !nothing) {
                put(&mut to, pointer, value.clone());
            }
        }
        if to.get("target").is_some_and(Value::is_object) {
            to["target"]["type"] = json!(kind_of(&to["target"], source));
        }
        out[*source] = to;
    }
    out
}

/// What kind of target it is, told from what it gives.
fn kind_of(target: &Value, source: &str) -> &'static str {
    let has = |field: &str| target.get(field).is_some();
    match source {
        "resource" | "containerResource" if has("averageUtilization") => "Utilization",
        "object" if !has("averageValue") => "Value",
        "external" if has("value") => "Value",
        _an_average => "AverageValue",
    }
}

fn put(holder: &mut Value, pointer: &str, value: Value) {
    let mut at = holder;
    for step in pointer.split('/').skip(1) {
        at = &mut at[step];
    }
    *at = value;
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
