//! Flow schemas whose priority level is not there: what kube-apiserver's own controller of priority and fairness says of
//! each in its `Dangling` condition, after a call has changed one or the other. It runs where no controller manager does.

use crate::clock::Moment;
use crate::sim::fields::{self, Manager};
use crate::sim::look::text;
use crate::sim::object;
use crate::sim::resources::Resource;
use crate::sim::{World, schema};
use crate::snapshot::{Key, Object};
use serde_json::{Value, json};

const GROUP: &str = "flowcontrol.apiserver.k8s.io";
const CONSUMER: &str = "api-priority-and-fairness-config-consumer-v1";

/// Whether writes of this resource may leave a flow schema dangling, or take it out of that.
pub(super) fn concerns(of: &Resource) -> bool {
    of.group == GROUP
}

/// Says of every flow schema whether its priority level is there.
pub(super) fn tell(world: &mut World, now: Moment) {
    let snapshot = world.store.snapshot();
    let schemas =
        snapshot.list(GROUP, "flowschemas", None).map(|(key, schema)| (key.clone(), schema.clone()));
    let untold: Vec<(Key, Object, Value)> = schemas
        .filter_map(|(key, schema)| {
            let level = text(&schema, "/spec/priorityLevelConfiguration/name");
            let is_there = snapshot.find(GROUP, "prioritylevelconfigurations", "", level).is_some();
            let condition = changed(&schema, level, is_there, now)?;
            Some((key, schema, condition))
        })
        .collect();
    for (key, schema, condition) in untold {
        if let Some(told) = with_condition(&schema, &condition, now) {
            world.store.put(key, told);
        }
    }
}

/// The condition that a schema gets; `None` where it has it.
fn changed(schema: &Value, level: &str, is_there: bool, now: Moment) -> Option<Value> {
    let named = format!("This FlowSchema references the PriorityLevelConfiguration object named {level:?}");
    let (status, reason, message) = match is_there {
        true => ("False", "Found", format!("{named} and it exists")),
        false => ("True", "NotFound", format!("{named} but there is no such object")),
    };
    let held = schema.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let held = held.into_iter().find(|condition| condition["type"] == "Dangling");
    let same = held.is_some_and(|held| {
        held["status"] == status && held["reason"] == reason && held["message"] == message.as_str()
    });
    (!same).then(|| {
        json!({
            "type": "Dangling", "status": status, "lastTransitionTime": now.rfc3339(), "reason": reason,
            "message": message,
        })
    })
}

/// A schema to which its condition was applied.
fn with_condition(schema: &Value, condition: &Value, now: Moment) -> Option<Value> {
    let ty = schema::of(GROUP, "v1", "FlowSchema")?;
    let api_version = format!("{GROUP}/v1");
    let config = json!({
        "apiVersion": api_version, "kind": "FlowSchema", "metadata": {"name": object::name(schema)},
        "status": {"conditions": [condition]},
    });
    let subresource = "status".to_owned();
    let manager = Manager { name: CONSUMER.to_owned(), api_version, subresource, at: now };
    fields::apply(ty, Some(schema), &config, &manager, true).ok()
}
