//! Ownership of fields and the three kinds of patch against recordings of a real kube-apiserver: each recorded
//! answer must come out of the answer before it and the request.

use helmdrill::call::typed;
use helmdrill::clock::Moment;
use helmdrill::sim::fields::{self, ApplyError, Manager};
use helmdrill::sim::{patch, schema};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// One recorded exchange.
struct Step {
    method: String,
    path: String,
    media: String,
    sent: Value,
    status: u64,
    answer: Value,
}

/// The recorded cases in which each answer follows from the one before and from what was sent, with nothing that
/// admission or a subresource adds. `tests/conformance` replays all cases whole.
const CASES: [&str; 24] = [
    "annotate-and-label",
    "create-get-configmap",
    "defaults-deployment",
    "defaults-job-cronjob",
    "defaults-others",
    "defaults-pod",
    "defaults-service",
    "defaults-statefulset",
    "dry-run",
    "finalizers",
    "json-patch",
    "merge-patch",
    "namespace-lifecycle",
    "smp-containers-by-name",
    "smp-directives",
    "smp-env-and-ports",
    "ssa-after-update",
    "ssa-conflict-force",
    "ssa-create-update",
    "ssa-deployment",
    "ssa-invalid",
    "status-subresource",
    "tables",
    "update-conflict",
];

fn cases() -> Vec<(String, Vec<Step>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/api-cases");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder of recordings") {
        let path = entry.expect("a file").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if !CASES.contains(&name.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a recording");
        let case: Value = serde_json::from_str(&text).expect("JSON");
        let steps = case["steps"].as_array().expect("steps").iter().map(Step::read).collect();
        cases.push((name, steps));
    }
    assert_eq!(cases.len(), CASES.len());
    cases
}

impl Step {
    fn read(step: &Value) -> Step {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Step {
            method: text(&step["request"]["method"]),
            path: text(&step["request"]["path"]),
            media: text(&step["request"]["content_type"]),
            sent: step["request"]["body"].clone(),
            status: step["response"]["status"].as_u64().unwrap_or_default(),
            answer: step["response"]["body"].clone(),
        }
    }

    fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.path.split_once('?')?;
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, v)| v)
    }

    fn subresource(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.strip_suffix("/status").map_or("", |_| "status")
    }

    /// The latest time that the answer's entries show.
    fn time(&self) -> Moment {
        let entries = self.answer.pointer("/metadata/managedFields").and_then(Value::as_array);
        let times = entries.into_iter().flatten().filter_map(|entry| Moment::parse(entry["time"].as_str()?));
        times.max().unwrap_or_default()
    }

    fn manager(&self, api_version: &str) -> Manager {
        Manager {
            name: self.query("fieldManager").unwrap_or("case").to_owned(),
            api_version: api_version.to_owned(),
            subresource: self.subresource().to_owned(),
            at: self.time(),
        }
    }
}

/// An object without what differs from run to run.
fn masked(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for name in ["uid", "resourceVersion", "creationTimestamp", "generation", "namespace"] {
            metadata.remove(name);
        }
        for entry in metadata.get_mut("managedFields").and_then(Value::as_array_mut).into_iter().flatten() {
            entry["time"] = Value::from("T");
        }
    }
    object
}

fn type_of(object: &Value) -> Option<&'static schema::Type> {
    let api_version = object["apiVersion"].as_str()?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    schema::of(group, version, object["kind"].as_str()?)
}

/// Every exchange that wrote an object of a built-in kind, with the object as it was before.
fn writes() -> Vec<(String, Step, Option<Value>)> {
    let mut found = Vec::new();
    for (name, steps) in cases() {
        let mut objects: BTreeMap<String, Value> = BTreeMap::new();
        for (number, step) in steps.into_iter().enumerate() {
            let path = step.path.split('?').next().unwrap_or_default();
            let path = path.strip_suffix("/status").unwrap_or(path);
            let key = match (step.method.as_str(), step.answer.pointer("/metadata/name")) {
                ("POST", Some(Value::String(name))) => format!("{path}/{name}"),
                _ => path.to_owned(),
            };
            let before = objects.get(&key).cloned();
            if step.answer["kind"] != "Status" && step.status < 300 {
                objects.insert(key, step.answer.clone());
            }
            let dry = step.query("dryRun").is_some();
            if matches!(step.method.as_str(), "POST" | "PUT" | "PATCH") && !dry {
                found.push((format!("{name} step {number}"), step, before));
            }
        }
    }
    found
}

/// Takes out what admission and storage set after ownership has been recorded, where the request did not.
fn admitted_later(sent: &Value, object: &mut Value) {
    let object_kind = object["kind"].clone();
    let later = [
        "priority",
        "preemptionPolicy",
        "tolerations",
        "clusterIP",
        "clusterIPs",
        "ipFamilies",
        "ipFamilyPolicy",
        "finalizers",
    ];
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|name, _| object_kind != "PersistentVolumeClaim" || name != "finalizers");
    }
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.retain(|name, _| !later.contains(&name.as_str()) || sent["spec"].get(name).is_some());
        let given = sent.to_string().contains("nodePort");
        for port in
            spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter(|_| !given)
        {
            port.as_object_mut().expect("a port").remove("nodePort");
        }
    }
}

