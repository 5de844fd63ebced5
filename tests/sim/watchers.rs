//! Any number of watchers, each with its own selection, its own beginning and its own pace: whenever one has taken what
//! there is, it knows exactly what a list tells, and a bookmark leads a new watch to where the old one stood.

use crate::random::{NOW, asking, carry_out, step};
use helmdrill::call::Verb;
use helmdrill::sim::{Config, Watch, World};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What objects can come into and leave.
#[derive(Clone, Copy, Debug)]
struct Selection {
    namespace: &'static str,
    labels: &'static str,
    fields: &'static str,
}

const fn by(namespace: &'static str, labels: &'static str, fields: &'static str) -> Selection {
    Selection { namespace, labels, fields }
}

const SELECTIONS: [Selection; 7] = [
    by("", "", ""),
    by("default", "", ""),
    by("", "color=1", ""),
    by("kube-public", "color!=1", ""),
    by("", "color in (0,2),color", ""),
    by("default", "", "metadata.name=c2"),
    by("", "!color", "metadata.name!=c2"),
];

type State = BTreeMap<(String, String), Value>;

/// One watcher and what it knows.
struct Watcher {
    selection: Selection,
    watch: Watch,
    state: State,
    /// Whether it reads lines or documents.
    lines: bool,
}

fn entry(object: &Value) -> ((String, String), Value) {
    let text = |name: &str| object["metadata"][name].as_str().expect(name).to_owned();
    (
        (text("namespace"), text("name")),
        json!([text("resourceVersion"), object["metadata"]["labels"], object["data"]]),
    )
}

fn listed(world: &World, selection: Selection) -> State {
    let Selection { namespace, labels, fields } = selection;
    let call = asking(Verb::List, namespace, &[("labelSelector", labels), ("fieldSelector", fields)]);
    let reply = world.clone().handle(&call, NOW);
    reply.value().expect("a list")["items"].as_array().expect("items").iter().map(entry).collect()
}

impl Watcher {
    /// Lists, and watches from there on.
    fn begin(world: &World, selection: Selection, lines: bool) -> Watcher {
        let state = listed(world, selection);
        Watcher { selection, watch: watch_from(world, selection, world.version()), state, lines }
    }

    /// Takes what there is.
    fn read(&mut self, world: &World) {
        let events = if self.lines {
            let mut events = Vec::new();
            let mut more = true;
            while more {
                let mut text = Vec::new();
                // Few bytes at a time, so that a read ends between two events.
                more = self.watch.write(world, NOW, 100, &mut text);
                let lines = text.split_inclusive(|byte| *byte == b'\n');
                events.extend(lines.map(|line| serde_json::from_slice::<Value>(line).expect("JSON")));
            }
            events
        } else {
            self.watch.drain(world, NOW)
        };
        for event in events {
            let (key, told) = entry(&event["object"]);
            let known = match event["type"].as_str().expect("a type") {
                "ADDED" => self.state.insert(key, told).is_none(),
                "MODIFIED" => self.state.insert(key, told).is_some(),
                "DELETED" => self.state.remove(&key).is_some(),
                other => panic!("{other}"),
            };
            assert!(known, "{:?}: {event}", self.selection);
        }
        assert_eq!(self.state, listed(world, self.selection), "{:?}", self.selection);
    }
}

fn watch_from(world: &World, selection: Selection, version: u64) -> Watch {
    let Selection { namespace, labels, fields } = selection;
    let version = version.to_string();
    let parameters = [
        ("labelSelector", labels),
        ("fieldSelector", fields),
        ("resourceVersion", version.as_str()),
        ("allowWatchBookmarks", "true"),
    ];
    world.watch(&asking(Verb::Watch, namespace, &parameters), NOW).expect("accepted")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_watcher_knows_what_a_list_tells(
        steps in prop::collection::vec(step(), 1..40),
        begins in prop::collection::vec((0..40_usize, 0..SELECTIONS.len(), any::<bool>()), 1..12),
        reads in prop::collection::vec(0..12_usize, 1..40),
    ) {
        let mut world = World::new(Config::default(), NOW);
        let mut watchers: Vec<Watcher> = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            for (_, which, lines) in begins.iter().filter(|(begin, _, _)| *begin == at) {
                watchers.push(Watcher::begin(&world, SELECTIONS[*which], *lines));
            }
            carry_out(&mut world, step);
            let reader = reads[at % reads.len()];
            if let Some(watcher) = watchers.get_mut(reader) {
                watcher.read(&world);
            }
        }
        watchers.iter_mut().for_each(|watcher| watcher.read(&world));
    }

    #[test]
    fn a_bookmark_leads_a_new_watch_to_where_the_old_one_stood(
        steps in prop::collection::vec(step(), 1..30), marked in 0..30_usize, which in 0..SELECTIONS.len(),
    ) {
        let mut world = World::new(Config::default(), NOW);
        let mut watcher = Watcher::begin(&world, SELECTIONS[which], true);
        for (at, step) in steps.iter().enumerate() {
            carry_out(&mut world, step);
            if at == marked {
                watcher.read(&world);
                let bookmark = watcher.watch.bookmark_now(NOW).expect("bookmarks were asked for");
                let version = bookmark["object"]["metadata"]["resourceVersion"].as_str().expect("a version");
                let version = version.parse().expect("a number");
                prop_assert_eq!(version, world.version());
                watcher.watch = watch_from(&world, SELECTIONS[which], version);
            }
        }
        watcher.read(&world);
    }
}
