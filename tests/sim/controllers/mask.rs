//! What is masked in recorded and played objects before they are compared: uids, times, addresses, generated
//! suffixes, and what only a container runtime reports. The same as the tool that made the recordings, no wider.

use serde_json::{Map, Value, json};

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
const HASHES: &[&str] = &[
    "pod-template-hash",
    "controller-revision-hash",
    "batch.kubernetes.io/controller-uid",
    "controller-uid",
];
const SAFE: &str = "bcdfghjklmnpqrstvwxz2456789";
const HEX: &str = "0123456789abcdef";

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn run(text: &str, of: impl Fn(char) -> bool, most: usize) -> usize {
    text.chars().take(most).take_while(|c| of(*c)).count()
}

fn alnum(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn ends(text: &str) -> bool {
    !text.chars().next().is_some_and(alnum)
}

/// The length of a match at the start of `text`, where there is one.
type Pattern = fn(&str) -> Option<usize>;

fn replace(text: &str, with: &str, word: bool, pattern: Pattern) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before = out.chars().last().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        match pattern(rest).filter(|_| !(word && before)) {
            Some(length) => {
                out.push_str(with);
                rest = &rest[length..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

fn uid(text: &str) -> Option<usize> {
    let mut at = 0;
    for (place, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if place > 0 {
            at += usize::from(text[at..].starts_with('-'));
        }
        if run(text.get(at..)?, |c| HEX.contains(c), length) != length {
            return None;
        }
        at += length;
    }
    (at == 36).then_some(at)
}

fn set_and_pod(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('-')?;
    let hash = run(rest, |c| HEX.contains(c), 10);
    let tail = rest[hash..].strip_prefix('-').filter(|_| hash >= 8)?;
    (run(tail, alnum, 6) == 5).then_some(hash + 7)
}

fn pod_of_set(text: &str) -> Option<usize> {
    let tail = text.strip_prefix("-RS-")?;
    (run(tail, alnum, 6) == 5).then_some(9)
}

fn set(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('-')?;
    let hash = run(rest, |c| SAFE.contains(c), 10);
    (hash >= 8 && ends(&rest[hash..])).then_some(hash + 1)
}

fn pod(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('-')?;
    let hash = run(rest, |c| SAFE.contains(c), 5);
    (hash == 5 && ends(&rest[hash..])).then_some(6)
}

fn word_ends(text: &str) -> bool {
    !text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn address(text: &str) -> Option<usize> {
    let mut at = text.strip_prefix("10").map(|_| 2)?;
    for _ in 0..3 {
        let digits = run(text[at..].strip_prefix('.')?, |c| c.is_ascii_digit(), 20);
        at += 1 + digits;
        if digits == 0 {
            return None;
        }
    }
    word_ends(&text[at..]).then_some(at)
}

fn time(text: &str) -> Option<usize> {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let fits = text.len() >= shape.len()
        && shape
            .chars()
            .zip(text.chars())
            .all(|(want, c)| if want == 'd' { c.is_ascii_digit() } else { want == c });
    let mut at = fits.then_some(shape.len())?;
    if let Some(fraction) = text[at..].strip_prefix('.') {
        at += 1 + run(fraction, |c| c.is_ascii_digit(), 20);
    }
    text[at..].starts_with('Z').then_some(at + 1)
}

fn duration(text: &str) -> Option<usize> {
    let digit = |c: char| c.is_ascii_digit();
    let mut at = Some(run(text, digit, 20)).filter(|length| *length > 0)?;
    if let Some(fraction) = text[at..].strip_prefix('.') {
        let length = run(fraction, digit, 20);
        at += if length > 0 { 1 + length } else { 0 };
    }
    let unit =
        ["ms", "s", "m"].into_iter().find(|unit| text[at..].strip_prefix(unit).is_some_and(word_ends))?;
    Some(at + unit.len())
}

fn digest(text: &str) -> Option<usize> {
    (run(text.strip_prefix("sha256:")?, |c| HEX.contains(c), 64) == 64).then_some(71)
}

/// One text with what is generated masked.
pub(crate) fn text(text: &str) -> String {
    let passes: [(&str, bool, Pattern); 9] = [
        ("UID", false, uid),
        ("-RS-POD", false, set_and_pod),
        ("-RS-POD", false, pod_of_set),
        ("-RS", false, set),
        ("-POD", false, pod),
        ("IP", true, address),
        ("TIME", false, time),
        ("DUR", true, duration),
        ("DIGEST", false, digest),
    ];
    passes
        .into_iter()
        .fold(text.to_owned(), |text, (with, word, pattern)| replace(&text, with, word, pattern))
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
        let Some(status) = object.get_mut("status") else { return object };
        remove(status, "resources");
        for field in ["containerStatuses", "initContainerStatuses"] {
            for container in status.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
                remove(container, "resources");
            }
        }
    }
    if kind == "Endpoints" || kind == "EndpointSlice" {
        remove(&mut object["metadata"], "generation");
    }
    if object["metadata"]["annotations"].as_object().is_some_and(Map::is_empty) {
        remove(&mut object["metadata"], "annotations");
    }
    if object["metadata"]["annotations"].is_null() {
        remove(&mut object["metadata"], "annotations");
    }
    object
}

pub(crate) fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(field);
    }
}

/// The entries of a list, sorted by their text.
pub(crate) fn sorted(entries: &Value) -> Vec<Value> {
    let mut entries = list(entries).to_vec();
    entries.sort_by_cached_key(Value::to_string);
    entries
}

#[test]
fn what_is_generated_is_masked_and_nothing_else() {
    let cases = [
        ("d-7ff7c46bd", "d-RS"),
        ("d-5f665f4d4-x8k2p", "d-RS-POD"),
        ("now-x8k2p", "now-POD"),
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
