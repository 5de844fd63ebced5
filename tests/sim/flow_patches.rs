//! Patches and applies that real helm and kubectl sent to a real cluster with its controllers running: what is sent,
//! the object as the client had read it just before, and the answer. Status and the entries of controllers are left
//! out of the comparison, since controllers wrote between the two.

use helmdrill::call::typed;
use helmdrill::clock::Moment;
use helmdrill::sim::fields::{self, ApplyError, Manager};
use helmdrill::sim::{defaults, patch, schema};
use serde_json::Value;
use std::collections::BTreeMap;

fn exchanges() -> Vec<Value> {
    let text = include_str!("../recorded/flow-patches.json");
    let all: Vec<Value> = serde_json::from_str(text).expect("recorded exchanges");
    assert!(all.len() > 20, "{} exchanges", all.len());
    all
}

fn query<'a>(exchange: &'a Value, name: &str) -> Option<&'a str> {
    let (_, query) = exchange["path"].as_str()?.split_once('?')?;
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, v)| v)
}

/// The last part of a merge that a server makes: the typed form and the defaults.
fn finished(mut object: Value) -> Value {
    let text = |name: &str| object[name].as_str().expect("a kind").to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
    typed::tidy(&api_version, &kind, &mut object);
    defaults::fill(&group, &kind, &mut object);
    typed::complete(&api_version, &kind, &mut object);
    object
}

/// What a patch can change: all but status, versions and what the deployment controller annotates.
fn patched_part(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().expect("an object").remove("status");
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|name, _| matches!(name.as_str(), "name" | "labels" | "annotations" | "finalizers"));
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("deployment.kubernetes.io/revision");
        }
    }
    object
}

/// The fields of each manager that is no controller.
fn owners(object: &Value) -> BTreeMap<String, Value> {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let clients = entries.into_iter().filter(|entry| {
        !["kube-controller-manager", "kubelet"].contains(&entry["manager"].as_str().unwrap_or_default())
    });
    clients
        .map(|entry| {
            let id = format!("{} {} {}", entry["manager"], entry["operation"], entry["subresource"]);
            (id, entry["fieldsV1"].clone())
        })
        .collect()
}

#[test]
fn what_helm_and_kubectl_patch_comes_out_as_the_real_cluster_answered() {
    let mut compared = 0;
    for exchange in exchanges() {
        let (live, sent, answer) = (&exchange["live"], &exchange["sent"], &exchange["answer"]);
        let name = format!("{} {}", exchange["flow"], exchange["path"]);
        let api_version = live["apiVersion"].as_str().expect("a version");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let ty = schema::of(group, version, live["kind"].as_str().expect("a kind")).expect("a built-in kind");
        let manager = Manager {
            name: query(&exchange, "fieldManager").unwrap_or("helm").to_owned(),
            api_version: api_version.to_owned(),
            subresource: String::new(),
            at: Moment::from_micros(1_795_000_000_000_000),
        };
        let result = match exchange["content_type"].as_str().expect("a media type") {
            "application/json-patch+json" => patch::json(live, sent),
            "application/merge-patch+json" => Ok(patch::merge(live, sent)),
            "application/strategic-merge-patch+json" => patch::strategic(ty, live, sent),
            "application/apply-patch+yaml" => {
                let force = query(&exchange, "force") == Some("true");
                match fields::apply(ty, Some(live), sent, &manager, force) {
                    Ok(applied) if exchange["status"] == 200 => {
                        let applied = finished(applied);
                        assert_same(&name, &patched_part(&applied), &patched_part(answer));
                        assert_same(&name, &owned(&applied), &owned(answer));
                    }
                    // What is immutable is for validation to refuse.
                    Ok(_) => assert_eq!(exchange["status"], 422, "{name}"),
                    Err(ApplyError::Conflicts(conflicts)) => {
                        assert_eq!(fields::conflict_message(&conflicts), answer["message"], "{name}");
                    }
                    Err(ApplyError::Invalid(text)) => panic!("{name}: {text}"),
                }
                compared += 1;
                continue;
            }
            other => panic!("{name}: {other}"),
        };
        if exchange["status"] != 200 {
            continue;
        }
        let mut patched = finished(result.unwrap_or_else(|error| panic!("{name}: {error}")));
        fields::track(ty, Some(live), &mut patched, &manager);
        assert_same(&name, &patched_part(&patched), &patched_part(answer));
        assert_same(&name, &owned(&patched), &owned(answer));
        compared += 1;
    }
    assert!(compared > 20, "{compared} exchanges were compared");
}

fn owned(object: &Value) -> Value {
    Value::Object(owners(object).into_iter().collect())
}

#[track_caller]
fn assert_same(name: &str, ours: &Value, recorded: &Value) {
    let print = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    let (ours, recorded) = (print(ours), print(recorded));
    if ours != recorded {
        let diff = similar::TextDiff::from_lines(&recorded, &ours);
        panic!("{name}: - recorded, + ours\n{}", diff.unified_diff());
    }
}
