//! The HorizontalPodAutoscaler controller, on a cluster without metrics: it keeps replicas between the bounds and
//! tells that it knows nothing more.

use super::call::{self, Resource, Step, Work, path, resource};
use super::event::Event;
use super::object::{condition, list, name, namespace, number, text, time};
use super::{Controller, MANAGER, View};
use crate::call::{Body, Verb};
use crate::snapshot::{Change, Object};
use serde_json::{Value, json};
use std::time::Duration;

const NAME: &str = "horizontal-pod-autoscaler";
/// How often the real controller looks at metrics, the first time included.
const PERIOD: Duration = Duration::from_secs(15);

/// The controller.
pub(super) const CONTROLLER: Controller = Controller {
    name: NAME,
    program: MANAGER,
    watches: &[("autoscaling", "horizontalpodautoscalers")],
    wakes: |change| match change {
        Change::Added(_, _) => true,
        Change::Changed(_, old, new) => old["spec"] != new["spec"],
        Change::Removed(_, _) => false,
    },
    run: |view| {
        let mut work = Work::default();
        for scaler in view.all(resource::AUTOSCALERS) {
            sync(view, scaler, &mut work);
        }
        work
    },
};

fn sync(view: &View<'_>, scaler: &Object, work: &mut Work) {
    let first = time(scaler, "/metadata/creationTimestamp").unwrap_or_default().after(PERIOD);
    if first > view.now {
        return work.wake_at(first);
    }
    work.wake_at(view.now.after(PERIOD));
    let mut status = if scaler["status"].is_object() { scaler["status"].clone() } else { json!({}) };
    status["currentMetrics"] = Value::Null;
    let target = &scaler["spec"]["scaleTargetRef"];
    let of = match text(target, "/kind") {
        "Deployment" => Some(resource::DEPLOYMENTS),
        "StatefulSet" => Some(resource::STATEFUL_SETS),
        "ReplicaSet" => Some(resource::REPLICA_SETS),
        _ => None,
    };
    let Some((of, scaled)) =
        of.and_then(|of| Some((of, view.find(of, namespace(scaler), text(target, "/name"))?)))
    else {
        return missing(view, scaler, status, work);
    };
    let now = number(scaled, "/spec/replicas").unwrap_or(1);
    let least = number(scaler, "/spec/minReplicas").unwrap_or(1);
    let most = number(scaler, "/spec/maxReplicas").unwrap_or(now);
    status["currentReplicas"] = json!(number(scaled, "/status/replicas").unwrap_or(0));
    let able = "the HPA controller was able to get the target's current scale";
    set(&mut status, "AbleToScale", "True", "SucceededGetScale", able, view);
    let bound = if now == 0 {
        let message = "scaling is disabled since the replica count of the target is zero";
        set(&mut status, "ScalingActive", "False", "ScalingDisabled", message, view);
        None
    } else if now > most {
        Some((most, "Current number of replicas above Spec.MaxReplicas"))
    } else if now < least {
        Some((least, "Current number of replicas below Spec.MinReplicas"))
    } else {
        unknown(view, scaler, &mut status, work);
        None
    };
    status["desiredReplicas"] = json!(bound.map_or(0, |(size, _)| size));
    if let Some((size, reason)) = bound {
        let able = format!("the HPA controller was able to update the target scale to {size}");
        set(&mut status, "AbleToScale", "True", "SucceededRescale", &able, view);
        status["lastScaleTime"] = json!(view.now.rfc3339());
        rescale(scaler, of, scaled, size, reason, work);
    }
    write(scaler, status, work);
}

/// Sets the size of the target through its `scale`.
fn rescale(scaler: &Object, of: Resource, scaled: &Object, size: i64, reason: &str, work: &mut Work) {
    let mut body = Body::json(&json!({"spec": {"replicas": size}}));
    body.media = "application/merge-patch+json".to_owned();
    let path = path(of, namespace(scaled), Some(name(scaled)), Some("scale"));
    let message = format!("New size: {size}; reason: {reason}");
    let event = Event::normal(NAME, scaler, "SuccessfulRescale", message);
    work.ask(call::call(Verb::Patch, path, Some(body)), move |reply| {
        if reply.is_success() { vec![Step::Tell(event)] } else { Vec::new() }
    });
}

/// Without a metrics API no metric can be read.
fn unknown(view: &View<'_>, scaler: &Object, status: &mut Value, work: &mut Work) {
    let metric = list(scaler, "/spec/metrics").first().cloned().unwrap_or_else(|| json!({}));
    let resource = text(&metric, "/resource/name");
    let (reason, said) = if text(&metric, "/type") == "Resource" {
        let api = "unable to fetch metrics from resource metrics API: the server could not find the requested \
                   resource (get pods.metrics.k8s.io)";
        let said = format!(
            "failed to get {resource} utilization: unable to get metrics for resource {resource}: {api}"
        );
        ("FailedGetResourceMetric", said)
    } else {
        (
            "InvalidMetricSourceType",
            "unable to fetch metrics from custom metrics API: no custom metrics API".to_owned(),
        )
    };
    let message = format!("the HPA was unable to compute the replica count: {said}");
    set(status, "ScalingActive", "False", reason, &message, view);
    let all = list(scaler, "/spec/metrics").len();
    let combined = format!(
        "invalid metrics ({all} invalid out of {all}), first error is: failed to get {resource} resource metric value: {said}"
    );
    work.tell(Event::warning(NAME, scaler, reason, said));
    work.tell(Event::warning(NAME, scaler, "FailedComputeMetricsReplicas", combined));
}

fn missing(view: &View<'_>, scaler: &Object, mut status: Value, work: &mut Work) {
    let target = &scaler["spec"]["scaleTargetRef"];
    let plural = format!("{}s", text(target, "/kind").to_lowercase());
    let group =
        text(target, "/apiVersion").split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
    let said = format!("{plural}{group} \"{}\" not found", text(target, "/name"));
    let message = format!("the HPA controller was unable to get the target's current scale: {said}");
    set(&mut status, "AbleToScale", "False", "FailedGetScale", &message, view);
    work.tell(Event::warning(NAME, scaler, "FailedGetScale", said));
    status["desiredReplicas"] = json!(number(&status, "/desiredReplicas").unwrap_or(0));
    write(scaler, status, work);
}

fn set(status: &mut Value, kind: &str, state: &str, reason: &str, message: &str, view: &View<'_>) {
    let since = condition(status, kind)
        .filter(|held| held["status"] == state)
        .map(|held| held["lastTransitionTime"].clone());
    let fresh = json!({
        "type": kind, "status": state, "reason": reason, "message": message,
        "lastTransitionTime": since.unwrap_or_else(|| json!(view.now.rfc3339())),
    });
    let mut all = list(status, "/conditions").to_vec();
    match all.iter_mut().find(|held| held["type"] == kind) {
        Some(held) => *held = fresh,
        None => all.push(fresh),
    }
    status["conditions"] = json!(all);
}

fn write(scaler: &Object, status: Value, work: &mut Work) {
    if status != scaler["status"] {
        work.call(call::update_status(resource::AUTOSCALERS, scaler, status));
    }
}
