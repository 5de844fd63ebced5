//! The listening side of a gate: TLS on the loopback address, the token, connection limits, and the end of it all.

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tower::Service;

use super::body::Body;
use super::carry::Cut;
use super::credential::{Credential, CredentialError, signed_token};
use super::read::Presented;
use super::victim::Ends;
use super::{Gate, GateError, refuse};

/// How many connections are served at once; more wait for their turn.
const CONNECTIONS: usize = 1024;
/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
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
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = door.closing.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = async {
                let seat = seats.clone().acquire_owned().await;
                (socket.accept().await, seat)
            } => accepted,
        };
        match accepted {
            (Ok((stream, client)), Ok(seat)) => {
                let door = door.clone();
                connections.spawn(async move {
                    door.serve(stream, client).await;
                    drop(seat);
                });
            }
            // Out of file descriptors, or a client that left at once: others may still come.
            (Err(_), _) | (_, Err(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    drop(socket);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    tokio::time::timeout(FAREWELL, all_ended).await.ok();
}

impl Door {
    /// Serves one connection to its end.
    async fn serve(self, stream: TcpStream, client: SocketAddr) {
        let Ok(server) = stream.local_addr() else { return };
        stream.set_nodelay(true).ok();
        let acceptor = TlsAcceptor::from(self.credential.tls.clone());
        let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else { return };
        let (cut, ends) = (Cut::default(), Ends { client, server });
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(ends);
            request.extensions_mut().insert(cut.clone());
            self.clone().answer(request)
        });
        let builder = limits();
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut closing = self.closing.clone();
        let mut farewell = false;
        loop {
            tokio::select! {
                _ = connection.as_mut() => return,
                () = cut.0.notified() => return,
                _ = closing.changed(), if !farewell => {
                    farewell = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }

    async fn answer(mut self, mut request: Request<Incoming>) -> Result<Response<Body>, GateError> {
        let open = matches!(request.uri().path(), "/healthz" | "/readyz" | "/livez");
        if !open && !self.credential.admits(request.headers()) {
            let Some(token) = signed_token(request.headers()) else { return Ok(refuse::unauthorized()) };
            request.extensions_mut().insert(Presented(token));
        }
        self.gate.call(request).await
    }
}

fn limits() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEADERS as usize);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(HEADERS).max_concurrent_streams(250);
    builder
}
