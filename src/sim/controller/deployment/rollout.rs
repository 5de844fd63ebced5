//! The arithmetic of a rolling update: how many pods may be there, how many must be available.

use super::{Rollout, replicas};
use crate::sim::controller::object::{number, text};
use crate::snapshot::Object;
use serde_json::Value;

/// `maxSurge` and `maxUnavailable` in pods. Percentages of surge round up, of unavailability down; where both come
/// out as zero, one pod may be unavailable.
pub(super) fn bounds(deployment: &Value) -> (i64, i64) {
    if text(deployment, "/spec/strategy/type") == "Recreate" {
        return (0, 0);
    }
    let wanted = replicas(deployment);
    let field = |name: &str| &deployment["spec"]["strategy"]["rollingUpdate"][name];
    let surge = resolve(field("maxSurge"), wanted, true);
    let unavailable = resolve(field("maxUnavailable"), wanted, false);
    match (surge, unavailable) {
        (0, 0) => (0, 1.min(wanted)),
        (surge, unavailable) => (surge, unavailable.min(wanted)),
    }
}

/// A number, or a percentage of `total`.
pub(in crate::sim::controller) fn resolve(value: &Value, total: i64, round_up: bool) -> i64 {
    let percent = value.as_str().and_then(|text| text.strip_suffix('%')).and_then(|n| n.parse::<i64>().ok());
    match percent {
        Some(percent) if round_up => (total * percent + 99) / 100,
        Some(percent) => total * percent / 100,
        None => value.as_i64().unwrap_or(0),
    }
}

/// How many pods the ReplicaSet of the current template should have now.
pub(super) fn new_size(rollout: &Rollout<'_>) -> i64 {
    let now = rollout.new.map_or(0, |set| replicas(set));
    let wanted = rollout.wanted();
    if now >= wanted {
        return wanted;
    }
    if text(rollout.deployment, "/spec/strategy/type") == "Recreate" {
        return wanted;
    }
    let total: i64 = rollout.all().map(|set| replicas(set)).sum();
    let room = wanted + rollout.surge - total;
    if room <= 0 { now } else { now + room.min(wanted - now) }
}

fn available(set: &Value) -> i64 {
    number(set, "/status/availableReplicas").unwrap_or(0)
}

/// Which old ReplicaSets shrink to what: first pods that are not available anyway, then as many as availability
/// allows.
pub(super) fn old_sizes<'a>(rollout: &Rollout<'a>, new: &Object) -> Vec<(&'a Object, i64)> {
    let total: i64 = rollout.all().map(|set| replicas(set)).sum();
    let least = rollout.wanted() - rollout.unavailable;
    let mut budget = total - least - (replicas(new) - available(new));
    if budget <= 0 {
        return Vec::new();
    }
    let mut sizes: Vec<(&Object, i64)> = rollout.old.iter().map(|set| (*set, replicas(set))).collect();
    for (set, size) in &mut sizes {
        let unhealthy = (*size - available(set)).max(0).min(budget);
        *size -= unhealthy;
        budget -= unhealthy;
    }
    let mut spare = rollout.all().map(|set| available(set)).sum::<i64>() - least;
    for (_, size) in &mut sizes {
        let down = (*size).min(spare.max(0));
        *size -= down;
        spare -= down;
    }
    sizes.retain(|(set, size)| replicas(set) != *size);
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bounds_follow_kubernetes_rounding() {
        let cases = [
            (3, json!("25%"), json!("25%"), (1, 0)),
            (4, json!("25%"), json!("25%"), (1, 1)),
            (10, json!("25%"), json!("25%"), (3, 2)),
            (1, json!(0), json!("25%"), (0, 1)),
            (2, json!(5), json!(7), (5, 2)),
            (0, json!("25%"), json!("25%"), (0, 0)),
        ];
        for (replicas, surge, unavailable, expected) in cases {
            let deployment = json!({"spec": {"replicas": replicas, "strategy": {"type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}}});
            assert_eq!(bounds(&deployment), expected, "{deployment}");
        }
    }
}
