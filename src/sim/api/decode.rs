//! Reading the object that a request carries: its encoding, its kind and version, its unknown fields.

use super::options::{FieldValidation, Options};
use super::{Asked, kind};
use crate::call::{Body, DecodeError};
use crate::sim::resources::{self, Resource};
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::sim::{World, custom, patch, schema};
use serde_json::{Value, json};

/// Bodies above this are not read.
const LIMIT: usize = 3 * 1024 * 1024;

const READ: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The body of the request; an empty one where there was none.
pub(super) fn body<'a>(asked: &'a Asked<'_>) -> Result<Option<&'a Body>, Refusal> {
    match &asked.call.body {
        Some(body) if body.bytes.len() > LIMIT => Err(Refusal::too_large(LIMIT)),
        other => Ok(other.as_ref()),
    }
}

/// The object of a create or update, of the kind that the path asks for, and what there is to warn of.
pub(super) fn object(
    world: &World,
    asked: &Asked<'_>,
    options: &Options,
) -> Result<(Value, Vec<String>), Refusal> {
    let of = &asked.of;
    let body = body(asked)?;
    let bytes = body.map(|body| &body.bytes[..]).unwrap_or_default();
    let decoded = match body.map(Body::decode) {
        None => Err(unkind("unexpected end of JSON input")),
        Some(Err(DecodeError::Media(_))) => return Err(Refusal::media(READ)),
        Some(Err(DecodeError::Json(why))) => Err(unkind(&why)),
        Some(Err(DecodeError::Yaml(why))) => Err(format!("yaml: {why}")),
        Some(Err(DecodeError::Protobuf(error))) => Err(error.to_string()),
        Some(Ok(value)) => Ok(value),
    };
    let mut value = decoded.map_err(|why| unreadable(of, bytes, &why))?;
    if !value.is_object() {
        let wanted = "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; \
            Kind string \"json:\\\"kind,omitempty\\\"\" }";
        let why = format!("json: cannot unmarshal {} into Go value of type {wanted}", patch::go_name(&value));
        return Err(unreadable(of, bytes, &unkind(&why)));
    }
    if of.custom {
        return custom_object(world, of, options, bytes, value);
    }
    if let Some(refusal) = mistaken(of, &value) {
        return Err(refusal);
    }
    value["apiVersion"] = json!(of.api_version());
    value["kind"] = json!(of.kind);
    let ty = kind::of(world, of);
    let warnings = match &ty {
        Some(ty) => {
            if let Some(why) = schema::mistyped(ty.get(), &value) {
                return Err(Refusal::bad_request(handled(&of.kind, &of.version, &of.kind, &why)));
            }
            let json = body.is_some_and(|body| body.essence().ends_with("json") || body.essence().is_empty());
            let told = if json {
                schema::strict(Some(ty.get()), bytes)
            } else {
                schema::unknown_fields(ty.get(), &value)
            };
            judged(of, options, told)?
        }
        None => Vec::new(),
    };
    kind::tidy(world, of, &mut value);
    Ok((value, warnings))
}

/// The object of a custom kind that was sent, which is decoded without a type of its own.
fn custom_object(
    world: &World,
    of: &Resource,
    options: &Options,
    bytes: &[u8],
    mut value: Value,
) -> Result<(Value, Vec<String>), Refusal> {
    if value["kind"].as_str().unwrap_or_default().is_empty() {
        let sent = String::from_utf8_lossy(bytes);
        let why = format!("Object 'Kind' is missing in '{sent}'");
        return Err(Refusal::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): {why} ({})",
            of.kind,
            excerpt(bytes)
        )));
    }
    let (given, expected) = (value["apiVersion"].as_str().unwrap_or_default(), of.api_version());
    if given != expected {
        return Err(Refusal::bad_request(format!(
            "the API version in the data ({given}) does not match the expected API version ({expected})"
        )));
    }
    if let Some(why) = metadata_mistyped(&value) {
        return Err(Refusal::bad_request(handled(&of.kind, &of.version, &of.kind, &why)));
    }
    let mut told: Vec<String> = schema::strict(None, bytes);
    told.extend(unknown(world, of, &value));
    let warnings = judged(of, options, told)?;
    kind::tidy(world, of, &mut value);
    Ok((value, warnings))
}

/// What does not fit the metadata that every object has.
fn metadata_mistyped(value: &Value) -> Option<String> {
    let ty = schema::of("", "v1", "ConfigMap")?;
    let why = schema::mistyped(ty, &json!({"metadata": value["metadata"]}))?;
    Some(why.replacen("field ObjectMeta.metadata.", "field ObjectMeta.", 1))
}

/// The fields of a custom object that neither metadata nor its schema has.
fn unknown(world: &World, of: &Resource, value: &Value) -> Vec<String> {
    let metadata = schema::of("", "v1", "ConfigMap");
    let sent = json!({"metadata": value["metadata"]});
    let mut told = metadata.map(|ty| schema::unknown_fields(ty, &sent)).unwrap_or_default();
    if let Some((_, version)) = world.definitions.of(of).filter(|_| value["kind"] == of.kind) {
        let paths = custom::prune(version.schema(), &mut value.clone());
        told.extend(paths.iter().map(|path| format!("unknown field \"{path}\"")));
    }
    told
}

