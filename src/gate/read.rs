//! An HTTP request as a [`Call`]: who asks, what, and the body within its limit.

use crate::call::{Actor, Body as CallBody, Call};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as HttpBody;

use super::body::BodyError;
use super::refuse::LARGEST_BODY;

/// The actor of a call that helmdrill itself makes through a client of its own.
#[derive(Clone, Debug)]
pub(super) struct Own(pub(super) Actor);

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
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(read) => {
            let bytes = read.to_bytes();
            Ok((!bytes.is_empty() || !media.is_empty()).then(|| CallBody { media: media.to_owned(), bytes }))
        }
        Err(error) if error.is::<LengthLimitError>() => Err(ReadError::TooLarge),
        Err(error) => Err(ReadError::Lost(error)),
    }
}
