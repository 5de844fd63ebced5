//! Watches against lists: whatever happens to a collection, a watch from any version on tells exactly what leads
//! from the list at that version to the list at the end, for every selector.

use helmdrill::call::{Actor, Call, ReplyBody, ResourcePath, Verb};
use helmdrill::clock::Moment;
use helmdrill::sim::{Config, Watch, World};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NOW: Moment = Moment::from_micros(1_763_810_803_000_000);

/// One thing that happens to one of a few ConfigMaps.
#[derive(Clone, Debug)]
enum Step {
    Put { name: u8, color: u8, data: u8 },
    Delete { name: u8 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..5u8, 0..3u8, 0..3u8).prop_map(|(name, color, data)| Step::Put { name, color, data }),
        1 => (0..5u8).prop_map(|name| Step::Delete { name }),
    ]
}

fn actor() -> Actor {
    Actor::Other("test".to_owned())
}

fn collection() -> ResourcePath {
    ResourcePath::collection("", "v1", "configmaps", "default")
}

fn carry_out(world: &mut World, step: &Step) {
    match step {
        Step::Put { name, color, data } => {
            let name = format!("c{name}");
            let object = json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": name, "labels": {"color": color.to_string()}},
                "data": {"a": data.to_string()},
            });
            let updated =
                world.handle(&Call::update(actor(), "test/1", collection().item(&name), &object), NOW);
            if updated.status == 404 {
                let made = world.handle(&Call::create(actor(), "test/1", collection(), &object), NOW);
                assert_eq!(made.status, 201, "{made:?}");
            } else {
                assert_eq!(updated.status, 200, "{updated:?}");
            }
        }
        Step::Delete { name } => {
            let item = collection().item(&format!("c{name}"));
            let gone = world.handle(&Call::delete(actor(), "test/1", item, &Value::Null), NOW);
            assert!(matches!(gone.status, 200 | 404), "{gone:?}");
        }
    }
}

fn asking(verb: Verb, parameters: &[(&str, &str)]) -> Call {
    let mut call = Call::to(actor(), "test/1", verb, collection());
    for (name, value) in parameters {
        call.query.set(name, value);
    }
    call
}

type State = BTreeMap<String, Value>;

/// The collection as a list tells it: name → (version and data).
fn listed(world: &World, selector: &str) -> State {
    let reply = world.clone().handle(&asking(Verb::List, &[("labelSelector", selector)]), NOW);
    let list = reply.value().expect("a list").clone();
    list["items"].as_array().expect("items").iter().map(entry).collect()
}

fn entry(object: &Value) -> (String, Value) {
    let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
    (name, json!([object["metadata"]["resourceVersion"], object["data"]]))
}

/// Brings a state forward by events, each of which must fit it.
fn follow(state: &mut State, events: &[Value]) {
    for event in events {
        let (name, told) = entry(&event["object"]);
        match event["type"].as_str().expect("a type") {
            "ADDED" => assert!(state.insert(name, told).is_none(), "added twice: {event}"),
            "MODIFIED" => assert!(state.insert(name, told).is_some(), "never added: {event}"),
            "DELETED" => assert!(state.remove(&name).is_some(), "never added: {event}"),
            other => panic!("{other}: {event}"),
        }
    }
}

fn watch_from(world: &World, version: u64, selector: &str) -> Watch {
    let version = version.to_string();
    let call = asking(Verb::Watch, &[("labelSelector", selector), ("resourceVersion", &version)]);
    world.watch(&call, NOW).expect("the watch is accepted")
}

const SELECTORS: [&str; 4] = ["", "color=1", "color!=1", "color in (0,2)"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_watch_from_any_version_leads_to_the_final_list(steps in proptest::collection::vec(step(), 1..24)) {
        let mut world = World::new(Config::default(), NOW);
        let mut forks = vec![world.clone()];
        for step in &steps {
            carry_out(&mut world, step);
            forks.push(world.clone());
        }
        for selector in SELECTORS {
            for fork in &forks {
                let mut state = listed(fork, selector);
                let mut watch = watch_from(&world, fork.version(), selector);
                follow(&mut state, &watch.drain(&world, NOW));
                prop_assert_eq!(&state, &listed(&world, selector));
            }
        }
    }

    #[test]
    fn a_watch_that_is_drained_now_and_then_tells_the_same(steps in proptest::collection::vec(step(), 1..24)) {
        let mut world = World::new(Config::default(), NOW);
        let (mut eager, mut lazy) = (watch_from(&world, world.version(), ""), watch_from(&world, world.version(), ""));
        let mut told = Vec::new();
        for step in &steps {
            carry_out(&mut world, step);
            told.extend(eager.drain(&world, NOW));
        }
        prop_assert_eq!(told, lazy.drain(&world, NOW));
    }
}

