//! API cases: steps of request and answer of a kube-apiserver beside which nothing runs. Every answer is compared
//! whole, status and body with managedFields, after masking what differs by nature and the status that controllers
//! own. A request may name `headers`, and an answer `warnings`: its `Warning` headers, which are compared where a step of
//! the case has any. Owns playing and masks; what is known to differ stands in the suite's root.

use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::difference::{Difference, compare};
use crate::guard::Guard;
use crate::subject::{Ask, Reached};

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

/// What was answered to one step.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
}

/// Plays a case in a namespace of its own: an answer for each step, or why a step was not made.
pub(crate) async fn play(reached: &Reached, case: &Value) -> Vec<Result<Answer, String>> {
    let name = case["name"].as_str().expect("a case has a name");
    let namespace = reached.namespace(name).await;
    let mut guard = Guard::new(&namespace);
    let mut saved = BTreeMap::from([("ns".to_owned(), json!(namespace))]);
    let mut answers = Vec::new();
    for step in case["steps"].as_array().into_iter().flatten() {
        answers.push(answered(reached, &mut guard, &step["request"], &mut saved).await.map(|answer| {
            // As if the case's namespace had the name that it was recorded under.
            Answer { body: renamed(&answer.body, &namespace, name), ..answer }
        }));
    }
    guard.clear(reached).await;
    reached.clear(&namespace).await;
    answers
}

async fn answered(
    reached: &Reached,
    guard: &mut Guard,
    request: &Value,
    saved: &mut BTreeMap<String, Value>,
) -> Result<Answer, String> {
    let body = filled(&request["body"], saved);
    let path = filled(&request["path"], saved);
    let path = path.as_str().expect("a path");
    let method = request["method"].as_str().expect("a method");
    let request = &filled(request, saved);
    let headers = request["headers"].as_object().into_iter().flatten();
    let text = |key: &str| request[key].as_str().unwrap_or("application/json");
    if let Some(why) = guard.refuses(reached, method, path, &body).await {
        return Err(why);
    }
    let ask = Ask {
        method,
        path,
        accept: text("accept"),
        content_type: text("content_type"),
        body: match &body {
            Value::Null => None,
            Value::String(raw) => Some(raw.clone()),
            other => Some(other.to_string()),
        },
        headers: headers.map(|(name, value)| (name.as_str(), value.as_str().expect("text"))).collect(),
    };
    let told = reached.told(ask).await;
    let body = read(&told.text);
    for (key, place) in request["save"].as_object().into_iter().flatten() {
        let value = body.pointer(place.as_str().expect("a pointer")).cloned().unwrap_or_default();
        saved.insert(key.clone(), value);
    }
    Ok(Answer { status: told.status, body, warnings: told.warnings })
}

/// A body as the recordings keep it: a document, the documents of a stream, or text.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| {
        let lines = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
        lines.collect::<Result<Vec<Value>, _>>().map_or_else(|_| json!(text), Value::Array)
    })
}

/// A request with `{ns}` and saved values put in; a value that stands alone keeps its type.
fn filled(value: &Value, saved: &BTreeMap<String, Value>) -> Value {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fill = |text: &str| {
        saved
            .iter()
            .fold(text.to_owned(), |text, (key, value)| text.replace(&format!("{{{key}}}"), &plain(value)))
    };
    match value {
        Value::String(text) => {
            let alone = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            alone.and_then(|key| saved.get(key)).cloned().unwrap_or_else(|| json!(fill(text)))
        }
        Value::Array(list) => list.iter().map(|inner| filled(inner, saved)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, inner)| (fill(key), filled(inner, saved))).collect())
        }
        other => other.clone(),
    }
}

/// A document in which one text stands for another wherever it comes, in keys too.
pub(crate) fn renamed(value: &Value, from: &str, to: &str) -> Value {
    match value {
        _ if from == to => value.clone(),
        Value::String(text) => json!(text.replace(from, to)),
        Value::Array(list) => list.iter().map(|inner| renamed(inner, from, to)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, inner)| (key.replace(from, to), renamed(inner, from, to))).collect()
        }
        other => other.clone(),
    }
}