#[test]
fn updates_move_ownership_as_a_real_server_does() {
    let mut compared = 0;
    for (name, step, before) in writes() {
        let (Some(ty), true) = (type_of(&step.answer), step.status < 300) else { continue };
        if step.media.starts_with("application/apply-patch") || step.answer["kind"] == "Status" {
            continue;
        }
        if before.is_none() && step.answer["kind"] == "Job" {
            // Its selector and labels are generated after ownership has been recorded.
            continue;
        }
        let mut after = step.answer.clone();
        after["metadata"].as_object_mut().expect("metadata").remove("managedFields");
        if before.is_none() {
            admitted_later(&step.sent, &mut after);
        }
        let manager = step.manager(after["apiVersion"].as_str().expect("a version"));
        fields::track(ty, before.as_ref(), &mut after, &manager);
        let entries = |object: &Value| masked(object)["metadata"]["managedFields"].clone();
        similar_asserts(&name, &entries(&after), &entries(&step.answer));
        compared += 1;
    }
    assert!(compared >= 40, "{compared} updates were compared");
}

#[test]
fn applies_merge_conflict_and_prune_as_a_real_server_does() {
    let mut compared = 0;
    for (name, step, before) in writes() {
        if !step.media.starts_with("application/apply-patch") || step.query("fieldManager").is_none() {
            continue;
        }
        let Some(ty) = type_of(&step.sent) else { continue };
        let manager = step.manager(step.sent["apiVersion"].as_str().expect("a version"));
        let force = step.query("force") == Some("true");
        match fields::apply(ty, before.as_ref(), &step.sent, &manager, force) {
            Ok(mut after) if step.status < 300 => {
                let kind = step.sent["kind"].as_str().expect("a kind");
                typed::complete(&manager.api_version, kind, &mut after);
                let (after, answer) = (masked(&after), masked(&step.answer));
                similar_asserts(&name, &after["metadata"], &answer["metadata"]);
                if kind == "ConfigMap" {
                    similar_asserts(&name, &after, &answer);
                }
            }
            Err(ApplyError::Conflicts(conflicts)) => {
                assert_eq!(fields::conflict_message(&conflicts), step.answer["message"], "{name}");
                let causes = step.answer["details"]["causes"].as_array().expect("causes");
                let told: Vec<&str> = causes.iter().filter_map(|cause| cause["field"].as_str()).collect();
                assert_eq!(conflicts.iter().map(|c| &*c.field).collect::<Vec<_>>(), told, "{name}");
            }
            Err(ApplyError::Invalid(text)) => assert_eq!(text, step.answer["message"], "{name}"),
            // Names and lists of managers are looked at by whoever reads the request.
            Ok(_) => {
                let told = step.answer["message"].to_string();
                let read = ["does not match the name", "managedFields must be nil"];
                assert!(read.iter().any(|text| told.contains(text)), "{name}: {told}");
            }
        }
        compared += 1;
    }
    assert!(compared >= 12, "{compared} applies were compared");
}

#[test]
fn patches_give_what_a_real_server_answers() {
    let mut compared = 0;
    for (name, step, before) in writes() {
        let (Some(ty), Some(before), true) = (type_of(&step.answer), before, step.status < 300) else {
            continue;
        };
        let patched = match &*step.media {
            "application/json-patch+json" => patch::json(&before, &step.sent),
            "application/merge-patch+json" => Ok(patch::merge(&before, &step.sent)),
            "application/strategic-merge-patch+json" => patch::strategic(ty, &before, &step.sent),
            _ => continue,
        };
        if step.sent.get("status").is_some() || step.subresource() == "status" {
            continue;
        }
        let mut patched = patched.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (api_version, kind) = (before["apiVersion"].as_str(), before["kind"].as_str());
        let (api_version, kind) = (api_version.expect("a version"), kind.expect("a kind"));
        typed::tidy(api_version, kind, &mut patched);
        typed::complete(api_version, kind, &mut patched);
        fields::track(ty, Some(&before), &mut patched, &step.manager(api_version));
        let text = masked(&patched).to_string().replace("{ns}", name.split(' ').next().unwrap_or_default());
        let patched: Value = serde_json::from_str(&text).expect("JSON");
        // What a server fills in for a new container is not a patch's doing.
        let answer = masked(&step.answer);
        let names = |object: &Value| -> Vec<String> {
            let containers = object.pointer("/spec/template/spec/containers").and_then(Value::as_array);
            containers.into_iter().flatten().map(|container| container["name"].to_string()).collect()
        };
        match names(&before).len() < names(&patched).len() {
            true => assert_eq!(names(&patched), names(&answer), "{name}"),
            false => similar_asserts(&name, &patched, &answer),
        }
        compared += 1;
    }
    assert!(compared >= 12, "{compared} patches were compared");
}

/// Equality with a readable difference.
#[track_caller]
fn similar_asserts(name: &str, ours: &Value, recorded: &Value) {
    let print = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    let (ours, recorded) = (print(ours), print(recorded));
    if ours != recorded {
        let diff = similar::TextDiff::from_lines(&recorded, &ours);
        panic!("{name}: - recorded, + ours\n{}", diff.unified_diff());
    }
}
