//! In which form an answer is wanted: JSON, YAML, a printed Table or metadata only, as the `Accept` header says.

use super::extract::{partial, tabled};
use super::{Asked, yaml};
use crate::call::{Call, Reply, ReplyBody, Verb};
use crate::sim::status::Refusal;
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

/// The same as if the collection of a watch was to be listed.
pub(super) fn negotiate_listed(asked: &Asked<'_>) -> Result<Form, Refusal> {
    pick(&asked.call.accept, Verb::List, is_printed(asked)).map(|(form, _)| form)
}

fn picked<'a>(asked: &'a Asked<'_>) -> Result<(Form, &'a str), Refusal> {
    pick(&asked.call.accept, asked.call.verb, is_printed(asked))
}

/// The form of an answer that is there: one object is no list, and a list is not one object. What else is wrong with a
/// call is found before.
pub(super) fn fitting(asked: &Asked<'_>) -> Result<Form, Refusal> {
    let (form, word) = picked(asked)?;
    let (package, kind) = (|| super::mistaken::package(&asked.of.group, ""), &asked.of.kind);
    match word {
        "PartialObjectMetadata" if matches!(asked.call.verb, Verb::List | Verb::DeleteCollection) => {
            Err(Refusal::not_of_that_shape(format!(
                "you requested PartialObjectMetadata, but the requested object is a list (*{}.{kind}List)",
                package()
            )))
        }
        "PartialObjectMetadataList" if !matches!(asked.call.verb, Verb::List | Verb::DeleteCollection) => {
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
    pick(accept, Verb::Get, true).map(|(form, _)| form)
}

/// The same for `/apis` and the groups, which no router stands before.
pub(super) fn negotiate_group(accept: &str) -> Result<Form, Refusal> {
    pick(accept, Verb::Get, true).map(|(form, _)| form).map_err(|_| Refusal::only_media(AVAILABLE))
}

/// A refusal in the encoding that is accepted best, of those that no shape is asked of; JSON where there is none.
pub(super) fn refused(call: &Call, refusal: &Refusal) -> Reply {
    let reply = refusal.reply();
    let mut plain = clauses(&call.accept).into_iter().filter(|clause| clause.parameter("as").is_none());
    match plain.find(|clause| produced(clause.media)) {
        Some(clause) if clause.media == "application/yaml" => {
            let text = yaml::print(&refusal.document());
            Reply { media: clause.media.to_owned(), body: ReplyBody::Raw(text.into()), ..reply }
        }
        Some(_) | None => reply,
    }
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

impl<'a> Clause<'a> {
    fn parameter(&self, wanted: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
    }

    fn wildcards(&self) -> usize {
        self.media.matches('*').count()
    }
}

/// Whether answers are had in a media type.
fn produced(media: &str) -> bool {
    media == "*/*" || AVAILABLE.split(", ").any(|known| known == media)
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
    // Of equal quality, what names a type goes before what takes any.
    clauses.sort_by(|a, b| b.quality.total_cmp(&a.quality).then(a.wildcards().cmp(&b.wildcards())));
    clauses
}

/// The first acceptable form, and the kind that was asked for (`as=`). Protobuf is passed over where something else
/// is listed, and else answered in JSON: every client reads the media type of the answer. A watch is not had in YAML.
fn pick(accept: &str, verb: Verb, printed: bool) -> Result<(Form, &str), Refusal> {
    let plain = Form { shape: Shape::Whole, api_version: "meta.k8s.io/v1", yaml: false };
    let clauses = clauses(accept);
    if !accept.is_empty() && !clauses.iter().any(|clause| produced(clause.media)) {
        return Err(match verb {
            Verb::List | Verb::Watch => Refusal::not_acceptable(&format!("{AVAILABLE}, {STREAMED}")),
            Verb::Get | Verb::Create | Verb::Update | Verb::Patch | Verb::Delete | Verb::DeleteCollection => {
                Refusal::not_acceptable(AVAILABLE)
            }
        });
    }
    let mut protobuf = None;
    for clause in &clauses {
        let (yaml, binary) = match clause.media {
            "application/json" | "*/*" | "application/*" => (false, false),
            "application/yaml" if verb != Verb::Watch => (true, false),
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
        None if verb == Verb::Watch => Err(Refusal::only_media(STREAMED)),
        None => Err(Refusal::only_media(AVAILABLE)),
    }
}

/// The shape that a clause asks for with `as`, `g` and `v`; `None` where there is none such.
fn shape_of<'a>(clause: &Clause<'a>) -> Option<(Shape, &'static str, &'a str)> {
    let Some(word) = clause.parameter("as") else { return Some((Shape::Whole, "meta.k8s.io/v1", "")) };
    let api_version = match (clause.parameter("g")?, clause.parameter("v")?) {
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
