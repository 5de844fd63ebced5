//! Continue tokens: where the next page of a list begins, and at which version, in kube-apiserver's own encoding and
//! with what it says of tokens that are none.

use crate::call::Body;
use crate::sim::World;
use crate::sim::patch::go_name;
use crate::sim::status::Refusal;
use crate::snapshot::Key;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{GeneralPurpose, general_purpose};
use serde_json::{Value, json};

/// Go's `RawURLEncoding`, which does not look at the bits behind the last byte.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, general_purpose::NO_PAD.with_decode_allow_trailing_bits(true));

/// The version of the encoding.
const VERSION: &str = "meta.k8s.io/v1";

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Continuation {
    /// The version of the pages before; `None` where the list goes on in whatever is there now.
    pub(super) version: Option<u64>,
    /// The first place that the next page may have.
    pub(super) start: String,
}

impl Continuation {
    /// The page behind the object at this place.
    pub(super) fn behind(place: &str, version: Option<u64>) -> Continuation {
        Continuation { version, start: format!("{place}\u{0}") }
    }

    /// The token that says it.
    pub(super) fn token(&self) -> String {
        let version = self.version.map_or(json!(-1), |version| json!(version));
        BASE64.encode(json!({"v": VERSION, "rv": version, "start": self.start}).to_string())
    }

    /// Reads a token; 400 where it is none, 410 with a token for the rest of the list where its version is forgotten.
    pub(super) fn read(world: &World, token: &str) -> Result<Continuation, Refusal> {
        let read = decode(token).map_err(|why| {
            Refusal::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
        })?;
        match read.version {
            Some(version) if version < world.store.oldest() => {
                Err(Refusal::continue_expired(Continuation { version: None, ..read }.token()))
            }
            Some(_) | None => Ok(read),
        }
    }
}

fn decode(token: &str) -> Result<Continuation, String> {
    let bytes = BASE64.decode(token.replace(['\r', '\n'], "")).map_err(|_| base64_fault(token))?;
    let body = Body { media: String::new(), bytes: bytes.into() };
    let read = body.decode().map_err(|error| error.to_string())?;
    if !read.is_object() && !read.is_null() {
        let found = go_name(&read);
        return Err(format!("json: cannot unmarshal {found} into Go value of type storage.continueToken"));
    }
    let (encoded, version, start) = (text(&read, "v")?, number(&read, "rv")?, text(&read, "start")?);
    if encoded != VERSION {
        return Err(format!("server does not recognize this encoded version {encoded}"));
    }
    if version == 0 {
        return Err(format!("incorrect encoded start resourceVersion (version {VERSION})"));
    }
    if start.is_empty() {
        return Err(format!("encoded start key empty (version {VERSION})"));
    }
    let rooted = if start.starts_with('/') { start.to_owned() } else { format!("/{start}") };
    if !is_clean(&rooted) {
        return Err(start.to_owned());
    }
    Ok(Continuation { version: u64::try_from(version).ok(), start: rooted })
}

/// What Go says of a text that is not base64.
fn base64_fault(text: &str) -> String {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'\r' | b'\n');
    let odd = text.bytes().position(|byte| !known(byte));
    format!("illegal base64 data at input byte {}", odd.unwrap_or(text.len().saturating_sub(1)))
}

fn text<'a>(read: &'a Value, name: &str) -> Result<&'a str, String> {
    match read.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(mistyped(name, go_name(other), "string")),
    }
}

fn number(read: &Value, name: &str) -> Result<i64, String> {
    match read.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(Value::Number(number)) => {
            number.as_i64().ok_or_else(|| mistyped(name, &format!("number {number}"), "int64"))
        }
        Some(other) => Err(mistyped(name, go_name(other), "int64")),
    }
}

fn mistyped(name: &str, found: &str, wanted: &str) -> String {
    format!("json: cannot unmarshal {found} into Go struct field continueToken.{name} of type {wanted}")
}

/// Whether a path names nothing by way of `.`, `..`, an empty step or a slash at its end.
fn is_clean(path: &str) -> bool {
    path.split('/').skip(1).all(|step| !matches!(step, "" | "." | ".."))
}

/// The place of an object within the collection that is listed: of one namespace, or of all.
pub(super) fn place(key: &Key, namespace: Option<&str>) -> String {
    match (namespace, &*key.namespace) {
        (Some(_), _) | (None, "") => format!("/{}", key.name),
        (None, within) => format!("/{within}/{}", key.name),
    }
}

/// 400 for a token beside a resourceVersion of its own.
pub(super) fn without_version(version: &str) -> Result<(), Refusal> {
    match version {
        "" | "0" => Ok(()),
        _ => Err(Refusal::bad_request("specifying resource version is not allowed when using continue")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(document: &str) -> String {
        decode(&BASE64.encode(document)).expect_err("no token")
    }

    #[test]
    fn a_token_leads_behind_its_object() {
        for version in [Some(7), None] {
            let next = Continuation::behind("/a/b", version);
            assert_eq!(decode(&next.token()).expect("a token"), next);
        }
        let recorded = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Mzk2ODUsInN0YXJ0IjoiL2MwXHUwMDAwIn0";
        assert_eq!(decode(recorded).expect("a token"), Continuation::behind("/c0", Some(39685)));
    }

    #[test]
    fn what_is_no_token_is_told_as_go_tells_it() {
        let undecoded = |token: &str| decode(token).expect_err("no token");
        assert_eq!(undecoded("garbage"), "invalid character '\\u0081' looking for beginning of value");
        assert_eq!(undecoded("ab=="), "illegal base64 data at input byte 2");
        assert_eq!(undecoded("abcde"), "illegal base64 data at input byte 4");
        assert_eq!(undecoded("é"), "illegal base64 data at input byte 0");
        let field = |name: &str, found: &str, wanted: &str| mistyped(name, found, wanted);
        assert_eq!(said("{\"v\":1}"), field("v", "number", "string"));
        assert_eq!(said("{\"rv\":\"1\"}"), field("rv", "string", "int64"));
        assert_eq!(said("{\"rv\":1.5}"), field("rv", "number 1.5", "int64"));
        assert_eq!(said("[]"), "json: cannot unmarshal array into Go value of type storage.continueToken");
        assert_eq!(said("null"), "server does not recognize this encoded version ");
        let versioned = |rest: &str| said(&format!("{{\"v\":\"{VERSION}\"{rest}}}"));
        assert_eq!(versioned(""), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
        assert_eq!(versioned(",\"rv\":1"), "encoded start key empty (version meta.k8s.io/v1)");
        assert_eq!(versioned(",\"rv\":1,\"start\":\"../a\""), "../a");
    }
}
