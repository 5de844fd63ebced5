//! How claims, volumes and storage classes print.

use super::age::age;
use crate::clock::Moment;
use crate::sim::look::{is_deleting, is_true, list, name, text, text_or};
use serde_json::Value;

pub(super) fn claim(object: &Value, now: Moment) -> Vec<Value> {
    let bound = !text(object, "/spec/volumeName").is_empty();
    let of_status = |found: String| if bound { found } else { String::new() };
    vec![
        name(object),
        phase(object),
        text(object, "/spec/volumeName").into(),
        of_status(text_or(object, "/status/capacity/storage", "0").to_owned()).into(),
        of_status(modes(list(object, "/status/accessModes"))).into(),
        storage_class(object).into(),
        text_or(object, "/spec/volumeAttributesClassName", "<unset>").into(),
        age(object, now),
        text_or(object, "/spec/volumeMode", "<unset>").into(),
    ]
}

pub(super) fn volume(object: &Value, now: Moment) -> Vec<Value> {
    let claim = match object.pointer("/spec/claimRef") {
        Some(claim) if claim.is_object() => format!("{}/{}", text(claim, "/namespace"), text(claim, "/name")),
        Some(_) | None => String::new(),
    };
    vec![
        name(object),
        text(object, "/spec/capacity/storage").into(),
        modes(list(object, "/spec/accessModes")).into(),
        text(object, "/spec/persistentVolumeReclaimPolicy").into(),
        phase(object),
        claim.into(),
        storage_class(object).into(),
        text_or(object, "/spec/volumeAttributesClassName", "<unset>").into(),
        text(object, "/status/reason").into(),
        age(object, now),
        text_or(object, "/spec/volumeMode", "<unset>").into(),
    ]
}

pub(super) fn class(object: &Value, now: Moment) -> Vec<Value> {
    let annotations = object.pointer("/metadata/annotations");
    let default =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
            .iter()
            .any(|key| annotations.and_then(|all| all.get(*key)).and_then(Value::as_str) == Some("true"));
    let name = text(object, "/metadata/name");
    vec![
        if default { format!("{name} (default)") } else { name.to_owned() }.into(),
        text(object, "/provisioner").into(),
        text_or(object, "/reclaimPolicy", "Delete").into(),
        text_or(object, "/volumeBindingMode", "<unset>").into(),
        is_true(object, "/allowVolumeExpansion").into(),
        age(object, now),
    ]
}

fn phase(object: &Value) -> Value {
    if is_deleting(object) { "Terminating".into() } else { text(object, "/status/phase").into() }
}

fn storage_class(object: &Value) -> &str {
    let old = object
        .pointer("/metadata/annotations")
        .and_then(|a| a.get("volume.beta.kubernetes.io/storage-class"));
    old.and_then(Value::as_str).unwrap_or_else(|| text(object, "/spec/storageClassName"))
}

/// Access modes in their short forms, each once, in a fixed order.
fn modes(modes: &[Value]) -> String {
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |long: &str| modes.iter().any(|mode| mode.as_str() == Some(long));
    let shown: Vec<&str> = short.iter().filter(|(long, _)| has(long)).map(|(_, short)| *short).collect();
    shown.join(",")
}
