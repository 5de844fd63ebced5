//! No call brings the cluster down: recorded requests with parts of them replaced by what no client means, sent in
//! any order to a cluster whose controllers and node run. Judges no answer; that there is one is enough.

use helmdrill::behaviour::Pace;
use helmdrill::call::{Actor, Body, Call};
use helmdrill::clock::Moment;
use helmdrill::seed::Seed;
use helmdrill::sim::{Config, World, controller};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

/// A request of a recording.
#[derive(Clone)]
struct Request {
    method: String,
    path: String,
    media: String,
    body: Value,
}

static REQUESTS: LazyLock<Vec<Request>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut all = Vec::new();
    for path in ["api-cases", "controller-cases"].iter().flat_map(|part| files(&folder.join(part))) {
        let text = std::fs::read_to_string(path).expect("a recording");
        let case: Value = serde_json::from_str(&text).expect("JSON");
        for step in case["steps"].as_array().expect("steps") {
            match step.get("request") {
                Some(request) => all.push(recorded(request)),
                None if step[0] == "apply" => all.extend(created(step[1].as_str().expect("a manifest"))),
                None => {}
            }
        }
    }
    assert!(all.len() > 200, "{} requests", all.len());
    all
});

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of recordings");
    let mut all: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    all.sort();
    all
}

fn recorded(request: &Value) -> Request {
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    Request {
        method: text("method"),
        path: text("path").replace("{ns}", "default"),
        media: text("content_type"),
        body: request["body"].clone(),
    }
}

fn created(manifest: &str) -> Vec<Request> {
    let documents = manifest.split("\n---").filter(|part| !part.trim().is_empty());
    let objects = documents.map(|text| serde_saphyr::from_str::<Value>(text).expect("a manifest is YAML"));
    let requests = objects.map(|body| {
        let kind = body["kind"].as_str().expect("a kind").to_lowercase();
        let version = body["apiVersion"].as_str().expect("a version");
        let root = if version.contains('/') { "apis" } else { "api" };
        let path = format!("/{root}/{version}/namespaces/default/{kind}s");
        Request { method: "POST".to_owned(), path, media: "application/json".to_owned(), body }
    });
    requests.collect()
}

const NOW: Moment = Moment::from_micros(1_763_810_803_000_000);

static CLUSTER: LazyLock<World> = LazyLock::new(|| {
    let config = Config { seed: Seed(1), pace: Pace::Instant, controllers: true, ..Config::default() };
    let mut world = World::new(config, NOW);
    controller::settle(&mut world, NOW);
    world
});

const WORDS: [&str; 26] = [
    "",
    "-",
    "a",
    "é",
    "🦀🦀",
    "%",
    "100%",
    "-1%",
    "1e400",
    "9999999999999999999999",
    "1Ei",
    "-5m",
    "0x",
    "a/b",
    "/",
    "..",
    "$(A)",
    "a\nb\0",
    "* * * * *",
    "2026-13-01T00:00:00Z",
    "Always",
    "65536-",
    "[",
    "sh",
    "while true; do",
    "$((9/0))",
];

const QUERIES: [&str; 22] = [
    "",
    "labelSelector=a%20in%20(",
    "labelSelector=!é",
    "labelSelector=a%3E99999999999999999999",
    "fieldSelector==",
    "fieldSelector=metadata.name%3D%C3%A9",
    "limit=-1",
    "limit=1&continue=%C3%A9",
    "limit=1&continue=e30",
    "continue=eyJ2IjoibWV0YSJ9",
    "resourceVersion=-1",
    "resourceVersion=99999999999999999999999",
    "watch=true&resourceVersion=1",
    "watch=1&sendInitialEvents=true",
    "dryRun=All",
    "dryRun=x",
    "fieldManager=%C3%A9%C3%A9",
    "force=true&fieldManager=a",
    "gracePeriodSeconds=9223372036854775807",
    "gracePeriodSeconds=-9223372036854775808",
    "propagationPolicy=Orphan",
    "fieldValidation=Strict&fieldManager=x",
];

const SUFFIXES: [&str; 12] = [
    "/status",
    "/scale",
    "/log",
    "/eviction",
    "/finalize",
    "/binding",
    "/token",
    "/exec",
    "/x",
    "/",
    "/%C3%A9",
    "/status/x",
];