/// Checks what a patch made of a stored object as if it had been sent, and says what there is to warn of. `shown`
/// tells what errors show of it.
pub(super) fn again(
    world: &World,
    asked: &Asked<'_>,
    options: &Options,
    value: &mut Value,
    shown: impl Fn(&Value) -> String,
) -> Result<Vec<String>, Refusal> {
    let of = &asked.of;
    if let Some(refusal) = mistaken(of, value) {
        return Err(refusal);
    }
    if !of.custom {
        value["kind"] = json!(of.kind);
    }
    value["apiVersion"] = json!(of.api_version());
    let ty = kind::of(world, of);
    let mut warnings = Vec::new();
    if let Some(ty) = &ty {
        let unfit = |why: &str| {
            let violation = Violation {
                reason: "FieldValueInvalid",
                field: "patch".to_owned(),
                message: format!("Invalid value: {:?}: {why}", shown(value)),
            };
            Refusal::invalid("", "", "", &[violation])
        };
        let wrong = if of.custom { metadata_mistyped(value) } else { schema::mistyped(ty.get(), value) };
        if let Some(why) = wrong {
            return Err(unfit(&why));
        }
        let told = match of.custom {
            true => unknown(world, of, value),
            false => schema::unknown_fields(ty.get(), value),
        };
        match options.validation {
            FieldValidation::Ignore => {}
            FieldValidation::Warn => warnings = told,
            FieldValidation::Strict if told.is_empty() => {}
            FieldValidation::Strict => {
                return Err(unfit(&format!("strict decoding error: {}", told.join(", "))));
            }
        }
    }
    kind::tidy(world, of, value);
    Ok(warnings)
}

/// What is said of JSON that does not even name a kind.
fn unkind(why: &str) -> String {
    format!("couldn't get version/kind; json parse error: {why}")
}

/// The answer to a body from which not even the kind can be read.
fn unreadable(of: &Resource, bytes: &[u8], why: &str) -> Refusal {
    let shown = excerpt(bytes);
    let kind = &of.kind;
    Refusal::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): {why} ({shown})"
    ))
}

/// The beginning of a body as errors show it.
fn excerpt(bytes: &[u8]) -> String {
    let cut = |text: String, long: bool| if long { text + " ..." } else { text };
    match bytes {
        [] => "<empty>".to_owned(),
        [b'{', ..] => {
            cut(String::from_utf8_lossy(&bytes[..bytes.len().min(30)]).into_owned(), bytes.len() > 30)
        }
        _ => cut(bytes.iter().take(30).map(|b| format!("{b:02x}")).collect(), bytes.len() > 30),
    }
}

fn handled(kind: &str, version: &str, wanted: &str, why: &str) -> String {
    format!("{kind} in version {version:?} cannot be handled as a {wanted}: {why}")
}

/// What is said of an object whose kind or version is not the one that the path asks for.
fn mistaken(of: &Resource, value: &Value) -> Option<Refusal> {
    let api_version = value["apiVersion"].as_str().filter(|v| !v.is_empty());
    let kind = value["kind"].as_str().filter(|k| !k.is_empty()).unwrap_or(&of.kind);
    let expected = of.api_version();
    let given = api_version.unwrap_or(&expected);
    if given == expected && kind == of.kind {
        return None;
    }
    let (group, version) = given.rsplit_once('/').unwrap_or(("", given));
    if of.custom {
        return Some(Refusal::bad_request(format!(
            "the API version in the data ({given}) does not match the expected API version ({expected})"
        )));
    }
    let known = resources::of_kind(group, version, kind);
    let why = match known {
        Some(_) if kind == of.kind => {
            return Some(Refusal::bad_request(format!(
                "the API version in the data ({given}) does not match the expected API version ({expected})"
            )));
        }
        Some(_) => {
            let (from, to) = (internal(group, version), internal(&of.group, ""));
            format!("converting ({from}.{kind}) to ({to}.{}): unknown conversion", of.kind)
        }
        None => {
            let scheme = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30";
            format!("no kind {kind:?} is registered for version {given:?} in scheme {scheme:?}")
        }
    };
    Some(Refusal::bad_request(handled(kind, version, &of.kind, &why)))
}

/// The package of a group's types: the versioned one where a version is given.
fn internal(group: &str, version: &str) -> String {
    match (group.split('.').next().unwrap_or_default(), version) {
        (_, version) if !version.is_empty() => version.to_owned(),
        ("", _) => "core".to_owned(),
        (first, _) => first.to_owned(),
    }
}

/// What becomes of the unknown and duplicate fields that were found, as `fieldValidation` asks.
fn judged(of: &Resource, options: &Options, told: Vec<String>) -> Result<Vec<String>, Refusal> {
    match options.validation {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(told),
        FieldValidation::Strict if told.is_empty() => Ok(told),
        FieldValidation::Strict => {
            let why = format!("strict decoding error: {}", told.join(", "));
            Err(Refusal::bad_request(handled(&of.kind, &of.version, &of.kind, &why)))
        }
    }
}
