//! How storage drivers, volume attachments, and devices with the claims on them print.

use super::age::age;
use crate::clock::Moment;
use crate::sim::look::{is_deleting, is_true, list, name, plain, text};
use serde_json::Value;

pub(super) fn csi_driver(object: &Value, now: Moment) -> Vec<Value> {
    let joined = |pointer: &str, none: &str| {
        let all: Vec<String> = list(object, pointer).iter().map(plain).collect();
        if all.is_empty() { none.to_owned() } else { all.join(",") }
    };
    let audiences = match object.pointer("/spec/tokenRequests").and_then(Value::as_array) {
        Some(asked) => asked.iter().map(|asked| text(asked, "/audience")).collect::<Vec<_>>().join(","),
        None => "<unset>".to_owned(),
    };
    vec![
        name(object),
        object.pointer("/spec/attachRequired").and_then(Value::as_bool).unwrap_or(true).into(),
        is_true(object, "/spec/podInfoOnMount").into(),
        is_true(object, "/spec/storageCapacity").into(),
        audiences.into(),
        is_true(object, "/spec/requiresRepublish").into(),
        joined("/spec/volumeLifecycleModes", "<none>").into(),
        age(object, now),
    ]
}

pub(super) fn csi_node(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), list(object, "/spec/drivers").len().into(), age(object, now)]
}

pub(super) fn attachment(object: &Value, now: Moment) -> Vec<Value> {
    vec![
        name(object),
        text(object, "/spec/attacher").into(),
        text(object, "/spec/source/persistentVolumeName").into(),
        text(object, "/spec/nodeName").into(),
        is_true(object, "/status/attached").into(),
        age(object, now),
    ]
}

pub(super) fn attributes_class(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), text(object, "/driverName").into(), age(object, now)]
}

pub(super) fn resource_claim(object: &Value, now: Moment) -> Vec<Value> {
    let mut states = Vec::new();
    let allocated = object.pointer("/status/allocation").is_some_and(|allocation| !allocation.is_null());
    if is_deleting(object) {
        states.push("deleted");
    } else if !allocated {
        states.push("pending");
    }
    if allocated {
        states.push("allocated");
        if !list(object, "/status/reservedFor").is_empty() {
            states.push("reserved");
        }
    }
    vec![name(object), states.join(",").into(), age(object, now)]
}

pub(super) fn resource_slice(object: &Value, now: Moment) -> Vec<Value> {
    vec![
        name(object),
        text(object, "/spec/nodeName").into(),
        text(object, "/spec/driver").into(),
        text(object, "/spec/pool/name").into(),
        age(object, now),
    ]
}

/// Device classes and templates of claims: nothing but their name and age.
pub(super) fn named(object: &Value, now: Moment) -> Vec<Value> {
    vec![name(object), age(object, now)]
}
