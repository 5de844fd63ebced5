//! Replays recorded API cases, steps of request and answer of a real kube-apiserver 1.36.2, against a [`World`] and
//! compares every answer whole: status and body, after masking what differs by nature (uids, versions, times,
//! addresses, generated suffixes, ages) and the status that controllers own.

use helmdrill::call::{Actor, Body, Call, Reply, ReplyBody};
use helmdrill::clock::Moment;
use helmdrill::sim::{Config, World};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Steps whose answers are known to differ: case and step. A step that is listed and matches fails the test too.
///
/// - accept-headers 2: the answer is YAML text, and the resourceVersion that stands in it is not masked.
const KNOWN_DIFFERENCES: &[(&str, usize)] = &[("accept-headers", 2)];

/// Fields whose values differ from run to run.
const MASKED: [&str; 20] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "time",
    "lastTransitionTime",
    "lastUpdateTime",
    "clusterIP",
    "clusterIPs",
    "nodePort",
    "continue",
    "ip",
    "hostIP",
    "podIP",
    "podIPs",
    "firstTimestamp",
    "lastTimestamp",
    "startTime",
    "remainingItemCount",
    "healthCheckNodePort",
];

/// Kinds whose status is a controller's, and no controller ran when the cases were recorded.
const STATUS_OWNED: [&str; 13] = [
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Pod",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "Namespace",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "CustomResourceDefinition",
];

#[test]
fn every_recorded_case_is_answered_as_the_real_server_answered_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/api-cases");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the cases are there").map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    assert!(paths.len() >= 46, "only {} cases", paths.len());
    let known: BTreeSet<(String, usize)> =
        KNOWN_DIFFERENCES.iter().map(|(case, step)| ((*case).to_owned(), *step)).collect();
    let (mut steps, mut met, mut told) = (0, BTreeSet::new(), Vec::new());
    for path in paths {
        let text = fs::read_to_string(&path).expect("a case is readable");
        let case: Value = serde_json::from_str(&text).expect("a case is JSON");
        let name = case["name"].as_str().expect("a case has a name");
        steps += case["steps"].as_array().expect("a case has steps").len();
        for (step, differences) in replay(name, &case) {
            met.insert((name.to_owned(), step));
            if !known.contains(&(name.to_owned(), step)) {
                told.push(format!("{name} step {step}\n    {}", differences.join("\n    ")));
            }
        }
    }
    let mended: Vec<_> = known.difference(&met).collect();
    assert!(
        told.is_empty() && mended.is_empty(),
        "{} of {steps} steps match\n{}\nlisted as different and equal: {mended:?}",
        steps - met.len(),
        told.join("\n")
    );
}

#[test]
fn an_answer_in_yaml_differs_from_the_recorded_text_in_its_resource_version_alone() {
    let text = include_str!("../conformance/api-cases/accept-headers.json");
    let case: Value = serde_json::from_str(text).expect("a case is JSON");
    let recorded = case["steps"][1]["response"]["body"].as_str().expect("YAML text").to_owned();
    let differing = replay("accept-headers", &case);
    let [(2, told)] = differing.as_slice() else { panic!("one step differs: {differing:?}") };
    let lines = masked_text(&recorded);
    let lines = lines.lines().map(str::trim).filter(|line| !line.starts_with("resourceVersion:"));
    assert_eq!(told.len(), 1);
    let answered = told[0].split(" answered ").nth(1).expect("what was answered");
    for line in lines {
        let quoted = Value::String(line.to_owned()).to_string();
        assert!(answered.contains(quoted.trim_matches('"')), "{line} is not in {answered}");
    }
}

/// Plays a case on a fresh cluster; the steps that differ, with how.
fn replay(name: &str, case: &Value) -> Vec<(usize, Vec<String>)> {
    let mut now = Moment::parse("2026-11-22T11:26:37Z").expect("a time");
    let mut world = World::new(Config::default(), now);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let made =
        world.handle(&call("POST", "/api/v1/namespaces", Some(namespace.to_string()), &json!({})), now);
    assert_eq!(made.status, 201, "{made:?}");
    let mut saved = BTreeMap::from([("ns".to_owned(), name.to_owned())]);
    let mut differing = Vec::new();
    for (at, step) in case["steps"].as_array().into_iter().flatten().enumerate() {
        now = now.after(Duration::from_millis(20));
        let (request, recorded) = (&step["request"], &step["response"]);
        let body = filled(&request["body"], &saved);
        let body = match &body {
            Value::Null => None,
            Value::String(raw) => Some(raw.clone()),
            other => Some(other.to_string()),
        };
        let path = filled(&request["path"], &saved);
        let method = request["method"].as_str().expect("a method");
        let reply = world.handle(&call(method, path.as_str().expect("a path"), body, request), now);
        let answered = read(&reply);
        for (key, place) in request["save"].as_object().into_iter().flatten() {
            let value = answered.pointer(place.as_str().expect("a pointer")).cloned().unwrap_or_default();
            saved.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
        }
        let mut differences = Vec::new();
        if recorded["status"] != reply.status {
            differences.push(format!("status: recorded {} answered {}", recorded["status"], reply.status));
        }
        compare(&masked(&recorded["body"]), &masked(&answered), "", &mut differences);
        if !differences.is_empty() {
            differing.push((at + 1, differences));
        }
    }
    differing
}

