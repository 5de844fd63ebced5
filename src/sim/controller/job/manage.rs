//! Which pods a Job creates or gives up now.

use super::TRACKING;
use super::backoff;
use super::count::{
    FAILURES, IGNORED, Tally, counts, failures, failures_of, finished_at, only_after_failure,
};
use super::indexes::{INDEX, completions, index, indexed, limited_per_index, pending, valid_index};
use crate::clock::Moment;
use crate::sim::controller::View;
use crate::sim::controller::object::{list, name, number};
use crate::sim::controller::pods::{BURST, from_template, latest_first};
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The longest start of a generated name.
const PREFIX: usize = 58;

/// What a Job does about its pods.
pub(super) enum Plan<'a> {
    /// It has those that it wants.
    Nothing,
    /// It waits before it replaces failed ones.
    Wait(Moment),
    /// These are missing.
    Create(Vec<Value>),
    /// These are too many.
    Delete(Vec<&'a Object>),
}

/// What `job` does about its pods now.
pub(super) fn plan<'a>(view: &View<'_>, job: &Object, tally: &Tally<'a>) -> Plan<'a> {
    let active = i64::try_from(tally.active.len()).expect("a count of pods");
    if job["spec"]["suspend"] == true {
        return if active == 0 { Plan::Nothing } else { Plan::Delete(tally.active.clone()) };
    }
    let parallelism = number(job, "/spec/parallelism").unwrap_or(1);
    let wanted = match number(job, "/spec/completions") {
        Some(completions) => (completions - tally.succeeded).clamp(0, parallelism),
        None if tally.succeeded > 0 => active,
        None => parallelism,
    };
    let mut spare = surplus(job, &tally.active, usize::try_from(active - wanted).unwrap_or(0));
    if !spare.is_empty() {
        spare.truncate(BURST);
        return Plan::Delete(spare);
    }
    let leaving = if only_after_failure(job) { tally.terminating } else { 0 };
    let missing = usize::try_from(wanted - active).unwrap_or(0).saturating_sub(leaving);
    if missing == 0 {
        return Plan::Nothing;
    }
    create(view, job, tally, missing.min(BURST))
}

fn create<'a>(view: &View<'_>, job: &Object, tally: &Tally<'a>, missing: usize) -> Plan<'a> {
    if !limited_per_index(job)
        && let Some(until) = tally.backoff.until().filter(|until| *until > view.now)
    {
        return Plan::Wait(until);
    }
    let pod = tracked_pod(job);
    if !indexed(job) {
        return Plan::Create(vec![pod; missing]);
    }
    let done = tally.done.union(&tally.given_up).copied().collect();
    let indexes = pending(job, &tally.all, &done, missing);
    let until = |index: &i64| {
        let last = tally.kept.get(index)?;
        backoff::after(failures_of(last) + 1, finished_at(last)).filter(|until| *until > view.now)
    };
    let ready: Vec<Value> = indexes
        .iter()
        .filter(|index| until(index).is_none())
        .map(|index| with_index(job, &pod, *index, tally.kept.get(index).copied()))
        .collect();
    match indexes.iter().filter_map(until).min() {
        Some(until) if ready.is_empty() => Plan::Wait(until),
        _ if ready.is_empty() => Plan::Nothing,
        _ => Plan::Create(ready),
    }
}

/// The pods to give up: of an Indexed Job those without a valid index or with one that another has, and then as many
/// more as it takes.
fn surplus<'a>(job: &Value, active: &[&'a Object], least: usize) -> Vec<&'a Object> {
    let mut by_index: BTreeMap<Option<i64>, Vec<&'a Object>> = BTreeMap::new();
    let mut left: Vec<&Object> = Vec::new();
    let mut spare: Vec<&Object> = Vec::new();
    for pod in active.iter().copied() {
        if indexed(job) {
            by_index
                .entry(valid_index(job, pod).or(index(pod).map(|_| completions(job))))
                .or_default()
                .push(pod);
        } else {
            left.push(pod);
        }
    }
    for (index, mut pods) in by_index {
        latest_first(&mut pods);
        if index.is_some_and(|index| index < completions(job)) {
            left.extend(pods.pop());
        }
        spare.extend(pods);
    }
    latest_first(&mut left);
    let more = least.saturating_sub(spare.len());
    spare.extend(left.into_iter().take(more));
    spare
}

/// A pod from the template that keeps until its end has been counted.
fn tracked_pod(job: &Object) -> Value {
    let mut pod = from_template(job, &job["spec"]["template"]);
    let mut finalizers = list(&pod, "/metadata/finalizers").to_vec();
    if !finalizers.contains(&json!(TRACKING)) {
        finalizers.push(json!(TRACKING));
    }
    pod["metadata"]["finalizers"] = json!(finalizers);
    pod
}

fn with_index(job: &Value, pod: &Value, index: i64, before: Option<&Object>) -> Value {
    let mut pod = pod.clone();
    let metadata = &mut pod["metadata"];
    let ending = format!("-{index}-");
    let start: String = name(job).chars().take(PREFIX - ending.len()).collect();
    metadata["generateName"] = json!(format!("{start}{ending}"));
    if !metadata["annotations"].is_object() {
        metadata["annotations"] = json!({});
    }
    metadata["annotations"][INDEX] = json!(index.to_string());
    metadata["labels"][INDEX] = json!(index.to_string());
    if limited_per_index(job) {
        let (mut counted, mut ignored) = before.map_or((0, 0), |pod| failures(pod));
        match before.map(|pod| counts(job, pod)) {
            Some(true) => counted += 1,
            Some(false) => ignored += 1,
            None => {}
        }
        metadata["annotations"][FAILURES] = json!(counted.to_string());
        if ignored > 0 {
            metadata["annotations"][IGNORED] = json!(ignored.to_string());
        }
    }
    pod["spec"]["hostname"] = json!(format!("{}-{index}", name(job)));
    tell_index(&mut pod);
    pod
}

/// Every container learns its index from its environment.
fn tell_index(pod: &mut Value) {
    let source = json!({"fieldRef": {"fieldPath": format!("metadata.labels['{INDEX}']")}});
    for field in ["containers", "initContainers"] {
        for container in pod["spec"].get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            let mut env = list(container, "/env").to_vec();
            if !env.iter().any(|entry| entry["name"] == "JOB_COMPLETION_INDEX") {
                env.push(json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": source}));
                container["env"] = json!(env);
            }
        }
    }
}