const MEDIA: [&str; 8] = [
    "",
    "application/json",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0.next_u32() as usize % end.max(1)
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A value that hardly fits where it comes to stand.
    fn value(&mut self) -> Value {
        match self.below(16) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(i64::MAX),
            4 => json!(i64::MIN),
            5 => json!(u64::MAX),
            6 => json!(1e308),
            7 => json!([]),
            8 => json!([null]),
            9 => json!([{}]),
            10 => json!({}),
            11 => json!({"": null}),
            12 => json!({"matchLabels": {"é": 1}, "name": ["x"]}),
            13 => json!("é".repeat(300)),
            14 => json!(40_000),
            _ => json!(self.of(&WORDS)),
        }
    }

    /// Replaces one part of a document, drawn with equal weight for each step down.
    fn spoil(&mut self, value: &mut Value) {
        let size = match value {
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            _ => 0,
        };
        let at = self.below(size + usize::from(size < 3));
        match value {
            Value::Array(items) if at < size => self.spoil(&mut items[at]),
            Value::Object(members) if at < size => {
                let (name, inner) = members.iter_mut().nth(at).expect("counted");
                // Without kind and name nothing is stored, and the rest is not looked at.
                if !matches!(name.as_str(), "kind" | "apiVersion" | "name") || self.one_in(10) {
                    self.spoil(inner);
                }
            }
            _ => *value = self.value(),
        }
    }

    fn call(&mut self) -> Call {
        let mut request = REQUESTS[self.below(REQUESTS.len())].clone();
        if self.one_in(8) {
            request.method = self.of(&METHODS).to_owned();
        }
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let (mut path, mut query) = (path.to_owned(), query.to_owned());
        if self.one_in(8) {
            path += self.of(&SUFFIXES);
        }
        if self.one_in(4) {
            query = self.of(&QUERIES).to_owned();
        }
        if self.one_in(10) {
            request.media = self.of(&MEDIA).to_owned();
        }
        for _ in 0..self.below(4) {
            self.spoil(&mut request.body);
        }
        let agent = self.of(&["kubectl/v1.36.3", "", "/", "é"]);
        let method = request.method.parse().expect("a method");
        let mut call = Call::from_http(&method, &path, &query, Actor::Other("x".to_owned()), agent);
        call.accept = self
            .of(&["application/json", "", "application/json;as=Table;v=v1;g=meta.k8s.io,*/*", ";;"])
            .to_owned();
        if !request.body.is_null() {
            let mut bytes = request.body.to_string().into_bytes();
            if self.one_in(20) {
                bytes.truncate(self.below(bytes.len()));
            }
            call.body = Some(Body { media: request.media, bytes: bytes.into() });
        }
        call
    }
}

#[test]
fn more_pods_than_fit_anywhere_do_not_hold_a_moment() {
    let container = json!([{"name": "a", "image": "busybox:1.36"}]);
    let template = |policy: &str| json!({"metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": policy, "containers": container}});
    let selector = json!({"matchLabels": {"a": "b"}});
    let many = i32::MAX;
    let specs = [
        (
            "apps/v1",
            "ReplicaSet",
            json!({"replicas": many, "selector": selector, "template": template("Always")}),
        ),
        (
            "apps/v1",
            "StatefulSet",
            json!({"replicas": many, "podManagementPolicy": "Parallel", "selector": selector, "template": template("Always")}),
        ),
        ("batch/v1", "Job", json!({"parallelism": many, "template": template("Never")})),
    ];
    let mut world = CLUSTER.clone();
    for (version, kind, spec) in specs {
        let object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec});
        let path = format!("/apis/{version}/namespaces/default/{}s", kind.to_lowercase());
        let mut call = Call::from_http(&http::Method::POST, &path, "", Actor::Other("x".to_owned()), "x");
        call.body = Some(Body::json(&object));
        assert_eq!(world.handle(&call, NOW).status, 201, "{kind}");
    }
    let mut now = NOW;
    for _ in 0..3 {
        let due = controller::settle(&mut world, now).expect("there is always more to do");
        assert!(due > now, "{due:?}");
        now = due;
    }
    for kind in ["ReplicaSet", "StatefulSet", "Job"] {
        let pods = world.snapshot().list("", "pods", None);
        let pods = pods.filter(|(_, pod)| pod["metadata"]["ownerReferences"][0]["kind"] == kind).count();
        assert!((1..=2000).contains(&pods), "{kind}: {pods} pods");
    }
}

/// Sends a dozen calls, between which time passes, and asks once more for what there is.
fn attack(seed: u64) {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let mut world = CLUSTER.clone();
    let mut now = NOW;
    for _ in 0..12 {
        let call = dice.call();
        world.handle(&call, now);
        let mut due = controller::settle(&mut world, now);
        // What many pods do is for the test above to see.
        let rounds = if world.snapshot().len() > 500 { 0 } else { dice.below(20) };
        for _ in 0..rounds {
            let Some(at) = due.filter(|at| *at < now.after(Duration::from_secs(86400))) else { break };
            now = at.max(Moment::from_micros(now.as_micros() + 1));
            due = controller::settle(&mut world, now);
        }
    }
    let pods = "/api/v1/namespaces/default/pods";
    let call = Call::from_http(&http::Method::GET, pods, "", Actor::Other("x".to_owned()), "x");
    assert_eq!(world.handle(&call, now).status, 200);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn no_call_brings_the_cluster_down(seed in any::<u64>()) {
        attack(seed);
    }
}
