//! How objects of custom definitions print: their name, and the `additionalPrinterColumns` of the definition or
//! else their age. Where their paths lead is `path`'s to say.

use super::age::since;
use super::{COLUMNS, path, table};
use crate::clock::Moment;
use crate::sim::look::{name, text};
use crate::snapshot::Object;
use serde_json::{Number, Value, json};

/// The Table of custom objects. `printer_columns` are the `additionalPrinterColumns` of the served version of the
/// definition; none print as the age alone.
pub fn render_custom(printer_columns: &[Value], objects: &[Object], now: Moment) -> Value {
    let shared = COLUMNS["custom"].as_array().expect("columns.json has the columns of custom objects");
    let mut columns = vec![shared[0].clone()];
    let own: Vec<Value> = if printer_columns.is_empty() {
        columns.push(shared[1].clone());
        vec![json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"})]
    } else {
        columns.extend(printer_columns.iter().map(column));
        printer_columns.to_vec()
    };
    let row = |object: &Object| {
        let mut cells = vec![name(object)];
        cells.extend(own.iter().map(|column| cell(column, object, now)));
        json!({"cells": cells})
    };
    table(columns.into(), objects.iter().map(row))
}

fn column(printed: &Value) -> Value {
    let path = text(printed, "/jsonPath");
    let described = match text(printed, "/description") {
        "" => format!("Custom resource definition column (in JSONPath format): {path}"),
        description => description.to_owned(),
    };
    json!({"name": printed["name"], "type": printed["type"], "format": text(printed, "/format"),
        "description": described, "priority": printed.get("priority").cloned().unwrap_or(json!(0))})
}

fn cell(column: &Value, object: &Value, now: Moment) -> Value {
    let Some(found) = path::first(object, text(column, "/jsonPath")) else { return Value::Null };
    match (text(column, "/type"), found) {
        ("date", Value::String(time)) if Moment::parse(time).is_none() => "<invalid>".into(),
        ("date", Value::String(time)) => since(time, now).into(),
        ("string", Value::String(text)) => text.clone().into(),
        ("string", other) => other.to_string().into(),
        ("integer", Value::Number(number)) => whole(number),
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => found.clone(),
        _mismatch => Value::Null,
    }
}

/// A number as an integer column shows it: without what stands behind the point.
fn whole(number: &Number) -> Value {
    let cut = |float: f64| format!("{:.0}", float.trunc()).parse::<i64>().ok();
    number.as_i64().or_else(|| number.as_f64().and_then(cut)).map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn custom_columns_are_read_by_their_path_and_type() {
        let object: Object = Arc::new(json!({"metadata": {"name": "w", "labels": {"a.b/c": "x"}},
            "spec": {"size": 3, "on": true}, "status": {"seen": [{"at": "2026-01-01T00:00:00Z"}]}}));
        let columns = [
            ("integer", ".spec.size"),
            ("boolean", ".spec.on"),
            ("string", ".metadata.labels['a.b/c']"),
            ("string", r".metadata.labels.a\.b/c"),
            ("date", ".status.seen[0].at"),
            ("string", ".spec.missing"),
        ];
        let columns = columns.map(|(kind, path)| json!({"name": "C", "type": kind, "jsonPath": path}));
        let now = Moment::parse("2026-01-01T00:00:07Z").expect("a time");
        let table = render_custom(&columns, &[object], now);
        assert_eq!(table["rows"][0]["cells"], json!(["w", 3, true, "x", "x", "7s", null]));
    }
}
