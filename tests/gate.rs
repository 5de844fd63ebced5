//! The gate on a real socket, before an upstream that only counts: who gets in, and what each verdict does to a client
//! that is a process of its own (`tests/fixtures/bin/client`), or, where it is HTTP/2, to one in this process.
#![allow(clippy::disallowed_methods, reason = "a test reads its environment and writes files")]

use bytes::Bytes;
use helmdrill::clock::Moment;
use helmdrill::exec::{Command, Exit, Finished};
use helmdrill::fault::{Bites, Refusal, Rule, Side, Verdict};
use helmdrill::gate::{self, Body, BodyError, Gate, Listener, Passage, Upstream};
use helmdrill::transcript::{Event, Recorder};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tower::service_fn;

/// A gate that listens, what it wrote down, and how often its upstream was asked.
struct Stand {
    gate: Gate,
    listener: Listener,
    recorder: Recorder,
    applied: Arc<AtomicUsize>,
    pieces: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
}

/// A program that tests bring along.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bin").join(name)
}

/// Large enough that a reader who takes nothing stops a well-behaved server after few of them.
const PIECE: usize = 256 * 1024;

async fn stand() -> Stand {
    let (applied, pieces) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (applied.clone(), pieces.clone());
    let upstream = Upstream::new(service_fn(move |passage: Passage| {
        let (applied, pieces) = counts.clone();
        async move {
            applied.fetch_add(1, Ordering::SeqCst);
            let body = match passage.uri.query() {
                Some("watch=true") => gate::streamed(0, |at: u32| async move {
                    (at < 3).then(|| (Bytes::from(format!("event {at}\n")), at + 1))
                }),
                Some("endless") => endless(pieces),
                _ => gate::whole("done\n"),
            };
            Ok::<_, BodyError>(http::Response::new(body))
        }
    }));
    let recorder = Recorder::new(Moment::default());
    let gate = Gate::new(upstream, Some(recorder.clone()), Arc::new(Moment::default), gate::inspect);
    let listener = Listener::open(gate.clone(), 0).await.expect("a free port");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("ca.pem"), listener.authority()).expect("a writable folder");
    Stand { gate, listener, recorder, applied, pieces, folder }
}

fn endless(pieces: Arc<AtomicUsize>) -> Body {
    gate::streamed(pieces, |pieces| async move {
        pieces.fetch_add(1, Ordering::SeqCst);
        Some((Bytes::from(vec![b'x'; PIECE]), pieces))
    })
}

impl Stand {
    fn arm(&self, when: &str, verdict: Verdict) {
        let when = when.parse().expect(when);
        self.gate.rules().install([Rule { id: "the-fault".to_owned(), when, verdict, bites: Bites::Once }]);
    }

    /// A client process with the right authority, as some helm, on a path.
    fn client(&self, path: &str, more: &[&str]) -> Command {
        Command::program(fixture("client"))
            .env("PATH", std::env::var_os("PATH").expect("a PATH with python3 on it"))
            .arg("--ca")
            .arg(self.folder.path().join("ca.pem"))
            .args(more)
            .args([self.listener.address().to_string().as_str(), path])
    }

    /// The same with the token.
    fn trusted(&self, path: &str, more: &[&str]) -> Command {
        self.client(path, &[&["--token", self.listener.token()], more].concat())
    }

    async fn call(&self, path: &str, more: &[&str]) -> Finished {
        self.trusted(path, more).run().await.expect("python3 is installed")
    }

    /// One request over HTTP/2, by a client in this process.
    async fn call_in_two(&self, method: &str, path: &str, body: &str) -> Result<String, hyper::Error> {
        let mut sender = self.connect().await;
        let request = http::Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.listener.address()))
            .header("User-Agent", "Helm/4.3.1")
            .header("Authorization", format!("Bearer {}", self.listener.token()))
            .body(Full::new(Bytes::from(body.to_owned())))
            .expect("a request");
        let answer = sender.send_request(request).await?;
        assert_eq!(answer.version(), http::Version::HTTP_2);
        Ok(String::from_utf8_lossy(&answer.into_body().collect().await?.to_bytes()).into_owned())
    }

    /// A connection on which TLS itself has settled on HTTP/2.
    async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let mut roots = rustls::RootCertStore::empty();
        let pem = self.listener.authority();
        let authority = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
        roots.add(authority).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().expect("ring has them");
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let address = self.listener.address();
        let socket = tokio::net::TcpStream::connect(address).await.expect("it listens");
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect(ServerName::from(address.ip()), socket).await.expect("it is trusted");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let shaken = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
        let (sender, connection) = shaken.expect("it speaks HTTP/2");
        tokio::spawn(connection);
        sender
    }

    fn applied(&self) -> usize {
        self.applied.load(Ordering::SeqCst)
    }

    /// `PATCH /path status` and `fault verdict`, in order.
    fn told(&self) -> Vec<String> {
        let entries = self.recorder.transcript().entries;
        let lines = entries.into_iter().filter_map(|entry| match entry.event {
            Event::Call(call) => Some(format!("{} {} {:?}", call.verb.http_method(), call.path, call.status)),
            Event::Fault { rule, call, verdict } => Some(format!("{rule} bit call {call}: {verdict}")),
            _ => None,
        });
        lines.collect()
    }
}

