//! The events that controllers, scheduler and kubelet record: core v1 Events that are counted up when the same
//! thing happens again, as client-go's recorder does.

use super::call::{self, resource};
use super::object;
use crate::call::Call;
use crate::clock::Moment;
use crate::snapshot::Snapshot;
use serde_json::{Value, json};
use std::time::Duration;

/// How long an event is counted up instead of told anew, and how long similar ones are gathered.
const GATHERING: Duration = Duration::from_secs(600);
/// So many different messages of one reason about one object are told; further ones are combined.
const SIMILAR: usize = 10;

/// Something that happened to an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// `involvedObject`.
    pub(crate) about: Value,
    /// `Normal` or `Warning`.
    pub(crate) kind: &'static str,
    /// `SuccessfulCreate`.
    pub(crate) reason: String,
    /// `Created pod: web-0`.
    pub(crate) message: String,
    /// `source.component` and `reportingComponent`.
    pub(crate) component: &'static str,
    /// `source.host` and `reportingInstance`: the node, for the kubelet's events.
    pub(crate) host: Option<String>,
}

impl Event {
    /// A `Normal` event about a stored object.
    pub(crate) fn normal(component: &'static str, about: &Value, reason: &str, message: String) -> Event {
        Event::new("Normal", component, about, reason, message)
    }

    /// A `Warning` event about a stored object.
    pub(crate) fn warning(component: &'static str, about: &Value, reason: &str, message: String) -> Event {
        Event::new("Warning", component, about, reason, message)
    }

    fn new(
        kind: &'static str,
        component: &'static str,
        about: &Value,
        reason: &str,
        message: String,
    ) -> Event {
        Event { about: reference(about), kind, reason: reason.to_owned(), message, component, host: None }
    }

    /// The call that records this event: a new one, or one more of the same.
    pub(super) fn record(mut self, snapshot: &Snapshot, now: Moment) -> Call {
        if self.crowded(snapshot, now) {
            self.message = format!("(combined from similar events): {}", self.message);
        }
        let namespace = self.namespace().to_owned();
        let told = snapshot.list("", "events", Some(&namespace)).find(|(_, old)| self.is_again(old));
        match told {
            Some((_, old)) => {
                let count = object::number(old, "/count").unwrap_or(1) + 1;
                let patch = json!({"count": count, "lastTimestamp": now.rfc3339(), "message": self.message});
                call::merge_patch(resource::EVENTS, old, &patch)
            }
            None => {
                let name = self.name(snapshot, now);
                call::create(resource::EVENTS, &self.fresh(&name, &namespace, now))
            }
        }
    }

    /// Cluster-scoped objects have their events in `default`.
    fn namespace(&self) -> &str {
        match object::text(&self.about, "/namespace") {
            "" => "default",
            namespace => namespace,
        }
    }

    fn fresh(&self, name: &str, namespace: &str, now: Moment) -> Value {
        let mut source = json!({"component": self.component});
        if let Some(host) = &self.host {
            source["host"] = json!(host);
        }
        json!({
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": self.about,
            "reason": self.reason,
            "message": self.message,
            "source": source,
            "firstTimestamp": now.rfc3339(),
            "lastTimestamp": now.rfc3339(),
            "count": 1,
            "type": self.kind,
            "eventTime": null,
            "reportingComponent": self.component,
            "reportingInstance": self.host.as_deref().unwrap_or_default(),
        })
    }

    /// `web-0.18a5…`: the time in nanoseconds, so that the events of an object are listed in the order in which they
    /// were first told.
    fn name(&self, snapshot: &Snapshot, now: Moment) -> String {
        let nanoseconds = now.as_micros().saturating_mul(1000);
        let names = (nanoseconds..).map(|at| format!("{}.{at:x}", object::text(&self.about, "/name")));
        let mut free = names.filter(|name| snapshot.find("", "events", self.namespace(), name).is_none());
        free.next().expect("there are fewer events than nanoseconds")
    }

    /// Whether a stored event tells the same: client-go counts such a one up.
    fn is_again(&self, old: &Value) -> bool {
        const COMBINED: &str = "(combined from similar events)";
        let combined = |text: &str| text.starts_with(COMBINED);
        let message = object::text(old, "/message");
        ["kind", "namespace", "name", "uid", "apiVersion", "fieldPath"]
            .iter()
            .all(|part| old["involvedObject"][part] == self.about[part])
            && old["source"]["component"] == self.component
            && old["source"]["host"].as_str() == self.host.as_deref()
            && old["type"] == self.kind
            && old["reason"] == *self.reason
            && (message == self.message || combined(message) && combined(&self.message))
    }

    /// Whether so many similar events were told lately that this one is combined with them.
    fn crowded(&self, snapshot: &Snapshot, now: Moment) -> bool {
        let similar = |old: &Value| {
            old["involvedObject"]["uid"] == self.about["uid"]
                && old["reason"] == *self.reason
                && old["type"] == self.kind
                && old["message"] != *self.message
                && object::time(old, "/lastTimestamp").is_some_and(|at| now.since(at) < GATHERING)
        };
        let told = snapshot.list("", "events", Some(self.namespace()));
        told.filter(|(_, old)| similar(old)).take(SIMILAR).count() == SIMILAR
    }
}

/// The `ObjectReference` of a stored object.
pub(crate) fn reference(of: &Value) -> Value {
    let mut reference = json!({"kind": of["kind"], "apiVersion": of["apiVersion"]});
    for field in ["namespace", "name", "uid", "resourceVersion"] {
        if let Some(value) = of["metadata"].get(field) {
            reference[field] = value.clone();
        }
    }
    reference
}