fn some_history() -> World {
    let mut world = World::new(Config::default(), NOW);
    for name in 0..3 {
        carry_out(&mut world, &Step::Put { name, color: 1, data: 0 });
    }
    world
}

#[test]
fn a_watch_from_a_forgotten_version_ends_with_410() {
    let mut world = some_history();
    let first = world.version() - 3;
    world.compact(first + 2);
    let mut watch = watch_from(&world, first, "");
    let events = watch.drain(&world, NOW);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["type"], "ERROR");
    assert_eq!(events[0]["object"]["code"], 410);
    assert_eq!(events[0]["object"]["reason"], "Expired");
    let message = format!("too old resource version: {first} ({})", first + 2);
    assert_eq!(events[0]["object"]["message"], message.as_str());
    assert!(watch.is_ended());
}

/// A watch that begins with the list: `version` is the one it must not be older than.
fn streamed(world: &World, version: &str, more: &[(&str, &str)]) -> Watch {
    let fixed = [
        ("sendInitialEvents", "true"),
        ("resourceVersionMatch", "NotOlderThan"),
        ("resourceVersion", version),
    ];
    world.watch(&asking(Verb::Watch, &[&fixed, more].concat()), NOW).expect("the watch is accepted")
}

#[test]
fn a_list_as_a_stream_ends_with_a_bookmark_that_says_so_and_goes_on_as_a_watch() {
    let mut world = some_history();
    let now = world.version().to_string();
    for version in ["", "0", "1", &now] {
        let mut watch = streamed(&world, version, &[("allowWatchBookmarks", "true")]);
        let events = watch.drain(&world, NOW);
        let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds, ["ADDED", "ADDED", "ADDED", "BOOKMARK"], "{version}");
        let end = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {
            "annotations": {"k8s.io/initial-events-end": "true"}, "resourceVersion": now}});
        assert_eq!(events[3]["object"], end, "{version}");
    }
    let mut watch = streamed(&world, "", &[("allowWatchBookmarks", "true"), ("labelSelector", "color=2")]);
    assert_eq!(watch.drain(&world, NOW).len(), 1, "the bookmark comes even where nothing is selected");
    carry_out(&mut world, &Step::Put { name: 1, color: 2, data: 0 });
    let events = watch.drain(&world, NOW);
    assert!(events.len() == 1 && events[0]["type"] == "ADDED", "{events:?}");
}

#[test]
fn a_list_as_a_stream_without_bookmarks_has_no_end() {
    let world = some_history();
    let events = streamed(&world, "", &[]).drain(&world, NOW);
    assert!(events.len() == 3 && events.iter().all(|event| event["type"] == "ADDED"), "{events:?}");
}

#[test]
fn a_stream_of_a_version_that_has_not_come_is_told_so_in_an_event() {
    let world = some_history();
    let mut watch = streamed(&world, "99999", &[("allowWatchBookmarks", "true")]);
    let events = watch.drain(&world, NOW);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((&events[0]["type"], &events[0]["object"]["code"]), (&json!("ERROR"), &json!(504)));
    let message = format!("Timeout: Too large resource version: 99999, current: {}", world.version());
    assert_eq!(events[0]["object"]["message"], message.as_str());
    assert!(watch.is_ended());
}

