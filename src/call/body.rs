//! A request body and its media type; decoding to one JSON document whatever the encoding.

use super::protobuf::{self, ProtobufError};
use super::{json_syntax, members};
use bytes::Bytes;
use serde_json::Value;
use serde_saphyr::DuplicateKeyPolicy;
use serde_saphyr::budget::BudgetBreach;

/// How deep JSON may nest. kube-apiserver reads ten thousand levels; no kind of Kubernetes has thirty, and the schema
/// of a CustomResourceDefinition has fewer than a hundred. YAML may nest half as deep, as its reader has it.
const DEEPEST: usize = 127;
/// How many parts of a YAML text its aliases may repeat.
const REPEATED: usize = 10_000;

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
        // Bytes that are no UTF-8 count as the character that stands for such, as Go reads them.
        serde_json::from_str(&String::from_utf8_lossy(&self.bytes)).map_err(|error| {
            DecodeError::Json(json_syntax::fault(&self.bytes, DEEPEST).unwrap_or_else(|| error.to_string()))
        })
    }

    /// Clients of server-side apply send JSON, which is YAML too; anything else is read as YAML. Of several documents
    /// the first counts, of several values of one key the last.
    fn read_yaml(&self) -> Result<Value, DecodeError> {
        if let Ok(value) = serde_json::from_slice(&self.bytes) {
            return Ok(value);
        }
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::LastWins,
            alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: REPEATED },
        };
        serde_saphyr::from_str_with_options(&self.first_document(), options).map_err(|error| {
            let limit = beyond_limits(error.without_snippet());
            DecodeError::Yaml(limit.unwrap_or_else(|| go_fault(&error.to_string(), &self.first_document())))
        })
    }

    /// Whether the body is JSON, whatever its media type says.
    pub fn is_json(&self) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(&self.bytes).is_ok()
    }

    /// Whether the body is JSON in which no object names a member twice; `document` is what it was decoded to.
    pub fn names_once(&self, document: &Value) -> bool {
        members::named(&self.bytes) == Some(members::held(document))
    }

    /// What a strict reader says of keys that occur twice in a YAML body: `line 6: key "a" already set in map`.
    pub fn yaml_duplicate(&self) -> Option<String> {
        let error = serde_saphyr::from_str::<Value>(&self.first_document()).err()?.to_string();
        let (line, _, what) = located(&error)?;
        let key = what.strip_prefix("duplicate mapping key: ")?.split(',').next()?;
        Some(format!("line {line}: key {key:?} already set in map"))
    }

    fn first_document(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let separator = |line: &str| line == "---" || line.starts_with("--- ");
        let lines = text.lines().enumerate();
        let kept = lines.take_while(|(at, line)| *at == 0 || !separator(line)).map(|(_, line)| line);
        kept.collect::<Vec<_>>().join("\n") + "\n"
    }
}

/// What kube-apiserver's parser says of a text that nests too deeply, or repeats too much by its anchors.
fn beyond_limits(error: &serde_saphyr::Error) -> Option<String> {
    use serde_saphyr::Error;
    match error {
        Error::AliasError { error, .. } => beyond_limits(error),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::Budget { breach: BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. }, .. } => {
            Some("document contains excessive aliasing".to_owned())
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            Some("exceeded max depth of 10000".to_owned())
        }
        other if other.to_string().starts_with("recursion limit") => {
            Some("exceeded max depth of 10000".to_owned())
        }
        _ => None,
    }
}

/// The line, column and words of an error such as `error: line 1 column 5: mapping values are not allowed …`.
fn located(error: &str) -> Option<(usize, usize, &str)> {
    let first = error.lines().next()?;
    let (_, rest) = first.split_once("line ")?;
    let (line, rest) = rest.split_once(" column ")?;
    let (column, what) = rest.split_once(": ")?;
    Some((line.parse().ok()?, column.parse().ok()?, what))
}

/// What Go's YAML reader misses where a text ends within brackets.
fn missing(text: &str) -> &'static str {
    let opened = text.rfind(['[', '{']).and_then(|at| text[at..].chars().next());
    match (text.trim_end().chars().next_back(), opened) {
        (None | Some('[' | '{' | ','), _) => "node content",
        (Some(_), Some('{')) => "',' or '}'",
        (Some(_), _) => "',' or ']'",
    }
}

/// The error as Go's YAML reader puts it: it names no column, and no line where that is the first.
fn go_fault(error: &str, text: &str) -> String {
    let (line, what) = match located(error) {
        Some((line, _, what)) => (line, what),
        None => return error.lines().next().unwrap_or_default().to_owned(),
    };
    match (what.starts_with("unclosed bracket"), line) {
        (true, line) => format!("line {line}: did not find expected {}", missing(text)),
        (false, 1) => what.to_owned(),
        (false, line) => format!("line {line}: {what}"),
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
        let broken = Body { media: String::new(), bytes: Bytes::from_static(b"{\"a\":\"\xff\"}") };
        assert_eq!(broken.decode().expect("it decodes"), json!({"a": "\u{fffd}"}));
        assert_eq!(read("application/apply-patch+yaml", "{\"a\":1}"), json!({"a": 1}));
        let twice = Body { media: String::new(), bytes: Bytes::from_static(b"{\"a\":1,\n\"a\":2}") };
        assert!(twice.is_json());
        assert_eq!(twice.yaml_duplicate().as_deref(), Some("line 2: key \"a\" already set in map"));
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
