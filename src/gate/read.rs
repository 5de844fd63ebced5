//! An HTTP request as a [`Call`]: who asks, what, and the body within its limit.

use crate::call::{Actor, Body as CallBody, Call, Caller, Credential};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as HttpBody;
use std::time::Duration;

use super::body::BodyError;
use super::refuse::LARGEST_BODY;

/// How long a body may take to come: kube-apiserver gives a request that is no watch this long in all.
const PATIENCE: Duration = Duration::from_secs(60);

/// The actor of a call that helmdrill itself makes through a client of its own.
#[derive(Clone, Debug)]
pub(super) struct Own(pub(super) Actor);

/// A token that is not the cluster's own.
#[derive(Clone, Debug)]
pub(super) struct Presented(pub(super) String);

/// Why a body was not read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// It is larger than the limit.
    TooLarge,
    /// The client went away.
    Lost(BodyError),
}

/// Everything but the body.
pub(super) fn head(parts: &Parts) -> Call {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent = text(USER_AGENT);
    let actor = match (parts.extensions.get::<Own>(), Actor::from_user_agent(agent)) {
        (Some(Own(actor)), _) => actor.clone(),
        // A client on the wire does not become helmdrill by saying so.
        (None, Actor::Drill | Actor::Chaos) => Actor::Other("helmdrill".to_owned()),
        (None, actor) => actor,
    };
    let query = parts.uri.query().unwrap_or_default();
    let mut call = Call::from_http(&parts.method, parts.uri.path(), query, actor, agent);
    let credential = match parts.extensions.get::<Presented>() {
        Some(Presented(token)) => Credential::Token(token.clone()),
        None => Credential::Cluster,
    };
    let headers =
        parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    call.caller = Caller::from_headers(credential, headers);
    if call.caller.acting_as.as_ref().is_some_and(|acting| acting.user == Actor::RECONCILER_USER) {
        call.actor = Actor::Reconciler;
    }
    // Several Accept headers mean the same as one with their values joined.
    let accepted = parts.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    call.accept = accepted.collect::<Vec<_>>().join(", ");
    call
}

/// The body; `None` where there is neither a byte nor a media type of one.
pub(super) async fn body<B>(parts: &Parts, body: B) -> Result<Option<CallBody>, ReadError>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BodyError>,
{
    let media = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if body.is_end_stream() {
        return Ok((!media.is_empty()).then(|| CallBody { media: media.to_owned(), bytes: Bytes::new() }));
    }
    let reading = Limited::new(body, LARGEST_BODY).collect();
    let Ok(read) = tokio::time::timeout(PATIENCE, reading).await else {
        return Err(ReadError::Lost("the body did not come in time".into()));
    };
    match read {
        Ok(read) => {
            let bytes = read.to_bytes();
            Ok((!bytes.is_empty() || !media.is_empty()).then(|| CallBody { media: media.to_owned(), bytes }))
        }
        Err(error) if error.is::<LengthLimitError>() => Err(ReadError::TooLarge),
        Err(error) => Err(ReadError::Lost(error)),
    }
}
