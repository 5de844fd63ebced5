//! In which form an answer is wanted: JSON, YAML, a printed Table or metadata only, as the `Accept` header says.

use super::options::go_quoted;
use super::{Asked, yaml};
use crate::call::{Call, Reply, ReplyBody, Verb};
use crate::clock::Moment;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::table;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// The media types that this server can answer in.
pub(super) const AVAILABLE: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
/// The same as a list names them, which may be a watch.
const STREAMED: &str = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// The shape of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The object itself.
    Whole,
    /// `meta.k8s.io` Table.
    Table,
    /// `meta.k8s.io` PartialObjectMetadata.
    Metadata,
}

/// The form of an answer: its shape and its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) shape: Shape,
    /// The version of Tables and partial metadata: `meta.k8s.io/v1` or `meta.k8s.io/v1beta1`.
    pub(super) api_version: &'static str,
    pub(super) yaml: bool,
}

/// Whether the answer is the object or list itself, in JSON.
pub(super) fn is_plain(form: Form) -> bool {
    form.shape == Shape::Whole && !form.yaml
}

/// Picks the form in which the answer to a call for a resource is wanted.
pub(super) fn negotiate(asked: &Asked<'_>) -> Result<Form, Refusal> {
    picked(asked).map(|(form, _)| form)
}

fn picked<'a>(asked: &'a Asked<'_>) -> Result<(Form, &'a str), Refusal> {
    let streamed = matches!(asked.call.verb, Verb::List | Verb::Watch);
    pick(&asked.call.accept, streamed, is_printed(asked))
}

/// The form of an answer that is there: one object is no list, and a list is not one object. What else is wrong with a
/// call is found before.
pub(super) fn fitting(asked: &Asked<'_>) -> Result<Form, Refusal> {
    let (form, word) = picked(asked)?;
    let (package, kind) = (|| super::mistaken::package(&asked.of.group, ""), &asked.of.kind);
    match word {
        "PartialObjectMetadata" if asked.call.verb == Verb::List => Err(Refusal::not_of_that_shape(format!(
            "you requested PartialObjectMetadata, but the requested object is a list (*{}.{kind}List)",
            package()
        ))),
        "PartialObjectMetadataList" if asked.call.verb == Verb::Get => {
            Err(Refusal::not_of_that_shape(format!(
                "you requested PartialObjectMetadataList, but the requested object is not a list (*{}.{kind})",
                package()
            )))
        }
        _ => Ok(form),
    }
}

/// Whether there is a Table of what is asked for: the status of a definition or of an API service has none.
fn is_printed(asked: &Asked<'_>) -> bool {
    let whole = matches!(asked.of.group.as_str(), "apiextensions.k8s.io" | "apiregistration.k8s.io");
    !whole || asked.at.subresource.is_none()
}

/// Picks the form of a document that is no resource: JSON or YAML.
pub(super) fn negotiate_document(accept: &str) -> Result<Form, Refusal> {
    pick(accept, false, true).map(|(form, _)| form)
}

/// The same for `/apis` and the groups, which no router stands before.
pub(super) fn negotiate_group(accept: &str) -> Result<Form, Refusal> {
    pick(accept, false, true).map(|(form, _)| form).map_err(|_| Refusal::only_media(AVAILABLE))
}

/// Whether one of these media types is accepted; who names none accepts all.
pub(super) fn accepts(accept: &str, media: &[&str]) -> bool {
    accept.is_empty() || clauses(accept).iter().any(|clause| media.contains(&clause.media))
}

/// A document that there is in one media type, to who gets it and accepts that.
pub(super) fn document(call: &Call, media: &str, document: String) -> Result<Reply, Refusal> {
    if call.verb != Verb::Get {
        Err(Refusal::method())
    } else if accepts(&call.accept, &["*/*", "application/*", media]) {
        Ok(Reply::raw(200, media, document))
    } else {
        Err(Refusal::not_acceptable(media))
    }
}

/// One clause of an `Accept` header.
struct Clause<'a> {
    media: &'a str,
    quality: f64,
    parameters: Vec<(&'a str, &'a str)>,
}

fn clauses(accept: &str) -> Vec<Clause<'_>> {
    let read = |clause| -> Clause<'_> {
        let mut parts = str::split(clause, ';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let parameters: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
        let quality = parameters.iter().find(|(name, _)| *name == "q").and_then(|(_, q)| q.parse().ok());
        Clause { media, quality: quality.unwrap_or(1.0), parameters }
    };
    let mut clauses: Vec<Clause<'_>> =
        accept.split(',').map(str::trim).filter(|clause| !clause.is_empty()).map(read).collect();
    clauses.sort_by(|a, b| b.quality.total_cmp(&a.quality));
    clauses
}

