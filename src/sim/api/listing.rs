//! What the query of a list or watch asks for: the version, the page and how both are checked, in the words of
//! kube-apiserver. What a continue token holds is `continuation`'s to say.

use super::continuation::{self, Continuation};
use super::options::{go_quoted, not_supported, number};
use crate::call::Query;
use crate::sim::World;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;

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
    /// The first place that the page may have; empty for the start of the list.
    pub(super) start: String,
}

impl Listing {
    /// Reads the query of a list, whose options fit together.
    pub(super) fn read(world: &World, query: &Query) -> Result<Listing, Refusal> {
        let limit = number(query, "limit")?;
        let matched = query.get("resourceVersionMatch").unwrap_or_default();
        let token = query.get("continue").unwrap_or_default();
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
        let version = query.get("resourceVersion").unwrap_or_default();
        if !token.is_empty() {
            let Continuation { version: past, start } = Continuation::read(world, token)?;
            continuation::without_version(version)?;
            let at = not_ahead(world, past)?.map_or(At::Now, At::Past);
            return Ok(Listing { at, limit, start });
        }
        let version = read_version(version)
            .map_err(|text| Refusal::bad_request(format!("invalid resource version: {text}")))?;
        let version = not_ahead(world, version)?;
        // A page of a version that says no more than that is a page of exactly this version.
        let exact = matched == "Exact" || (matched.is_empty() && limit.is_some());
        let at = match version.filter(|version| exact && *version > 0) {
            Some(version) if version < world.store.oldest() => return Err(Refusal::list_too_old()),
            Some(version) => At::Past(version),
            None => At::Now,
        };
        // An informer's list at "any version" is answered from the watch cache, which knows no pages.
        let limit = limit.filter(|_| version != Some(0));
        Ok(Listing { at, limit, start: String::new() })
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
