//! Calls read out of bytes, and what must hold of the answer to any of them: shared by the fuzz target, which makes the
//! bytes up, and the test that keeps those that once broke something.
//!
//! A line `%%%%` stands between two calls. Each is a line of method and path, a line with the media type of its body,
//! a line with what it accepts, and its body.

use helmdrill::call::{Actor, Body, Call, ReplyBody, Verb};
use helmdrill::clock::Moment;
use helmdrill::sim::{Config, World};
use serde_json::Value;
use std::sync::LazyLock;

const NOW: Moment = Moment::from_micros(1_763_810_803_000_000);
const BETWEEN: &[u8] = b"\n%%%%\n";
/// As many calls as one input makes at most.
const MOST: usize = 8;

/// A cluster with a few objects, whose controllers rest.
static CLUSTER: LazyLock<World> = LazyLock::new(|| {
    let mut world = World::new(Config::default(), NOW);
    let mut create = |path: &str, object: Value| {
        let mut call = Call::from_http(&http::Method::POST, path, "", Actor::Other("x".to_owned()), "x");
        call.body = Some(Body::json(&object));
        assert_eq!(world.handle(&call, NOW).status, 201, "{object}");
    };
    let container = serde_json::json!({"name": "a", "image": "busybox:1.36"});
    let template =
        serde_json::json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container]}});
    create(
        "/api/v1/namespaces/default/configmaps",
        serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"a": "b"}}, "data": {"a": "b"}}),
    );
    create(
        "/apis/apps/v1/namespaces/default/deployments",
        serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}),
    );
    let schema = serde_json::json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    create(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        serde_json::json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "xs.e.x"}, "spec": {"group": "e.x", "scope": "Namespaced",
            "names": {"plural": "xs", "singular": "x", "kind": "X", "listKind": "XList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}]}}),
    );
    world
});

/// Reads the calls of an input.
pub(crate) fn read(bytes: &[u8]) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut rest = bytes;
    while calls.len() < MOST && !rest.is_empty() {
        let end = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN);
        calls.extend(one(&rest[..end.unwrap_or(rest.len())]));
        rest = end.map_or(&[][..], |end| &rest[end + BETWEEN.len()..]);
    }
    calls
}

fn one(bytes: &[u8]) -> Option<Call> {
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    let mut line = || parts.next().map(|part| String::from_utf8_lossy(part).into_owned()).unwrap_or_default();
    let (first, media, accept) = (line(), line(), line());
    let body = parts.next().unwrap_or_default();
    let (method, url) = first.split_once(' ')?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let method = http::Method::from_bytes(method.as_bytes()).ok()?;
    let mut call = Call::from_http(&method, path, query, Actor::Other("fuzz".to_owned()), "fuzz/1");
    call.accept = accept;
    call.body = (!body.is_empty()).then(|| Body { media, bytes: body.to_vec().into() });
    Some(call)
}

/// Makes the calls, one after another, and looks at each answer. Panics where one is no answer.
pub(crate) fn answer(bytes: &[u8]) {
    let mut world = CLUSTER.clone();
    let before = CLUSTER.version();
    for call in read(bytes) {
        let version = world.version();
        if call.verb == Verb::Watch
            && let Ok(mut watch) = world.watch(&call, NOW)
        {
            let mut lines = Vec::new();
            watch.write(&world, NOW, usize::MAX, &mut lines);
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let event: Value = serde_json::from_slice(line).expect("an event is JSON");
                assert!(event["type"].is_string() && event["object"].is_object(), "{event}");
            }
        }
        let reply = world.handle(&call, NOW);
        assert!((200..600).contains(&reply.status), "{call:?}: {}", reply.status);
        assert!(world.version() >= version && (call.mutates() || world.version() == version), "{call:?}");
        match &reply.body {
            ReplyBody::Json(_) | ReplyBody::Raw(_) => {}
            ReplyBody::Object(object, text) => {
                let told: Value = serde_json::from_slice(text.whole(object)).expect("an object is JSON");
                assert_eq!(told, **object);
            }
            ReplyBody::List(list) => {
                let mut text = Vec::new();
                assert_eq!(list.write(0, usize::MAX, &mut text), None);
                let told: Value = serde_json::from_slice(&text).expect("a list is JSON");
                assert_eq!(told, *list.document());
            }
        }
    }
    assert_eq!(CLUSTER.version(), before, "what happens in a fork stays there");
}
