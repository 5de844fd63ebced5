//! The wire of the database: PostgreSQL's protocol on the loopback address, with TLS and a password, for as many clients as
//! come. What statements mean is the matter of `database`; what is served here outlives no cluster.

mod client;
mod encode;
mod login;
mod served;

pub use served::{News, Served};

use crate::clock::Moment;
use pgwire::api::PgWireServerHandlers;
use pgwire::api::auth::StartupHandler;
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler};
use pgwire::tokio::process_socket;
use rustls::ServerConfig;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use client::{Client, Preparing};

/// How many clients may be connected, as with PostgreSQL.
const CONNECTIONS: usize = 100;
/// The user that clients log in as, and the database that they name.
pub const USER: &str = "helm";

/// Where time is read.
pub type Now = Arc<dyn Fn() -> Moment + Send + Sync>;

/// How clients prove that they may come in.
#[derive(Clone)]
pub struct Access {
    /// TLS with a certificate for the loopback address.
    pub tls: Arc<ServerConfig>,
    /// The password of [`USER`].
    pub password: String,
}

/// A database that listens. Dropping it ends every connection and frees the port.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn open(served: Arc<Served>, access: Access) -> io::Result<Server> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        let accepting = tokio::spawn(accept(socket, served, access));
        Ok(Server { address, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, and returns when the port is free and every client is gone.
    pub async fn close(mut self) {
        self.accepting.abort();
        let accepting = &mut self.accepting;
        accepting.await.ok();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Takes clients in; owns their connections, so that they end with it.
async fn accept(socket: TcpListener, served: Arc<Served>, access: Access) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) if connections.len() < CONNECTIONS => {
                let client = Arc::new(Client::new(served.clone(), access.password.clone()));
                let tls = Some(TlsAcceptor::from(access.tls.clone()));
                connections.spawn(process_socket(stream, tls, Handlers(client)));
            }
            // One too many; it may come again.
            Ok(_) => {}
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// One client answers all that pgwire asks of a connection.
struct Handlers(Arc<Client>);

impl PgWireServerHandlers for Handlers {
    fn simple_query_handler(&self) -> Arc<impl SimpleQueryHandler> {
        self.0.clone()
    }

    fn extended_query_handler(&self) -> Arc<impl ExtendedQueryHandler> {
        Arc::new(Preparing(self.0.clone()))
    }

    fn startup_handler(&self) -> Arc<impl StartupHandler> {
        self.0.login()
    }
}
