//! The HorizontalPodAutoscaler controller, on a cluster without metrics: it keeps replicas between the bounds and
//! tells that it knows nothing more. What it says of each metric is in `metric`, what it scales in `target`.

mod metric;
mod target;

use super::call::{self, Step, Work, resource};
use super::event::Event;
use super::object::{condition, list, number, set_count, text, time};
use super::pods::refusal;
use super::{Controller, MANAGER, View};
use crate::call::{Body, ResourcePath, Verb};
use crate::clock::Moment;
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

/// An autoscaler that is looked at now, with its status as it will be.
struct Look {
    scaler: Object,
    status: Value,
    now: Moment,
}

fn sync(view: &View<'_>, scaler: &Object, work: &mut Work) {
    let last =
        view.memory.get(text(scaler, "/metadata/uid")).and_then(Value::as_i64).map(Moment::from_micros);
    let born = time(scaler, "/metadata/creationTimestamp").unwrap_or_default();
    let due = last.unwrap_or(born).after(PERIOD);
    if due > view.now {
        return work.wake_at(due);
    }
    work.wake_at(view.now.after(PERIOD));
    work.note(scaler, json!(view.now.as_micros()));
    let mut status = if scaler["status"].is_object() { scaler["status"].clone() } else { json!({}) };
    for (field, unset) in [("currentMetrics", Value::Null), ("desiredReplicas", json!(0))] {
        if status.get(field).is_none() {
            status[field] = unset;
        }
    }
    let mut look = Look { scaler: scaler.clone(), status, now: view.now };
    let Some(path) = target::path(view, scaler) else {
        let said = target::unmatched(scaler);
        return work.steps.extend(look.unreachable(said));
    };
    let rivals = target::rivals(view, scaler);
    work.ask(call::call(Verb::Get, path.clone(), None), move |reply| match reply.value() {
        Some(scale) if reply.is_success() => look.decide(path, scale, &rivals),
        _ => look.unreachable(refusal(reply)),
    });
}

impl Look {
    /// Sets one condition.
    fn set(&mut self, kind: &str, state: &str, reason: &str, message: &str) {
        let since = condition(&self.status, kind)
            .filter(|held| held["status"] == state)
            .map(|held| held["lastTransitionTime"].clone());
        let fresh = json!({
            "type": kind, "status": state, "reason": reason, "message": message,
            "lastTransitionTime": since.unwrap_or_else(|| json!(self.now.rfc3339())),
        });
        let mut all = list(&self.status, "/conditions").to_vec();
        match all.iter_mut().find(|held| held["type"] == kind) {
            Some(held) => *held = fresh,
            None => all.push(fresh),
        }
        self.status["conditions"] = json!(all);
    }

    fn warn(&self, reason: &str, message: String) -> Step {
        Step::Tell(Event::warning(NAME, &self.scaler, reason, message))
    }

    fn write(&self) -> Option<Step> {
        let changed = self.status != self.scaler["status"];
        let call = || call::update_status(resource::AUTOSCALERS, &self.scaler, self.status.clone());
        changed.then(|| Step::Call(Box::new(call())))
    }

    /// The target's scale cannot be read.
    fn unreachable(&mut self, said: String) -> Vec<Step> {
        let message = format!("the HPA controller was unable to get the target's current scale: {said}");
        self.set("AbleToScale", "False", "FailedGetScale", &message);
        std::iter::once(self.warn("FailedGetScale", said)).chain(self.write()).collect()
    }

    fn decide(mut self, path: ResourcePath, scale: &Value, rivals: &[String]) -> Vec<Step> {
        let able = "the HPA controller was able to get the target's current scale";
        self.set("AbleToScale", "True", "SucceededGetScale", able);
        let now = number(scale, "/spec/replicas").unwrap_or(0);
        let least = number(&self.scaler, "/spec/minReplicas").unwrap_or(1);
        let most = number(&self.scaler, "/spec/maxReplicas").unwrap_or(now);
        if now == 0 {
            let message = "scaling is disabled since the replica count of the target is zero";
            self.set("ScalingActive", "False", "ScalingDisabled", message);
            self.count(now, Value::Null);
            self.status["desiredReplicas"] = json!(0);
            return self.write().into_iter().collect();
        }
        if now > most {
            return self.rescale(path, scale, most, "Current number of replicas above Spec.MaxReplicas");
        }
        if now < least {
            return self.rescale(path, scale, least, "Current number of replicas below Spec.MinReplicas");
        }
        self.unknown(scale, now, rivals)
    }

