//! The answer to a call that is not a watch.

use super::{Listing, Text};
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

/// What an API server answers: status, media type and body.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// `Content-Type`.
    pub media: String,
    /// The body.
    pub body: ReplyBody,
    /// Texts for `Warning` headers (`299 - "text"`).
    pub warnings: Vec<String>,
    /// `ETag`, for the discovery and OpenAPI documents that clients keep.
    pub etag: Option<String>,
    /// Whether what was asked for never changes, because its hash was part of the question: clients keep it for a
    /// year without asking again, as kube-apiserver tells them for `/openapi/v3/…?hash=…`.
    pub lasting: bool,
}

/// The body of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplyBody {
    /// One JSON document, shared with the store where it is an object.
    Json(Arc<Value>),
    /// An object as it is stored, with the text that all share who are told of it.
    Object(Arc<Value>, Text),
    /// A collection, its objects shared with the store.
    List(Arc<Listing>),
    /// Bytes that are sent as they are.
    Raw(Bytes),
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: impl Into<Arc<Value>>) -> Reply {
        let media = "application/json".to_owned();
        let body = ReplyBody::Json(body.into());
        Reply { status, media, body, warnings: Vec::new(), etag: None, lasting: false }
    }

    /// A collection as JSON.
    pub fn list(status: u16, list: Listing) -> Reply {
        let media = "application/json".to_owned();
        let body = ReplyBody::List(Arc::new(list));
        Reply { status, media, body, warnings: Vec::new(), etag: None, lasting: false }
    }

    /// A plain answer of the given media type.
    pub fn raw(status: u16, media: &str, body: impl Into<Bytes>) -> Reply {
        Reply {
            status,
            media: media.to_owned(),
            body: ReplyBody::Raw(body.into()),
            warnings: Vec::new(),
            etag: None,
            lasting: false,
        }
    }

    /// Whether the status is in the 2xx range.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The JSON document, where the body is one.
    pub fn value(&self) -> Option<&Value> {
        match &self.body {
            ReplyBody::Json(value) | ReplyBody::Object(value, _) => Some(value),
            ReplyBody::List(list) => Some(list.document()),
            ReplyBody::Raw(_) => None,
        }
    }
}
