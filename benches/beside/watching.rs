//! Watches of one collection, all open at the same time, and the events that reach them.

use super::client::{Ask, Client};
use super::work::config_map;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// As many watches go over one connection, as with kube-apiserver's limit of streams.
const PER_CONNECTION: usize = 100;

/// Watches that are open; dropping this ends them.
pub(crate) struct Watching {
    client: Client,
    path: String,
    watches: usize,
    seen: Arc<Seen>,
    _readers: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    lines: AtomicUsize,
    wanted: AtomicUsize,
    enough: Notify,
}

/// Opens so many watches of the collection at `path`, from its present version on.
pub(crate) async fn open(client: &Client, path: &str, watches: usize) -> Watching {
    let seen = Arc::new(Seen::default());
    seen.wanted.store(usize::MAX, Ordering::SeqCst);
    let version = version(client, path).await;
    let mut readers = JoinSet::new();
    for first in (0..watches).step_by(PER_CONNECTION) {
        let connection = client.place.connect().await;
        for _ in first..watches.min(first + PER_CONNECTION) {
            let path = format!("{path}?watch=true&resourceVersion={version}&timeoutSeconds=600");
            let answer = client.send_on(&connection, Ask::get(path)).await;
            assert!(answer.status().is_success(), "{}", answer.status());
            readers.spawn(read(answer.into_body(), seen.clone(), connection.clone()));
        }
    }
    Watching { client: client.clone(), path: path.to_owned(), watches, seen, _readers: readers }
}

async fn version(client: &Client, path: &str) -> String {
    let answer = client.send(Ask::get(format!("{path}?limit=1"))).await;
    let bytes = answer.into_body().collect().await.expect("a list").to_bytes();
    let list: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    list["metadata"]["resourceVersion"].as_str().expect("a version").to_owned()
}

/// Counts the lines of one watch; the connection lives as long as its watches do.
async fn read<C>(mut body: Incoming, seen: Arc<Seen>, _connection: C) {
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        let lines = data.iter().filter(|byte| **byte == b'\n').count();
        let so_far = seen.lines.fetch_add(lines, Ordering::SeqCst) + lines;
        if so_far >= seen.wanted.load(Ordering::SeqCst) {
            seen.enough.notify_one();
        }
    }
}

impl Watching {
    /// Changes objects so many times, and waits until every watcher has seen it all: how many events that is.
    pub(crate) async fn deliver(&self, changes: usize) -> usize {
        let wanted = self.seen.lines.load(Ordering::SeqCst) + changes * self.watches;
        self.seen.wanted.store(wanted, Ordering::SeqCst);
        let path = self.path.clone();
        let tag = format!("event {wanted}");
        let change = move |at: usize| {
            (at < changes).then(|| Ask {
                method: "PUT",
                path: format!("{path}/c{at}"),
                media: "application/json",
                body: config_map(at, &tag),
            })
        };
        self.client.flood(change).await;
        while self.seen.lines.load(Ordering::SeqCst) < wanted {
            self.seen.enough.notified().await;
        }
        changes * self.watches
    }
}
