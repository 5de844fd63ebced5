//! Changing the size of a Deployment's ReplicaSets, one or all in proportion, and telling of it.

use super::{DESIRED, MAXIMUM, NAME, Rollout, replicas};
use crate::sim::controller::call::{self, Step, Work, resource};
use crate::sim::controller::event::Event;
use crate::sim::controller::object::{map, name, number, text, time};
use crate::snapshot::Object;
use serde_json::{Value, json};

/// Brings `set` to `size` and notes what it was sized for; whether anything had to be written.
pub(super) fn to(rollout: &Rollout<'_>, set: &Object, size: i64, work: &mut Work) -> bool {
    let before = replicas(set);
    let mut sized = Value::clone(set);
    sized["spec"]["replicas"] = json!(size);
    annotate(rollout, &mut sized);
    if sized == **set {
        return false;
    }
    let call = call::update(resource::REPLICA_SETS, &sized);
    if size == before {
        work.call(call);
        return true;
    }
    let event = scaled(rollout, name(set), before, size);
    work.ask(call, move |reply| if reply.is_success() { vec![Step::Tell(event)] } else { Vec::new() });
    true
}

/// The event of a changed size.
pub(super) fn scaled(rollout: &Rollout<'_>, set: &str, before: i64, size: i64) -> Event {
    let way = if size > before { "up" } else { "down" };
    let message = format!("Scaled {way} replica set {set} from {before} to {size}");
    Event::normal(NAME, rollout.deployment, "ScalingReplicaSet", message)
}

/// Notes on a ReplicaSet how many replicas it was sized for, and how many there may be with the surge.
pub(super) fn annotate(rollout: &Rollout<'_>, set: &mut Value) {
    if !set["metadata"]["annotations"].is_object() {
        set["metadata"]["annotations"] = json!({});
    }
    let notes = &mut set["metadata"]["annotations"];
    notes[DESIRED] = json!(rollout.wanted().to_string());
    let surge = if text(rollout.deployment, "/spec/strategy/type") == "Recreate" { 0 } else { rollout.surge };
    notes[MAXIMUM] = json!((rollout.wanted() + surge).to_string());
}

/// Spreads a changed number of replicas over the ReplicaSets that have pods, in proportion to their sizes, as is
/// done outside of a rollout; whether anything had to be written.
pub(super) fn proportionally(rollout: &Rollout<'_>, work: &mut Work) -> bool {
    let mut live: Vec<&Object> = rollout.all().filter(|set| replicas(set) > 0).collect();
    if live.len() <= 1 {
        let latest = live.first().copied().or(rollout.new).or(rollout.old.last().copied());
        return latest.is_some_and(|set| {
            replicas(set) != rollout.wanted() && to(rollout, set, rollout.wanted(), work)
        });
    }
    if rollout.new.is_some_and(|new| saturated(rollout, new)) {
        let mut moved = false;
        for set in rollout.old.iter().filter(|set| replicas(set) > 0) {
            moved |= to(rollout, set, 0, work);
        }
        return moved;
    }
    if text(rollout.deployment, "/spec/strategy/type") == "Recreate" {
        return false;
    }
    let allowed = if rollout.wanted() > 0 { rollout.wanted() + rollout.surge } else { 0 };
    let add = allowed - live.iter().map(|set| replicas(set)).sum::<i64>();
    live.sort_by_key(|set| {
        let born = time(set, "/metadata/creationTimestamp").map_or(0, |at| at.as_micros());
        (-replicas(set), if add > 0 { -born } else { born })
    });
    let mut sizes = spread(rollout, &live, add);
    let rest = add - sizes.iter().zip(&live).map(|(size, set)| size - replicas(set)).sum::<i64>();
    sizes[0] = (sizes[0] + rest).max(0);
    live.iter().zip(sizes).fold(false, |moved, (set, size)| to(rollout, set, size, work) || moved)
}

fn saturated(rollout: &Rollout<'_>, new: &Value) -> bool {
    let desired = map(new, "/metadata/annotations");
    let sized_for = desired.get(DESIRED).and_then(Value::as_str).and_then(|text| text.parse().ok());
    replicas(new) == rollout.wanted()
        && sized_for == Some(rollout.wanted())
        && number(new, "/status/availableReplicas").unwrap_or(0) == rollout.wanted()
}

fn spread(rollout: &Rollout<'_>, live: &[&Object], add: i64) -> Vec<i64> {
    let mut added = 0;
    let share = |set: &&Object| {
        if add == 0 || add == added {
            return replicas(set);
        }
        let share = fraction(rollout, set);
        let share = if add > 0 { share.min(add - added) } else { share.max(add - added) };
        added += share;
        (replicas(set) + share).max(0)
    };
    live.iter().map(share).collect()
}

/// By how much a ReplicaSet changes to keep its part of all replicas.
fn fraction(rollout: &Rollout<'_>, set: &Value) -> i64 {
    if rollout.wanted() == 0 {
        return -replicas(set);
    }
    let noted =
        map(set, "/metadata/annotations").get(MAXIMUM).and_then(Value::as_str).and_then(|t| t.parse().ok());
    let before: i64 = noted.or(number(rollout.deployment, "/status/replicas")).unwrap_or(0);
    if before == 0 {
        return 0;
    }
    let most = rollout.wanted() + rollout.surge;
    (2 * replicas(set) * most + before) / (2 * before) - replicas(set)
}
