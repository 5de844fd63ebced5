//! What is answered of objects where not the whole of them is asked for: a printed Table, or their metadata alone. Which of
//! them is asked for is read in `accept`.

use super::Asked;
use super::accept::Form;
use super::options::go_quoted;
use crate::clock::Moment;
use crate::sim::convert;
use crate::sim::resources::Resource;
use crate::sim::status::Refusal;
use crate::sim::table;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// A version whose objects the server has in another form inside, of which it tells all but the whole of them.
fn is_converted(of: &Resource) -> bool {
    of.kind == "HorizontalPodAutoscaler" && of.version == "v1"
}

/// The metadata of an object alone. A DaemonSet's generation of its template is an annotation in `apps/v1` only.
pub(super) fn partial(form: Form, of: &Resource, object: &Value) -> Value {
    let inside = is_converted(of).then(|| convert::to_storage(of, object.clone()));
    let metadata = &inside.as_ref().unwrap_or(object)["metadata"];
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
    let inside: Vec<Object>;
    let objects = if is_converted(of) {
        let all = objects.iter().map(|object| Arc::new(convert::to_storage(of, (**object).clone())));
        inside = all.collect();
        &inside[..]
    } else {
        objects
    };
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
