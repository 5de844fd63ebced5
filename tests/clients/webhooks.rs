//! Admission webhooks that listen on this machine: they are asked over HTTPS about the calls of the real kubectl, and
//! what they say is carried out. The little server here answers as its path asks it to.

use crate::stand::{Stand, pinned};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use helmdrill::tools::{Tool, pins};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a server was asked.
type Asked = Arc<Mutex<Vec<Value>>>;

/// Starts a server; its port, its certificate in PEM, and what it is asked from now on.
async fn serve() -> (u16, String, Asked) {
    let names = vec!["127.0.0.1".to_owned()];
    let certified = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("protocols").with_no_client_auth();
    let config = config.with_single_cert(vec![certified.cert.der().clone()], key).expect("they fit");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = Asked::default();
    let heard = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, heard) = (acceptor.clone(), heard.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(move |request| answer(request, heard.clone()));
                // A client that goes away early has what it wanted.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    (port, certified.cert.pem(), asked)
}

async fn answer(request: Request<Incoming>, heard: Asked) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.expect("a body").to_bytes();
    let review: Value = serde_json::from_slice(&body).expect("an AdmissionReview");
    let mut response = json!({"uid": review["request"]["uid"], "allowed": path != "/deny"});
    if path == "/deny" {
        response["status"] = json!({"message": "not on my watch", "code": 403});
    }
    if path == "/warn" {
        response["warnings"] = json!(["mind the gap"]);
    }
    if path == "/patch" {
        let operations = json!([{"op": "add", "path": "/metadata/labels", "value": {"patched": "yes"}}]);
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(STANDARD.encode(operations.to_string()));
    }
    heard.lock().expect("nobody panicked").push(review["request"].clone());
    let answer =
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    Ok(Response::new(Full::new(Bytes::from(answer.to_string()))))
}

/// The document of a configuration with one webhook about ConfigMaps.
fn configuration(kind: &str, port: u16, path: &str, roots: &str) -> String {
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]});
    let url = format!("https://127.0.0.1:{port}/{path}");
    let webhook = json!({
        "name": "guard.example.com", "clientConfig": {"url": url, "caBundle": STANDARD.encode(roots)},
        "rules": [rule], "admissionReviewVersions": ["v1"], "sideEffects": "None",
    });
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": path},
        "webhooks": [webhook]})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_listen_are_asked_and_obeyed() {
    let (port, roots, asked) = serve().await;
    let stand = Stand::new().await;
    let pin = pins(Tool::Kubectl).next().expect("kubectl is pinned");
    let kubectl = pinned(pin).await;
    let with = |kind: &str, path: &str, name: &str| {
        let document = configuration(kind, port, path, &roots);
        format!(
            "kubectl create -f - <<'E' >/dev/null\n{document}\nE\nkubectl create configmap {name} --from-literal=a=1"
        )
    };
    let denied = stand.run(&kubectl, &with("ValidatingWebhookConfiguration", "deny", "one")).await;
    assert!(
        denied.contains("admission webhook \"guard.example.com\" denied the request: not on my watch"),
        "{denied}"
    );
    stand.run(&kubectl, "kubectl delete validatingwebhookconfiguration deny").await;
    let warned = stand.run(&kubectl, &with("ValidatingWebhookConfiguration", "warn", "two")).await;
    assert!(warned.contains("Warning: mind the gap") && warned.contains("configmap/two created"), "{warned}");
    let patched = stand.run(&kubectl, &with("MutatingWebhookConfiguration", "patch", "three")).await;
    assert!(patched.contains("configmap/three created"), "{patched}");
    let labels = stand.run(&kubectl, "kubectl get configmap three -o jsonpath={.metadata.labels}").await;
    assert_eq!(labels.trim(), r#"{"patched":"yes"}"#);
    let dry = stand.run(&kubectl, "kubectl create configmap four --dry-run=server -o name").await;
    assert!(dry.contains("configmap/four"), "{dry}");
    let asked = asked.lock().expect("nobody panicked");
    let told: Vec<(&str, bool)> = asked
        .iter()
        .map(|request| (request["name"].as_str().unwrap_or_default(), request["dryRun"] == true))
        .collect();
    let expected =
        [("one", false), ("two", false), ("three", false), ("three", false), ("four", true), ("four", true)];
    assert_eq!(told, expected);
    let last = asked.last().expect("there are some");
    assert_eq!((&last["operation"], &last["object"]["data"]["a"]), (&json!("CREATE"), &Value::Null));
    assert_eq!(last["object"]["metadata"]["labels"]["patched"], "yes", "validation comes after mutation");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_with_a_certificate_of_somebody_else_is_not_trusted() {
    let (port, _roots, asked) = serve().await;
    let (_, others, _) = serve().await;
    let stand = Stand::new().await;
    let pin = pins(Tool::Kubectl).next().expect("kubectl is pinned");
    let kubectl = pinned(pin).await;
    let document = configuration("ValidatingWebhookConfiguration", port, "warn", &others);
    let line = format!("kubectl create -f - <<'E' >/dev/null\n{document}\nE\nkubectl create configmap one");
    let said = stand.run(&kubectl, &line).await;
    let why = "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    assert!(said.contains("failed calling webhook \"guard.example.com\"") && said.contains(why), "{said}");
    assert!(asked.lock().expect("nobody panicked").is_empty());
}
