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
/// How the message of combined events begins.
const COMBINED: &str = "(combined from similar events)";

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
            self.message = format!("{COMBINED}: {}", self.message);
        }
        let namespace = self.namespace().to_owned();
        let mut told = snapshot.list("", "events", Some(&namespace));
        match told.find(|(_, old)| self.repeats(old)) {
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

    /// `web-0.18a5…`: the object and the nanoseconds since the epoch, as client-go names events, so that the events of
    /// an object are listed in the order in which they came. A clock that stands still is helped on.
    fn name(&self, snapshot: &Snapshot, now: Moment) -> String {
        let about = object::text(&self.about, "/name");
        let stamp = |name: &str| u64::from_str_radix(name.strip_prefix(about)?.strip_prefix('.')?, 16).ok();
        let told = snapshot.list("", "events", Some(self.namespace()));
        let latest = told.filter_map(|(key, _)| stamp(&key.name)).max().unwrap_or_default();
        let nanos = u64::try_from(now.as_micros()).unwrap_or_default().saturating_mul(1000);
        format!("{about}.{:x}", nanos.max(latest.saturating_add(1)))
    }

    /// Whether a stored event tells the same, so that it is counted up.
    fn repeats(&self, old: &Value) -> bool {
        let combined = |message: &str| message.starts_with(COMBINED);
        let told = object::text(old, "/message");
        let about = |field: &str| old["involvedObject"].get(field) == self.about.get(field);
        ["kind", "apiVersion", "namespace", "name", "uid", "fieldPath"].into_iter().all(about)
            && object::text(old, "/source/component") == self.component
            && old["source"].get("host").and_then(Value::as_str) == self.host.as_deref()
            && object::text(old, "/type") == self.kind
            && object::text(old, "/reason") == self.reason
            && (told == self.message || combined(told) && combined(&self.message))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Key;
    use std::sync::Arc;
    use std::time::Duration;

    /// A snapshot after these messages, told one after another, `apart` from each other.
    fn told(messages: &[String], apart: Duration) -> Snapshot {
        let pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"namespace": "p", "name": "web-0", "uid": "u"}});
        let mut now = Moment::parse("2026-11-22T11:26:43Z").expect("a time");
        messages.iter().fold(Snapshot::default(), |told, message| {
            let call = Event::normal("kubelet", &pod, "Said", message.clone()).record(&told, now);
            now = now.after(apart);
            let body: Value =
                serde_json::from_slice(&call.body.as_ref().expect("it has one").bytes).expect("JSON");
            let path = call.resource().expect("of a resource");
            let name = path.name.as_deref().unwrap_or_else(|| object::name(&body));
            let key = Key::new("", "events", "p", name);
            let mut event = told.find("", "events", "p", name).map(|old| (**old).clone()).unwrap_or_default();
            json_patch::merge(&mut event, &body);
            told.with(1, key, Some(Arc::new(event)))
        })
    }

    fn listed(snapshot: &Snapshot) -> Vec<String> {
        let each = snapshot.iter().map(|(_, event)| format!("{} x{}", event["message"], event["count"]));
        each.collect()
    }

    #[test]
    fn events_of_an_object_are_listed_in_the_order_in_which_they_came() {
        let messages = ["c", "b", "c", "a"].map(str::to_owned);
        for apart in [Duration::ZERO, Duration::from_secs(1)] {
            assert_eq!(listed(&told(&messages, apart)), ["\"c\" x2", "\"b\" x1", "\"a\" x1"]);
        }
    }

    #[test]
    fn an_event_is_named_by_its_object_and_its_nanoseconds() {
        let told = told(&["a".to_owned()], Duration::ZERO);
        let names: Vec<String> = told.iter().map(|(key, _)| key.name.to_string()).collect();
        assert_eq!(names, ["web-0.18ea5a67b972be00"]);
    }

    #[test]
    fn more_than_ten_similar_events_are_combined() {
        let messages: Vec<String> = (10..22).map(|at| at.to_string()).collect();
        let told = listed(&told(&messages, Duration::from_secs(1)));
        assert_eq!(told.len(), 11);
        assert_eq!(told[10], "\"(combined from similar events): 21\" x2");
    }
}
