//! The four kinds of PATCH: reading the patch document, applying it, and saying why it does not fit.

use super::options::{FieldValidation, Options};
use super::{Asked, decode};
use crate::call::{Body, DecodeError, Touched, print_typed};
use crate::sim::fields::{self, ApplyError};
use crate::sim::patch::{self, PatchError};
use crate::sim::resources::Resource;
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
            _ => Err(Refusal::patch_media()),
        }
    }
}

/// A patch as it was read.
pub(super) struct Way<'a> {
    pub(super) kind: Kind,
    document: Value,
    body: Option<&'a Body>,
}

impl<'a> Way<'a> {
    /// Reads the patch document of the request.
    pub(super) fn read(asked: &'a Asked<'_>, kind: Kind) -> Result<Way<'a>, Refusal> {
        let body = decode::body(asked)?;
        let decoded = match body {
            None if kind == Kind::Apply => Ok(Value::Null),
            None => Err(DecodeError::Json("unexpected end of JSON input".to_owned())),
            Some(body) => body.decode(),
        };
        let refused = |why: &str| match kind {
            Kind::Apply => Err(Refusal::bad_request(format!("error decoding YAML: {why}"))),
            Kind::Json | Kind::Merge => Err(Refusal::bad_request(format!("error decoding patch: {why}"))),
            Kind::Strategic => Err(Refusal::bad_request(why)),
        };
        let document = match decoded {
            Ok(document) => document,
            Err(error) => return refused(&error.to_string()),
        };
        let odd = |found: &Value| {
            let found = patch::go_name(found);
            format!("json: cannot unmarshal {found} into Go value of type map[string]interface {{}}")
        };
        match (kind, document) {
            (Kind::Json, document) | (_, document @ Value::Object(_)) => Ok(Way { kind, document, body }),
            (Kind::Merge, Value::Null) => Err(Refusal::bad_request("Invalid JSON Patch")),
            (_, Value::Null) => Ok(Way { kind, document: json!({}), body }),
            (Kind::Apply, other) => {
                refused(&format!("error unmarshaling JSON: while decoding JSON: {}", odd(&other)))
            }
            (Kind::Merge | Kind::Strategic, other) => refused(&odd(&other)),
        }
    }

    /// The document of the patch.
    pub(super) fn document(&self) -> &Value {
        &self.document
    }

    /// Whether what the patch gives is decoded as if it had been sent; the others convert it in memory.
    pub(super) fn decodes(&self) -> bool {
        matches!(self.kind, Kind::Json | Kind::Merge)
    }

    /// The fields that the text of the patch names twice.
    pub(super) fn duplicates(&self) -> Vec<String> {
        let told = self.body.map(|body| schema::strict(None, &body.bytes)).unwrap_or_default();
        match self.kind {
            Kind::Json => {
                let operations = self.document.as_array().into_iter().flatten().enumerate();
                let odd = operations.flat_map(|(at, operation)| {
                    let names = operation.as_object().into_iter().flatten().map(|(name, _)| name.clone());
                    let odd = names.filter(|name| !matches!(&**name, "op" | "path" | "from" | "value"));
                    odd.map(move |name| format!("unknown field \"[{at}].{name}\""))
                });
                told.into_iter().chain(odd).map(|what| format!("json patch {what}")).collect()
            }
            Kind::Merge | Kind::Strategic => told,
            Kind::Apply => Vec::new(),
        }
    }

    /// The stored object with the patch applied.
    pub(super) fn applied(&self, of: &Resource, old: &Value) -> Result<Value, Refusal> {
        let patched = match self.kind {
            Kind::Json => patch::json(old, &self.document),
            Kind::Merge | Kind::Apply => Ok(patch::merge(old, &self.document)),
            Kind::Strategic => match schema::of(&of.group, &of.version, &of.kind) {
                Some(ty) => patch::strategic(ty, old, &self.document),
                None => Ok(patch::merge(old, &self.document)),
            },
        };
        patched.map_err(|error| match error {
            PatchError::Malformed(why) => Refusal::bad_request(why),
            PatchError::TooLarge(why) => Refusal::too_many(&why),
            PatchError::Invalid(_) => Refusal::unfit_patch(),
            PatchError::Contradictory(why) => Refusal::unexplained(why),
        })
    }

    /// What errors show of a patch that does not decode into the type: what it made of the object, or for strategic
    /// merge patches the patch itself as Go prints a map.
    pub(super) fn shown(&self, of: &Resource, patched: &Value) -> String {
        let touched = match self.kind {
            Kind::Strategic => return patch::go_print(&self.document),
            Kind::Merge | Kind::Apply => Touched::by_merge(&self.document),
            Kind::Json => {
                let mut touched = Touched::default();
                for operation in self.document.as_array().into_iter().flatten() {
                    for word in ["path", "from"] {
                        touched.add_pointer(operation[word].as_str().unwrap_or_default());
                    }
                }
                touched
            }
        };
        print_typed(&of.api_version(), &of.kind, patched, &touched)
    }

    /// What a strict reader says of an applied configuration that names a field twice.
    pub(super) fn strict_yaml(&self, options: &Options) -> Result<Vec<String>, Refusal> {
        if options.validation == FieldValidation::Ignore {
            return Ok(Vec::new());
        }
        // Clients send JSON, in which a name that occurs twice is found much sooner.
        let told = self.body.filter(|body| !body.names_once(&self.document)).and_then(Body::yaml_duplicate);
        match (options.validation, told) {
            (FieldValidation::Ignore, _) | (_, None) => Ok(Vec::new()),
            (FieldValidation::Warn, Some(told)) => Ok(vec![told]),
            (FieldValidation::Strict, Some(told)) => Err(Refusal::bad_request(format!(
                "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {told}"
            ))),
        }
    }
}

/// Refuses an applied configuration that is not one for the object of the path.
pub(super) fn check_config(asked: &Asked<'_>, config: &Value) -> Result<(), Refusal> {
    // A list in which something is no entry passes for none; what is wrong with it is found later.
    let is_entry = |entry: &Value| entry.is_object() && are_managers(&json!([entry]));
    if config["metadata"]["managedFields"].as_array().is_some_and(|all| all.iter().all(is_entry)) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let text = |name: &str| config[name].as_str().unwrap_or_default();
    let (group, version) = match text("apiVersion").split('/').collect::<Vec<_>>().as_slice() {
        [version] => ("", *version),
        [group, version] => (*group, *version),
        _ => ("", ""),
    };
    let kind = if text("apiVersion").matches('/').count() > 1 { "" } else { text("kind") };
    if (group, version, kind) != (asked.of.group.as_str(), asked.of.version.as_str(), asked.of.kind.as_str())
    {
        return Err(Refusal::bad_request(format!("invalid object type: {group}/{version}, Kind={kind}")));
    }
    Ok(())
}

/// Whether a list can be read as one of managers, which every kind has in its metadata.
fn are_managers(list: &Value) -> bool {
    let mut holder = json!({"metadata": {"managedFields": list}});
    schema::of("", "v1", "ConfigMap").is_none_or(|ty| schema::convert(ty, &mut holder).is_ok())
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
