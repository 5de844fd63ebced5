//! What holds of every object and every history: encodings that mean the same store the same, an apply that is repeated
//! changes nothing, appliers of different fields do not mind the order, forks do not see each other, and what is told
//! as text is what is told as documents.

use crate::protobuf;
use crate::random::{Artist, NOW, actor, asking, carry_out, sent, step};
use helmdrill::call::{Body, Call, ReplyBody, Verb};
use helmdrill::sim::{Config, World};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// `apiVersion`, kind and collection of everything that can be made in the namespace `default` or in none.
static KINDS: LazyLock<Vec<(String, String, String)>> = LazyLock::new(|| {
    let mut world = World::new(Config::default(), NOW);
    let mut get = |path: &str| {
        let mut call = Call::from_http(&http::Method::GET, path, "", actor(), "test/1");
        call.accept = "application/json".to_owned();
        match world.handle(&call, NOW).body {
            ReplyBody::Raw(bytes) => serde_json::from_slice::<Value>(&bytes).expect("JSON"),
            ReplyBody::Json(value) | ReplyBody::Object(value, _) => (*value).clone(),
            ReplyBody::List(list) => list.document().clone(),
        }
    };
    let groups = get("/apis");
    let groups =
        groups["groups"].as_array().expect("groups").iter().flat_map(|group| group["versions"].as_array());
    let versions =
        groups.flatten().map(|version| version["groupVersion"].as_str().expect("a version").to_owned());
    let mut found = Vec::new();
    for version in std::iter::once("v1".to_owned()).chain(versions) {
        let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
        for resource in get(&root)["resources"].as_array().expect("resources") {
            let name = resource["name"].as_str().expect("a name");
            let creates = resource["verbs"].as_array().expect("verbs").contains(&json!("create"));
            if name.contains('/') || !creates {
                continue;
            }
            let namespace = if resource["namespaced"] == true { "/namespaces/default" } else { "" };
            let kind = resource["kind"].as_str().expect("a kind").to_owned();
            found.push((version.clone(), kind, format!("{root}{namespace}/{name}")));
        }
    }
    assert!(found.len() > 60, "{} kinds", found.len());
    found
});

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(Config::default(), NOW));

/// The answer without what is said of fields in the words of one encoding.
fn answered(world: &mut World, path: &str, media: &str, bytes: Vec<u8>) -> (u16, Value) {
    let mut call = Call::from_http(&http::Method::POST, path, "", actor(), "test/1");
    call.accept = "application/json".to_owned();
    call.body = Some(Body { media: media.to_owned(), bytes: bytes.into() });
    let reply = world.handle(&call, NOW);
    (reply.status, reply.value().expect("JSON").clone())
}

/// Sends one object in JSON and in protobuf; whether it was stored.
fn same_in_both(kind: &(String, String, String), seed: u64) -> bool {
    let (api_version, name, path) = kind;
    let Some(of) = protobuf::of_kind(api_version, name) else {
        panic!("{api_version} {name} is in no table")
    };
    let object = Artist::new(seed).object(api_version, name, of);
    let (mut by_json, mut by_protobuf) = (WORLD.clone(), WORLD.clone());
    let text = answered(&mut by_json, path, "application/json", object.to_string().into_bytes());
    let binary =
        answered(&mut by_protobuf, path, "application/vnd.kubernetes.protobuf", protobuf::body(&object));
    assert_eq!(text, binary, "{object}");
    assert!(by_json.snapshot().diff(by_protobuf.snapshot()).is_empty(), "{object}");
    text.0 == 201
}

#[test]
fn every_kind_is_the_same_in_json_and_in_protobuf() {
    let mut stored = 0;
    for kind in KINDS.iter().filter(|kind| kind.1 != "CustomResourceDefinition") {
        stored += (0..16).filter(|seed| same_in_both(kind, *seed)).count();
    }
    assert!(stored > 20, "{stored} of the objects drawn were stored");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_object_is_the_same_in_json_and_in_protobuf(which in 0..10_000_usize, seed in any::<u64>()) {
        let kind = &KINDS[which % KINDS.len()];
        if kind.1 != "CustomResourceDefinition" {
            same_in_both(kind, seed);
        }
    }

    #[test]
    fn an_object_that_is_put_back_as_it_was_read_is_not_changed(data in data(0..6)) {
        let mut world = WORLD.clone();
        let path = "/api/v1/namespaces/default/configmaps";
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data});
        let made = world.handle(&sent("POST", path, "", "application/json", &object), NOW);
        prop_assert_eq!(made.status, 201);
        let got = world.handle(&Call::from_http(&http::Method::GET, &format!("{path}/x"), "", actor(), "x"), NOW);
        let ReplyBody::Object(object, text) = &got.body else { panic!("{got:?}") };
        let read: Value = serde_json::from_slice(text.whole(object)).expect("JSON");
        prop_assert_eq!(Some(&read), made.value());
        prop_assert_eq!(&read["data"], &data);
        let version = world.version();
        let put = world.handle(&sent("PUT", &format!("{path}/x"), "", "application/json", &read), NOW);
        prop_assert_eq!((put.status, put.value()), (200, Some(&read)));
        prop_assert_eq!(world.version(), version);
    }
}

/// Texts under a few keys.
fn data(keys: std::ops::Range<u8>) -> impl Strategy<Value = Value> {
    let keys: Vec<u8> = keys.collect();
    let some = prop::sample::subsequence(keys.clone(), 1..=keys.len());
    (some, prop::collection::vec("\\PC{0,6}|[\"\\\\\n\t]{1,3}", 6)).prop_map(|(keys, texts)| {
        let pairs = keys.iter().zip(texts).map(|(key, text)| (format!("k{key}"), Value::String(text)));
        Value::Object(pairs.collect())
    })
}

