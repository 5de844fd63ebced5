//! How a server is reached: its kubeconfig read, and HTTP/2 connections over TLS.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// Where a server is, whom to trust, and what to show it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) port: u16,
    pub(crate) token: String,
    tls: Arc<rustls::ClientConfig>,
}

impl Place {
    /// The first cluster and user of a kubeconfig: an address of this machine, its authority, a token.
    pub(crate) fn read(kubeconfig: &Path) -> Place {
        let text = std::fs::read_to_string(kubeconfig).expect("a kubeconfig");
        let file: Value = serde_saphyr::from_str(&text).expect("a kubeconfig is YAML");
        let text = |pointer: &str| file.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
        let server: http::Uri = text("/clusters/0/cluster/server").parse().expect("an address");
        let pem = STANDARD.decode(text("/clusters/0/cluster/certificate-authority-data")).expect("base64");
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).expect("a certificate")).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut tls = tls.expect("ring has them").with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let port = server.port_u16().expect("a port");
        Place { port, token: text("/users/0/user/token"), tls: Arc::new(tls) }
    }

    /// A connection, driven by a task of its own until its last handle is dropped.
    pub(crate) async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let socket = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.expect("it listens");
        socket.set_nodelay(true).expect("a socket");
        let connector = tokio_rustls::TlsConnector::from(self.tls.clone());
        let name = ServerName::try_from("127.0.0.1").expect("an address");
        let stream = connector.connect(name, socket).await.expect("it is trusted");
        let mut builder = Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(4 << 20).initial_connection_window_size(16 << 20);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.expect("it speaks HTTP/2");
        tokio::spawn(connection);
        sender
    }
}
