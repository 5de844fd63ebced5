//! Defaults, validation and tables against answers of a real kube-apiserver 1.36.

use helmdrill::clock::Moment;
use helmdrill::sim::{defaults, table, validation};
use serde_json::{Value, json};
use std::sync::Arc;

fn recorded(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("the recording is JSON")
}

fn group_and_kind(object: &Value) -> (&str, &str) {
    let version = object["apiVersion"].as_str().expect("an apiVersion");
    (version.split_once('/').map_or("", |(group, _)| group), object["kind"].as_str().expect("a kind"))
}

/// What the write path does with a new object between its decoding and its storage, admission and addresses excepted.
fn stored(sent: &Value, as_recorded: &Value) -> Value {
    let mut object = sent.clone();
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = as_recorded["metadata"].get(key) {
            object["metadata"][key] = value.clone();
        }
    }
    let with_version = as_recorded["apiVersion"].clone();
    object["apiVersion"] = with_version;
    let (group, kind) = group_and_kind(as_recorded);
    defaults::fill(group, kind, &mut object);
    validation::prepare_create(group, kind, &mut object);
    validation::fill_again(group, kind, &mut object);
    object
}

/// What allocation and admission add is not a matter of content.
fn without_additions(mut object: Value) -> Value {
    if object["kind"] == "Pod" {
        let spec = object["spec"].as_object_mut().expect("a spec");
        spec.retain(|key, _| !matches!(&**key, "tolerations" | "priority" | "preemptionPolicy"));
    }
    if object["kind"] == "PersistentVolumeClaim" {
        object["metadata"].as_object_mut().expect("metadata").remove("finalizers");
    }
    if object["kind"] == "Service" {
        let spec = object["spec"].as_object_mut().expect("a spec");
        spec.retain(|key, _| !matches!(&**key, "clusterIP" | "clusterIPs" | "ipFamilies" | "ipFamilyPolicy"));
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            port.as_object_mut().expect("a port").remove("nodePort");
        }
    }
    object
}

#[test]
fn new_objects_are_stored_as_recorded() {
    let cases = recorded(include_str!("../content/creates.json"));
    assert!(cases.len() > 30, "the recording was not read");
    for case in cases {
        let (sent, wanted) = (&case["sent"], &case["stored"]);
        let got = stored(sent, wanted);
        let (group, kind) = group_and_kind(wanted);
        assert_eq!(validation::create(group, kind, &got), [], "{}", case["case"]);
        let (got, wanted) = (without_additions(got), without_additions(wanted.clone()));
        assert_eq!(pretty(&got), pretty(&wanted), "{}", case["case"]);
    }
}

#[test]
fn what_is_stored_is_not_defaulted_again() {
    for case in recorded(include_str!("../content/creates.json")) {
        let (group, kind) = group_and_kind(&case["stored"]);
        let mut again = case["stored"].clone();
        defaults::fill(group, kind, &mut again);
        assert_eq!(pretty(&again), pretty(&case["stored"]), "{}", case["case"]);
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON prints")
}

/// Repeats that every cause of a recorded refusal is found, in its order.
#[test]
fn refusals_name_the_recorded_causes() {
    let cases = recorded(include_str!("../content/refusals.json"));
    assert!(cases.len() > 10, "the recording was not read");
    for case in cases {
        let (group, kind) = group_and_kind(&case["object"]);
        let mut object = case["object"].clone();
        defaults::fill(group, kind, &mut object);
        let found = match case.get("old").filter(|old| old.is_object()) {
            Some(old) => {
                validation::prepare_update(group, kind, old, &mut object);
                validation::update(group, kind, old, &object)
            }
            None => {
                validation::prepare_create(group, kind, &mut object);
                validation::create(group, kind, &object)
            }
        };
        let causes: Vec<Value> = found
            .iter()
            .map(|v| json!({"reason": v.reason, "message": v.message, "field": v.field}))
            .collect();
        assert_eq!(pretty(&causes.into()), pretty(&case["causes"]), "{}", case["case"]);
    }
}

#[test]
fn rows_print_as_recorded() {
    let cases = recorded(include_str!("../content/rows.json"));
    assert!(cases.len() > 20, "the recording was not read");
    for case in cases {
        let now = Moment::parse(case["now"].as_str().expect("a time")).expect("RFC 3339");
        let (group, resource) =
            (case["group"].as_str().expect("a group"), case["resource"].as_str().expect("a resource"));
        let table = table::render(group, resource, &[Arc::new(case["object"].clone())], now);
        let row = &table["rows"][0];
        assert_eq!(without_restart_age(&row["cells"]), without_restart_age(&case["cells"]), "{resource}");
        assert_eq!(row.get("conditions").unwrap_or(&Value::Null), &case["conditions"], "{resource}");
    }
}

/// How long ago a restart was depends on fractions of the second of the request.
fn without_restart_age(cells: &Value) -> Value {
    let cells = cells.as_array().expect("cells").iter().map(|cell| match cell.as_str() {
        Some(text) if text.ends_with(" ago)") => json!(text.split(" (").next()),
        Some(_) | None => cell.clone(),
    });
    cells.collect()
}

#[test]
fn every_table_has_a_cell_for_every_column() {
    let columns: Value =
        serde_json::from_str(include_str!("../../src/sim/table/columns.json")).expect("the columns are JSON");
    for key in columns["columns"].as_object().expect("by resource").keys() {
        let (group, resource) = key.rsplit_once('/').unwrap_or(("", key));
        let object =
            Arc::new(json!({"metadata": {"name": "x", "creationTimestamp": "2026-01-01T00:00:00Z"}}));
        let table = table::render(group, resource, &[object], Moment::default());
        let mut cells = table["rows"][0]["cells"].as_array().expect("cells").len();
        if key == "networking.k8s.io/ipaddresses" {
            cells -= 1; // The age, for which kube-apiserver names no column.
        }
        assert_eq!(Some(cells), table["columnDefinitions"].as_array().map(Vec::len), "{key}");
    }
}

/// Specs as a cluster with controllers recorded them: what is defaulted and what admission leaves alone.
#[test]
fn applied_workloads_have_the_recorded_spec() {
    let cases = recorded(include_str!("../content/applied.json"));
    assert!(cases.len() > 15, "the recording was not read");
    for case in cases {
        let mut object = case["sent"].clone();
        object["metadata"]["uid"] = json!("UID");
        let (group, kind) = group_and_kind(&case["sent"]);
        defaults::fill(group, kind, &mut object);
        validation::prepare_create(group, kind, &mut object);
        assert_eq!(validation::create(group, kind, &object), [], "{}", case["case"]);
        let (mut got, mut wanted) = (object["spec"].clone(), case["spec"].clone());
        for spec in [&mut got, &mut wanted] {
            mask_identity(spec);
        }
        let (mut got, wanted) = (json!({"kind": kind, "spec": got}), json!({"kind": kind, "spec": wanted}));
        if kind == "Service" {
            got = without_additions(got);
        }
        assert_eq!(pretty(&got), pretty(&without_additions(wanted)), "{}", case["case"]);
    }
}

/// What a Job's spec holds of its uid.
fn mask_identity(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match key.ends_with("controller-uid") {
                    true => *value = json!("UID"),
                    false => mask_identity(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask_identity),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
