//! A request body and its media type; decoding to one JSON document whatever the encoding.

use bytes::Bytes;
use serde_json::Value;

/// An undecoded request body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The `Content-Type` header, verbatim; empty where there was none.
    pub media: String,
    /// The bytes as they came.
    pub bytes: Bytes,
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON.
    #[error("not valid JSON")]
    Json(#[from] serde_json::Error),
    /// A media type that this server does not read.
    #[error("media type {0:?} is not supported")]
    Media(String),
}

impl Body {
    /// A JSON body.
    pub fn json(value: &Value) -> Body {
        Body { media: "application/json".to_owned(), bytes: Bytes::from(value.to_string()) }
    }

    /// The media type without its parameters: `application/json`.
    pub fn essence(&self) -> &str {
        self.media.split(';').next().unwrap_or_default().trim()
    }

    /// Decodes the body as its media type says.
    pub fn decode(&self) -> Result<Value, DecodeError> {
        match self.essence() {
            "" | "application/json" => Ok(serde_json::from_slice(&self.bytes)?),
            other => Err(DecodeError::Media(other.to_owned())),
        }
    }
}