/// The first acceptable form, and the kind that was asked for (`as=`). Protobuf is passed over where something else
/// is listed, and else answered in JSON: every client reads the media type of the answer.
fn pick(accept: &str, streamed: bool, printed: bool) -> Result<(Form, &str), Refusal> {
    let plain = Form { shape: Shape::Whole, api_version: "meta.k8s.io/v1", yaml: false };
    let clauses = clauses(accept);
    let produced = |media: &str| media == "*/*" || AVAILABLE.split(", ").any(|known| known == media);
    if !accept.is_empty() && !clauses.iter().any(|clause| produced(clause.media)) {
        return Err(match streamed {
            true => Refusal::not_acceptable(&format!("{AVAILABLE}, {STREAMED}")),
            false => Refusal::not_acceptable(AVAILABLE),
        });
    }
    let mut protobuf = None;
    for clause in &clauses {
        let (yaml, binary) = match clause.media {
            "application/json" | "*/*" | "application/*" => (false, false),
            "application/yaml" => (true, false),
            "application/vnd.kubernetes.protobuf" => (false, true),
            _ => continue,
        };
        let Some((shape, api_version, word)) = shape_of(clause) else { continue };
        if shape == Shape::Table && !printed {
            continue;
        }
        match (binary, shape) {
            (true, Shape::Table) => continue,
            (true, _) => protobuf = protobuf.or(Some((Form { shape, api_version, yaml }, word))),
            (false, _) => return Ok((Form { shape, api_version, yaml }, word)),
        }
    }
    match protobuf {
        Some(found) => Ok(found),
        None if clauses.is_empty() => Ok((plain, "")),
        None => Err(Refusal::only_media(AVAILABLE)),
    }
}

/// The shape that a clause asks for with `as`, `g` and `v`; `None` where there is none such.
fn shape_of<'a>(clause: &Clause<'a>) -> Option<(Shape, &'static str, &'a str)> {
    let given =
        |wanted: &str| clause.parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let Some(word) = given("as") else { return Some((Shape::Whole, "meta.k8s.io/v1", "")) };
    let api_version = match (given("g")?, given("v")?) {
        ("meta.k8s.io", "v1") => "meta.k8s.io/v1",
        ("meta.k8s.io", "v1beta1") => "meta.k8s.io/v1beta1",
        _ => return None,
    };
    match word {
        "Table" => Some((Shape::Table, api_version, word)),
        "PartialObjectMetadata" | "PartialObjectMetadataList" => Some((Shape::Metadata, api_version, word)),
        _ => None,
    }
}

/// Encodes a document.
pub(super) fn encode(form: Form, status: u16, document: impl Into<Arc<Value>>) -> Reply {
    let document = document.into();
    if form.yaml {
        Reply::raw(status, "application/yaml", yaml::print(&document))
    } else {
        Reply { body: ReplyBody::Json(document.clone()), ..Reply::json(status, document) }
    }
}

/// One object in the wanted form.
pub(super) fn one(asked: &Asked<'_>, status: u16, object: Object) -> Result<Reply, Refusal> {
    let form = fitting(asked)?;
    Ok(encode(form, status, shaped(form, asked, object)?))
}

/// One object in the wanted shape.
fn shaped(form: Form, asked: &Asked<'_>, object: Object) -> Result<Object, Refusal> {
    Ok(match form.shape {
        Shape::Whole => object,
        Shape::Metadata => Arc::new(partial(form, &asked.of, &object)),
        Shape::Table => {
            let version = object["metadata"].get("resourceVersion").filter(|version| !version.is_null());
            let metadata = version.map_or_else(|| json!({}), |version| json!({"resourceVersion": version}));
            Arc::new(tabled(form, asked, &[object], metadata, asked.now)?)
        }
    })
}

/// The metadata of an object alone. A DaemonSet's generation of its template is an annotation in `apps/v1` only.
pub(super) fn partial(form: Form, of: &Resource, object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut partial =
        json!({"kind": "PartialObjectMetadata", "apiVersion": form.api_version, "metadata": metadata});
    if of.plural == "daemonsets"
        && let Some(annotations) = partial.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        annotations.remove("deprecated.daemonset.template.generation");
        if annotations.is_empty() {
            partial["metadata"].as_object_mut().map(|metadata| metadata.remove("annotations"));
        }
    }
    partial
}

/// What a row of a Table holds of its object, as `includeObject` asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Include {
    Nothing,
    Metadata,
    Object,
}

impl Include {
    /// What a call asks for; 400 where that is unknown.
    pub(super) fn of(asked: &Asked<'_>) -> Result<Include, Refusal> {
        match asked.call.query.get("includeObject").unwrap_or_default() {
            "" | "Metadata" => Ok(Include::Metadata),
            "Object" => Ok(Include::Object),
            "None" => Ok(Include::Nothing),
            other => Err(Refusal::bad_request(format!(
                "Unable to convert to Table as requested: includeObject: Invalid value: {}: must be 'Metadata', \
                 'Object', 'None', or empty",
                go_quoted(other)
            ))),
        }
    }
}

/// The printed Table of these objects with what `includeObject` asks for in each row.
pub(super) fn tabled(
    form: Form,
    asked: &Asked<'_>,
    objects: &[Object],
    metadata: Value,
    now: Moment,
) -> Result<Value, Refusal> {
    let include = Include::of(asked)?;
    let of: &Resource = &asked.of;
    let objects = &table::ordered(&of.group, &of.plural, objects)[..];
    let mut document = match (of.custom, of.kind.as_str()) {
        (true, _) => table::render_custom(&asked.columns, objects, now),
        (false, "Scale") => table::render(&of.group, "scale", objects, now),
        (false, _) => table::render(&of.group, &of.plural, objects, now),
    };
    document["kind"] = json!("Table");
    document["apiVersion"] = json!(form.api_version);
    document["metadata"] = metadata;
    let rows = document["rows"].as_array_mut().into_iter().flatten();
    for (row, object) in rows.zip(objects) {
        row["object"] = match include {
            Include::Nothing => Value::Null,
            Include::Object => (**object).clone(),
            Include::Metadata => partial(form, of, object),
        };
    }
    Ok(document)
}
