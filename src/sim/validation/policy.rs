//! What disruption budgets and priority classes may say.

use super::findings::{Findings, Path, same};
use super::workload::{at_most_all, share};
use super::{internal, selectors};
use crate::sim::look::{is_true, number, text};
use serde_json::{Value, json};

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
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    let policy = spec.get("unhealthyPodEvictionPolicy").and_then(Value::as_str);
    if let Some(policy) = policy.filter(|policy| !policies.contains(policy)) {
        found.unsupported(&path.child("unhealthyPodEvictionPolicy"), policy, &policies);
    }
}

/// The classes that Kubernetes itself makes, with their values.
const SYSTEM: [(&str, i64); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// A new PriorityClass.
pub(super) fn priority_class(object: &Value, found: &mut Findings) {
    let (name, value) = (text(object, "/metadata/name"), number(object, "/value"));
    let most = 1_000_000_000;
    if name.starts_with("system-") {
        let known = SYSTEM.iter().find(|(system, _)| *system == name);
        let why = match known {
            None => format!("{name} is not a known system priority class"),
            Some((_, known)) if *known != value => {
                format!("value of {name} PriorityClass must be {known}")
            }
            Some(_) if is_true(object, "/globalDefault") => {
                format!("globalDefault of {name} PriorityClass must be false")
            }
            Some(_) => String::new(),
        };
        if !why.is_empty() {
            let detail = "priority class names with 'system-' prefix are reserved for system use only. error";
            found.forbidden(&Path::new("metadata.name"), &format!("{detail}: {why}"));
        }
    } else if value > most {
        let detail = format!("maximum allowed value of a user defined priority is {most}");
        found.forbidden(&Path::new("value"), &detail);
    }
    if let Some(policy) = object.get("preemptionPolicy").and_then(Value::as_str) {
        found.one_of(&Path::new("preemptionPolicy"), policy, &["PreemptLowerPriority", "Never"]);
    }
}

/// What of a PriorityClass never changes.
pub(super) fn priority_class_update(old: &Value, new: &Value, found: &mut Findings) {
    if number(old, "/value") != number(new, "/value") {
        found.forbidden(&Path::new("value"), "may not be changed in an update.");
    }
    let key = "preemptionPolicy";
    if !same(old.get(key), new.get(key)) {
        found.invalid(&Path::of(key), new.get(key).cloned().unwrap_or(json!(null)), "field is immutable");
    }
}