/// A Deployment as far as one applier cares: some labels, and containers with some variables.
fn deployment(labels: &Value, containers: &[&str], variables: &Value) -> Value {
    let variables =
        variables.as_object().expect("a map").iter().filter(|(_, value)| !value.to_string().contains('\n'));
    let env: Vec<Value> = variables.map(|(name, value)| json!({"name": name, "value": value})).collect();
    let containers: Vec<Value> = containers
        .iter()
        .map(|name| json!({"name": name, "image": format!("{name}:1"), "env": env}))
        .collect();
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "annotations": labels},
        "spec": {
            "selector": {"matchLabels": {"app": "x"}},
            "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": containers}},
        },
    })
}

fn apply(world: &mut World, object: &Value, manager: &str) -> Value {
    let path = match object["kind"].as_str() {
        Some("Deployment") => "/apis/apps/v1/namespaces/default/deployments/x",
        _ => "/api/v1/namespaces/default/configmaps/x",
    };
    let query = format!("fieldManager={manager}");
    let reply = world.handle(&sent("PATCH", path, &query, "application/apply-patch+yaml", object), NOW);
    assert!(reply.is_success(), "{object}: {:?}", reply.value());
    reply.value().expect("JSON").clone()
}

/// An object without what tells how often it was written, its lists of containers and variables in the order of names.
fn sorted(mut object: Value) -> Value {
    for field in ["resourceVersion", "uid", "generation"] {
        object["metadata"].as_object_mut().expect("metadata").remove(field);
    }
    if let Some(containers) =
        object.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut)
    {
        containers.sort_by_key(|container| container["name"].to_string());
        for container in containers {
            if let Some(env) = container["env"].as_array_mut() {
                env.sort_by_key(|variable| variable["name"].to_string());
            }
        }
    }
    object
}

const CONTAINERS: [&str; 3] = ["a", "b", "c"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn an_apply_that_is_repeated_changes_nothing(
        first in data(0..4), labels in data(0..3), containers in prop::sample::subsequence(CONTAINERS.to_vec(), 1..=3),
        others in prop::sample::subsequence(CONTAINERS.to_vec(), 1..=3),
    ) {
        let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": first});
        let before = deployment(&json!({}), &others, &json!({"z": "1"}));
        let after = deployment(&labels, &containers, &first);
        for (before, object) in [(None, config_map), (None, after.clone()), (Some(before), after)] {
            let mut world = WORLD.clone();
            if let Some(before) = before {
                apply(&mut world, &before, "one");
            }
            let once = apply(&mut world, &object, "one");
            let version = world.version();
            prop_assert_eq!(apply(&mut world, &object, "one"), once);
            prop_assert_eq!(world.version(), version);
        }
    }

    #[test]
    fn appliers_of_different_fields_do_not_mind_the_order(
        mine in data(0..3), yours in data(3..6), my_labels in data(0..3), your_labels in data(3..6),
    ) {
        let config_map =
            |data: &Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data});
        let both = [
            (config_map(&mine), config_map(&yours)),
            (deployment(&my_labels, &["a", "b"], &mine), deployment(&your_labels, &["c"], &yours)),
            (deployment(&my_labels, &["a"], &mine), deployment(&your_labels, &["a"], &yours)),
        ];
        for (mine, yours) in both {
            let (mut first, mut second) = (WORLD.clone(), WORLD.clone());
            apply(&mut first, &mine, "me");
            let ended = apply(&mut first, &yours, "you");
            apply(&mut second, &yours, "you");
            prop_assert_eq!(sorted(ended), sorted(apply(&mut second, &mine, "me")));
        }
    }

    #[test]
    fn what_happens_in_a_fork_is_not_seen_in_the_other(
        before in prop::collection::vec(step(), 0..8),
        here in prop::collection::vec(step(), 1..12),
        there in prop::collection::vec(step(), 1..12),
    ) {
        let mut world = WORLD.clone();
        before.iter().for_each(|step| carry_out(&mut world, step));
        let alone = |steps: &[_]| {
            let mut alone = WORLD.clone();
            before.iter().chain(steps).for_each(|step| carry_out(&mut alone, step));
            alone
        };
        let mut fork = world.clone();
        let mut watch = world.watch(&asking(Verb::Watch, "", &[]), NOW).expect("accepted");
        watch.drain(&world, NOW);
        for at in 0..here.len().max(there.len()) {
            here.get(at).into_iter().for_each(|step| carry_out(&mut world, step));
            there.get(at).into_iter().for_each(|step| carry_out(&mut fork, step));
        }
        for (ended, alone) in [(&world, alone(&here)), (&fork, alone(&there))] {
            prop_assert_eq!(ended.version(), alone.version());
            prop_assert!(ended.snapshot().diff(alone.snapshot()).is_empty());
        }
        let told: Vec<_> = watch.drain(&world, NOW).into_iter().map(|event| event["object"].clone()).collect();
        let versions = told.iter().map(|object| object["metadata"]["resourceVersion"].clone());
        let begun = alone(&[]).version();
        let changed = (begun + 1..=alone(&here).version()).map(|version| json!(version.to_string()));
        prop_assert_eq!(versions.collect::<Vec<_>>(), changed.collect::<Vec<_>>());
    }
}
