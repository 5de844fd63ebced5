//! Charts out of an OCI registry: a small one on this machine, from which the real helm pulls, over TLS with a login and
//! without either; and the drills that run on what it gives.

use crate::own_charts::{NOTE, WITH, packed};
use crate::stand::{Ended, Stand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Who may pull, where not everybody may.
const LOGIN: &str = "deployer:secret";

/// What is stored: a path → media type, content.
type Stored = BTreeMap<String, (&'static str, Vec<u8>)>;

/// A registry that serves until it is dropped.
struct Registry {
    address: String,
    /// Its certificate in PEM, where it speaks TLS.
    certificate: String,
    _runtime: Runtime,
}

fn digest(content: &[u8]) -> String {
    let sum: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{sum}")
}

/// The chart `app` in these versions, each with the text that its ConfigMap says.
fn stored(versions: &[(&str, &str)]) -> Stored {
    let mut all = Stored::new();
    for (version, text) in versions {
        let about = format!("apiVersion: v2\nname: app\nversion: {version}\n");
        let values = format!("text: {text}\n");
        let chart = packed(&[
            ("app/Chart.yaml", about.as_str()),
            ("app/values.yaml", &values),
            ("app/templates/note.yaml", NOTE),
        ]);
        let config = json!({"name": "app", "version": version, "apiVersion": "v2"}).to_string().into_bytes();
        let part = |media: &str, content: &[u8]| json!({"mediaType": media, "digest": digest(content), "size": content.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part("application/vnd.cncf.helm.config.v1+json", &config),
            "layers": [part("application/vnd.cncf.helm.chart.content.v1.tar+gzip", &chart)],
        });
        let manifest = manifest.to_string().into_bytes();
        for name in [(*version).to_owned(), digest(&manifest)] {
            all.insert(format!("/v2/charts/app/manifests/{name}"), (MANIFEST, manifest.clone()));
        }
        for blob in [config, chart] {
            all.insert(format!("/v2/charts/app/blobs/{}", digest(&blob)), ("application/octet-stream", blob));
        }
    }
    let tags: Vec<&str> = versions.iter().map(|(version, _)| *version).collect();
    let tags = json!({"name": "charts/app", "tags": tags}).to_string().into_bytes();
    all.insert("/v2/charts/app/tags/list".to_owned(), ("application/json", tags));
    all.insert("/v2/".to_owned(), ("application/json", b"{}".to_vec()));
    all
}

fn answer(request: &Request<Incoming>, stored: &Stored, login: Option<&str>) -> Response<Full<Bytes>> {
    let response = Response::builder();
    let given = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let wanted = login.map(|login| format!("Basic {}", STANDARD.encode(login)));
    if wanted.is_some() && given != wanted.as_deref() {
        let asked = response.status(401).header("www-authenticate", "Basic realm=\"charts\"");
        return asked.body(Full::default()).expect("it is whole");
    }
    let Some((media, content)) = stored.get(request.uri().path()) else {
        return response.status(404).body(Full::default()).expect("it is whole");
    };
    let response = response.header("content-type", *media).header("docker-content-digest", digest(content));
    let response = response.header("content-length", content.len());
    let body = if request.method() == Method::HEAD { Vec::new() } else { content.clone() };
    response.body(Full::from(body)).expect("it is whole")
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    stored: Arc<Stored>,
    login: Option<&'static str>,
) {
    let service = service_fn(move |request| {
        let response = answer(&request, &stored, login);
        async move { Ok::<_, Infallible>(response) }
    });
    // A client that goes away early has what it wanted.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// A certificate for this machine, and what speaks TLS with it.
fn tls() -> (String, TlsAcceptor) {
    let names = vec!["127.0.0.1".to_owned()];
    let certified = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("protocols").with_no_client_auth();
    let config = config.with_single_cert(vec![certified.cert.der().clone()], key).expect("they fit");
    (certified.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

impl Registry {
    fn serve(versions: &[(&str, &str)], secure: bool, login: Option<&'static str>) -> Registry {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_io().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (certificate, acceptor) = tls();
        let stored = Arc::new(stored(versions));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (stored, acceptor) = (stored.clone(), acceptor.clone());
                tokio::spawn(async move {
                    if !secure {
                        return speak(stream, stored, login).await;
                    }
                    if let Ok(stream) = acceptor.accept(stream).await {
                        speak(stream, stored, login).await;
                    }
                });
            }
        });
        Registry { address, certificate, _runtime: runtime }
    }
}

/// The verdict of the reference, and the values of the charts that it was run on.
fn judged(stand: &Stand, ended: &Ended) -> (serde_json::Value, String) {
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let kept = stand.path("kept/refused-upgrade-rollback-to-last-good-helm4.3.1.json");
    let kept = kept.exists().then_some(kept);
    let kept =
        kept.unwrap_or_else(|| stand.path("kept/refused-upgrade-rollback-to-last-good-helm3.17.3.json"));
    (report["drills"][0]["verdict"].clone(), std::fs::read_to_string(kept).expect("it is kept"))
}

const ONE: [&str; 6] =
    ["run", "refused-upgrade", "--procedure=rollback-to-last-good", "--format=json", "--transcripts", "kept"];

#[test]
fn a_drill_runs_on_the_newest_version_in_a_registry_and_on_one_before_it() {
    let stand = Stand::new();
    let versions = [("0.9.0", "oldest"), ("1.0.0", "former"), ("1.2.0", "newest")];
    let registry = Registry::serve(&versions, false, None);
    let chart = format!("oci://{}/charts/app", registry.address);
    for helm in ["3.17.3", "4.3.1"] {
        let args = ["--chart", &chart, "--from", "1.0.0", "--plain-http", "--helm", helm, "--seed=1"];
        let ended = stand.run(&[&ONE[..], &args].concat());
        let (verdict, kept) = judged(&stand, &ended);
        assert_eq!(verdict, "recovered");
        assert!(
            kept.contains("text: newest") && kept.contains("text: former") && !kept.contains("text: oldest")
        );
    }
    stand.assert_nothing_is_left();
}

#[test]
fn a_registry_with_tls_and_a_login_is_asked_as_the_user_asks_it() {
    let stand = Stand::new();
    let registry = Registry::serve(&[("1.2.0", "secured")], true, Some(LOGIN));
    let chart = format!("oci://{}/charts/app", registry.address);
    let certificate = stand.write("authority.pem", &registry.certificate);
    let logins = json!({"auths": {registry.address.clone(): {"auth": STANDARD.encode(LOGIN)}}});
    let logins = stand.write("logins.json", logins.to_string());
    let none = stand.write("none.json", "{}");
    let run = |certificate: &std::path::Path, logins: &std::path::Path| {
        let mut command = stand.command();
        command.env("SSL_CERT_FILE", certificate).env("HELM_REGISTRY_CONFIG", logins);
        stand.ended(command.args([&ONE[..], &["--chart", &chart], &WITH].concat()))
    };
    let (verdict, kept) = judged(&stand, &run(&certificate, &logins));
    assert_eq!(verdict, "recovered");
    assert!(kept.contains("text: secured"));
    let stranger = run(&certificate, &none);
    assert_eq!(stranger.code, Some(3), "{}", stranger.stderr);
    assert!(stranger.stderr.contains("basic credential not found"), "{}", stranger.stderr);
    let help = format!("log in with `helm registry login {}`", registry.address);
    assert!(stranger.stderr.contains(&help), "{}", stranger.stderr);
    let unknown = run(&none, &logins);
    assert_eq!(unknown.code, Some(3), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("x509"), "{}", unknown.stderr);
    stand.assert_nothing_is_left();
}
