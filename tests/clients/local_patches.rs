//! Patches against kubectl's own: what `kubectl patch --local` makes of drawn objects and drawn patches, and what it makes
//! of the very patches that `kubectl apply` computes out of three states, ours must make too. kubectl is asked about
//! many objects at a time.

use crate::drawn::{applicable, deployment, drawn, json_patch, merge_patch, spec, strategic_patch};
use crate::stand::{Stand, pinned};
use helmdrill::sim::patch::{PatchError, json, merge, strategic};
use helmdrill::sim::schema;
use helmdrill::tools::{Tool, pins};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json as text};
use std::path::PathBuf;

/// How many objects one patch is tried on.
const OBJECTS: usize = 16;

/// The three kinds of patch that kubectl knows, by the word of its `--type`.
const KINDS: [(&str, fn() -> BoxedStrategy<Value>, usize); 3] =
    [("strategic", strategic_patch, 10), ("merge", merge_patch, 3), ("json", json_patch, 5)];

async fn kubectl() -> PathBuf {
    pinned(pins(Tool::Kubectl).last().expect("kubectl is pinned")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn drawn_patches_come_out_as_kubectl_makes_them() {
    let (stand, kubectl) = (Stand::still().await, kubectl().await);
    let mut draws = TestRunner::deterministic();
    let (mut made, mut refused) = (0, 0);
    for (kind, patches, count) in KINDS {
        for _ in 0..count {
            let objects: Vec<Value> =
                (0..OBJECTS).map(|at| deployment(at, drawn(&mut draws, &spec()))).collect();
            let patch = drawn(&mut draws, &patches());
            let ours: Vec<Value> =
                objects.iter().filter_map(|object| patched(kind, object, &patch).ok()).collect();
            let (theirs, whole) = asked(&stand, &kubectl, kind, &objects, &patch).await;
            assert_eq!(whole, ours.len() == OBJECTS, "{kind} {patch}");
            assert_eq!(theirs.len(), ours.len(), "{kind} {patch}");
            for (object, (ours, theirs)) in objects.iter().zip(ours.iter().zip(&theirs)).filter(|_| whole) {
                assert_eq!(ours, theirs, "{kind} {patch}\nof {object}");
            }
            made += ours.len();
            refused += OBJECTS - ours.len();
        }
    }
    assert!(made > 150, "{made} made, {refused} refused");
    stand.cluster.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kubectl_merges_of_three_states_comes_out_as_it_meant_it() {
    let (stand, kubectl) = (Stand::still().await, kubectl().await);
    let mut draws = TestRunner::deterministic();
    let mut drawn_all = || -> Vec<Value> {
        (0..OBJECTS).map(|at| applicable(deployment(at, drawn(&mut draws, &spec())))).collect()
    };
    let (before, after) = (drawn_all(), drawn_all());
    let elsewhere = r#"{"spec":{"replicas":7,"template":{"metadata":{"labels":{"live":"yes"}}}}}"#;
    let in_folder = async |line: &str| stand.run(&kubectl, &format!("cd $HOME && {line}")).await;
    write(&stand, "before.json", &before);
    write(&stand, "after.json", &after);
    in_folder("kubectl apply -f before.json >/dev/null").await;
    in_folder(&format!("kubectl patch -f before.json -p '{elsewhere}' >/dev/null")).await;
    let live = read(&in_folder("kubectl get deployments -o json").await);
    let said = in_folder("kubectl apply -f after.json -v=9").await;
    let patches = sent(&said);
    assert!(patches.len() > OBJECTS / 2, "{} of {OBJECTS} were patched: {said}", patches.len());
    let ended = read(&in_folder("kubectl get deployments -o json").await);
    for (name, patch) in &patches {
        let of = |list: &[Value]| list.iter().find(|object| object["metadata"]["name"] == **name).cloned();
        let (live, ended) = (of(&live).expect("it is there"), of(&ended).expect("it is there"));
        let ours = patched("strategic", &live, patch).expect("kubectl's patch fits");
        let (theirs, _) = asked(&stand, &kubectl, "strategic", std::slice::from_ref(&live), patch).await;
        assert_eq!(theirs, std::slice::from_ref(&ours), "{patch}");
        for owned in
            ["/spec/template/spec/containers", "/spec/template/metadata/labels/live", "/spec/replicas"]
        {
            let (ours, stored) = (ours.pointer(owned), ended.pointer(owned));
            assert!(covers(stored, ours), "{owned} of {name}: {stored:?} is not {ours:?}");
        }
    }
    // What is empty is not stored, so kubectl patches it again; the second time nothing changes.
    in_folder("kubectl apply -f after.json >/dev/null").await;
    assert_eq!(read(&in_folder("kubectl get deployments -o json").await), ended);
    stand.cluster.close().await;
}

/// Whether a stored value has everything that another says; defaults may come to it, and what is empty goes.
fn covers(stored: Option<&Value>, said: Option<&Value>) -> bool {
    match (stored, said) {
        (_, None) => true,
        (None, Some(Value::Array(said))) => said.is_empty(),
        (None, Some(Value::String(said))) => said.is_empty(),
        (Some(Value::Object(stored)), Some(Value::Object(said))) => {
            said.iter().all(|(name, value)| covers(stored.get(name), Some(value)))
        }
        (Some(Value::Array(stored)), Some(Value::Array(said))) => {
            stored.len() == said.len() && stored.iter().zip(said).all(|(a, b)| covers(Some(a), Some(b)))
        }
        (stored, said) => stored == said,
    }
}

fn patched(kind: &str, object: &Value, patch: &Value) -> Result<Value, PatchError> {
    match kind {
        "strategic" => {
            let of = schema::of("apps", "v1", "Deployment").expect("a built-in kind");
            strategic(of, object, patch)
        }
        "merge" => Ok(merge(object, patch)),
        _ => json(object, patch),
    }
}

/// What kubectl makes of each object that it can patch, and whether it could patch all.
async fn asked(
    stand: &Stand,
    kubectl: &std::path::Path,
    kind: &str,
    objects: &[Value],
    patch: &Value,
) -> (Vec<Value>, bool) {
    write(stand, "objects.json", objects);
    std::fs::write(stand.home().join("patch.json"), patch.to_string()).expect("a writable folder");
    let line = format!(
        "cd $HOME && kubectl patch --local -f objects.json --type {kind} --patch-file patch.json -o json 2>&-"
    );
    let said = stand.run(kubectl, &line).await;
    let (documents, whole) = match said.rsplit_once("\n[") {
        Some((documents, _)) if said.ends_with("]\n") && !said.ends_with("}\n") => (documents, false),
        _ => (said.as_str(), true),
    };
    let read = serde_json::Deserializer::from_str(documents).into_iter::<Value>();
    (read.map_while(Result::ok).collect(), whole)
}

fn write(stand: &Stand, name: &str, objects: &[Value]) {
    let list = text!({"apiVersion": "v1", "kind": "List", "items": objects});
    std::fs::write(stand.home().join(name), list.to_string()).expect("a writable folder");
}

fn read(list: &str) -> Vec<Value> {
    let list: Value = serde_json::from_str(list).expect("a list");
    list["items"].as_array().expect("items").clone()
}

/// The patches that kubectl says it sent, each with the name of its object.
fn sent(said: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut body = None;
    for line in said.lines() {
        if let Some((_, told)) = line.split_once("] \"Request Body\" body=") {
            body =
                serde_json::from_str::<String>(told).ok().and_then(|told| serde_json::from_str(&told).ok());
        }
        let patched = line.contains("PATCH").then(|| line.split_once("/deployments/")).flatten();
        if let (Some((_, rest)), Some(patch)) = (patched, &body) {
            let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            found.push((name, Value::clone(patch)));
            body = None;
        }
    }
    found
}
