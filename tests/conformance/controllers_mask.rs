//! What is masked in recorded and played objects and events before they are compared: uids, times, addresses,
//! generated suffixes, what only a container runtime reports, and which of two back-off reasons has its turn. The
//! same as when the recordings were made, no wider.

use regex::Regex;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

const DROPPED: &[&str] = &[
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "clusterIP",
    "clusterIPs",
    "podIP",
    "podIPs",
    "hostIP",
    "hostIPs",
    "ip",
    "addresses",
    "containerID",
    "imageID",
    "startedAt",
    "finishedAt",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "startTime",
    "completionTime",
    "lastScheduleTime",
    "lastSuccessfulTime",
    "nodeName",
    "resourceClaimStatuses",
    "qosClass",
    "allocatedResources",
    "observedGeneration",
    "podCIDR",
    "deletionTimestamp",
    "failedPodFailurePolicy",
    "terminationTime",
    "hostnames",
    "zone",
    "nodePort",
    "user",
    "resources.status",
    "endpoints.kubernetes.io/last-change-trigger-time",
];
const HASHES: [&str; 4] =
    ["pod-template-hash", "controller-revision-hash", "batch.kubernetes.io/controller-uid", "controller-uid"];

/// An expression, whether no letter or digit may follow it, and what it becomes; one after the other.
static MASKS: LazyLock<[(Regex, bool, &str); 10]> = LazyLock::new(|| {
    const SUFFIX: &str = "bcdfghjklmnpqrstvwxz2456789";
    [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".to_owned(), false, "UID"),
        (r"-[a-f0-9]{8,10}-[a-z0-9]{5}".to_owned(), true, "-RS-POD"),
        (r"-RS-[a-z0-9]{5}".to_owned(), true, "-RS-POD"),
        // The minute in which a CronJob was due.
        (r"-\d{8}".to_owned(), true, "-RUN"),
        (format!("-[{SUFFIX}]{{8,10}}"), true, "-RS"),
        (format!("-[{SUFFIX}]{{5}}"), true, "-POD"),
        (r"\b10\.\d+\.\d+\.\d+\b".to_owned(), false, "IP"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z".to_owned(), false, "TIME"),
        (r"\b\d+(\.\d+)?(ms|s|m)\b".to_owned(), false, "DUR"),
        (r"sha256:[0-9a-f]{64}".to_owned(), false, "DIGEST"),
    ]
    .map(|(text, ends, to)| (Regex::new(&text).expect("a valid expression"), ends, to))
});

/// One text with what is generated masked.
pub(crate) fn text(text: &str) -> String {
    MASKS.iter().fold(text.to_owned(), |text, (expression, ends, to)| match ends {
        true => ending(&text, expression, to),
        false => expression.replace_all(&text, *to).into_owned(),
    })
}

/// Replaces what fits and is not followed by another letter or digit.
fn ending(text: &str, expression: &Regex, to: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(found) = expression.find(rest) {
        let after = rest[found.end()..].bytes().next();
        if after.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            // It begins with a hyphen, which is one byte long.
            out += &rest[..=found.start()];
            rest = &rest[found.start() + 1..];
        } else {
            out += &rest[..found.start()];
            out += to;
            rest = &rest[found.end()..];
        }
    }
    out + rest
}

/// A document with what is generated masked; `key` is the field it stands in.
pub(crate) fn norm(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(fields) => norm_fields(fields),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| norm(item, key)).collect();
            if key == "conditions" {
                items.sort_by_key(|condition| condition["type"].to_string());
            }
            Value::Array(items)
        }
        Value::String(value) => json!(text(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn norm_fields(fields: &Map<String, Value>) -> Value {
    let kept = fields.iter().filter(|(key, _)| !DROPPED.contains(&key.as_str()));
    let mut out: Map<String, Value> = kept.map(|(key, value)| (key.clone(), norm(value, key))).collect();
    for hash in HASHES.iter().filter(|hash| fields.contains_key(**hash)) {
        out.insert((*hash).to_owned(), json!("HASH"));
    }
    if let Some(count) = fields.get("restartCount").and_then(Value::as_i64) {
        out.insert("restartCount".to_owned(), json!(count.min(2)));
    }
    let pull = ["ErrImagePull", "ImagePullBackOff"];
    if out.get("reason").and_then(Value::as_str).is_some_and(|reason| pull.contains(&reason)) {
        out.insert("reason".to_owned(), json!("ErrImagePull | ImagePullBackOff"));
        out.insert("message".to_owned(), json!("*"));
    }
    Value::Object(out)
}

/// A masked object without what depends on the runtime or on pace.
pub(crate) fn tidy(mut object: Value) -> Value {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    if kind == "Pod" {
        remove(&mut object, "spec");
        if let Some(status) = object.get_mut("status") {
            remove(status, "resources");
            for field in ["containerStatuses", "initContainerStatuses"] {
                for container in status.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
                    remove(container, "resources");
                }
            }
        }
    }
    if kind == "Endpoints" || kind == "EndpointSlice" {
        remove(&mut object["metadata"], "generation");
    }
    if object["metadata"].get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty) {
        remove(&mut object["metadata"], "annotations");
    }
    object
}

/// Takes a field out of a document.
pub(crate) fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(field);
    }
}

#[test]
fn what_is_generated_is_masked_and_nothing_else() {
    let cases = [
        ("d-7ff7c46bd", "d-RS"),
        ("d-5f665f4d4-x8k2p", "d-RS-POD"),
        ("now-x8k2p", "now-POD"),
        ("tick-29931595", "tick-RUN"),
        ("tick-29931595-x8k2p", "tick-RS-POD"),
        ("now-x8k2p-x8k2p", "now-POD-POD"),
        ("now-x8k2px", "now-x8k2px"),
        ("Created pod: d-9c58d6fd7-vq6xg", "Created pod: d-RS-POD"),
        ("sts-bad-update/s-2", "sts-bad-update/s-2"),
        ("Get \"http://10.244.0.7:8080/\"", "Get \"http://IP:8080/\""),
        ("back-off 10s restarting", "back-off DUR restarting"),
        ("at 2026-11-22T11:26:43Z", "at TIME"),
        ("472e1308-1690-40c1-b2f0-e9d388c9e8a7", "UID"),
        ("busybox:1.36", "busybox:1.36"),
    ];
    for (given, expected) in cases {
        assert_eq!(text(given), expected);
    }
}
