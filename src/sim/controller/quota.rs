//! The ResourceQuota controller: how much of a quota is used. Refusing what would exceed it is admission's matter.

use super::call::{self, Work, resource};
use super::object::{active, finished, map, namespace};
use super::{Controller, MANAGER, View, always};
use crate::snapshot::Object;
use serde_json::{Map, Value, json};

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: "resourcequota-controller",
    program: MANAGER,
    watches: &[("*", "*")],
    wakes: always,
    run: |view| {
        let mut work = Work::default();
        for quota in view.all(resource::QUOTAS) {
            sync(view, quota, &mut work);
        }
        work
    },
};

fn sync(view: &View<'_>, quota: &Object, work: &mut Work) {
    let hard = map(quota, "/spec/hard");
    let used: Map<String, Value> = hard
        .keys()
        .filter_map(|what| Some((what.clone(), json!(used(view, namespace(quota), what)?))))
        .collect();
    let status = json!({"hard": hard, "used": used});
    if status != quota["status"] {
        work.call(call::update_status(resource::QUOTAS, quota, status));
    }
}

/// How much of one countable thing a namespace has. Other things than counts of objects and CPU and memory of
/// pods are left out of the status.
fn used(view: &View<'_>, namespace: &str, what: &str) -> Option<String> {
    let counted = what.strip_prefix("count/").unwrap_or(what);
    let (resource, group) = counted.split_once('.').unwrap_or((counted, ""));
    if resource == "pods" {
        return Some(view.within(resource::PODS, namespace).filter(|pod| !finished(pod)).count().to_string());
    }
    let countable = [
        "configmaps",
        "secrets",
        "services",
        "persistentvolumeclaims",
        "replicationcontrollers",
        "resourcequotas",
    ];
    if what.starts_with("count/") || countable.contains(&what) {
        return Some(view.snapshot.list(group, resource, Some(namespace)).count().to_string());
    }
    let (side, field) = match what {
        "cpu" | "requests.cpu" => ("requests", "cpu"),
        "limits.cpu" => ("limits", "cpu"),
        "memory" | "requests.memory" => ("requests", "memory"),
        "limits.memory" => ("limits", "memory"),
        _ => return None,
    };
    let pods = view.within(resource::PODS, namespace).filter(|pod| active(pod));
    let total: i64 = pods.map(|pod| asked(pod, side, field)).sum();
    Some(written(total, field))
}

/// What a pod's containers ask for together, in thousandths of a CPU or in bytes.
fn asked(pod: &Value, side: &str, field: &str) -> i64 {
    let containers = super::object::list(pod, "/spec/containers").iter();
    containers.map(|container| amount(&container["resources"][side][field], field)).sum()
}

fn amount(quantity: &Value, field: &str) -> i64 {
    let text = match quantity {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return 0,
    };
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().unwrap_or(0.0);
    let factor = match (&text[digits.len()..], field) {
        ("m", _) => 1.0,
        ("Ki", _) => 1024.0,
        ("Mi", _) => 1_048_576.0,
        ("Gi", _) => 1_073_741_824.0,
        ("k", _) => 1e3,
        ("M", _) => 1e6,
        ("G", _) => 1e9,
        (_, "cpu") => 1000.0,
        _ => 1.0,
    };
    #[expect(clippy::cast_possible_truncation, reason = "quantities are far below 2^53")]
    let whole = (number * factor).round() as i64;
    whole
}

/// A quantity in Kubernetes' canonical form.
fn written(total: i64, field: &str) -> String {
    if field == "cpu" {
        return if total % 1000 == 0 { (total / 1000).to_string() } else { format!("{total}m") };
    }
    for (unit, size) in [("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] {
        if total != 0 && total % size == 0 {
            return format!("{}{unit}", total / size);
        }
    }
    total.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_summed_and_written_as_kubernetes_writes_them() {
        assert_eq!(written(amount(&json!("250m"), "cpu") + amount(&json!(1), "cpu"), "cpu"), "1250m");
        assert_eq!(
            written(amount(&json!("1Gi"), "memory") + amount(&json!("512Mi"), "memory"), "memory"),
            "1536Mi"
        );
    }
}
