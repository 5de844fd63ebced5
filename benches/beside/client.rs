//! The client of the benchmark: a few HTTP/2 connections with several requests at a time on each.

use super::connection::Place;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many connections there are.
const CONNECTIONS: usize = 4;
/// How many requests are on their way at a time, on all of them.
const IN_FLIGHT: usize = 64;

/// A client of one server. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) place: Place,
    authorization: http::HeaderValue,
    senders: Arc<[SendRequest<Full<Bytes>>]>,
    turn: Arc<AtomicUsize>,
}

/// One request to be sent.
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) media: &'static str,
    pub(crate) body: String,
}

impl Ask {
    /// A GET.
    pub(crate) fn get(path: String) -> Ask {
        Ask { method: "GET", path, media: "", body: String::new() }
    }
}

impl Client {
    pub(crate) async fn connect(place: &Place) -> Client {
        let mut senders = Vec::new();
        for _ in 0..CONNECTIONS {
            senders.push(place.connect().await);
        }
        let authorization = format!("Bearer {}", place.token).parse().expect("a header");
        Client { place: place.clone(), authorization, senders: senders.into(), turn: Arc::default() }
    }

    /// Sends one request and gives the answer with its body still to come.
    pub(crate) async fn send(&self, ask: Ask) -> Response<Incoming> {
        let at = self.turn.fetch_add(1, Ordering::Relaxed) % self.senders.len();
        self.send_on(&self.senders[at], ask).await
    }

    /// The same on a connection of the caller's.
    pub(crate) async fn send_on(&self, on: &SendRequest<Full<Bytes>>, ask: Ask) -> Response<Incoming> {
        let request = Request::builder()
            .method(ask.method)
            .uri(format!("https://127.0.0.1:{}{}", self.place.port, ask.path))
            .header("authorization", self.authorization.clone())
            .header("user-agent", "bench/1")
            .header("accept", "application/json");
        let request = match ask.media {
            "" => request,
            media => request.header("content-type", media),
        };
        let request = request.body(Full::new(Bytes::from(ask.body))).expect("a request");
        let mut on = on.clone();
        on.ready().await.expect("the server is there");
        on.send_request(request).await.expect("an answer")
    }

    /// Sends one request and reads the answer: its size in bytes.
    pub(crate) async fn call(&self, ask: Ask) -> usize {
        let told = format!("{} {}", ask.method, ask.path);
        let answer = self.send(ask).await;
        let status = answer.status();
        let mut body = answer.into_body();
        let mut size = 0;
        while let Some(frame) = body.frame().await {
            let data = frame.expect("the whole answer").into_data().unwrap_or_default();
            assert!(status.is_success(), "{told}: {status} {}", String::from_utf8_lossy(&data));
            size += data.len();
        }
        size
    }

    /// Sends what `next` gives until it gives no more, many at a time; how many there were.
    pub(crate) async fn flood(&self, next: impl Fn(usize) -> Option<Ask> + Send + Sync + 'static) -> usize {
        let next = Arc::new(next);
        let count = Arc::new(AtomicUsize::new(0));
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let (client, next, count) = (self.clone(), next.clone(), count.clone());
            workers.spawn(async move {
                let mut done = 0;
                while let Some(ask) = next(count.fetch_add(1, Ordering::Relaxed)) {
                    client.call(ask).await;
                    done += 1;
                }
                done
            });
        }
        workers.join_all().await.into_iter().sum()
    }
}
