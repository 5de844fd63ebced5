//! What the wire of an embedded cluster makes of clients that nobody wants: requests that are none, bodies without end,
//! connections that say nothing, readers that take nothing, floods. Each is refused or cut off as kube-apiserver does
//! it, and whoever comes next is answered.
#![allow(clippy::disallowed_methods, reason = "a test reads the kubeconfig of its cluster")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use helmdrill::behaviour::Pace;
use helmdrill::cluster::{Cluster, EmbeddedSpec, Place};
use helmdrill::lease::Lease;
use helmdrill::seed::Seed;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// An embedded cluster without controllers, and what a client needs.
struct Stand {
    cluster: Cluster,
    token: String,
    roots: rustls::RootCertStore,
    _folder: tempfile::TempDir,
}

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

impl Stand {
    async fn new() -> Stand {
        let folder = tempfile::tempdir().expect("a folder");
        let lease = Lease::acquire(&folder.path().join("leases")).expect("a lease");
        let spec = EmbeddedSpec {
            seed: Seed(7),
            pace: Pace::Instant,
            behaviours: Arc::default(),
            rbac: false,
            controllers: false,
            load_balancers: false,
            namespaces: Vec::new(),
            port: 0,
        };
        let cluster = Cluster::embedded(&spec, None, Place::Leased(lease)).await.expect("it listens");
        let text = std::fs::read_to_string(cluster.kubeconfig()).expect("a kubeconfig");
        let file: Value = serde_saphyr::from_str(&text).expect("YAML");
        let text = |pointer: &str| file.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
        let pem = STANDARD.decode(text("/clusters/0/cluster/certificate-authority-data")).expect("base64");
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).expect("a certificate")).expect("an authority");
        Stand { cluster, token: text("/users/0/user/token"), roots, _folder: folder }
    }

    fn address(&self) -> SocketAddr {
        self.cluster.address()
    }

    async fn tls(&self, protocol: &[u8]) -> TlsStream<TcpStream> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().expect("ring has them");
        let mut config = config.with_root_certificates(self.roots.clone()).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let socket = TcpStream::connect(self.address()).await.expect("it listens");
        let name = ServerName::from(self.address().ip());
        tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, socket).await.expect("it is trusted")
    }

    /// Sends bytes over HTTP/1.1 and reads until the server closes: what it said.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.tls(b"http/1.1").await;
        // The server may close before it has all.
        let sent = stream.write_all(bytes).await;
        let mut said = Vec::new();
        let read = stream.read_to_end(&mut said).await;
        drop((sent, read));
        String::from_utf8_lossy(&said).into_owned()
    }

    /// One request over HTTP/1.1 with the token, and the answer.
    async fn ask(&self, line: &str, headers: &str, body: &[u8]) -> String {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n{headers}\r\n",
            self.token
        );
        self.raw(&[head.as_bytes(), body].concat()).await
    }

    async fn is_well(&self) {
        let said = self.ask("GET /version", "", b"").await;
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.contains("\"v1.36.2\""), "{said}");
    }

    /// An HTTP/2 connection whose streams take `window` bytes before they are read.
    async fn connect(&self, window: u32) -> SendRequest<Full<Bytes>> {
        let stream = TokioIo::new(self.tls(b"h2").await);
        let mut builder = Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(window).initial_connection_window_size(1 << 24);
        let (sender, connection) = builder.handshake(stream).await.expect("it speaks HTTP/2");
        tokio::spawn(connection);
        sender
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> http::Request<Full<Bytes>> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        http::Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.address()))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .expect("a request")
    }
}

fn config_map(name: &str, data: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": data}})
}

