//! What HorizontalPodAutoscalers may say: bounds, what is scaled, by which metrics and how fast.

use super::findings::{Findings, Path};
use super::{amounts, names};
use crate::sim::look::{list, number, plain, text};
use crate::sim::{amount, convert};
use serde_json::Value;

/// A HorizontalPodAutoscaler of either version; `old` is what it was, of a changed one.
pub(super) fn autoscaler(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let stored = |object: &Value| convert::in_version(object, "autoscaling/v2");
    match stored(object) {
        Some(object) => in_stored_version(&object, old.and_then(stored).as_ref(), found),
        None => in_stored_version(object, old, found),
    }
}

fn in_stored_version(object: &Value, old: Option<&Value>, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let least = spec.get("minReplicas").and_then(Value::as_i64);
    let most = number(spec, "/maxReplicas");
    let zero = old.is_some_and(|old| old.pointer("/spec/minReplicas").and_then(Value::as_i64) == Some(0));
    let bound = i64::from(!zero);
    if let Some(least) = least.filter(|least| *least < bound) {
        let detail = format!("must be greater than or equal to {bound}");
        found.invalid(&path.child("minReplicas"), least, &detail);
    }
    let at = path.child("maxReplicas");
    match most {
        0 => found.required(&at, "must be set and greater than 0"),
        most if most < 0 => found.invalid(&at, most, "must be greater than or equal to 1"),
        _positive => {}
    }
    if least.is_some_and(|least| most < least) {
        found.invalid(&at, most, "must be greater than or equal to `minReplicas`");
    }
    let target = spec.get("scaleTargetRef").unwrap_or(&Value::Null);
    let at = path.child("scaleTargetRef");
    reference(&at, target, found);
    let same = |old: &Value, key: &str| text(old, &format!("/spec/scaleTargetRef{key}")) == text(target, key);
    if !old.is_some_and(|old| same(old, "/apiVersion") && same(old, "/kind")) {
        // Of what can be scaled, that kind alone is in no group.
        version(&at, target, text(target, "/kind") == "ReplicationController", found);
    }
    let past = old.is_some_and(|old| list(old, "/spec/metrics").iter().any(names_no_version));
    let metrics = list(spec, "/metrics");
    for (index, metric) in metrics.iter().enumerate() {
        let at = path.child("metrics").index(index);
        self::metric(&at, metric, past, found);
    }
    let from_outside = |metric: &Value| matches!(text(metric, "/type"), "Object" | "External");
    if least == Some(0) && !metrics.iter().any(from_outside) {
        let detail =
            "must specify at least one Object or External metric to support scaling to zero replicas";
        found.forbidden(&path.child("metrics"), detail);
    }
    for key in ["scaleUp", "scaleDown"] {
        let rules = spec.pointer(&format!("/behavior/{key}")).filter(|rules| rules.is_object());
        if let Some(rules) = rules {
            scaling(&path.child("behavior").child(key), rules, found);
        }
    }
}

fn reference(path: &Path, reference: &Value, found: &mut Findings) {
    for key in ["kind", "name"] {
        match text(reference, &format!("/{key}")) {
            "" => found.required(&path.child(key), ""),
            name => found.invalid_each(&path.child(key), name, names::path_segment(name)),
        }
    }
}

/// The version that a reference names.
fn version(path: &Path, reference: &Value, group_may_be_empty: bool, found: &mut Findings) {
    let version = text(reference, "/apiVersion");
    let at = path.child("apiVersion");
    if is_no_version(version) {
        found.invalid(&at, version, &format!("unexpected GroupVersion string: {version}"));
    } else if !group_may_be_empty && matches!(version.split_once('/'), None | Some(("", _))) {
        found.invalid(&at, version, "apiVersion must specify API group");
    }
}

fn is_no_version(version: &str) -> bool {
    version.matches('/').count() > 1
}

/// Whether a metric is about an object of which no version can be read: then that is no fault of any, later.
fn names_no_version(metric: &Value) -> bool {
    text(metric, "/type") == "Object" && is_no_version(text(metric, "/object/describedObject/apiVersion"))
}

/// The sources of metrics in the order in which they are looked at, with the name of their type.
const SOURCES: [(&str, &str); 5] = [
    ("object", "Object"),
    ("external", "External"),
    ("pods", "Pods"),
    ("resource", "Resource"),
    ("containerResource", "ContainerResource"),
];

const TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

fn metric(path: &Path, metric: &Value, past: bool, found: &mut Findings) {
    let kind = text(metric, "/type");
    let at = path.child("type");
    if kind.is_empty() {
        found.required(&at, "must specify a metric source type");
    }
    let known = TYPES.contains(&kind);
    if !known {
        found.unsupported(&at, kind, &TYPES);
    }
    let given: Vec<&str> =
        SOURCES.iter().map(|(key, _)| *key).filter(|key| metric[*key].is_object()).collect();
    if let Some(first) = given.first() {
        source(&path.child(first), first, &metric[*first], past, found);
    }
    let expected = SOURCES.iter().find(|(_, name)| *name == kind).map(|(key, _)| *key);
    match expected {
        Some(key) if !given.contains(&key) => {
            found.required(&path.child(key), "must populate information for the given metric source");
        }
        Some(_) => {}
        None => found.unsupported(&at, kind, &TYPES),
    }
    if given.len() != 1 {
        for key in given.iter().filter(|key| Some(**key) != expected) {
            found.forbidden(&path.child(key), "must populate the given metric source only");
        }
    }
}

