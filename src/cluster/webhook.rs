//! Makes the calls to admission webhooks that the embedded cluster needs before it can answer: over HTTPS, to addresses
//! of this machine only. What is asked and what an answer means is the simulation's matter.

use crate::call::{Actor, Verb, write_object};
use crate::sim::{HookAnswer, HookCall};
use crate::transcript::CallRecord;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, Error as TlsError};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::trust::Trust;

/// Asks a webhook; real time counts, whatever the drill's clock shows.
pub(super) async fn ask(call: &HookCall) -> HookAnswer {
    match tokio::time::timeout(call.timeout, exchange(call)).await {
        Ok(Ok((status, body))) => HookAnswer::Answered(status, body),
        Ok(Err(why)) => HookAnswer::Failed(why),
        Err(_elapsed) => HookAnswer::Failed("context deadline exceeded".to_owned()),
    }
}

/// The call as the transcript keeps it, made by the API server.
pub(super) fn record(call: &HookCall, answer: &HookAnswer) -> CallRecord {
    let (path, query) = call.url.split_once('?').unwrap_or((&call.url, ""));
    let status = match answer {
        HookAnswer::Answered(status, _) => Some(*status),
        HookAnswer::Failed(_) => None,
    };
    CallRecord {
        id: 0,
        actor: Actor::Controller("kube-apiserver-admission".to_owned()),
        verb: Verb::Create,
        path: path.to_owned(),
        query: query.to_owned(),
        status,
    }
}

/// Host and port of an address.
fn target(url: &str) -> Option<(String, u16)> {
    let uri: http::Uri = url.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    Some((host, uri.port_u16().unwrap_or(443)))
}

fn is_ours(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// One request and its answer; the error in the words of Go's client.
async fn exchange(call: &HookCall) -> Result<(u16, Vec<u8>), String> {
    let Some((host, port)) = target(&call.url) else { return Err("no Host in request URL".to_owned()) };
    if !is_ours(&host) {
        return Err(match host.parse::<IpAddr>() {
            Ok(address) => format!("dial tcp {address}:{port}: connect: connection refused"),
            Err(_) => format!("dial tcp: lookup {host}: no such host"),
        });
    }
    let address = if host == "localhost" { "127.0.0.1".to_owned() } else { host.clone() };
    let stream = TcpStream::connect((address.as_str(), port)).await;
    let stream =
        stream.map_err(|error| format!("dial tcp {address}:{port}: connect: {}", refused(&error)))?;
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let stream = connector(&call.roots).connect(name, stream).await.map_err(|error| broken(&error))?;
    let failed = |error: hyper::Error| {
        if error.is_incomplete_message() { "EOF".to_owned() } else { error.to_string() }
    };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let driver = tokio::spawn(connection);
    let uri: http::Uri = call.url.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut review = Vec::with_capacity(1024);
    write_object(&call.review, &mut review);
    let request = Request::post(path)
        .header("Host", uri.authority().map_or("", |authority| authority.as_str()))
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, */*")
        .header("User-Agent", "kube-apiserver-admission")
        .body(Full::new(Bytes::from(review)))
        .map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(failed)?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(failed)?.to_bytes();
    driver.abort();
    Ok((status, body.to_vec()))
}

fn connector(roots: &str) -> TlsConnector {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("ring speaks TLS 1.2 and 1.3");
    let trust = Arc::new(Trust::of(roots));
    let config = config.dangerous().with_custom_certificate_verifier(trust).with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

fn refused(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::TimedOut => "connection timed out".to_owned(),
        _other => error.to_string(),
    }
}

/// What Go says of a handshake that fails.
fn broken(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    let verified = |why: &str| format!("tls: failed to verify certificate: x509: {why}");
    match inner {
        Some(TlsError::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        )) => verified("certificate signed by unknown authority"),
        Some(TlsError::InvalidCertificate(CertificateError::Other(_))) => {
            // A certificate authority that shows its own certificate, which no bundle here names.
            verified("certificate signed by unknown authority")
        }
        Some(TlsError::InvalidCertificate(CertificateError::NotValidForNameContext {
            expected,
            presented,
        })) => {
            let wanted = expected.to_str();
            let names: Vec<&str> =
                presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name)).collect();
            verified(&format!("certificate is valid for {}, not {wanted}", names.join(", ")))
        }
        Some(TlsError::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        )) => verified("certificate has expired or is not yet valid"),
        Some(TlsError::InvalidMessage(_)) => "http: server gave HTTP response to HTTPS client".to_owned(),
        Some(other) => format!("tls: {other}"),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "EOF".to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_called() {
        assert_eq!(target("https://127.0.0.1:9443/x?timeout=1s"), Some(("127.0.0.1".to_owned(), 9443)));
        assert_eq!(target("https://[::1]/x"), Some(("::1".to_owned(), 443)));
        assert!(is_ours("localhost") && is_ours("127.0.0.2") && is_ours("::1"));
        assert!(!is_ours("example.com") && !is_ours("10.0.0.1"));
    }
}
