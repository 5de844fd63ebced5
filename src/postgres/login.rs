//! Who may come in: over TLS alone, as the one user there is, with the password.

use async_trait::async_trait;
use futures_util::sink::Sink;
use pgwire::api::ClientInfo;
use pgwire::api::auth::cleartext::CleartextPasswordAuthStartupHandler;
use pgwire::api::auth::{AuthSource, DefaultServerParameterProvider, LoginInfo, Password, StartupHandler};
use pgwire::error::{ErrorInfo, PgWireError, PgWireResult};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use std::fmt::Debug;

/// Asks for the password.
pub(super) struct Login(CleartextPasswordAuthStartupHandler<Gatekeeper, DefaultServerParameterProvider>);

impl Login {
    pub(super) fn new(password: String) -> Login {
        let mut told = DefaultServerParameterProvider::default();
        "15.0".clone_into(&mut told.server_version);
        "UTC".clone_into(&mut told.time_zone);
        Login(CleartextPasswordAuthStartupHandler::new(Gatekeeper { password }, told))
    }
}

fn fatal(code: &str, told: String) -> PgWireError {
    PgWireError::UserError(Box::new(ErrorInfo::new("FATAL".to_owned(), code.to_owned(), told)))
}

#[async_trait]
impl StartupHandler for Login {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        if !client.is_secure() {
            let told = "no pg_hba.conf entry for host \"127.0.0.1\", no encryption".to_owned();
            return Err(fatal("28000", told));
        }
        self.0.on_startup(client, message).await
    }
}

struct Gatekeeper {
    password: String,
}

impl Debug for Gatekeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gatekeeper").finish_non_exhaustive()
    }
}

#[async_trait]
impl AuthSource for Gatekeeper {
    async fn get_password(&self, _login: &LoginInfo) -> PgWireResult<Password> {
        Ok(Password::new(None, self.password.as_bytes().to_vec()))
    }

    async fn verify_password(&self, login: &LoginInfo, presented: &[u8]) -> PgWireResult<Option<()>> {
        let user = login.user().unwrap_or_default();
        if user == super::USER && same(presented, self.password.as_bytes()) {
            return Ok(None);
        }
        Err(fatal("28P01", format!("password authentication failed for user \"{user}\"")))
    }
}

/// Compares in a time that does not tell where the two differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (x, y)| differ | (x ^ y)) == 0
}
