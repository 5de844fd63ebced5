//! The four kinds of PATCH: reading the patch document, applying it, and saying why it does not fit.

use super::{Asked, decode, write};
use crate::call::Body;
use crate::sim::fields::{self, ApplyError};
use crate::sim::object;
use crate::sim::patch::{self, PatchError};
use crate::sim::schema;
use crate::sim::status::Refusal;
use serde_json::{Value, json};

/// The kind of a patch, told by its media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl Kind {
    /// The kind that the media type of the body names.
    pub(super) fn of(asked: &Asked<'_>) -> Result<Kind, Refusal> {
        let essence = asked.call.body.as_ref().map(|body| body.essence()).unwrap_or_default();
        match essence {
            "application/json-patch+json" => Ok(Kind::Json),
            "application/merge-patch+json" => Ok(Kind::Merge),
            "application/strategic-merge-patch+json" if !asked.of.custom => Ok(Kind::Strategic),
            "application/apply-patch+yaml" => Ok(Kind::Apply),
            _ if asked.of.custom => Err(Refusal::media(
                "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            )),
            _ => Err(Refusal::media(
                "application/json-patch+json, application/merge-patch+json, \
                 application/strategic-merge-patch+json, application/apply-patch+yaml",
            )),
        }
    }
}

/// The patch document of the request.
pub(super) fn document(asked: &Asked<'_>, kind: Kind) -> Result<Value, Refusal> {
    let decoded = match decode::body(asked)?.map(Body::decode) {
        None => Err("unexpected end of JSON input".to_owned()),
        Some(decoded) => decoded.map_err(|error| error.to_string()),
    };
    match (kind, decoded) {
        (Kind::Apply, Err(why)) => Err(Refusal::bad_request(format!("error decoding YAML: {why}"))),
        (Kind::Json | Kind::Merge | Kind::Strategic, Err(why)) => {
            Err(Refusal::bad_request(format!("error decoding patch: {why}")))
        }
        (Kind::Json, Ok(read)) => Ok(read),
        (Kind::Apply | Kind::Merge | Kind::Strategic, Ok(read)) if read.is_object() => Ok(read),
        (Kind::Apply | Kind::Merge | Kind::Strategic, Ok(read)) => Err(Refusal::bad_request(format!(
            "error decoding patch: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            patch::go_name(&read)
        ))),
    }
}

/// The stored object with the patch applied.
pub(super) fn patched(
    asked: &Asked<'_>,
    kind: Kind,
    old: &Value,
    document: &Value,
) -> Result<Value, Refusal> {
    let of = &asked.of;
    let patched = match kind {
        Kind::Json => patch::json(old, document),
        Kind::Merge | Kind::Apply => Ok(patch::merge(old, document)),
        Kind::Strategic => match schema::of(&of.group, &of.version, &of.kind) {
            Some(ty) => patch::strategic(ty, old, document),
            None => Ok(patch::merge(old, document)),
        },
    };
    patched.map_err(|error| match error {
        PatchError::Malformed(why) => Refusal::bad_request(why),
        PatchError::Invalid(_) => Refusal::unfit_patch(),
        PatchError::Contradictory(why) => Refusal::unexplained(why),
    })
}

/// What errors show of a patch that does not decode into the type: what it made of the object, or for strategic merge
/// patches the patch itself as Go prints a map.
pub(super) fn shown(kind: Kind, patched: &Value, document: &Value) -> String {
    match kind {
        Kind::Strategic => patch::go_print(document),
        Kind::Json | Kind::Merge | Kind::Apply => patched.to_string(),
    }
}

/// Refuses an applied configuration that is not one for the object of the path, and completes it.
pub(super) fn check_config(asked: &Asked<'_>, config: &mut Value) -> Result<(), Refusal> {
    let expected = (asked.of.api_version(), asked.of.kind.as_str());
    let given =
        (config["apiVersion"].as_str().unwrap_or_default(), config["kind"].as_str().unwrap_or_default());
    for (field, value) in [("kind", given.1), ("apiVersion", given.0)] {
        if value.is_empty() {
            return Err(Refusal::bad_request(format!(
                "Object '{}' is missing in '{config}'",
                go_field(field)
            )));
        }
    }
    if given != (expected.0.as_str(), expected.1) {
        let (expected, kind) = expected;
        return Err(Refusal::bad_request(format!(
            "invalid object type: {}, Kind={}, expected {expected}, Kind={kind}",
            given.0, given.1
        )));
    }
    let name = object::name(config);
    if !name.is_empty() && name != asked.name() {
        return Err(write::wrong_name(name, asked.name()));
    }
    if config["metadata"].get("managedFields").is_some_and(|managed| !managed.is_null()) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    object::set_meta(config, "name", json!(asked.name()));
    Ok(())
}

fn go_field(field: &str) -> &'static str {
    if field == "kind" { "Kind" } else { "apiVersion" }
}

/// What an apply is refused with.
pub(super) fn apply_refusal(error: &ApplyError) -> Refusal {
    match error {
        ApplyError::Invalid(why) => Refusal::unexplained(why.clone()),
        ApplyError::Conflicts(conflicts) => {
            let causes = conflicts.iter().map(|conflict| {
                json!({"reason": "FieldManagerConflict", "message": conflict.message, "field": conflict.field})
            });
            Refusal::apply_conflict(fields::conflict_message(conflicts), causes.collect())
        }
    }
}
