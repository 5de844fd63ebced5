//! Reading the object that a request carries: its encoding, its kind and version, its unknown fields.

use super::mistaken::{Mistake, handled, is_of_group, mistaken, scheme, unreadable};
use super::options::{FieldValidation, Options};
use super::patch::Way;
use super::{Asked, kind, retold};
use crate::call::{Body, DecodeError};
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::validation::{Path, Violation};
use crate::sim::{World, custom, schema};
use serde_json::{Value, json};

/// Bodies above this are not read.
const LIMIT: usize = 3 * 1024 * 1024;

/// The media types in which objects are read.
pub(super) const READ: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The type as which Go reads kind and version.
const KIND_TYPE: &str =
    r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;

/// The body of the request; `None` where it is empty.
pub(super) fn body<'a>(asked: &'a Asked<'_>) -> Result<Option<&'a Body>, Refusal> {
    match &asked.call.body {
        Some(body) if body.bytes.len() > LIMIT => Err(Refusal::too_large(LIMIT)),
        Some(body) if body.bytes.is_empty() => Ok(None),
        other => Ok(other.as_ref()),
    }
}

/// The media type of the body without parameters; JSON where none is named.
fn media<'a>(asked: &'a Asked<'_>) -> &'a str {
    match asked.call.body.as_ref().map(Body::essence) {
        None | Some("") => "application/json",
        Some(essence) => essence,
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
    let mut value = read(asked, body).map_err(|why| match why {
        Unread::Media => Refusal::media(READ),
        Unread::Text(why) => unreadable(of, bytes, &why),
    })?;
    if of.custom {
        return custom_object(world, asked, options, bytes, value);
    }
    if let Some(mistake) = mistaken(of, &value) {
        return Err(mistake.refusal(of, &value));
    }
    value["apiVersion"] = json!(of.api_version());
    value["kind"] = json!(of.kind);
    let ty = kind::of(world, of);
    let warnings = match &ty {
        Some(ty) => {
            if let Some(why) = schema::mistyped(ty.get(), &value, || json_of(body)) {
                return Err(Refusal::bad_request(handled(&of.kind, &of.version, &of.kind, &why)));
            }
            let told = match media(asked) {
                "application/json" => schema::strict(Some(ty.get()), bytes),
                _ => schema::unknown_fields(ty.get(), &value),
            };
            let twice = body.filter(|_| media(asked) == "application/yaml").and_then(Body::yaml_duplicate);
            judged(of, options, twice, told)?
        }
        None => Vec::new(),
    };
    retold::note(asked, &value);
    kind::tidy(world, of, &mut value);
    Ok((value, warnings))
}

/// The text of a body that is JSON.
fn json_of(body: Option<&Body>) -> Option<Vec<u8>> {
    body.filter(|body| body.is_json()).map(|body| body.bytes.to_vec())
}

/// The object of a custom kind that was sent, which is decoded without a type of its own.
fn custom_object(
    world: &World,
    asked: &Asked<'_>,
    options: &Options,
    bytes: &[u8],
    mut value: Value,
) -> Result<(Value, Vec<String>), Refusal> {
    let of = &asked.of;
    if value["kind"].as_str().unwrap_or_default().is_empty() {
        let sent = String::from_utf8_lossy(bytes);
        return Err(unreadable(of, bytes, &format!("Object 'Kind' is missing in '{sent}'")));
    }
    let (given, expected) = (value["apiVersion"].as_str().unwrap_or_default(), of.api_version());
    if given != expected {
        return Err(Refusal::bad_request(format!(
            "the API version in the data ({given}) does not match the expected API version ({expected})"
        )));
    }
    let unfit = |why: &str| Refusal::bad_request(handled(&of.kind, &of.version, &of.kind, why));
    if let Some(why) = custom::metadata_fault(&value["metadata"]) {
        return Err(unfit(&why));
    }
    let yaml = media(asked) == "application/yaml";
    let mut told: Vec<String> = if yaml { Vec::new() } else { schema::strict(None, bytes) };
    told.extend(unknown(world, of, &value));
    told.extend(embedded(world, of, &mut value).map_err(|why| unfit(&why))?);
    let twice = asked.call.body.as_ref().filter(|_| yaml).and_then(Body::yaml_duplicate);
    let warnings = judged(of, options, twice, told)?;
    kind::tidy(world, of, &mut value);
    Ok((value, warnings))
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

/// Reads the objects inside a custom object, and tells the unknown fields of their metadata.
fn embedded(world: &World, of: &Resource, value: &mut Value) -> Result<Vec<String>, String> {
    let mut told = Vec::new();
    if let Some((_, version)) = world.definitions.of(of).filter(|_| value["kind"] == of.kind) {
        custom::read_embedded(version.schema(), value, false, &Path::root(), &mut told)
            .map_err(|wrong| format!("{}: {}", wrong.field, wrong.message))?;
    }
    told.sort();
    Ok(told)
}

enum Unread {
    /// The media type is none that objects are read in.
    Media,
    /// What is wrong with the text.
    Text(String),
}

/// The document of a body, an object in every case: nothing and `null` are empty ones.
fn read(asked: &Asked<'_>, body: Option<&Body>) -> Result<Value, Unread> {
    if !READ.split(", ").any(|known| known == media(asked)) {
        return Err(Unread::Media);
    }
    let unparsed = |why: String| Unread::Text(format!("couldn't get version/kind; json parse error: {why}"));
    let decoded = match (body, media(asked)) {
        (None, "application/yaml") => Value::Null,
        (None, _) => return Err(unparsed("unexpected end of JSON input".to_owned())),
        (Some(body), _) => body.decode().map_err(|error| match error {
            DecodeError::Media(_) => Unread::Media,
            DecodeError::Json(why) => unparsed(why),
            DecodeError::Yaml(why) => Unread::Text(format!("yaml: {why}")),
            DecodeError::Protobuf(why) => Unread::Text(why.to_string()),
        })?,
    };
    match decoded {
        Value::Null => Ok(json!({})),
        Value::Object(members) => {
            for word in ["apiVersion", "kind"] {
                if let Some(odd) = members.get(word).filter(|value| !value.is_string() && !value.is_null()) {
                    let found = crate::sim::patch::go_name(odd);
                    let into = format!("Go struct field .{word} of type string");
                    return Err(unparsed(format!("json: cannot unmarshal {found} into {into}")));
                }
            }
            Ok(Value::Object(members))
        }
        other => {
            let found = crate::sim::patch::go_name(&other);
            Err(unparsed(format!("json: cannot unmarshal {found} into Go value of type {KIND_TYPE}")))
        }
    }
}

/// The text with which a body of options, such as `DeleteOptions`, is refused.
pub(super) fn options(asked: &Asked<'_>, body: &Body) -> Result<Value, Refusal> {
    read(asked, Some(body)).map_err(|why| match why {
        Unread::Media => Refusal::media(READ),
        Unread::Text(why) => Refusal::bad_request(why),
    })
}

/// Checks what a patch made of a stored object as if it had been sent, and says what there is to warn of.
pub(super) fn again(
    world: &World,
    asked: &Asked<'_>,
    options: &Options,
    value: &mut Value,
    way: &Way<'_>,
) -> Result<Vec<String>, Refusal> {
    let of = &asked.of;
    let ty = kind::of(world, of);
    let unfit = |why: &str, value: &Value| {
        let violation = Violation {
            reason: "FieldValueInvalid",
            field: "patch".to_owned(),
            message: format!("Invalid value: {:?}: {why}", way.shown(of, value)),
        };
        Refusal::invalid("", "", "", &[violation])
    };
    let strict = way.decodes();
    if strict && !of.custom {
        for word in ["apiVersion", "kind"] {
            if let Some(found) = value.get(word).filter(|given| !given.is_string() && !given.is_null()) {
                let found = crate::sim::patch::go_name(found);
                let why =
                    format!("json: cannot unmarshal {found} into Go struct field .{word} of type string");
                return Err(unfit(&format!("couldn't get version/kind; json parse error: {why}"), value));
            }
        }
    }
    if strict && value["apiVersion"].as_str().is_none_or(str::is_empty) && !of.custom {
        if let Some(kind) = value["kind"].as_str().filter(|kind| !kind.is_empty() && !is_of_group(of, kind)) {
            let (group, scheme) = (&of.group, scheme(of));
            let why = format!(
                "no kind {kind:?} is registered for the internal version of group {group:?} in scheme {scheme:?}"
            );
            return Err(unfit(&why, value));
        }
        // Without a version Go reads the internal type, whose fields have no names in JSON.
        let names = value.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let unknown = names.filter(|name| !matches!(*name, "apiVersion" | "kind"));
        let told: Vec<String> = unknown.map(|name| format!("unknown field {name:?}")).collect();
        return Err(super::stated::wrong_name("", asked.name()).warned(&told));
    }
    if let Some(mistake) = mistaken(of, value).filter(|_| strict) {
        return Err(match mistake {
            Mistake::Conversion(why) => unfit(&why, value),
            Mistake::Version(_) => mistake.refusal(of, value),
            Mistake::Unreadable(ref why) => unfit(why, value),
        });
    }
    let mut warnings = Vec::new();
    if let Some(ty) = &ty {
        let fault = match (of.custom, strict) {
            (true, _) => custom::metadata_fault(&value["metadata"]),
            (false, true) => schema::mistyped(ty.get(), value, || Some(way.shown(of, value).into_bytes())),
            (false, false) => schema::convert(ty.get(), value).err(),
        };
        if let Some(why) = fault {
            return Err(unfit(&why, value));
        }
        retold::note(asked, value);
        let mut told = way.duplicates();
        told.extend(match of.custom {
            true => unknown(world, of, value),
            false => schema::unknown_fields(ty.get(), value),
        });
        if of.custom {
            told.extend(embedded(world, of, value).map_err(|why| unfit(&why, value))?);
        }
        match options.validation {
            FieldValidation::Ignore => {}
            FieldValidation::Warn => warnings = told,
            FieldValidation::Strict if told.is_empty() => {}
            FieldValidation::Strict => {
                return Err(unfit(&format!("strict decoding error: {}", told.join(", ")), value));
            }
        }
    }
    value["apiVersion"] = json!(of.api_version());
    if !of.custom {
        value["kind"] = json!(of.kind);
    }
    retold::note(asked, value);
    kind::tidy(world, of, value);
    Ok(warnings)
}

/// What becomes of the unknown and duplicate fields that were found, as `fieldValidation` asks.
fn judged(
    of: &Resource,
    options: &Options,
    twice: Option<String>,
    told: Vec<String>,
) -> Result<Vec<String>, Refusal> {
    let all = || twice.iter().chain(&told).cloned().collect::<Vec<_>>();
    match options.validation {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(all()),
        FieldValidation::Strict if told.is_empty() && twice.is_none() => Ok(told),
        FieldValidation::Strict => {
            let twice = twice.map(|line| format!("yaml: unmarshal errors:\n  {line}"));
            let told = twice.into_iter().chain(told).collect::<Vec<_>>().join(", ");
            let why = format!("strict decoding error: {told}");
            Err(Refusal::bad_request(handled(&of.kind, &of.version, &of.kind, &why)))
        }
    }
}
