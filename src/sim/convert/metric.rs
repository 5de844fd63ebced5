//! A metric of an autoscaler in the forms of `autoscaling/v1` (in annotations) and `autoscaling/v2`.

use crate::sim::look::{self, text};
use serde_json::{Map, Value, json};

/// A field of a metric: its name in `autoscaling/v1`, where `autoscaling/v2` has it, and whether `v1` writes 0 for none.
pub(super) type Field = (&'static str, &'static str, bool);

/// The sources of a metric, by the field that holds each; `target…` is what is asked for, `current…` what is.
pub(super) const ASKED: [(&str, &[Field]); 5] = [
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

pub(super) const FOUND: [(&str, &[Field]); 5] = [
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

/// Whether a metric is what `autoscaling/v1` has a field for.
pub(super) fn is_utilization(metric: &Value) -> bool {
    utilization(metric, "/resource/target/averageUtilization").is_some()
}

/// The share of processors at a pointer of a metric, where it is about them.
pub(super) fn utilization<'a>(metric: &'a Value, pointer: &str) -> Option<&'a Value> {
    let of_processors = text(metric, "/type") == "Resource" && text(metric, "/resource/name") == "cpu";
    look::at(metric, pointer).filter(|share| of_processors && !share.is_null())
}

/// A metric of `autoscaling/v2` in the form of `autoscaling/v1`.
pub(super) fn rewritten(sources: &[(&'static str, &[Field])], metric: &Value) -> Value {
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
pub(super) fn restored(sources: &[(&'static str, &[Field])], metric: &Value) -> Value {
    let mut out = json!({"type": metric["type"]});
    for (source, fields) in sources {
        let Some(from) = metric.get(*source).filter(|from| from.is_object()) else { continue };
        let averaged = from.get("averageValue").is_some_and(|value| !value.is_null());
        let mut to = json!({});
        for (name, pointer, or_zero) in *fields {
            let value = from.get(*name).filter(|value| !value.is_null()).cloned();
            let value = value.or_else(|| or_zero.then(|| json!("0")));
            // A zero that stands for nothing goes, where an average is what is asked for.
            let nothing = *name == "targetValue" && *or_zero && averaged && value == Some(json!("0"));
            if let Some(value) = value.filter(|_| !nothing) {
                put(&mut to, pointer, value);
            }
        }
        if fields.iter().any(|(_, pointer, _)| pointer.starts_with("/target/")) {
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
