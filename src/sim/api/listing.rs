//! What the query of a list or watch asks for: the version, the page and how both are checked, in the words of
//! kube-apiserver.

use super::options::{go_quoted, not_supported, number};
use crate::call::Query;
use crate::sim::World;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::snapshot::Key;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Which version a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// The present one.
    Now,
    /// This one, of the past.
    Past(u64),
}

/// What the query of a list asks for.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub(super) at: At,
    pub(super) limit: Option<usize>,
    /// The place behind which the list goes on; empty for its start.
    pub(super) after: String,
}

impl Listing {
    /// Reads the query of a list and refuses what does not fit together.
    pub(super) fn read(world: &World, query: &Query) -> Result<Listing, Refusal> {
        let limit = number(query, "limit")?;
        number(query, "timeoutSeconds")?;
        check(query, false)?;
        let matched = query.get("resourceVersionMatch").unwrap_or_default();
        let token = query.get("continue").unwrap_or_default();
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
        if !token.is_empty() {
            let (at, after) = read_token(world, token)?;
            return Ok(Listing { at, limit, after });
        }
        let version = read_version(query.get("resourceVersion").unwrap_or_default())
            .map_err(|text| Refusal::bad_request(format!("invalid resource version: {text}")))?;
        let version = not_ahead(world, version)?;
        let at = match (matched, version) {
            ("Exact", Some(version)) if version < world.store.oldest() => return Err(Refusal::list_too_old()),
            ("Exact", Some(version)) => At::Past(version),
            _ => At::Now,
        };
        // An informer's list at "any version" is answered from the watch cache, which knows no pages.
        let limit = limit.filter(|_| version != Some(0));
        Ok(Listing { at, limit, after: String::new() })
    }
}

/// What is wrong with the options of a list or watch.
pub(super) fn check(query: &Query, watch: bool) -> Result<(), Refusal> {
    let get = |name: &str| query.get(name).unwrap_or_default();
    let (matched, version, more) = (get("resourceVersionMatch"), get("resourceVersion"), get("continue"));
    let initial = query.get("sendInitialEvents").is_some();
    let mut wrong = Vec::new();
    let mut forbid = |field: &str, why: &str| {
        wrong.push(Violation {
            reason: "FieldValueForbidden",
            field: field.to_owned(),
            message: format!("Forbidden: {why}"),
        });
    };
    let field = "resourceVersionMatch";
    if watch && initial && matched != "NotOlderThan" {
        forbid(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    if watch && !matched.is_empty() && !initial {
        forbid(field, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    }
    if !watch && !matched.is_empty() && version.is_empty() {
        forbid(field, "resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    let known = matches!(matched, "" | "NotOlderThan") || (matched == "Exact" && !watch);
    let supported = if watch { r#""NotOlderThan""# } else { r#""Exact", "NotOlderThan", """# };
    let unknown = (!known).then(|| not_supported(field, &format!("{matched:?}"), supported));
    let continued = !matched.is_empty() && !more.is_empty();
    if watch {
        wrong.extend(unknown);
    } else {
        if continued {
            wrong.push(continue_is_forbidden());
        }
        wrong.extend(unknown);
    }
    if watch && continued {
        wrong.push(continue_is_forbidden());
    }
    let mut forbid = |field: &str, why: &str| {
        wrong.push(Violation {
            reason: "FieldValueForbidden",
            field: field.to_owned(),
            message: format!("Forbidden: {why}"),
        });
    };
    if !watch && matched == "Exact" && version == "0" {
        forbid(field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
    if !watch && initial {
        forbid("sendInitialEvents", "sendInitialEvents is forbidden for list");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::invalid("meta.k8s.io", "ListOptions", "", &wrong)) }
}

fn continue_is_forbidden() -> Violation {
    Violation {
        reason: "FieldValueForbidden",
        field: "resourceVersionMatch".to_owned(),
        message: "Forbidden: resourceVersionMatch is forbidden when continue is provided".to_owned(),
    }
}

/// `resourceVersion` of a read: `None` where none is named, the words about it where it is no number.
pub(super) fn read_version(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let quoted = go_quoted(text);
    text.parse().map(Some).map_err(|_| {
        format!(
            "resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"
        )
    })
}

/// 504 for a version that has not come yet.
pub(super) fn not_ahead(world: &World, version: Option<u64>) -> Result<Option<u64>, Refusal> {
    match version {
        Some(version) if version > world.version() => {
            Err(Refusal::too_large_version(version, world.version()))
        }
        other => Ok(other),
    }
}

/// The token with which a list goes on behind this place; a version of `None` goes on in whatever is there then.
pub(super) fn token(version: Option<u64>, after: &str) -> String {
    let version = version.map_or(json!(-1), |version| json!(version));
    URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": version, "start": after}).to_string())
}

fn read_token(world: &World, token: &str) -> Result<(At, String), Refusal> {
    let invalid =
        |why: &str| Refusal::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|error| {
        let at = match error {
            base64::DecodeError::InvalidByte(at, _) => at,
            _ => token.len(),
        };
        invalid(&format!("illegal base64 data at input byte {at}"))
    })?;
    let read = crate::call::Body { media: String::new(), bytes: bytes.into() }
        .decode()
        .map_err(|error| invalid(&error.to_string()))?;
    match read["v"].as_str() {
        Some("meta.k8s.io/v1") => {}
        other => {
            let why = format!("server does not recognize this encoded version {}", other.unwrap_or_default());
            return Err(invalid(&why));
        }
    }
    let after = read["start"]
        .as_str()
        .filter(|start| !start.is_empty())
        .ok_or_else(|| invalid("encoded start key empty (version meta.k8s.io/v1)"))?;
    match &read["rv"] {
        Value::Number(number) if number.as_i64() == Some(-1) => Ok((At::Now, after.to_owned())),
        number => match number.as_u64().filter(|version| *version > 0) {
            Some(version) if version < world.store.oldest() => {
                Err(Refusal::continue_expired(self::token(None, after)))
            }
            Some(version) => Ok((At::Past(version), after.to_owned())),
            None => Err(invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")),
        },
    }
}

/// The place of a key in its collection, ordered as the keys are: a NUL sorts before every letter of a name.
pub(super) fn place(key: &Key) -> String {
    format!("{}\u{0}{}", key.namespace, key.name)
}
