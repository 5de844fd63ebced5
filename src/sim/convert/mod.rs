//! What differs between kinds when they are read: fields that selectors may name, and the forms of one stored object
//! in the versions of its API.

pub(super) mod autoscaler;
pub(super) mod bundle;
mod metric;

use super::defaults;
use super::resources::Resource;
use crate::call::typed;
use crate::snapshot::Object;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// Refuses a field selector that names a field which its kind does not offer.
pub(crate) fn check_selectable<'a>(
    of: &Resource,
    mut keys: impl Iterator<Item = &'a str>,
) -> Result<(), String> {
    let own = selectable(&of.group, &of.kind);
    let has_own = !own.is_empty();
    // Kinds with a list of their own that stand above namespaces leave the namespace out.
    let unknown = keys.find(|key| match *key {
        "metadata.name" => false,
        "metadata.namespace" => has_own && !of.namespaced,
        other => !own.contains(&other),
    });
    let Some(unknown) = unknown else { return Ok(()) };
    Err(match (of.group.as_str(), of.kind.as_str()) {
        ("batch", "Job") => format!("field label {unknown:?} not supported for Job"),
        ("resource.k8s.io", "ResourceSlice") => {
            format!("field label not supported for {}, Kind=ResourceSlice: {unknown}", of.api_version())
        }
        _ if has_own => format!("field label not supported: {unknown}"),
        _ => format!(
            "{unknown:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        ),
    })
}

/// The fields beside name and namespace that field selectors of a kind may name.
fn selectable(group: &str, kind: &str) -> &'static [&'static str] {
    match (group, kind) {
        ("", "Pod") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        ("", "Secret") => &["type"],
        ("", "Service") => &["spec.clusterIP", "spec.type"],
        ("", "Namespace") => &["status.phase"],
        ("", "Node") => &["spec.unschedulable"],
        ("", "ReplicationController") => &["status.replicas"],
        ("", "Event") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("events.k8s.io", "Event") => &[
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "type",
        ],
        ("resource.k8s.io", "ResourceSlice") => &["spec.nodeName", "spec.driver"],
        ("batch", "Job") => &["status.successful"],
        ("certificates.k8s.io", "CertificateSigningRequest") => &["spec.signerName"],
        _ => &[],
    }
}

/// The value of a selectable field, as field selectors compare it; empty where it is absent.
pub(crate) fn field<'a>(kind: &str, object: &'a Value, path: &str) -> Cow<'a, str> {
    let path = match (kind, path) {
        ("Job", "status.successful") => "status.succeeded".to_owned(),
        ("Event", "source") => "source.component".to_owned(),
        ("Event", "reportingController") => "reportingComponent".to_owned(),
        ("Event", path) => path.replacen("regarding", "involvedObject", 1),
        (_, path) => path.to_owned(),
    };
    let found = path.split('.').fold(object, |at, part| &at[part]);
    match found {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null if path == "status.replicas" || path == "status.succeeded" => Cow::Borrowed("0"),
        Value::Null if path == "spec.unschedulable" || path == "spec.hostNetwork" => Cow::Borrowed("false"),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}

/// The other groups and versions under which the objects of a built-in resource are served.
pub(crate) fn same_objects(
    group: &str,
    version: &str,
    plural: &str,
) -> &'static [(&'static str, &'static str)] {
    match (group, version, plural) {
        ("autoscaling", "v2", "horizontalpodautoscalers") => &[("autoscaling", "v1")],
        ("autoscaling", "v1", "horizontalpodautoscalers") => &[("autoscaling", "v2")],
        ("", "v1", "events") => &[("events.k8s.io", "v1")],
        ("events.k8s.io", "v1", "events") => &[("", "v1")],
        _ => &[],
    }
}

/// A stored object in the version that the request asks for.
pub(crate) fn to_version(of: &Resource, object: Object) -> Object {
    let wanted = of.api_version();
    if bundle::concerns(of) && !bundle::held(&object).is_empty() {
        let mut told = (*object).clone();
        bundle::hide(&mut told);
        return Arc::new(told);
    }
    if object["apiVersion"] == wanted.as_str() {
        return object;
    }
    let mut converted = (*object).clone();
    if !of.custom {
        rename(&mut converted, &object["apiVersion"], &wanted);
    }
    converted["apiVersion"] = json!(wanted);
    complete(of, &mut converted);
    Arc::new(converted)
}

/// An object in another version of its API; `None` where its kind has no such version.
pub(crate) fn in_version(object: &Value, api_version: &str) -> Option<Value> {
    let from = object["apiVersion"].clone();
    let known =
        |version: &str| matches!(version, "autoscaling/v1" | "autoscaling/v2" | "v1" | "events.k8s.io/v1");
    let kind = object["kind"].as_str().unwrap_or_default();
    let twofold = matches!(kind, "HorizontalPodAutoscaler" | "Event");
    if !twofold || !known(api_version) || !from.as_str().is_some_and(known) {
        return None;
    }
    let mut converted = object.clone();
    rename(&mut converted, &from, api_version);
    converted["apiVersion"] = json!(api_version);
    typed::tidy(api_version, kind, &mut converted);
    typed::complete(api_version, kind, &mut converted);
    Some(converted)
}

/// An object in the version in which it is stored, whatever version it came in.
pub(crate) fn to_storage(of: &Resource, mut object: Value) -> Value {
    let stored = match (of.group.as_str(), of.version.as_str()) {
        ("events.k8s.io", "v1") => "v1",
        ("autoscaling", "v1") => "autoscaling/v2",
        ("resource.k8s.io", _any) => {
            // Storage knows no empty lists, and what it gives back of these shows it.
            for requests in ["/spec/devices/requests", "/spec/spec/devices/requests"] {
                if let Some(requests) = object.pointer_mut(requests).filter(|held| **held == json!([])) {
                    *requests = Value::Null;
                }
            }
            return object;
        }
        _ => return object,
    };
    let from = object["apiVersion"].clone();
    rename(&mut object, &from, stored);
    object["apiVersion"] = json!(stored);
    complete(of, &mut object);
    if of.kind == "HorizontalPodAutoscaler" {
        // What is read from storage is filled in as version 2, which its annotations were not.
        defaults::fill(&of.group, &of.kind, &mut object);
        complete(of, &mut object);
    }
    object
}

/// Drops what the version at hand does not have and adds what it never leaves out.
fn complete(of: &Resource, object: &mut Value) {
    let version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
    typed::tidy(&version, &of.kind, object);
    typed::complete(&version, &of.kind, object);
}

/// The fields of an Event that its two API groups call differently: core's name first.
const EVENT: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn rename(object: &mut Value, from: &Value, to: &str) {
    match (from.as_str().unwrap_or_default(), to) {
        ("v1", "events.k8s.io/v1") => {
            for (core, new) in EVENT {
                move_field(object, core, new);
            }
        }
        ("events.k8s.io/v1", "v1") => {
            for (core, new) in EVENT {
                move_field(object, new, core);
            }
        }
        ("autoscaling/v2", "autoscaling/v1") => autoscaler::to_v1(object),
        ("autoscaling/v1", "autoscaling/v2") => autoscaler::to_v2(object),
        _ => {}
    }
}

fn move_field(object: &mut Value, from: &str, to: &str) {
    if let Some(fields) = object.as_object_mut()
        && let Some(value) = fields.remove(from)
    {
        fields.insert(to.to_owned(), value);
    }
}
