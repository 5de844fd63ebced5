//! Defaults of flow schemas and priority levels.

use super::gaps::{at, fill, fill_null, fill_zero, items, object, path};
use serde_json::{Map, Value};

/// PriorityLevelConfiguration or FlowSchema.
pub(super) fn level_or_schema(kind: &str, held: &mut Value) {
    if let Some(spec) = object(held, "spec") {
        match kind {
            "FlowSchema" => schema(spec),
            _level => level(spec),
        }
    }
    fill(held, "status", Map::new());
}

fn schema(spec: &mut Value) {
    fill_zero(spec, "matchingPrecedence", 1000);
    if let Some(level) = object(spec, "priorityLevelConfiguration") {
        fill(level, "name", "");
    }
    items(spec, "rules").for_each(|rule| fill_null(rule, "subjects"));
}

fn level(spec: &mut Value) {
    if let Some(limited) = at(spec, "limited") {
        fill(limited, "nominalConcurrencyShares", 30);
        fill(limited, "lendablePercent", 0);
        if let Some(queuing) = path(limited, &["limitResponse", "queuing"]) {
            fill_zero(queuing, "handSize", 8);
            fill_zero(queuing, "queues", 64);
            fill_zero(queuing, "queueLengthLimit", 50);
        }
    }
    if let Some(exempt) = at(spec, "exempt") {
        fill(exempt, "nominalConcurrencyShares", 0);
        fill(exempt, "lendablePercent", 0);
    }
}
