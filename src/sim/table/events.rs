//! How an event prints: when it was last and first seen, of what, by whom.

use super::age::since;
use crate::clock::Moment;
use crate::sim::look::{number, text, text_or};
use serde_json::Value;

pub(super) fn event(object: &Value, now: Moment) -> Vec<Value> {
    let first = since(text_or(object, "/firstTimestamp", text(object, "/eventTime")), now);
    let last = match (text(object, "/series/lastObservedTime"), text(object, "/lastTimestamp")) {
        ("", "") => first.clone(),
        ("", last) | (last, _) => since(last, now),
    };
    let count = match (object.pointer("/series/count").and_then(Value::as_i64), number(object, "/count")) {
        (Some(series), _) => series,
        (None, 0) => 1,
        (None, count) => count,
    };
    let kind = text(object, "/involvedObject/kind").to_lowercase();
    let target = match text(object, "/involvedObject/name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    vec![
        last.into(),
        text(object, "/type").into(),
        text(object, "/reason").into(),
        target.into(),
        text(object, "/involvedObject/fieldPath").into(),
        source(object).into(),
        text(object, "/message").trim().into(),
        first.into(),
        count.into(),
        text(object, "/metadata/name").into(),
    ]
}

fn source(event: &Value) -> String {
    let component = text_or(event, "/source/component", text(event, "/reportingComponent"));
    match text_or(event, "/source/host", text(event, "/reportingInstance")) {
        "" => component.to_owned(),
        host => format!("{component}, {host}"),
    }
}
