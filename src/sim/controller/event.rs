//! The events that controllers, scheduler and kubelet record, as data and as calls. Which of them are sent, and which
//! are counted up or combined, is `correlate`'s matter.

use super::call::{self, resource};
use super::object;
use crate::call::Call;
use crate::clock::Moment;
use crate::sim::node::NODE;
use serde_json::{Value, json};

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
    /// What was being done (`Binding`), for one who records in `events.k8s.io`.
    pub(crate) action: Option<&'static str>,
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

    /// The same, recorded in `events.k8s.io` as something that was being done.
    pub(crate) fn doing(self, action: &'static str) -> Event {
        Event { action: Some(action), ..self }
    }

    fn new(
        kind: &'static str,
        component: &'static str,
        about: &Value,
        reason: &str,
        message: String,
    ) -> Event {
        Event {
            about: reference(about),
            kind,
            reason: reason.to_owned(),
            message,
            component,
            host: None,
            action: None,
        }
    }

    /// Cluster-scoped objects have their events in `default`.
    fn namespace(&self) -> &str {
        match object::text(&self.about, "/namespace") {
            "" => "default",
            namespace => namespace,
        }
    }

    /// Who says it about what: the source and the object.
    pub(super) fn source(&self) -> String {
        let mut words = vec![self.component, self.host.as_deref().unwrap_or_default()];
        let fields = ["kind", "namespace", "name", "uid", "apiVersion"];
        words.extend(fields.map(|field| self.about.get(field).and_then(Value::as_str).unwrap_or_default()));
        words.join("\n")
    }

    /// A name for it that holds this number.
    pub(super) fn named(&self, number: u64) -> String {
        format!("{}.{number:x}", object::text(&self.about, "/name"))
    }
}

/// An event as it is sent: under a name, so many times so far.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(super) event: Event,
    pub(super) name: String,
    pub(super) count: i64,
    pub(super) first: Moment,
    pub(super) last: Moment,
}

impl Record {
    /// Whether it was sent before, so that it is counted up.
    pub(super) fn repeats(&self) -> bool {
        self.count > 1
    }

    /// The call that counts up the event that is there.
    pub(super) fn again(&self) -> Call {
        let held = json!({"metadata": {"name": self.name, "namespace": self.event.namespace()}});
        let patch =
            json!({"count": self.count, "lastTimestamp": self.last.rfc3339(), "message": self.event.message});
        call::strategic_patch(resource::EVENTS, &held, &patch)
    }

    /// The call that makes the event.
    pub(super) fn anew(&self) -> Call {
        let event = &self.event;
        if let Some(action) = event.action {
            return call::create(resource::NEW_EVENTS, &self.done(action));
        }
        let mut source = json!({"component": event.component});
        if let Some(host) = &event.host {
            source["host"] = json!(host);
        }
        let made = json!({
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": self.name, "namespace": event.namespace()},
            "involvedObject": event.about,
            "reason": event.reason,
            "message": event.message,
            "source": source,
            "firstTimestamp": self.first.rfc3339(),
            "lastTimestamp": self.last.rfc3339(),
            "count": self.count,
            "type": event.kind,
            "eventTime": null,
            "reportingComponent": event.component,
            "reportingInstance": event.host.as_deref().unwrap_or_default(),
        });
        call::create(resource::EVENTS, &made)
    }

    /// The event as it is written in `events.k8s.io`.
    fn done(&self, action: &str) -> Value {
        let event = &self.event;
        json!({
            "kind": "Event",
            "apiVersion": "events.k8s.io/v1",
            "metadata": {"name": self.name, "namespace": event.namespace()},
            "eventTime": self.first.rfc3339_micros(),
            "reportingController": event.component,
            "reportingInstance": format!("{}-{NODE}", event.component),
            "action": action,
            "reason": event.reason,
            "regarding": event.about,
            "note": shortened(&event.message),
            "type": event.kind,
        })
    }
}

/// A message as long as a note may be.
fn shortened(message: &str) -> String {
    const MOST: usize = 1024;
    const CUT: &str = " ...";
    if message.len() <= MOST {
        return message.to_owned();
    }
    let end = message.floor_char_boundary(MOST - CUT.len());
    message[..end].to_owned() + CUT
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
