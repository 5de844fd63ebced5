//! How the kinds that keep pods running print, and those that run them to an end.

use super::age::{age, between, since};
use crate::clock::Moment;
use crate::sim::look::{
    has_condition, is_deleting, is_true, labels, list, map, name, number, plain, selector, selector_or_none,
    text, text_or,
};
use serde_json::Value;

pub(super) fn deployment(object: &Value, now: Moment) -> Vec<Value> {
    let [containers, images] = containers(object, "/spec/template/spec/containers");
    vec![
        name(object),
        ready_of_wanted(object),
        number(object, "/status/updatedReplicas").into(),
        number(object, "/status/availableReplicas").into(),
        age(object, now),
        containers,
        images,
        selector(object.pointer("/spec/selector")).into(),
    ]
}

pub(super) fn replica_set(object: &Value, now: Moment) -> Vec<Value> {
    replicated(object, now, selector_or_none(object.pointer("/spec/selector")))
}

pub(super) fn replication_controller(object: &Value, now: Moment) -> Vec<Value> {
    replicated(object, now, labels(map(object, "/spec/selector")))
}

fn replicated(object: &Value, now: Moment, selector: String) -> Vec<Value> {
    let [containers, images] = containers(object, "/spec/template/spec/containers");
    vec![
        name(object),
        number(object, "/spec/replicas").into(),
        number(object, "/status/replicas").into(),
        number(object, "/status/readyReplicas").into(),
        age(object, now),
        containers,
        images,
        selector.into(),
    ]
}

pub(super) fn stateful_set(object: &Value, now: Moment) -> Vec<Value> {
    let [containers, images] = containers(object, "/spec/template/spec/containers");
    vec![name(object), ready_of_wanted(object), age(object, now), containers, images]
}

pub(super) fn daemon_set(object: &Value, now: Moment) -> Vec<Value> {
    let [containers, images] = containers(object, "/spec/template/spec/containers");
    vec![
        name(object),
        number(object, "/status/desiredNumberScheduled").into(),
        number(object, "/status/currentNumberScheduled").into(),
        number(object, "/status/numberReady").into(),
        number(object, "/status/updatedNumberScheduled").into(),
        number(object, "/status/numberAvailable").into(),
        labels(map(object, "/spec/template/spec/nodeSelector")).into(),
        age(object, now),
        containers,
        images,
        selector_or_none(object.pointer("/spec/selector")).into(),
    ]
}

pub(super) fn job(object: &Value, now: Moment) -> Vec<Value> {
    let succeeded = number(object, "/status/succeeded");
    let parallel = number(object, "/spec/parallelism");
    let completions = match object.pointer("/spec/completions").and_then(Value::as_i64) {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
        None => format!("{succeeded}/1"),
    };
    let [containers, images] = containers(object, "/spec/template/spec/containers");
    vec![
        name(object),
        job_status(object).into(),
        completions.into(),
        job_duration(object, now).into(),
        age(object, now),
        containers,
        images,
        selector_or_none(object.pointer("/spec/selector")).into(),
    ]
}

fn job_status(job: &Value) -> &'static str {
    if has_condition(job, "Complete") {
        return "Complete";
    }
    if has_condition(job, "Failed") {
        return "Failed";
    }
    if is_deleting(job) {
        return "Terminating";
    }
    let states = ["Suspended", "FailureTarget", "SuccessCriteriaMet"];
    states.into_iter().find(|state| has_condition(job, state)).unwrap_or("Running")
}

fn job_duration(job: &Value, now: Moment) -> String {
    let at = |pointer| Moment::parse(text(job, pointer));
    match (at("/status/startTime"), at("/status/completionTime")) {
        (None, _) => String::new(),
        (Some(start), Some(end)) => between(start, end),
        (Some(start), None) => between(start, now),
    }
}

pub(super) fn cron_job(object: &Value, now: Moment) -> Vec<Value> {
    let last = text(object, "/status/lastScheduleTime");
    let suspend = match object.pointer("/spec/suspend").and_then(Value::as_bool) {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    let [containers, images] = containers(object, "/spec/jobTemplate/spec/template/spec/containers");
    vec![
        name(object),
        text(object, "/spec/schedule").into(),
        text_or(object, "/spec/timeZone", "<none>").into(),
        suspend.into(),
        list(object, "/status/active").len().into(),
        if last.is_empty() { "<none>".to_owned() } else { since(last, now) }.into(),
        age(object, now),
        containers,
        images,
        selector_or_none(object.pointer("/spec/jobTemplate/spec/selector")).into(),
    ]
}

pub(super) fn pod_template(object: &Value, _now: Moment) -> Vec<Value> {
    let [containers, images] = containers(object, "/template/spec/containers");
    vec![name(object), containers, images, labels(map(object, "/template/metadata/labels")).into()]
}

pub(super) fn controller_revision(object: &Value, now: Moment) -> Vec<Value> {
    let owners = list(object, "/metadata/ownerReferences");
    let controller = owners.iter().find(|owner| is_true(owner, "/controller")).map(|owner| {
        let kind = text(owner, "/kind").to_lowercase();
        match text(owner, "/apiVersion").split_once('/') {
            Some((group, _)) => format!("{kind}.{group}/{}", text(owner, "/name")),
            None => format!("{kind}/{}", text(owner, "/name")),
        }
    });
    vec![
        name(object),
        controller.unwrap_or_else(|| "<none>".to_owned()).into(),
        number(object, "/revision").into(),
        age(object, now),
    ]
}

fn ready_of_wanted(object: &Value) -> Value {
    format!("{}/{}", number(object, "/status/readyReplicas"), number(object, "/spec/replicas")).into()
}

/// The names of a template's containers, and their images.
fn containers(object: &Value, pointer: &str) -> [Value; 2] {
    let joined = |field: &str| {
        let all = list(object, pointer).iter().map(|container| container.get(field).map(plain));
        all.map(Option::unwrap_or_default).collect::<Vec<_>>().join(",").into()
    };
    [joined("name"), joined("image")]
}