    fn count(&mut self, current: i64, metrics: Value) {
        set_count(&mut self.status, "currentReplicas", current);
        self.status["currentMetrics"] = metrics;
    }

    /// Sets the size of the target through its `scale`.
    fn rescale(mut self, path: ResourcePath, scale: &Value, size: i64, reason: &'static str) -> Vec<Step> {
        let before = number(scale, "/spec/replicas").unwrap_or(0);
        let mut sized = scale.clone();
        sized["spec"]["replicas"] = json!(size);
        let call = call::call(Verb::Update, path, Some(Body::json(&sized)));
        let then = move |reply: &crate::call::Reply| {
            self.count(before, Value::Null);
            if !reply.is_success() {
                let refusal = refusal(reply);
                let message = format!("the HPA controller was unable to update the target scale: {refusal}");
                self.set("AbleToScale", "False", "FailedUpdateScale", &message);
                let said = format!("New size: {size}; reason: {reason}; error: {refusal}");
                return std::iter::once(self.warn("FailedRescale", said)).chain(self.write()).collect();
            }
            let able = format!("the HPA controller was able to update the target scale to {size}");
            self.set("AbleToScale", "True", "SucceededRescale", &able);
            self.status["desiredReplicas"] = json!(size);
            self.status["lastScaleTime"] = json!(self.now.rfc3339());
            let message = format!("New size: {size}; reason: {reason}");
            let told = Step::Tell(Event::normal(NAME, &self.scaler, "SuccessfulRescale", message));
            std::iter::once(told).chain(self.write()).collect()
        };
        vec![Step::Ask(Box::new(call), Box::new(then))]
    }

    /// Without a metrics API no metric can be read.
    fn unknown(mut self, scale: &Value, now: i64, rivals: &[String]) -> Vec<Step> {
        let mut steps = Vec::new();
        let selector = text(scale, "/status/selector").to_owned();
        let error = if selector.is_empty() {
            let message = "the HPA target's scale is missing a selector";
            self.set("ScalingActive", "False", "InvalidSelector", message);
            self.count(now, Value::Null);
            steps.push(self.warn("SelectorRequired", "selector is required".to_owned()));
            "selector is required".to_owned()
        } else if rivals.len() > 1 {
            let error = format!(
                "pods by selector {selector} are controlled by multiple HPAs: [{}]",
                rivals.join(" ")
            );
            self.set("ScalingActive", "False", "AmbiguousSelector", &error);
            self.count(now, Value::Null);
            steps.push(self.warn("AmbiguousSelector", error.clone()));
            error
        } else {
            self.read_metrics(now, &mut steps)
        };
        steps.extend(self.write());
        steps.push(self.warn("FailedComputeMetricsReplicas", error));
        steps
    }

    /// Tries every metric; what the first one's error is.
    fn read_metrics(&mut self, now: i64, steps: &mut Vec<Step>) -> String {
        let metrics = list(&self.scaler, "/spec/metrics");
        let unread: Vec<metric::Unread> =
            metrics.iter().map(|metric| metric::unread(&self.scaler, metric)).collect();
        steps.extend(unread.iter().map(|metric| self.warn(metric.reason, metric.said.clone())));
        let (all, blank) = (unread.len(), vec![json!({"type": ""}); unread.len()]);
        self.count(now, Value::Array(blank));
        let Some(first) = unread.into_iter().next() else { return String::new() };
        let message = format!("the HPA was unable to compute the replica count: {}", first.said);
        self.set("ScalingActive", "False", first.reason, &message);
        format!("invalid metrics ({all} invalid out of {all}), first error is: {}", first.error)
    }
}
