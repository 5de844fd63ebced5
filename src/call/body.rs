//! A request body and its media type; decoding to one JSON document whatever the encoding.

use super::json_syntax;
use super::protobuf::{self, ProtobufError};
use bytes::Bytes;
use serde_json::Value;
use serde_saphyr::DuplicateKeyPolicy;
use serde_saphyr::budget::BudgetBreach;

/// How deep a document may nest. kube-apiserver reads ten thousand levels; no kind of Kubernetes has thirty, and a
/// schema of a CustomResourceDefinition that has a hundred does not come up.
const DEEPEST: usize = 127;

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
    /// Not JSON; the text is what Go's decoder says, such as `invalid character 'b' looking for beginning of value`.
    #[error("{0}")]
    Json(String),
    /// Not YAML.
    #[error("error converting YAML to JSON: yaml: {0}")]
    Yaml(String),
    /// Not Kubernetes' protobuf.
    #[error(transparent)]
    Protobuf(#[from] ProtobufError),
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

    /// Decodes the body as its media type says. Protobuf decodes to the JSON that the same Go object gives.
    pub fn decode(&self) -> Result<Value, DecodeError> {
        match self.essence() {
            ""
            | "application/json"
            | "application/json-patch+json"
            | "application/merge-patch+json"
            | "application/strategic-merge-patch+json" => self.read_json(),
            "application/yaml" | "application/apply-patch+yaml" => self.read_yaml(),
            "application/vnd.kubernetes.protobuf" => Ok(protobuf::decode(&self.bytes)?),
            other => Err(DecodeError::Media(other.to_owned())),
        }
    }

    fn read_json(&self) -> Result<Value, DecodeError> {
        serde_json::from_slice(&self.bytes).map_err(|error| {
            DecodeError::Json(match json_syntax::fault(&self.bytes, DEEPEST) {
                Some(fault) => fault,
                None => error.to_string(),
            })
        })
    }

    /// Clients of server-side apply send JSON, which is YAML too; anything else is read as YAML.
    fn read_yaml(&self) -> Result<Value, DecodeError> {
        if let Ok(value) = serde_json::from_slice(&self.bytes) {
            return Ok(value);
        }
        // Of several documents the first counts, and of several values of a key the last.
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::LastWins,
            budget: serde_saphyr::budget! { max_depth: DEEPEST },
        };
        let read = serde_saphyr::from_slice_multiple_with_options::<Value>(&self.bytes, options);
        let mut documents = read.map_err(|error| DecodeError::Yaml(yaml_fault(error.without_snippet())))?;
        Ok(if documents.is_empty() { Value::Null } else { documents.swap_remove(0) })
    }
}

/// What is wrong with a YAML text: the limits in the words of kube-apiserver's parser, the rest in those of ours.
fn yaml_fault(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;
    match error {
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::Budget { breach: BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. }, .. } => {
            "document contains excessive aliasing".to_owned()
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            format!("exceeded max depth of {DEEPEST}")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn decode(media: &str, text: &str) -> Result<Value, DecodeError> {
        Body { media: media.to_owned(), bytes: Bytes::copy_from_slice(text.as_bytes()) }.decode()
    }

    #[test]
    fn every_media_type_that_a_client_sends_is_read() {
        let read = |media: &str, text: &str| decode(media, text).expect("it decodes");
        assert_eq!(read("application/json; charset=utf-8", "{\"a\":1}"), json!({"a": 1}));
        assert_eq!(read("application/json-patch+json", "[]"), json!([]));
        assert_eq!(read("application/apply-patch+yaml", "{\"a\":1}"), json!({"a": 1}));
        assert_eq!(
            read("application/apply-patch+yaml", "a: 1\nb: [x, 'true', true]\nc:\n  d: ~\n"),
            json!({"a": 1, "b": ["x", "true", true], "c": {"d": null}})
        );
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let told = |media: &str, text: &str| decode(media, text).expect_err("it is refused").to_string();
        assert_eq!(
            told("application/merge-patch+json", "{bad"),
            "invalid character 'b' looking for beginning of object key string"
        );
        assert!(told("application/yaml", "a: [").starts_with("error converting YAML to JSON: yaml: "));
        assert_eq!(told("text/plain", "x"), "media type \"text/plain\" is not supported");
        assert!(told("application/vnd.kubernetes.protobuf", "{}").contains("expected prefix"));
    }
}
