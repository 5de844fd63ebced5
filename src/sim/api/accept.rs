//! In which form an answer is wanted: JSON, YAML, a printed Table or metadata only, as the `Accept` header says.

use super::Asked;
use super::yaml;
use crate::call::{Reply, ReplyBody};
use crate::clock::Moment;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::table;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

const AVAILABLE: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The shape of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The object itself.
    Whole,
    /// `meta.k8s.io/v1` Table.
    Table,
    /// `meta.k8s.io/v1` PartialObjectMetadata.
    Metadata,
}

/// The form of an answer: its shape and its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) shape: Shape,
    pub(super) yaml: bool,
}

/// Picks the first acceptable form. Protobuf is passed over where something else is listed, and else answered in JSON:
/// this server does not write it, and every client reads the media type of the answer.
pub(super) fn negotiate(accept: &str) -> Result<Form, Refusal> {
    let mut protobuf = false;
    for clause in accept.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
        let mut parts = clause.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let yaml = match media {
            "application/json" | "*/*" | "application/*" => false,
            "application/yaml" => true,
            "application/vnd.kubernetes.protobuf" => {
                protobuf = true;
                continue;
            }
            _ => continue,
        };
        let word = parts.find_map(|part| part.strip_prefix("as="));
        match word {
            None => return Ok(Form { shape: Shape::Whole, yaml }),
            Some("Table") => return Ok(Form { shape: Shape::Table, yaml }),
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") => {
                return Ok(Form { shape: Shape::Metadata, yaml });
            }
            Some(_) => {}
        }
    }
    if protobuf || accept.trim().is_empty() {
        return Ok(Form { shape: Shape::Whole, yaml: false });
    }
    Err(Refusal::not_acceptable(AVAILABLE))
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
    let form = negotiate(&asked.call.accept)?;
    Ok(encode(form, status, shaped(form.shape, asked, object)?))
}

/// One object in the wanted shape.
pub(super) fn shaped(shape: Shape, asked: &Asked<'_>, object: Object) -> Result<Object, Refusal> {
    Ok(match shape {
        Shape::Whole => object,
        Shape::Metadata => Arc::new(partial(&object)),
        Shape::Table => {
            let version = object["metadata"]["resourceVersion"].clone();
            let metadata = json!({"resourceVersion": version});
            Arc::new(tabled(asked, &[object], metadata, asked.now)?)
        }
    })
}

/// The metadata of an object alone.
pub(super) fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// What a row says of its object. A DaemonSet's generation of its template is an annotation in `apps/v1` only.
fn described(of: &Resource, object: &Value) -> Value {
    let mut partial = partial(object);
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

/// The printed Table of these objects with what `includeObject` asks for in each row.
pub(super) fn tabled(
    asked: &Asked<'_>,
    objects: &[Object],
    metadata: Value,
    now: Moment,
) -> Result<Value, Refusal> {
    let include = asked.call.query.get("includeObject").unwrap_or("Metadata");
    let of: &Resource = &asked.of;
    let mut document = match of.custom {
        true => table::render_custom(&asked.columns, objects, now),
        false => table::render(&of.group, &of.plural, objects, now),
    };
    document["kind"] = json!("Table");
    document["apiVersion"] = json!("meta.k8s.io/v1");
    document["metadata"] = metadata;
    let rows = document["rows"].as_array_mut().into_iter().flatten();
    for (row, object) in rows.zip(objects) {
        row["object"] = match include {
            "None" => continue,
            "Object" => (**object).clone(),
            "" | "Metadata" => described(of, object),
            other => {
                return Err(Refusal::bad_request(format!("unrecognized includeObject value: {other:?}")));
            }
        };
    }
    Ok(document)
}
