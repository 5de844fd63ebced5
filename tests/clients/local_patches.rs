//! Patches against kubectl's own: what `kubectl patch --local` makes of drawn objects and drawn patches, and what it makes
//! of the very patches that `kubectl apply` computes out of three states, ours must make too. kubectl is asked about
//! many objects at a time.

use crate::stand::{Stand, pinned};
use helmdrill::sim::patch::{PatchError, json, merge, strategic};
use helmdrill::sim::schema;
use helmdrill::tools::{Tool, pins};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json as text};
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

fn drawn<S: Strategy>(draws: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(draws).expect("nothing is filtered out").current()
}

fn deployment(at: usize, spec: Value) -> Value {
    let mut object =
        text!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": format!("o{at}")}});
    for (name, value) in spec.as_object().into_iter().flatten() {
        match (name.as_str(), object.get_mut(name), value.as_object()) {
            ("metadata", Some(Value::Object(metadata)), Some(more)) => {
                metadata.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => drop(object.as_object_mut().expect("an object").insert(name.clone(), value.clone())),
        }
    }
    object
}

/// The object as the API takes it: what it may not lack, and nothing that it refuses.
fn applicable(mut object: Value) -> Value {
    object["metadata"].as_object_mut().expect("metadata").remove("finalizers");
    object["spec"]["selector"] = text!({"matchLabels": {"app": "x"}});
    let template = &mut object["spec"]["template"];
    template["metadata"] = text!({"labels": {"app": "x"}});
    let pod = template["spec"].as_object_mut().expect("drawn");
    pod.remove("volumes");
    let containers = pod["containers"].as_array_mut().expect("drawn");
    if containers.is_empty() {
        containers.push(text!({"name": "only", "image": "i:1"}));
    }
    for container in containers {
        container.as_object_mut().expect("a container").remove("volumeMounts");
    }
    object
}

/// Items of a list that are told apart by `key`, in any order, each with what `more` draws.
fn keyed(
    key: &'static str,
    keys: &'static [&'static str],
    more: BoxedStrategy<Value>,
) -> BoxedStrategy<Value> {
    let some = prop::sample::subsequence(keys.to_vec(), 0..=keys.len()).prop_shuffle();
    (some, prop::collection::vec(more, keys.len()))
        .prop_map(move |(keys, more)| {
            let items = keys.into_iter().zip(more).map(|(name, mut item)| {
                item[key] = text!(name);
                item
            });
            Value::Array(items.collect())
        })
        .boxed()
}

/// Some of these members.
fn members(all: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = all.into_iter().map(|(_, value)| value).collect();
    (prop::collection::vec(any::<bool>(), names.len()), values)
        .prop_map(move |(given, values)| {
            let kept = names.iter().zip(values).zip(given).filter(|(_, given)| *given);
            Value::Object(kept.map(|((name, value), _)| ((*name).to_owned(), value)).collect())
        })
        .boxed()
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    prop::sample::select(values.to_vec()).boxed()
}

fn words() -> BoxedStrategy<Value> {
    let some = prop::sample::subsequence(vec!["a", "b", "c"], 0..=3).prop_shuffle();
    some.prop_map(|words| text!(words)).boxed()
}

fn labels(value: &BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    members(vec![("a", value.clone()), ("b", value.clone()), ("c", value.clone())])
}

fn letters() -> BoxedStrategy<Value> {
    one_of(&[text!("1"), text!("2"), text!("")])
}

fn container() -> BoxedStrategy<Value> {
    members(vec![
        ("image", one_of(&[text!("i:1"), text!("i:2")])),
        ("args", words()),
        ("env", keyed("name", &["A", "B", "C"], members(vec![("value", letters())]))),
        ("ports", ports()),
        ("volumeMounts", keyed("mountPath", &["/a", "/b"], members(vec![("name", one_of(&[text!("v")]))]))),
    ])
    .prop_map(|mut container| {
        container.as_object_mut().expect("members").entry("image").or_insert(text!("i:0"));
        container
    })
    .boxed()
}

fn ports() -> BoxedStrategy<Value> {
    let some = prop::sample::subsequence(vec![80, 81, 82], 0..=3).prop_shuffle();
    (some, prop::collection::vec(members(vec![("name", one_of(&[text!("http")]))]), 3))
        .prop_map(|(numbers, more)| {
            let mut named = false;
            let ports = numbers.into_iter().zip(more).map(|(number, mut port)| {
                port["containerPort"] = text!(number);
                port["protocol"] = text!("TCP");
                // A name may be there once.
                if named {
                    port.as_object_mut().expect("a port").remove("name");
                }
                named |= port.get("name").is_some();
                port
            });
            Value::Array(ports.collect())
        })
        .boxed()
}

fn volume() -> BoxedStrategy<Value> {
    one_of(&[
        text!({"emptyDir": {}}),
        text!({"configMap": {"name": "c"}}),
        text!({"secret": {"secretName": "s"}}),
    ])
}