fn source(path: &Path, kind: &str, source: &Value, past: bool, found: &mut Findings) {
    let target = source.get("target").unwrap_or(&Value::Null);
    let has = |key: &str| target.get(key).is_some_and(|value| !value.is_null());
    match kind {
        "object" => {
            let described = source.get("describedObject").unwrap_or(&Value::Null);
            reference(&path.child("describedObject"), described, found);
            if !past {
                version(&path.child("describedObject"), described, true, found);
            }
            identifier(&path.child("metric"), source, found);
        }
        "external" | "pods" => identifier(&path.child("metric"), source, found),
        _resource => {
            let name = text(source, "/name");
            match name {
                "" => found.required(&path.child("name"), "must specify a resource name"),
                name if kind == "containerResource" => {
                    amounts::container_name(&path.child("name"), name, found);
                }
                _any => {}
            }
            if kind == "containerResource" {
                match text(source, "/container") {
                    "" => found.required(&path.child("container"), "must specify a container"),
                    name => found.invalid_each(&path.child("container"), name, names::label(name)),
                }
            }
        }
    }
    let path = path.child("target");
    self::target(&path, target, found);
    let (value, average, share) = (has("value"), has("averageValue"), has("averageUtilization"));
    let at = path.child("averageValue");
    match kind {
        "object" if !value && !average => {
            found.required(&at, "must set either a target value or averageValue");
        }
        "external" if !value && !average => {
            found.required(&at, "must set either a target value for metric or a per-pod target");
        }
        "external" if value && average => {
            let detail = "may not set both a target value for metric and a per-pod target";
            found.forbidden(&path.child("value"), detail);
        }
        "pods" if !average => found.required(&at, "must specify a positive target averageValue"),
        "object" | "external" | "pods" => {}
        _resource if !average && !share => {
            let detail = "must set either a target raw value or a target utilization";
            found.required(&path.child("averageUtilization"), detail);
        }
        _resource if average && share => {
            found.forbidden(&at, "may not set both a target raw value and a target utilization");
        }
        _resource => {}
    }
}

fn identifier(path: &Path, source: &Value, found: &mut Findings) {
    match text(source, "/metric/name") {
        "" => found.required(&path.child("name"), "must specify a metric name"),
        name => found.invalid_each(&path.child("name"), name, names::path_segment(name)),
    }
}

fn target(path: &Path, target: &Value, found: &mut Findings) {
    let (at, kind) = (path.child("type"), text(target, "/type"));
    if kind.is_empty() {
        found.required(&at, "must specify a metric target type");
    }
    if !matches!(kind, "Utilization" | "Value" | "AverageValue") {
        found.invalid(&at, kind, "must be either Utilization, Value, or AverageValue");
    }
    for key in ["value", "averageValue"] {
        let given = target.get(key).filter(|value| !value.is_null()).map(plain);
        if let Some(given) = given.filter(|given| amount::nanos(given).is_some_and(|amount| amount <= 0)) {
            found.invalid(&path.child(key), given, "must be positive");
        }
    }
    let share = target.get("averageUtilization").and_then(Value::as_i64);
    if let Some(share) = share.filter(|share| *share < 1) {
        found.invalid(&path.child("averageUtilization"), share, "must be greater than 0");
    }
}

fn scaling(path: &Path, rules: &Value, found: &mut Findings) {
    let (at, window) = (
        path.child("stabilizationWindowSeconds"),
        rules.get("stabilizationWindowSeconds").and_then(Value::as_i64),
    );
    if let Some(window) = window.filter(|window| *window < 0) {
        found.invalid(&at, window, "must be greater than or equal to zero");
    }
    if let Some(window) = window.filter(|window| *window > 3600) {
        found.invalid(&at, window, "must be less than or equal to 3600");
    }
    let selections = ["Disabled", "Max", "Min"];
    if let Some(given) = rules.get("selectPolicy").and_then(Value::as_str)
        && !selections.contains(&given)
    {
        found.unsupported(&path.child("selectPolicy"), given, &selections);
    }
    let (at, policies) = (path.child("policies"), list(rules, "/policies"));
    if policies.is_empty() {
        found.required(&at, "must specify at least one Policy");
    }
    for (index, policy) in policies.iter().enumerate() {
        let at = at.index(index);
        let kind = text(policy, "/type");
        if !matches!(kind, "Percent" | "Pods") {
            found.unsupported(&at.child("type"), kind, &["Percent", "Pods"]);
        }
        for key in ["value", "periodSeconds"] {
            let given = number(policy, &format!("/{key}"));
            if given <= 0 {
                found.invalid(&at.child(key), given, "must be greater than zero");
            }
            if key == "periodSeconds" && given > 1800 {
                found.invalid(&at.child(key), given, "must be less than or equal to 1800");
            }
        }
    }
    if let Some(tolerance) = rules.get("tolerance").map(plain)
        && amount::nanos(&tolerance).is_some_and(|amount| amount < 0)
    {
        found.invalid(&path.child("tolerance"), tolerance, "must be greater than or equal to 0");
    }
}
