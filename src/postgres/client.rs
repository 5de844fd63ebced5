//! One client: its statements, simple or prepared, and its transaction.

use crate::clock::Moment;
use crate::database::{Answer, Around, Description, Script, SqlError, Value};
use async_trait::async_trait;
use futures_util::sink::Sink;
use futures_util::stream;
use pgwire::api::portal::{Format, Portal};
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler};
use pgwire::api::results::{FieldInfo, QueryResponse, Response, Tag};
use pgwire::api::stmt::QueryParser;
use pgwire::api::store::PortalStore;
use pgwire::api::{ClientInfo, ClientPortalStore, METADATA_DATABASE, METADATA_USER, Type as WireType};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use std::fmt::Debug;
use std::sync::Arc;
use tokio::sync::Mutex;

use super::encode;
use super::login::Login;
use super::served::{Seat, Served};

/// A connection's statements go through here, one after another. What it has not committed is gone when it is dropped.
pub(super) struct Client {
    served: Arc<Served>,
    seat: Mutex<Seat>,
    login: Arc<Login>,
}

/// A statement that was read, with what it takes and gives.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    script: Arc<Script>,
    described: Arc<Description>,
}

impl Client {
    pub(super) fn new(served: Arc<Served>, password: String) -> Client {
        Client { served, seat: Mutex::default(), login: Arc::new(Login::new(password)) }
    }

    pub(super) fn login(&self) -> Arc<Login> {
        self.login.clone()
    }

    async fn run(&self, script: &Script, parameters: Vec<Value>, client: &impl ClientInfo) -> Vec<Ended> {
        let named = |key: &str| client.metadata().get(key).cloned().unwrap_or_default();
        let (user, database) = (named(METADATA_USER), named(METADATA_DATABASE));
        let around = Around { parameters, now: Moment::default(), user, database };
        let mut seat = self.seat.lock().await;
        let (answers, error, _) = self.served.run(&mut seat, script, around).await;
        answers.into_iter().map(Ok).chain(error.map(Err)).collect()
    }

    /// Reads a text; what cannot be read spoils a transaction as what fails does.
    async fn read(&self, text: &str) -> Result<Script, SqlError> {
        let read = Script::read(text);
        if read.is_err() {
            self.spoil().await;
        }
        read
    }

    /// Something went wrong that no statement has done: a transaction has failed all the same.
    async fn spoil(&self) {
        self.seat.lock().await.spoil();
    }
}

type Ended = Result<Answer, SqlError>;

fn refused(error: &SqlError) -> PgWireError {
    PgWireError::UserError(Box::new(encode::refusal(error)))
}

/// What a client is told of an answer.
fn told(ended: Ended, format: &Format) -> PgWireResult<Response> {
    let answer = match ended {
        Ok(answer) => answer,
        Err(error) => return Ok(Response::Error(Box::new(encode::refusal(&error)))),
    };
    if let Some(columns) = &answer.columns {
        let fields = encode::fields(columns, format)?;
        let rows = encode::rows(&answer, &fields).into_iter().map(Ok);
        let mut response = QueryResponse::new(Arc::new(fields), stream::iter(rows));
        response.set_command_tag(&answer.command);
        return Ok(Response::Query(response));
    }
    let tag = Tag::new(&answer.command);
    Ok(match (answer.command.as_str(), answer.count) {
        ("BEGIN" | "START TRANSACTION", _) => Response::TransactionStart(tag),
        ("COMMIT" | "ROLLBACK", _) => Response::TransactionEnd(tag),
        (_, Some(count)) => Response::Execution(tag.with_rows(count)),
        (_, None) => Response::Execution(tag),
    })
}

#[async_trait]
impl SimpleQueryHandler for Client {
    async fn do_query<C>(&self, client: &mut C, query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let script = self.read(query).await.map_err(|error| refused(&error))?;
        let ended = self.run(&script, Vec::new(), client).await;
        if ended.is_empty() {
            return Ok(vec![Response::EmptyQuery]);
        }
        ended.into_iter().map(|ended| told(ended, &Format::UnifiedText)).collect()
    }
}

#[async_trait]
impl QueryParser for Client {
    type Statement = Prepared;

    async fn parse_sql<C>(
        &self,
        _client: &C,
        text: &str,
        _types: &[Option<WireType>],
    ) -> PgWireResult<Option<Prepared>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let script = self.read(text).await.and_then(Script::alone).map_err(|error| refused(&error))?;
        let described = self.served.describe(&mut *self.seat.lock().await, &script);
        let described = described.map_err(|error| refused(&error))?;
        Ok(Some(Prepared { script: Arc::new(script), described: Arc::new(described) }))
    }

    fn get_parameter_types(&self, prepared: &Prepared) -> PgWireResult<Vec<WireType>> {
        Ok(prepared.described.parameters.iter().map(|kind| encode::wire_type(*kind)).collect())
    }

    fn get_result_schema(
        &self,
        prepared: &Prepared,
        format: Option<&Format>,
    ) -> PgWireResult<Vec<FieldInfo>> {
        let columns = prepared.described.columns.as_deref().unwrap_or_default();
        encode::fields(columns, format.unwrap_or(&Format::UnifiedText))
    }
}

/// A client that prepares statements.
pub(super) struct Preparing(pub(super) Arc<Client>);

#[async_trait]
impl ExtendedQueryHandler for Preparing {
    type Statement = Prepared;
    type QueryParser = Client;

    fn query_parser(&self) -> Arc<Client> {
        self.0.clone()
    }

    async fn do_query<C>(
        &self,
        client: &mut C,
        portal: &Portal<Prepared>,
        _max_rows: usize,
    ) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Prepared>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let prepared = &portal.statement.statement;
        let parameters = match parameters(portal) {
            Ok(parameters) => parameters,
            Err(error) => {
                self.0.spoil().await;
                return Err(error);
            }
        };
        let mut ended = self.0.run(&prepared.script, parameters, client).await;
        match ended.pop() {
            None => Ok(Response::EmptyQuery),
            // An error goes the way of errors here, so that what follows is passed over until the next Sync.
            Some(Err(error)) => Err(refused(&error)),
            Some(ended) => told(ended, &portal.result_column_format),
        }
    }
}

/// The values of the parameters, by the types that the statement takes them as.
fn parameters(portal: &Portal<Prepared>) -> PgWireResult<Vec<Value>> {
    let wanted = &portal.statement.statement.described.parameters;
    if portal.parameters.len() != wanted.len() {
        let (given, wanted) = (portal.parameters.len(), wanted.len());
        let told =
            format!("bind message supplies {given} parameters, but prepared statement requires {wanted}");
        return Err(encode::violation(&told));
    }
    if let Format::Individual(codes) = &portal.parameter_format
        && codes.len() != wanted.len()
    {
        return Err(encode::violation(
            "bind message has another number of parameter formats than parameters",
        ));
    }
    let value = |(at, (given, kind)): (usize, (&Option<bytes::Bytes>, &crate::database::Type))| match given {
        None => Ok(Value::Null),
        Some(given) => encode::parameter(given, *kind, portal.parameter_format.format_for(at)),
    };
    portal.parameters.iter().zip(wanted).enumerate().map(value).collect()
}
