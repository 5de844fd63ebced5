//! The listening side of a gate: TLS on the loopback address, the token, connection limits, and the end of it all.

use http::header::AUTHORIZATION;
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tower::Service;

use super::body::{Body, guarded};
use super::credential::{Credential, CredentialError, signed_token};
use super::methods::{headless, is_served};
use super::read::Presented;
use super::seats::{Seats, Taken};
use super::victim::Ends;
use super::{Gate, GateError, refuse};

/// How many connections are served at once. When more come, idle ones go.
const CONNECTIONS: usize = 16 * 1024;
/// How long a client may take for TLS, as with kube-apiserver.
const PATIENCE: Duration = Duration::from_secs(32);
/// How long a connection may be there without a request, as with kube-apiserver.
const QUIET: Duration = Duration::from_secs(90);
/// How long calls that are being answered may take to end when the listener is closed.
const FAREWELL: Duration = Duration::from_secs(1);
/// The header bytes that one request may carry, as with kube-apiserver (Go's default).
const HEADERS: u32 = 1024 * 1024;

/// Why a gate could not be listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The port is taken, or may not be used.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another port, or none for a free one")]
    Port {
        /// The port that was asked for; 0 for any.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// The server's certificate or token could not be made.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

/// A gate that listens on a port of the loopback address. Dropping it ends every connection and frees the port.
pub struct Listener {
    address: SocketAddr,
    credential: Arc<Credential>,
    closing: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Listener {
    /// Listens on `port` of 127.0.0.1, or on a free one where it is 0.
    ///
    /// # Errors
    /// Where the port is taken, or no certificate can be made.
    pub async fn open(gate: Gate, port: u16) -> Result<Listener, ListenError> {
        let of_port = |source| ListenError::Port { port, source };
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(of_port)?;
        let address = socket.local_addr().map_err(of_port)?;
        let credential = Arc::new(Credential::new()?);
        let closing = watch::Sender::new(false);
        let door = Door { gate, credential: credential.clone(), closing: closing.subscribe() };
        let accepting = tokio::spawn(accept(socket, door));
        Ok(Listener { address, credential, closing, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate authority that clients must trust, PEM.
    pub fn authority(&self) -> &str {
        &self.credential.authority
    }

    /// TLS with the same certificate, for another protocol on the same address.
    pub fn tls(&self, protocol: &[u8]) -> Arc<rustls::ServerConfig> {
        let mut tls = rustls::ServerConfig::clone(&self.credential.tls);
        tls.alpn_protocols = vec![protocol.to_vec()];
        Arc::new(tls)
    }

    /// The bearer token that clients must send.
    pub fn token(&self) -> &str {
        &self.credential.token
    }

    /// Stops listening, lets calls that are being answered end, and returns when the port is free.
    pub async fn close(mut self) {
        self.closing.send_replace(true);
        let accepting = &mut self.accepting;
        accepting.await.ok();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Door {
    gate: Gate,
    credential: Arc<Credential>,
    closing: watch::Receiver<bool>,
}

/// Takes connections until the door is closed; owns them all, so that they end with it.
async fn accept(socket: TcpListener, mut door: Door) {
    let seats = Seats::default();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = door.closing.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, client)) => {
                if let Some(taken) = seats.take(CONNECTIONS) {
                    connections.spawn(door.clone().serve(stream, client, taken));
                }
            }
            // Out of file descriptors, or a client that left at once: others may still come.
            Err(_) => {
                seats.shed();
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
    drop(socket);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    tokio::time::timeout(FAREWELL, all_ended).await.ok();
}

impl Door {
    /// Serves one connection to its end.
    async fn serve(self, stream: TcpStream, client: SocketAddr, taken: Taken) {
        let Ok(server) = stream.local_addr() else { return };
        stream.set_nodelay(true).ok();
        let acceptor = TlsAcceptor::from(self.credential.tls.clone());
        let seat = &taken.seat;
        let shaken = tokio::select! {
            shaken = tokio::time::timeout(PATIENCE, acceptor.accept(stream)) => shaken,
            () = seat.cut.0.notified() => return,
        };
        let Ok(Ok(stream)) = shaken else { return };
        let ends = Ends { client, server };
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(ends);
            request.extensions_mut().insert(seat.cut.clone());
            let (door, busy) = (self.clone(), seat.begin());
            async move { Ok::<_, GateError>(door.answer(request).await?.map(|body| guarded(body, busy))) }
        });
        let builder = limits(stream.get_ref().1.alpn_protocol());
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut closing = self.closing.clone();
        let mut begun = 0;
        let mut farewell = false;
        loop {
            tokio::select! {
                _ = connection.as_mut() => return,
                () = seat.cut.0.notified() => return,
                _ = closing.changed(), if !farewell => {
                    farewell = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = tokio::time::sleep(QUIET), if !farewell => {
                    if seat.is_idle() && seat.begun() == begun {
                        return;
                    }
                    begun = seat.begun();
                }
            }
        }
    }

    async fn answer(mut self, mut request: Request<Incoming>) -> Result<Response<Body>, GateError> {
        let healthy = matches!(request.uri().path(), "/healthz" | "/readyz" | "/livez");
        let open = healthy && !request.headers().contains_key(AUTHORIZATION);
        if !open && !self.credential.admits(request.headers()) {
            let Some(token) = signed_token(request.headers()) else { return Ok(refuse::unauthorized()) };
            request.extensions_mut().insert(Presented(token));
        }
        if !is_escaped(request.uri().path()) {
            return Ok(refuse::malformed());
        }
        let headed = request.method() == Method::HEAD;
        let answer = match is_served(request.method(), request.uri().path()) {
            true => self.gate.call(request).await?,
            false => refuse::method(request.headers()),
        };
        Ok(if headed { headless(answer) } else { answer })
    }
}

/// Whether every `%` of a path is followed by two hexadecimal digits.
fn is_escaped(path: &str) -> bool {
    let mut parts = path.split('%').skip(1).map(str::as_bytes);
    parts.all(|part| part.len() >= 2 && part[..2].iter().all(u8::is_ascii_hexdigit))
}

/// What one connection may do, by the protocol that TLS has settled on.
fn limits(protocol: Option<&[u8]>) -> Builder<TokioExecutor> {
    let mut builder = match protocol {
        Some(b"h2") => Builder::new(TokioExecutor::new()).http2_only(),
        Some(b"http/1.1") => Builder::new(TokioExecutor::new()).http1_only(),
        _ => Builder::new(TokioExecutor::new()),
    };
    builder.http1().timer(TokioTimer::new()).header_read_timeout(QUIET).max_buf_size(HEADERS as usize);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(HEADERS).max_concurrent_streams(250);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_kube_apiserver_does_not_read_are_known() {
        for (path, whole) in [("/a%2Fb", true), ("/a%zz", false), ("/a%2", false), ("/%", false), ("/", true)]
        {
            assert_eq!(is_escaped(path), whole, "{path}");
        }
    }
}