/// Everything but the names of an object.
fn spec() -> BoxedStrategy<Value> {
    let metadata = members(vec![("labels", labels(&letters())), ("finalizers", words())]);
    let pod = (keyed("name", &["a", "b", "c", "d"], container()), pod_members())
        .prop_map(|(containers, mut pod)| {
            pod["containers"] = containers;
            pod
        })
        .boxed();
    let strategy = one_of(&[
        text!({"type": "Recreate"}),
        text!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}),
    ]);
    (metadata, pod, members(vec![("replicas", one_of(&[text!(1), text!(3)])), ("strategy", strategy)]))
        .prop_map(|(metadata, pod, mut spec)| {
            spec["template"] = text!({"spec": pod});
            text!({"metadata": metadata, "spec": spec})
        })
        .boxed()
}

fn pod_members() -> BoxedStrategy<Value> {
    members(vec![
        ("volumes", keyed("name", &["v", "w"], volume())),
        ("hostAliases", keyed("ip", &["10.0.0.1", "10.0.0.2"], members(vec![("hostnames", words())]))),
        ("imagePullSecrets", keyed("name", &["p", "q"], one_of(&[text!({})]))),
        ("nodeSelector", labels(&letters())),
        ("tolerations", keyed("key", &["t", "u"], one_of(&[text!({"operator": "Exists"})]))),
    ])
}

/// A partial object with the directives of strategic merge patches in it.
fn strategic_patch() -> BoxedStrategy<Value> {
    (spec(), prop::collection::vec(0..9_u8, 40))
        .prop_map(|(mut spec, draws)| {
            directed(&mut spec, "", &mut draws.into_iter().cycle());
            spec
        })
        .boxed()
}

fn directed(value: &mut Value, field: &str, draws: &mut impl Iterator<Item = u8>) {
    match value {
        Value::Object(members) => {
            let mut added = Map::new();
            for (name, value) in members.iter_mut() {
                let keyed = matches!(name.as_str(), "containers" | "env" | "volumes" | "hostAliases");
                match (value.as_array(), draws.next().expect("they go round")) {
                    (Some(items), 0 | 1) if keyed => {
                        let key = if name == "hostAliases" { "ip" } else { "name" };
                        let order = items.iter().map(|item| text!({key: item[key]}));
                        added.insert(format!("$setElementOrder/{name}"), order.rev().collect());
                    }
                    (Some(items), 0 | 1) if name == "finalizers" => {
                        // What is added and deleted at once is left to chance by kubectl.
                        let others = ["a", "b", "c"].map(|word| text!(word));
                        let gone = others.into_iter().filter(|word| !items.contains(word));
                        added.insert(format!("$deleteFromPrimitiveList/{name}"), gone.collect());
                    }
                    _ => {}
                }
                directed(value, name, draws);
            }
            let retained: Vec<Value> = members.keys().map(|name| text!(name)).collect();
            members.extend(added);
            match (field, draws.next().expect("they go round")) {
                ("strategy", 0..=4) => drop(members.insert("$retainKeys".to_owned(), Value::Array(retained))),
                ("labels" | "nodeSelector", 0) => drop(members.insert("$patch".to_owned(), text!("replace"))),
                ("labels" | "nodeSelector", 1) => {
                    members.values_mut().take(1).for_each(|value| *value = Value::Null)
                }
                _ => {}
            }
        }
        Value::Array(items) => {
            let keyed = matches!(field, "containers" | "env" | "volumes" | "hostAliases");
            for item in items.iter_mut() {
                match (keyed, draws.next().expect("they go round")) {
                    (true, 0) => item["$patch"] = text!("delete"),
                    _ => directed(item, "", draws),
                }
            }
            if keyed && draws.next().is_some_and(|draw| draw == 0) {
                items.push(text!({"$patch": "replace"}));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A partial object in which some members are taken away.
fn merge_patch() -> BoxedStrategy<Value> {
    (spec(), prop::collection::vec(0..4_u8, 40))
        .prop_map(|(mut spec, draws)| {
            nulled(&mut spec, &mut draws.into_iter().cycle());
            spec
        })
        .boxed()
}

fn nulled(value: &mut Value, draws: &mut impl Iterator<Item = u8>) {
    for (_, member) in value.as_object_mut().into_iter().flatten() {
        match draws.next() {
            Some(0) => *member = Value::Null,
            _ => nulled(member, draws),
        }
    }
}

/// Operations, most of which fit most objects.
fn json_patch() -> BoxedStrategy<Value> {
    let operations = [
        text!({"op": "add", "path": "/spec/replicas", "value": 5}),
        text!({"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "z"}}),
        text!({"op": "add", "path": "/spec/template/spec/containers/0", "value": {"name": "y"}}),
        text!({"op": "replace", "path": "/metadata/name", "value": "other"}),
        text!({"op": "copy", "from": "/spec/template/spec", "path": "/spec/copied"}),
        text!({"op": "move", "from": "/spec/template/spec/containers", "path": "/spec/moved"}),
        text!({"op": "test", "path": "/kind", "value": "Deployment"}),
        text!({"op": "remove", "path": "/spec/template/spec/containers"}),
        text!({"op": "add", "path": "/metadata/labels", "value": {"a~b/c": "1"}}),
    ];
    prop::sample::subsequence(operations.to_vec(), 1..4).prop_shuffle().prop_map(Value::Array).boxed()
}