#[test]
fn the_bookmark_of_every_kind_is_the_recorded_one() {
    let recorded = include_str!("../recorded/bookmarks.json");
    let recorded: Vec<Value> = serde_json::from_str(recorded).expect("recorded bookmarks");
    assert!(recorded.len() > 50);
    let world = World::new(Config::default(), NOW);
    let parameters = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan\
        &allowWatchBookmarks=true&labelSelector=none";
    for expected in recorded {
        let text = |name: &str| expected[name].as_str().expect("a text").to_owned();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let root = if version.contains('/') { "/apis" } else { "/api" };
        let plural = collection_of(&world, &format!("{root}/{version}"), &kind);
        let path = format!("{root}/{version}/{plural}");
        let call = Call::from_http(&http::Method::GET, &path, parameters, actor(), "test/1");
        let events = world.watch(&call, NOW).expect("accepted").drain(&world, NOW);
        let mut object = events.last().expect("a bookmark")["object"].clone();
        object["metadata"].as_object_mut().expect("metadata").remove("resourceVersion");
        assert_eq!((events.len(), &object), (1, &expected));
    }
}

/// The name of the collection of a kind, as discovery tells it.
fn collection_of(world: &World, path: &str, kind: &str) -> String {
    let call = Call::from_http(&http::Method::GET, path, "", actor(), "test/1");
    let reply = world.clone().handle(&call, NOW);
    let ReplyBody::Raw(bytes) = reply.body else { panic!("{path}: {reply:?}") };
    let list: Value = serde_json::from_slice(&bytes).expect("JSON");
    let all = list["resources"].as_array().expect("resources").iter();
    let named = all.filter(|one| one["kind"] == kind).filter_map(|one| one["name"].as_str());
    named.filter(|name| !name.contains('/')).map(str::to_owned).next().expect("it is served")
}

#[test]
fn a_bookmark_has_the_form_that_was_asked_for() {
    let world = some_history();
    let end = |accept: &str| {
        let mut call = asking(Verb::Watch, &[("sendInitialEvents", "true"), ("allowWatchBookmarks", "true")]);
        call.query.set("resourceVersionMatch", "NotOlderThan");
        call.accept = accept.to_owned();
        let events = world.watch(&call, NOW).expect("accepted").drain(&world, NOW);
        events.last().expect("a bookmark")["object"].clone()
    };
    let partial = end("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io");
    assert_eq!(
        (&partial["kind"], &partial["apiVersion"]),
        (&json!("PartialObjectMetadata"), &json!("meta.k8s.io/v1"))
    );
    assert_eq!(partial["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    let table = end("application/json;as=Table;v=v1;g=meta.k8s.io");
    assert_eq!(table["kind"], "Table");
    let row = &table["rows"][0]["object"]["metadata"];
    assert_eq!(row["annotations"]["k8s.io/initial-events-end"], "true", "{table}");
}

#[test]
fn a_quiet_watch_is_told_the_version_it_has_come_to() {
    let mut world = some_history();
    let call = asking(Verb::Watch, &[("allowWatchBookmarks", "true"), ("timeoutSeconds", "300")]);
    let mut watch = world.watch(&call, NOW).expect("accepted");
    assert_eq!(watch.timeout().map(|t| t.as_secs()), Some(300));
    assert_eq!(watch.drain(&world, NOW).len(), 3);
    carry_out(&mut world, &Step::Delete { name: 0 });
    assert_eq!(watch.drain(&world, NOW).len(), 1);
    let bookmark = watch.bookmark_now(NOW).expect("bookmarks were asked for");
    assert_eq!(bookmark["object"]["metadata"]["resourceVersion"], world.version().to_string());
}

#[test]
fn what_changed_since_a_version_is_told_with_before_and_after() {
    let mut world = some_history();
    let from = world.version();
    carry_out(&mut world, &Step::Put { name: 0, color: 1, data: 2 });
    carry_out(&mut world, &Step::Delete { name: 0 });
    let told: Vec<_> = world
        .changes_since(from)
        .map(|change| {
            (change.version, change.key.to_string(), change.before.is_some(), change.after.is_some())
        })
        .collect();
    let key = "configmaps default/c0".to_owned();
    assert_eq!(told, [(from + 1, key.clone(), true, true), (from + 2, key, true, false)]);
}

#[test]
fn pages_of_a_list_join_to_the_whole_list() {
    let mut world = some_history();
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let reply = world.handle(&asking(Verb::List, &[("limit", "2"), ("continue", &token)]), NOW);
        let page = reply.value().expect("a page").clone();
        names.extend(page["items"].as_array().expect("items").iter().map(|item| entry(item).0));
        match page["metadata"]["continue"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
        assert_eq!(page["metadata"]["remainingItemCount"], 1);
    }
    assert_eq!(names, ["c0", "c1", "c2"]);
}