const WEB: &str = "/apis/apps/v1/namespaces/p/deployments/web";
const PATCH: [&str; 4] = ["--method", "PATCH", "--data", "{}"];

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_only_health_is_told() {
    let stand = stand().await;
    let refused = stand.client("/version", &[]).run().await.expect("python3 is installed").stdout.text();
    assert!(refused.contains(r#""reason":"Unauthorized""#) && refused.contains(r#""code":401"#), "{refused}");
    assert_eq!(stand.applied(), 0);
    for path in ["/healthz", "/readyz", "/livez"] {
        let said = stand.client(path, &[]).run().await.expect("python3 is installed");
        assert_eq!((said.exit, said.stdout.text().as_str()), (Exit::Code(0), "done\n"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_http_are_spoken() {
    let stand = stand().await;
    let said = stand.call("/version", &[]).await;
    assert_eq!(said.stdout.text(), "done\n", "{}", said.stderr.text());
    assert_eq!(stand.call_in_two("GET", "/version", "").await.expect("an answer"), "done\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_killed_before_its_call_has_changed_nothing() {
    let stand = stand().await;
    stand.arm("PATCH deployments/web", Verdict::Kill(Side::Before));
    let killed = stand.call(WEB, &PATCH).await;
    assert_eq!((killed.exit, stand.applied()), (Exit::Signal(9), 0));
    assert_eq!(stand.told(), [format!("PATCH {WEB} None"), "the-fault bit call 1: kill before".to_owned()]);
    assert_eq!(stand.call(WEB, &PATCH).await.exit, Exit::Code(0), "a rule bites once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_killed_after_its_call_has_changed_something_and_saw_nothing() {
    let stand = stand().await;
    stand.arm("PATCH deployments/web", Verdict::Kill(Side::After));
    let killed = stand.call(WEB, &PATCH).await;
    assert_eq!((killed.exit, stand.applied()), (Exit::Signal(9), 1));
    assert_eq!(killed.stdout.text(), "");
    assert_eq!(stand.told(), [format!("PATCH {WEB} None"), "the-fault bit call 1: kill after".to_owned()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_client_of_the_call_dies() {
    let stand = stand().await;
    let bystander = stand.trusted("/big?endless", &["--discard"]);
    let bystander = bystander.spawn().await.expect("python3 is installed");
    while stand.pieces.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    stand.arm("PATCH deployments/web", Verdict::Kill(Side::Before));
    assert_eq!(stand.call(WEB, &PATCH).await.exit, Exit::Signal(9));
    let seen = stand.pieces.load(Ordering::SeqCst);
    let reads_on = async {
        while stand.pieces.load(Ordering::SeqCst) < seen + 64 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reads_on).await.expect("the bystander reads on");
    drop(bystander);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_was_applied_and_a_severed_call_was_not() {
    for (verdict, applied, word) in [(Verdict::LoseReply, 1, "lose-reply"), (Verdict::Sever, 0, "sever")] {
        let told = [format!("PATCH {WEB} None"), format!("the-fault bit call 1: {word}")];
        let stand = stand_armed(&verdict).await;
        let lost = stand.call(WEB, &PATCH).await;
        assert!(matches!(lost.exit, Exit::Code(code) if code != 0), "{word}: {:?}", lost.exit);
        assert!(lost.stderr.text().starts_with("client: "), "{word}: {}", lost.stderr.text());
        assert_eq!((stand.applied(), lost.stdout.text().as_str()), (applied, ""), "{word}");
        assert_eq!(stand.told(), told);
        let stand = stand_armed(&verdict).await;
        assert!(stand.call_in_two("PATCH", WEB, "{}").await.is_err(), "{word} over HTTP/2");
        assert_eq!(stand.applied(), applied, "{word} over HTTP/2");
        assert_eq!(stand.told(), told);
    }
}

async fn stand_armed(verdict: &Verdict) -> Stand {
    let stand = stand().await;
    stand.arm("PATCH deployments/web", verdict.clone());
    stand
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_reads_what_the_rule_says() {
    let stand = stand().await;
    let refusal = Refusal { code: 503, reason: "Busy".to_owned(), message: "try later".to_owned() };
    stand.arm("2nd PATCH deployments/web", Verdict::Reject(refusal));
    let seen = [stand.call(WEB, &PATCH).await, stand.call(WEB, &PATCH).await, stand.call(WEB, &PATCH).await];
    let seen = seen.map(|said| said.stdout.text());
    assert_eq!((seen[0].as_str(), seen[2].as_str()), ("done\n", "done\n"));
    assert!(seen[1].contains(r#""message":"try later""#), "{}", seen[1]);
    assert_eq!(stand.applied(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_watch_gives_one_event() {
    let stand = stand().await;
    let path = "/api/v1/namespaces/p/pods?watch=true";
    assert_eq!(stand.call(path, &[]).await.stdout.text(), "event 0\nevent 1\nevent 2\n");
    stand.arm("WATCH pods", Verdict::CutWatch);
    let cut = stand.call(path, &[]).await;
    assert_eq!((cut.exit, cut.stdout.text().as_str()), (Exit::Code(0), "event 0\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_three_mebibytes_is_refused_as_kube_apiserver_refuses_it() {
    let stand = stand().await;
    let large: PathBuf = stand.folder.path().join("large");
    for (size, applied) in [(3 * 1024 * 1024, 1), (3 * 1024 * 1024 + 1, 1)] {
        std::fs::write(&large, vec![b'x'; size]).expect("a writable folder");
        let data = large.display().to_string();
        let create = ["--method", "POST", "--data-file", &data];
        let said = stand.call("/api/v1/namespaces/p/configmaps", &create).await;
        assert_eq!(stand.applied(), applied, "{size}: {}", said.stderr.text());
    }
    assert_eq!(stand.told()[1], "POST /api/v1/namespaces/p/configmaps Some(413)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_makes_the_server_wait() {
    let stand = stand().await;
    let idle = stand.trusted("/big?endless", &["--nothing"]).spawn().await.expect("python3 is installed");
    let begins = async {
        while stand.pieces.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), begins).await.expect("the client asks");
    let runs_ahead = async {
        while stand.pieces.load(Ordering::SeqCst) * PIECE < 128 * 1024 * 1024 {
            tokio::task::yield_now().await;
        }
    };
    let ran = tokio::time::timeout(Duration::from_secs(2), runs_ahead).await;
    assert!(ran.is_err(), "128 MiB were made for a reader that takes nothing");
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_gate_frees_its_port() {
    let stand = stand().await;
    let address = stand.listener.address();
    assert!(Listener::open(stand.gate.clone(), address.port()).await.is_err(), "the port is taken");
    stand.listener.close().await;
    let again = Listener::open(stand.gate, address.port()).await.expect("the port is free");
    assert_eq!(again.address(), address);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_helmdrill_did_not_start_is_not_killed() {
    let stand = stand().await;
    stand.arm("PATCH deployments/web", Verdict::Kill(Side::Before));
    // The shell leaves a client behind in a session of its own; it is then a child of init, and none of ours.
    let script = format!(
        "'{}' sh -c 'touch started; \"{}\" --insecure --method PATCH --data {{}} --token {} {} {WEB} >part 2>&1
         mv part whole' &
         while [ ! -e started ]; do :; done",
        fixture("detached").display(),
        fixture("client").display(),
        stand.listener.token(),
        stand.listener.address(),
    );
    let path = std::env::var_os("PATH").expect("a PATH with python3 on it");
    let shell = Command::shell(script).env("PATH", path).cwd(stand.folder.path());
    assert_eq!(shell.run().await.expect("a shell").exit, Exit::Code(0));
    let whole = stand.folder.path().join("whole");
    let ends = async {
        while !whole.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ends).await.expect("the client ends by itself");
    let said = std::fs::read_to_string(&whole).expect("what the client said");
    assert!(said.contains("no process that helmdrill started"), "{said}");
    assert_eq!(stand.applied(), 0);
    assert!(stand.gate.rules().failures()[0].starts_with("the-fault: the client at 127.0.0.1:"));
    assert_eq!(stand.told(), [format!("PATCH {WEB} Some(500)")]);
}