/// Lets this process have as many connections as the machine allows.
fn many_files() {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("up to the hard limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_refused_and_the_next_one_is_answered() {
    let stand = Stand::new().await;
    for bytes in [
        &b"\x00\x01garbage\r\n\r\n"[..],
        b"G@T / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /version HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /version HTTP/1.1\r\nContent-Length: abc\r\n\r\n{}",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let said = stand.raw(bytes).await;
        let status = said.split(' ').nth(1).unwrap_or("closed");
        assert!(["400", "401", "505", "closed"].contains(&status), "{}: {said}", bytes.escape_ascii());
        stand.is_well().await;
    }
    let long = "a".repeat(2 << 20);
    for (line, header) in
        [(format!("GET /{long}"), String::new()), ("GET /version".to_owned(), format!("X: {long}\r\n"))]
    {
        let said = stand.ask(&line, &header, b"").await;
        let refused =
            ["HTTP/1.1 431", "HTTP/1.1 414", "HTTP/1.1 400", ""].map(|start| said.starts_with(start));
        assert!(refused[..3].contains(&true) || said.is_empty(), "{}", &said[..said.len().min(200)]);
        stand.is_well().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kube_apiserver_says_of_paths_methods_and_bodies_is_said() {
    let stand = Stand::new().await;
    let large = vec![b'x'; 3 * 1024 * 1024 + 1];
    let counted = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", large.len());
    let chunked = [format!("{:x}\r\n", large.len()).as_bytes(), &large, b"\r\n0\r\n\r\n"].concat();
    let by_chunks = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let too_large = "\"message\":\"Request entity too large: limit is 3145728\"";
    let post = format!("POST {CONFIG_MAPS}");
    let packed = b"\x1f\x8b\x08\x00";
    let method = "\"message\":\"the server does not allow this method on the requested resource\"";
    for (line, headers, body, status, told) in [
        (post.as_str(), counted.as_str(), &large[..], "413", too_large),
        (&post, by_chunks, &chunked, "413", too_large),
        (
            &post,
            "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n",
            packed,
            "400",
            "invalid character '\\\\x1f' looking for beginning of value",
        ),
        (
            &post,
            "Content-Type: text/plain\r\nContent-Length: 2\r\n",
            b"{}",
            "415",
            "\"reason\":\"UnsupportedMediaType\"",
        ),
        ("GET /api/v1/namespaces/def%zz/configmaps", "", b"", "400", "400 Bad Request"),
        ("TRACE /api/v1/namespaces", "", b"", "405", method),
        ("OPTIONS /version", "", b"", "405", method),
    ] {
        let said = stand.ask(line, headers, body).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")) && said.contains(told), "{line}: {said}");
        stand.is_well().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_with_headers_alone() {
    let stand = Stand::new().await;
    let mut connection = stand.connect(1 << 16).await;
    for (path, status, length) in
        [("/healthz", 200, "2"), ("/apis/apps", 200, "168"), (CONFIG_MAPS, 405, "197")]
    {
        let answer =
            connection.send_request(stand.request("HEAD", path, &Value::Null)).await.expect("it answers");
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.headers()["content-length"], length, "{path}");
        assert!(answer.into_body().collect().await.expect("its end").to_bytes().is_empty());
    }
    let said = stand.ask("HEAD /healthz", "", b"").await;
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with("\r\n\r\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_but_health_is_told() {
    let stand = Stand::new().await;
    for path in ["/", "/api", "/apis", "/version", "/openapi/v3", "/livez/ping", "/nowhere", CONFIG_MAPS] {
        for header in [
            "",
            "Authorization: Bearer wrong\r\n",
            "Authorization: Basic YTpi\r\n",
            "Authorization: Bearer\r\n",
        ] {
            let said = stand
                .raw(
                    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n").as_bytes(),
                )
                .await;
            assert!(
                said.starts_with("HTTP/1.1 401 ") && said.contains("\"reason\":\"Unauthorized\""),
                "{path}: {said}"
            );
        }
    }
    for path in ["/healthz", "/readyz", "/livez"] {
        let ask =
            |header: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n");
        assert!(stand.raw(ask("").as_bytes()).await.starts_with("HTTP/1.1 200 "), "{path}");
        let wrong = stand.raw(ask("Authorization: Bearer wrong\r\n").as_bytes()).await;
        assert!(wrong.starts_with("HTTP/1.1 401 "), "{path}: {wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_closes_its_side_does_not_disturb_the_others() {
    let stand = Stand::new().await;
    for bytes in [
        "GET /version HTTP/1.1\r\nHost: x\r\nAuthoriz",
        "GET /api/v1/pods?watch=true HTTP/1.1\r\nHost: x\r\n\r\n",
        "",
    ] {
        let mut stream = stand.tls(b"http/1.1").await;
        stream.write_all(bytes.as_bytes()).await.expect("it reads");
        stream.shutdown().await.expect("its side is closed");
        let mut said = Vec::new();
        // That it ends is what matters; what is said before is the server's affair.
        stream.read_to_end(&mut said).await.ok();
        stand.is_well().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_connections_that_say_nothing_keep_nobody_out() {
    many_files();
    let stand = Stand::new().await;
    let mut silent = Vec::new();
    for _ in 0..1_500 {
        silent.push(TcpStream::connect(stand.address()).await.expect("it listens"));
    }
    stand.is_well().await;
    let mut shaken = Vec::new();
    for _ in 0..50 {
        shaken.push((stand.tls(b"h2").await, stand.tls(b"http/1.1").await));
    }
    stand.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_streams_that_are_taken_back_ends_a_connection_and_no_other() {
    let stand = Stand::new().await;
    let other = stand.connect(1 << 16).await;
    let mut flooding = stand.connect(1 << 16).await;
    for _ in 0..5_000 {
        if flooding.ready().await.is_err() {
            break;
        }
        // Dropped before it is answered: the stream is reset.
        let asked = flooding.send_request(stand.request("GET", "/version", &Value::Null));
        tokio::select! {
            biased;
            _ = asked => {}
            () = tokio::task::yield_now() => {}
        }
    }
    let answered = other.clone().send_request(stand.request("GET", "/version", &Value::Null)).await;
    assert_eq!(answered.expect("the other connection lives").status(), 200);
    stand.is_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_does_not_read_is_cut_off_and_the_others_see_everything() {
    const CHANGES: usize = 150;
    let stand = Stand::new().await;
    let mut sender = stand.connect(1 << 16).await;
    let made = sender.send_request(stand.request("POST", CONFIG_MAPS, &config_map("x", ""))).await;
    assert_eq!(made.expect("an answer").status(), 201);
    let watch = format!("{CONFIG_MAPS}?watch=true&resourceVersion=0&timeoutSeconds=600");
    let (mut idle, mut eager) = (stand.connect(1 << 16).await, stand.connect(1 << 16).await);
    let slow = idle.send_request(stand.request("GET", &watch, &Value::Null)).await.expect("accepted");
    let quick = eager.send_request(stand.request("GET", &watch, &Value::Null)).await.expect("accepted");
    let reading = tokio::spawn(lines(quick.into_body(), CHANGES + 1));
    for at in 0..CHANGES {
        // Of whatever size objects are, what the server holds for a reader is bounded.
        let object = config_map("x", &format!("{at} {}", "x".repeat(200_000)));
        let path = format!("{CONFIG_MAPS}/x");
        let put = sender.send_request(stand.request("PUT", &path, &object)).await.expect("an answer");
        assert_eq!(put.status(), 200);
        put.into_body().collect().await.expect("the object");
    }
    let (seen, _) = reading.await.expect("it ends");
    assert_eq!(seen, CHANGES + 1);
    let (seen, bytes) = lines(slow.into_body(), usize::MAX).await;
    assert!(seen < CHANGES && bytes < CHANGES * 200_000 / 2, "{seen} events, {bytes} bytes");
}

/// Reads a watch until it ends or has given so many lines; how many there were, and how many bytes.
async fn lines(mut body: hyper::body::Incoming, wanted: usize) -> (usize, usize) {
    let (mut seen, mut bytes) = (0, 0);
    while seen < wanted {
        let Some(Ok(frame)) = body.frame().await else { break };
        let data = frame.into_data().unwrap_or_default();
        bytes += data.len();
        seen += data.iter().filter(|byte| **byte == b'\n').count();
    }
    (seen, bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_open_watches_see_what_happens() {
    const WATCHES: usize = 10_000;
    const EACH: usize = 200;
    many_files();
    let stand = Stand::new().await;
    let watch = format!("{CONFIG_MAPS}?watch=true&resourceVersion=0&timeoutSeconds=600");
    let mut readers = tokio::task::JoinSet::new();
    let mut connections = Vec::new();
    for _ in 0..WATCHES / EACH {
        let mut sender = stand.connect(1 << 16).await;
        for _ in 0..EACH {
            sender.ready().await.expect("it is there");
            let answer =
                sender.send_request(stand.request("GET", &watch, &Value::Null)).await.expect("accepted");
            assert_eq!(answer.status(), 200);
            readers.spawn(lines(answer.into_body(), 1));
        }
        connections.push(sender);
    }
    let mut sender = stand.connect(1 << 16).await;
    let made = sender.send_request(stand.request("POST", CONFIG_MAPS, &config_map("x", "1"))).await;
    assert_eq!(made.expect("an answer").status(), 201);
    let seen = readers.join_all().await;
    assert_eq!(seen.iter().map(|(lines, _)| lines).sum::<usize>(), WATCHES);
}