/// Writes the answers into the steps of a case that is being recorded.
pub(crate) fn written(case: &mut Value, answers: &[Result<Answer, String>]) {
    for (step, answer) in case["steps"].as_array_mut().into_iter().flatten().zip(answers) {
        let answer = answer.as_ref().unwrap_or_else(|why| panic!("it cannot be recorded: {why}"));
        step["response"] = json!({"status": answer.status, "body": answer.body});
        if !answer.warnings.is_empty() {
            step["response"]["warnings"] = json!(answer.warnings);
        }
    }
}

/// The steps whose answers are not the recorded ones.
pub(crate) fn differences(case: &Value, answers: &[Result<Answer, String>]) -> Vec<Difference> {
    let name = case["name"].as_str().expect("a case has a name");
    let steps = || case["steps"].as_array().into_iter().flatten();
    let warnings = steps().any(|step| step["response"].get("warnings").is_some());
    let told = steps().zip(answers).map(|(step, answer)| differing(&step["response"], answer, warnings));
    let places = told.enumerate().map(|(at, told)| Difference { place: format!("{name} {}", at + 1), told });
    places.filter(|one| !one.told.is_empty()).collect()
}

fn differing(recorded: &Value, answer: &Result<Answer, String>, warnings: bool) -> Vec<String> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => return vec![format!("not asked: {why}")],
    };
    let mut lines = Vec::new();
    if recorded["status"] != answer.status {
        lines.push(format!("status: recorded {} answered {}", recorded["status"], answer.status));
    }
    if warnings {
        let recorded = recorded.get("warnings").cloned().unwrap_or_else(|| json!([]));
        compare(&recorded, &json!(answer.warnings), "warnings", &mut lines);
    }
    compare(&masked(&recorded["body"]), &masked(&answer.body), "", &mut lines);
    lines
}

fn masked(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(masked_map(map)),
        Value::Array(list) => list.iter().map(masked).collect(),
        Value::String(text) => json!(masked_text(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn masked_map(map: &Map<String, Value>) -> Map<String, Value> {
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
            others.sort_by_cached_key(Value::to_string);
            Value::Array(others)
        } else {
            masked(value)
        };
        out.insert(key.clone(), kept);
    }
    out
}

/// `0s`, `3m12s`, `6y327d`, `<invalid>`: a whole text that is an age. The age of a date that stands in a case is in
/// years, and another one every day.
static AGE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(<invalid>|\d+[smhdy](\d+[smhd])?)$").expect("a valid expression"));

/// Expression and what it becomes, one after the other.
static MASKS: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
    [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        (r"^gen-[a-z0-9]{5}$", "gen-*"),
        (r"\b10\.96\.\d+\.\d+\b", "IP"),
        // Of an object that a message prints.
        (r#"(resourceVersion[\\":]+)\d+"#, "${1}VERSION"),
    ]
    .map(|(text, to)| (Regex::new(text).expect("a valid expression"), to))
});

/// One text with what is generated masked.
pub(crate) fn masked_text(text: &str) -> String {
    if AGE.is_match(text) {
        return "AGE".to_owned();
    }
    MASKS
        .iter()
        .fold(text.to_owned(), |text, (expression, to)| expression.replace_all(&text, *to).into_owned())
}

#[test]
fn what_is_generated_is_masked_and_nothing_else() {
    let cases = [
        ("<invalid>", "AGE"),
        ("3m12s", "AGE"),
        ("3m12s ago", "3m12s ago"),
        ("gen-x8k2p", "gen-*"),
        ("gen-x8k2p-1", "gen-x8k2p-1"),
        ("at 2026-11-22T11:26:43.5Z", "at TIME"),
        ("10.96.0.17:80", "IP:80"),
        ("10.244.0.17", "10.244.0.17"),
        ("472e1308-1690-40c1-b2f0-e9d388c9e8a7", "UID"),
        (r#"{\"resourceVersion\":\"213\"}"#, r#"{\"resourceVersion\":\"VERSION\"}"#),
    ];
    for (given, expected) in cases {
        assert_eq!(masked_text(given), expected);
    }
    let pod = json!({"kind": "Pod", "metadata": {"uid": "a", "labels": {"uid": {}}}, "status": {"phase": "Running"}});
    assert_eq!(masked(&pod), json!({"kind": "Pod", "metadata": {"uid": "*", "labels": {"uid": {}}}}));
    let service = json!({"kind": "Service", "status": {"loadBalancer": {}}});
    assert_eq!(masked(&service), service, "no controller owns it");
}
