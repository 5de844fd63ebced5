//! What events may say, of either API group. Messages name the fields of the older group, whichever is written.

use super::findings::{Findings, Path, same};
use super::{meta, names};
use crate::sim::look::{number, text};
use serde_json::{Value, json};

/// How long texts of an event may be, in bytes.
const SHORT: usize = 128;
const NOTE: usize = 1024;

/// One event, read by the field names of the older group.
struct Event<'a> {
    object: &'a Value,
    /// Whether it is written in `events.k8s.io`, which checks more.
    strict: bool,
}

impl<'a> Event<'a> {
    fn of(group: &str, object: &'a Value) -> Event<'a> {
        Event { object, strict: group == "events.k8s.io" }
    }

    fn field(&self, name: &str) -> Option<&'a Value> {
        let own = match (self.strict, name) {
            (true, "involvedObject") => "regarding",
            (true, "message") => "note",
            (true, "source") => "deprecatedSource",
            (true, "firstTimestamp") => "deprecatedFirstTimestamp",
            (true, "lastTimestamp") => "deprecatedLastTimestamp",
            (true, "count") => "deprecatedCount",
            (false, "reportingController") => "reportingComponent",
            (_, other) => other,
        };
        self.object.get(own).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> &'a str {
        self.field(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A new event.
pub(super) fn created(group: &str, object: &Value, found: &mut Findings) {
    let event = Event::of(group, object);
    legacy(&event, found);
    if !event.strict {
        return;
    }
    meta::metadata(group, "Event", object, found);
    series(object, found);
    if event.text("eventTime").is_empty() {
        found.required(&Path::new("eventTime"), "");
    }
    let kind = event.text("type");
    if !matches!(kind, "Normal" | "Warning") {
        found.invalid(&Path::new("type"), "", &format!("has invalid value: {kind}"));
    }
    for field in ["firstTimestamp", "lastTimestamp"] {
        if !event.text(field).is_empty() {
            found.invalid(&Path::of(field), "", "needs to be unset");
        }
    }
    if event.field("count").and_then(Value::as_i64).is_some_and(|count| count != 0) {
        found.invalid(&Path::new("count"), "", "needs to be unset");
    }
    let source = event.field("source").unwrap_or(&Value::Null);
    if !text(source, "/component").is_empty() || !text(source, "/host").is_empty() {
        found.invalid(&Path::new("source"), "", "needs to be unset");
    }
}

/// A changed event.
pub(super) fn changed(group: &str, old: &Value, object: &Value, found: &mut Findings) {
    let (before, event) = (Event::of(group, old), Event::of(group, object));
    legacy(&event, found);
    if !event.strict {
        return;
    }
    meta::own_update(group, old, object, found);
    if !same(old.get("series"), object.get("series")) {
        series(object, found);
    }
    let fields = [
        "involvedObject",
        "reason",
        "message",
        "source",
        "firstTimestamp",
        "lastTimestamp",
        "count",
        "reason",
        "type",
        "eventTime",
        "action",
        "related",
        "reportingController",
        "reportingInstance",
    ];
    for field in fields {
        if !same(before.field(field), event.field(field)) {
            let printed = match field {
                "involvedObject" => shown("ObjectReference", event.field(field), false),
                "related" => shown("ObjectReference", event.field(field), true),
                "source" => shown("EventSource", event.field(field), false),
                "count" => event.field(field).unwrap_or(&json!(0)).to_string(),
                "firstTimestamp" | "lastTimestamp" | "eventTime" => {
                    event.field(field).unwrap_or(&Value::Null).to_string()
                }
                _text => json!(event.text(field)).to_string(),
            };
            found.invalid_printed(&Path::of(field), &printed, "field is immutable");
        }
    }
}

fn shown(kind: &str, value: Option<&Value>, is_pointer: bool) -> String {
    match value {
        None if is_pointer => "null".to_owned(),
        value => super::internal::print(kind, value.unwrap_or(&Value::Null)),
    }
}

fn series(object: &Value, found: &mut Findings) {
    let Some(series) = object.get("series").filter(|series| series.is_object()) else { return };
    if number(series, "/count") < 2 {
        found.invalid(&Path::new("series.count"), "", "should be at least 2");
    }
    if text(series, "/lastObservedTime").is_empty() {
        found.required(&Path::new("series.lastObservedTime"), "");
    }
}

/// What both groups check.
fn legacy(event: &Event<'_>, found: &mut Findings) {
    let namespace = text(event.object, "/metadata/namespace");
    let involved = event.field("involvedObject").map_or("", |of| text(of, "/namespace"));
    let is_new = !event.text("eventTime").is_empty();
    let fits = match (is_new, involved) {
        (true, "") => matches!(namespace, "default" | "kube-system"),
        (true, _) => true,
        (false, "") => matches!(namespace, "" | "default"),
        (false, involved) => involved == namespace,
    };
    if !fits {
        found.invalid(&Path::new("involvedObject.namespace"), involved, "does not match event.namespace");
    }
    if is_new {
        reported(event, found);
    }
    found.invalid_each(&Path::new("namespace"), namespace, names::subdomain(namespace));
}

/// Who reported a new event, and what was done.
fn reported(event: &Event<'_>, found: &mut Findings) {
    let reporter = Path::new(if event.strict { "reportingController" } else { "reportingComponent" });
    let controller = event.text("reportingController");
    if controller.is_empty() {
        found.required(&reporter, "");
    }
    found.invalid_each(&reporter, controller, names::qualified(controller));
    for field in ["reportingInstance", "action", "reason"] {
        let given = event.text(field);
        if given.is_empty() {
            found.required(&Path::of(field), "");
        }
        if given.len() > SHORT {
            found.invalid(&Path::of(field), "", &format!("can have at most {SHORT} characters"));
        }
    }
    if event.text("message").len() > NOTE {
        found.invalid(&Path::new("message"), "", &format!("can have at most {NOTE} characters"));
    }
}
