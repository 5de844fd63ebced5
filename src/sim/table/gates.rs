//! How what stands before a request prints: admission policies and their bindings, flow schemas and priority
//! levels, certificate signing requests.

use super::age::{age, between};
use crate::clock::Moment;
use crate::sim::look::{list, map, name, number, plain, text, text_or};
use serde_json::Value;
use std::time::Duration;

pub(super) fn validating_policy(object: &Value, now: Moment) -> Vec<Value> {
    policy(object, "/spec/validations", now)
}

pub(super) fn mutating_policy(object: &Value, now: Moment) -> Vec<Value> {
    policy(object, "/spec/mutations", now)
}

fn policy(object: &Value, rules: &str, now: Moment) -> Vec<Value> {
    let kind = match object.pointer("/spec/paramKind").filter(|kind| kind.is_object()) {
        Some(kind) => format!("{}/{}", text(kind, "/apiVersion"), text(kind, "/kind")),
        None => "<unset>".to_owned(),
    };
    vec![name(object), list(object, rules).len().into(), kind.into(), age(object, now)]
}

pub(super) fn policy_binding(object: &Value, now: Moment) -> Vec<Value> {
    let parameter = match object.pointer("/spec/paramRef").filter(|reference| reference.is_object()) {
        Some(reference) => parameter(reference),
        None => "<unset>".to_owned(),
    };
    vec![name(object), text(object, "/spec/policyName").into(), parameter.into(), age(object, now)]
}

fn parameter(reference: &Value) -> String {
    let (namespace, name) = (text_or(reference, "/namespace", "*"), text(reference, "/name"));
    match reference.get("selector").filter(|selector| selector.is_object()) {
        _ if !name.is_empty() => format!("{namespace}/{name}"),
        Some(selector) => go_selector(selector),
        None => "<unset>".to_owned(),
    }
}

/// A label selector as Go prints the structure.
fn go_selector(selector: &Value) -> String {
    let labels = map(selector, "/matchLabels").into_iter().flatten();
    let mut labels: Vec<String> = labels.map(|(key, value)| format!("{key}: {},", plain(value))).collect();
    labels.sort();
    let expressions = list(selector, "/matchExpressions").iter().map(|expression| {
        let values: Vec<String> = list(expression, "/values").iter().map(plain).collect();
        let (key, operator) = (text(expression, "/key"), text(expression, "/operator"));
        format!("LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{}],}},", values.join(" "))
    });
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{}}},MatchExpressions:[]LabelSelectorRequirement{{{}}},}}",
        labels.concat(),
        expressions.collect::<String>()
    )
}

pub(super) fn flow_schema(object: &Value, now: Moment) -> Vec<Value> {
    let mut conditions = list(object, "/status/conditions").iter();
    let dangling = conditions.find(|condition| text(condition, "/type") == "Dangling");
    vec![
        name(object),
        text(object, "/spec/priorityLevelConfiguration/name").into(),
        number(object, "/spec/matchingPrecedence").into(),
        text_or(object, "/spec/distinguisherMethod/type", "<none>").into(),
        age(object, now),
        dangling.map_or("?", |condition| text(condition, "/status")).into(),
    ]
}

pub(super) fn priority_level(object: &Value, now: Moment) -> Vec<Value> {
    let number_or_none = |pointer| match object.pointer(pointer) {
        Some(Value::Number(number)) => Value::from(number.clone()),
        Some(_) | None => Value::from("<none>"),
    };
    vec![
        name(object),
        text(object, "/spec/type").into(),
        number_or_none("/spec/limited/nominalConcurrencyShares"),
        number_or_none("/spec/limited/limitResponse/queuing/queues"),
        number_or_none("/spec/limited/limitResponse/queuing/handSize"),
        number_or_none("/spec/limited/limitResponse/queuing/queueLengthLimit"),
        age(object, now),
    ]
}

pub(super) fn signing_request(object: &Value, now: Moment) -> Vec<Value> {
    let asked = object.pointer("/spec/expirationSeconds").and_then(Value::as_u64);
    let asked = asked
        .map_or_else(|| "<none>".to_owned(), |seconds| between(now, now.after(Duration::from_secs(seconds))));
    vec![
        name(object),
        age(object, now),
        text_or(object, "/spec/signerName", "<none>").into(),
        text(object, "/spec/username").into(),
        asked.into(),
        request_state(object).into(),
    ]
}

fn request_state(request: &Value) -> String {
    let has = |kind| list(request, "/status/conditions").iter().any(|held| text(held, "/type") == kind);
    let mut state = match (has("Denied"), has("Approved")) {
        (true, _) => "Denied",
        (false, true) => "Approved",
        (false, false) => "Pending",
    }
    .to_owned();
    if has("Failed") {
        state.push_str(",Failed");
    }
    if !text(request, "/status/certificate").is_empty() {
        state.push_str(",Issued");
    }
    state
}
