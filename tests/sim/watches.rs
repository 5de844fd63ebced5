//! Watches against lists: whatever happens to a collection, a watch from any version on tells exactly what leads
//! from the list at that version to the list at the end, for every selector.

use helmdrill::call::{Actor, Call, ResourcePath, Verb};
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

#[test]
fn a_list_as_a_stream_is_refused_in_an_event_as_on_the_recorded_server() {
    let world = some_history();
    let call = asking(
        Verb::Watch,
        &[
            ("sendInitialEvents", "true"),
            ("resourceVersionMatch", "NotOlderThan"),
            ("allowWatchBookmarks", "true"),
        ],
    );
    let mut watch = world.watch(&call, NOW).expect("accepted");
    let message = "a watch stream was requested by the client but the required storage feature \
        RequestWatchProgress is disabled";
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": "InternalError", "code": 500,
    });
    assert_eq!(watch.drain(&world, NOW), [json!({"type": "ERROR", "object": status})]);
    assert!(watch.is_ended());
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
    let bookmark = watch.bookmark_now().expect("bookmarks were asked for");
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
