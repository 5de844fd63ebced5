//! How an event of either API group prints: when it was last and first seen, of what, by whom.

use super::age::since;
use crate::clock::Moment;
use crate::sim::look::{number, text, text_or};
use serde_json::Value;

pub(super) fn event(object: &Value, now: Moment) -> Vec<Value> {
    let either = |old: &str, new: &str| text_or(object, old, text(object, new));
    let first = match either("/firstTimestamp", "/deprecatedFirstTimestamp") {
        "" => since(text(object, "/eventTime"), now),
        first => since(first, now),
    };
    let seen = either("/lastTimestamp", "/deprecatedLastTimestamp");
    let last = match (text(object, "/series/lastObservedTime"), seen) {
        ("", "") => first.clone(),
        ("", last) | (last, _) => since(last, now),
    };
    let counted = number(object, "/count").max(number(object, "/deprecatedCount"));
    let count = match (object.pointer("/series/count").and_then(Value::as_i64), counted) {
        (Some(series), _) => series,
        (None, 0) => 1,
        (None, count) => count,
    };
    let kind = either("/involvedObject/kind", "/regarding/kind").to_lowercase();
    let target = match either("/involvedObject/name", "/regarding/name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    vec![
        last.into(),
        text(object, "/type").into(),
        text(object, "/reason").into(),
        target.into(),
        either("/involvedObject/fieldPath", "/regarding/fieldPath").into(),
        source(object).into(),
        either("/message", "/note").trim().into(),
        first.into(),
        count.into(),
        text(object, "/metadata/name").into(),
    ]
}

fn source(event: &Value) -> String {
    let any = |keys: [&str; 4]| keys.map(|key| text(event, key)).into_iter().find(|found| !found.is_empty());
    let from =
        ["/source/component", "/deprecatedSource/component", "/reportingComponent", "/reportingController"];
    let component = any(from).unwrap_or_default();
    let at = ["/source/host", "/deprecatedSource/host", "/reportingInstance", "/reportingInstance"];
    match any(at).unwrap_or_default() {
        "" => component.to_owned(),
        host => format!("{component}, {host}"),
    }
}
