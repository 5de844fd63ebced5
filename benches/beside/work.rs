//! The requests that are measured, and what each kind of them costs.

use super::client::{Ask, Client};
use super::server::{Server, processor};
use super::watching;
use serde_json::json;
use std::time::{Duration, Instant};

/// How long a kind of call is repeated.
const SPAN: Duration = Duration::from_secs(3);
/// How many objects calls are spread over.
const OBJECTS: usize = 1_000;
/// How many different values the label of the objects has.
const GROUPS: usize = 100;

/// What one kind of work cost.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) cost: Cost,
}

/// A rate with its processor time, or an amount of memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cost {
    /// So many in a time, for which server and client used so much of the processors.
    Rate { count: usize, wall: Duration, server: Duration, client: Duration },
    /// Resident memory, KiB.
    Memory(u64),
}

/// The measuring of one server.
pub(crate) struct Bench<'a> {
    pub(crate) server: &'a Server,
    pub(crate) client: Client,
    pub(crate) namespace: String,
    figures: Vec<Figure>,
    stored: usize,
}

impl<'a> Bench<'a> {
    /// Makes the namespace that everything happens in.
    pub(crate) async fn begin(server: &'a Server, client: Client) -> Bench<'a> {
        let namespace = format!("speed-bench-{}", std::process::id());
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        let path = "/api/v1/namespaces".to_owned();
        client.call(Ask { method: "POST", path, media: "application/json", body: object.to_string() }).await;
        let mut bench = Bench { server, client, namespace, figures: Vec::new(), stored: 0 };
        bench.memory("empty");
        bench
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/configmaps{rest}", self.namespace)
    }

    /// Deletes what was made, and says what was measured.
    pub(crate) async fn end(self) -> Vec<Figure> {
        let whole = format!("/api/v1/namespaces/{}", self.namespace);
        for path in [self.path(""), whole] {
            self.client.call(Ask { method: "DELETE", path, media: "", body: String::new() }).await;
        }
        self.figures
    }

    fn memory(&mut self, of: &str) {
        let cost = Cost::Memory(self.server.resident());
        self.tell(&format!("memory, {of}"), cost);
    }

    fn tell(&mut self, name: &str, cost: Cost) {
        eprintln!("{name}: {cost:?}");
        self.figures.push(Figure { name: name.to_owned(), cost });
    }

    /// Runs some work and notes what it cost.
    pub(crate) async fn cost(&mut self, name: &str, work: impl Future<Output = usize>) {
        let own = i32::try_from(std::process::id()).expect("a pid");
        let (server, client, began) = (self.server.processor(), processor(own), Instant::now());
        let count = work.await;
        let wall = began.elapsed();
        let server = self.server.processor().saturating_sub(server);
        let client = processor(own).saturating_sub(client);
        self.tell(name, Cost::Rate { count, wall, server, client });
    }

    /// Stores ConfigMaps until there are so many.
    async fn fill(&mut self, until: usize) {
        if until <= self.stored {
            return;
        }
        let (from, namespace) = (self.stored, self.namespace.clone());
        let work = self.client.clone();
        let create = move |at: usize| {
            let at = from + at;
            let path = format!("/api/v1/namespaces/{namespace}/configmaps");
            (at < until).then(|| Ask {
                method: "POST",
                path,
                media: "application/json",
                body: config_map(at, "created"),
            })
        };
        self.cost(&format!("create, up to {until}"), async move { work.flood(create).await }).await;
        self.stored = self.stored.max(until);
    }

    /// Single calls: create, get, and server-side apply that changes something and nothing.
    pub(crate) async fn calls(&mut self) {
        self.fill(OBJECTS).await;
        let get = self.path("/c");
        self.timed("get", move |at| Ask::get(format!("{get}{}", at % OBJECTS))).await;
        let apply = |path: String, changes: bool| {
            move |at: usize| {
                let value = if changes { at.to_string() } else { "applied".to_owned() };
                Ask {
                    method: "PATCH",
                    path: format!("{path}{}?fieldManager=bench&force=true", at % OBJECTS),
                    media: "application/apply-patch+yaml",
                    body: config_map(at % OBJECTS, &value),
                }
            }
        };
        let path = self.path("/c");
        self.timed("apply, changing", apply(path.clone(), true)).await;
        self.timed("apply, changing nothing", apply(path, false)).await;
        self.fill(2 * OBJECTS).await;
        self.memory("2000 objects");
    }

    /// Sends requests for some seconds.
    async fn timed(&mut self, name: &str, make: impl Fn(usize) -> Ask + Send + Sync + 'static) {
        let client = self.client.clone();
        let work = async move {
            let until = Instant::now() + SPAN;
            client.flood(move |at| (Instant::now() < until).then(|| make(at))).await
        };
        self.cost(name, work).await;
    }

    /// Lists of all, and of one in [`GROUPS`], while there are `size` objects: one request after another.
    pub(crate) async fn lists(&mut self, size: usize) {
        self.fill(size).await;
        if size > OBJECTS {
            self.memory(&format!("{} objects", self.stored));
        }
        let cases = [
            ("list 1,000", "?limit=1000"),
            ("list all", ""),
            ("list 1 of 100 by label", "?labelSelector=group%3Dg7"),
            ("list all by label", "?labelSelector=app%3Dbench,group!%3Dnone"),
            ("list by label that none has", "?labelSelector=group%3Dnone"),
        ];
        for (name, query) in cases {
            let (client, path) = (self.client.clone(), self.path(query));
            let work = async move {
                let until = Instant::now() + SPAN;
                let mut count = 0;
                while count < 3 || Instant::now() < until {
                    client.call(Ask::get(path.clone())).await;
                    count += 1;
                }
                count
            };
            self.cost(&format!("{name}, of {}", self.stored), work).await;
        }
    }

    /// Events that reach so many watchers of one collection.
    pub(crate) async fn fan_out(&mut self, watchers: usize) {
        let (client, path) = (self.client.clone(), self.path(""));
        let watching = watching::open(&client, &path, watchers).await;
        self.cost(&format!("events to {watchers} watchers"), watching.deliver(300)).await;
    }

    /// Watches that are open at the same time: opening them, and one event that reaches all.
    pub(crate) async fn open_watches(&mut self, watches: usize) {
        let (client, path) = (self.client.clone(), self.path(""));
        let before = self.server.resident();
        let mut opened = None;
        let open = async {
            opened = Some(watching::open(&client, &path, watches).await);
            watches
        };
        self.cost(&format!("open {watches} watches"), open).await;
        let grown = self.server.resident().saturating_sub(before);
        self.tell(&format!("memory, {watches} watches more"), Cost::Memory(grown));
        let opened = opened.expect("opened just above");
        self.cost(&format!("events to {watches} watchers"), opened.deliver(5)).await;
    }
}

/// A small ConfigMap; one in [`GROUPS`] has the same group.
pub(crate) fn config_map(at: usize, value: &str) -> String {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("c{at}"), "labels": {"app": "bench", "group": format!("g{}", at % GROUPS)}},
        "data": {"value": value, "text": "what a small ConfigMap holds, in about a hundred letters or a few more of them"},
    })
    .to_string()
}