fn call(method: &str, url: &str, body: Option<String>, request: &Value) -> Call {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let method = method.parse().expect("an HTTP method");
    let mut call = Call::from_http(&method, path, query, Actor::Other("case".to_owned()), "case/1");
    call.accept = request["accept"].as_str().unwrap_or("application/json").to_owned();
    let media = request["content_type"].as_str().unwrap_or("application/json").to_owned();
    call.body = body.map(|text| Body { media, bytes: text.into() });
    call
}

/// The body of a reply as the recordings keep it: a document, the documents of a stream, or text.
fn read(reply: &Reply) -> Value {
    let bytes = match &reply.body {
        ReplyBody::Json(value) | ReplyBody::Object(value, _) => return (**value).clone(),
        ReplyBody::List(list) => return list.document().clone(),
        ReplyBody::Raw(bytes) => bytes,
    };
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&text).unwrap_or_else(|_| {
        let lines = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
        lines.collect::<Result<Vec<Value>, _>>().map_or_else(|_| json!(text), Value::Array)
    })
}

/// A request with `{ns}` and saved values put in.
fn filled(value: &Value, saved: &BTreeMap<String, String>) -> Value {
    let fill = |text: &str| {
        saved.iter().fold(text.to_owned(), |text, (key, value)| text.replace(&format!("{{{key}}}"), value))
    };
    match value {
        Value::String(text) => Value::String(fill(text)),
        Value::Array(list) => list.iter().map(|inner| filled(inner, saved)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, inner)| (fill(key), filled(inner, saved))).collect())
        }
        other => other.clone(),
    }
}

fn masked(value: &Value) -> Value {
    match value {
        Value::Object(map) => masked_map(map),
        Value::Array(list) => list.iter().map(masked).collect(),
        Value::String(text) => Value::String(masked_text(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn masked_map(map: &Map<String, Value>) -> Value {
    let kind = map.get("kind").and_then(Value::as_str).unwrap_or_default();
    let mut out = Map::new();
    for (key, value) in map {
        let kept = if MASKED.contains(&key.as_str()) && !value.is_object() {
            json!("*")
        } else if key == "status" && STATUS_OWNED.contains(&kind) && value.is_object() {
            continue;
        } else if let Some(managed) = value.as_array().filter(|_| key == "managedFields") {
            let others = managed.iter().filter(|entry| {
                let manager = entry["manager"].as_str().unwrap_or_default();
                entry["subresource"] != "status" && !manager.contains("kube-controller")
            });
            let mut others: Vec<Value> = others.map(masked).collect();
            others.sort_by_key(Value::to_string);
            Value::Array(others)
        } else {
            masked(value)
        };
        out.insert(key.clone(), kept);
    }
    Value::Object(out)
}

fn masked_text(text: &str) -> String {
    if is_age(text) {
        return "AGE".to_owned();
    }
    let text = replaced(text, uuid, "UID");
    let text = replaced(&text, time, "TIME");
    let suffix = text.strip_prefix("gen-").unwrap_or_default();
    if suffix.len() == 5 && suffix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return "gen-*".to_owned();
    }
    replaced(&text, address, "IP")
}

/// `0s`, `3m12s`, `<invalid>`.
fn is_age(text: &str) -> bool {
    if text == "<invalid>" {
        return true;
    }
    let (mut parts, mut digits) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b's' | b'm' | b'h' | b'd' if digits > 0 => {
                parts += 1;
                digits = 0;
            }
            _ => return false,
        }
    }
    digits == 0 && (1..=2).contains(&parts)
}

/// Replaces every match of a pattern; the pattern tells how long a match at the start of a text is.
fn replaced(text: &str, pattern: fn(&str) -> Option<usize>, by: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside_word = out.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
        match pattern(rest).filter(|_| !(inside_word && by == "IP")) {
            Some(length) => {
                out += by;
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

/// How much of `text` fits a shape in which `x` is a hexadecimal and `9` a decimal digit.
fn shaped(text: &str, shape: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let fits = |(at, wanted): (usize, u8)| match (wanted, bytes.get(at)) {
        (b'x', Some(b)) => b.is_ascii_digit() || (b'a'..=b'f').contains(b),
        (b'9', Some(b)) => b.is_ascii_digit(),
        (wanted, found) => found == Some(&wanted),
    };
    shape.bytes().enumerate().all(fits).then_some(shape.len())
}

fn uuid(text: &str) -> Option<usize> {
    shaped(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

fn time(text: &str) -> Option<usize> {
    let seconds = shaped(text, "9999-99-99T99:99:99")?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let fraction = text[seconds..].strip_prefix('.').map_or(0, |rest| 1 + digits(rest));
    text[seconds + fraction..].starts_with('Z').then_some(seconds + fraction + 1)
}

fn address(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("10.96.")?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let third = digits(rest);
    let rest = rest[third..].strip_prefix('.').filter(|_| third > 0)?;
    let fourth = digits(rest);
    let ends = !rest[fourth..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (fourth > 0 && ends).then_some("10.96.".len() + third + 1 + fourth)
}

fn compare(recorded: &Value, answered: &Value, at: &str, out: &mut Vec<String>) {
    let short = |value: &Value| value.to_string().chars().take(1500).collect::<String>();
    match (recorded, answered) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let inner = format!("{at}/{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => compare(a, b, &inner, out),
                    (Some(a), None) => out.push(format!("{inner}: missing, recorded {}", short(a))),
                    (_, b) => {
                        out.push(format!("{inner}: extra, answered {}", short(b.unwrap_or(&Value::Null))))
                    }
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, &format!("{at}/{index}"), out);
            }
        }
        (a, b) if a == b => {}
        (a, b) => out.push(format!("{at}: recorded {} answered {}", short(a), short(b))),
    }
}
