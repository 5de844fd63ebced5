//! Whether the cluster holds what the newest deployed revision says, and nothing else in the name of the release.

use super::answer::unless;
use super::compare::difference;
use super::{Answer, Manifest, Owned, View};
use crate::release::{self, ManifestError, RELEASE_NAME, Record, is_marked};
use crate::snapshot::{Key, Object, Snapshot};
use serde_json::Value;

/// The objects of the newest deployed revision are there as it says, and no others carry the marks of the release.
pub(super) fn matches(asked: &Manifest, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let history = release::history(view.now, asked.driver, namespace, &asked.release);
    let deployed = history.iter().rev().find(|revision| revision.status() == Some("deployed"));
    let Some(record) = deployed.and_then(|revision| revision.record.as_ref().ok()) else {
        return Answer {
            held: false,
            evidence: format!("release {} has no deployed revision", asked.driver.shown(&asked.release)),
        };
    };
    let documents = match release::documents(&record.manifest) {
        Ok(documents) => documents,
        Err(error) => return Answer { held: false, evidence: error.to_string() },
    };
    let mut wrongs: Vec<String> =
        documents.iter().filter_map(|wanted| wrong(wanted, record, namespace, view.now)).collect();
    let revision = record.revision;
    wrongs.extend(orphans(&documents, asked, view, &format!("is not in revision {revision}")));
    unless(wrongs, || format!("{} objects are as revision {revision} says, and no others", documents.len()))
}

/// Where the cluster differs from a manifest, in the fields that the manifest sets: a line for each of its objects that
/// is missing or says something else. `namespace` is that of objects that name none.
///
/// # Errors
/// Where the manifest is no YAML.
pub fn differences(manifest: &str, namespace: &str, now: &Snapshot) -> Result<Vec<String>, ManifestError> {
    let documents = release::documents(manifest)?;
    Ok(documents.iter().filter_map(|wanted| unlike(wanted, namespace, now)).collect())
}

/// How one object differs from what a manifest says of it.
fn unlike(wanted: &Value, namespace: &str, now: &Snapshot) -> Option<String> {
    let Some((_, live)) = now.iter().find(|(key, object)| is_at(wanted, namespace, key, object)) else {
        return Some(format!("{} is missing", name_of(wanted)));
    };
    let mut wanted = wanted.clone();
    to_stored_form(&mut wanted);
    difference(&wanted, live, "").map(|difference| format!("{}: {difference}", name_of(live)))
}

/// Nothing carries the marks of the release but what its deployed revision names, or its newest one where none is
/// deployed; nothing at all where it has no record.
pub(super) fn no_orphans(asked: &Manifest, view: &View<'_>) -> Answer {
    let history = release::history(view.now, asked.driver, view.namespace(&asked.namespace), &asked.release);
    let records: Vec<&Record> = history.iter().rev().filter_map(|r| r.record.as_ref().ok()).collect();
    let deployed = records.iter().find(|record| record.status == "deployed").or(records.first());
    let named = deployed.map(|record| release::documents(&record.manifest));
    let (documents, why) = match (named, deployed) {
        (Some(Ok(documents)), Some(record)) => (documents, format!("is not in revision {}", record.revision)),
        (Some(Err(error)), _) => return Answer { held: false, evidence: error.to_string() },
        (None | Some(Ok(_)), _) => (Vec::new(), "has no record".to_owned()),
    };
    let wrongs: Vec<String> = orphans(&documents, asked, view, &why).collect();
    unless(wrongs, || format!("nothing carries the marks of {} that is not its own", asked.release))
}

/// A line for everything that carries the marks of the release and is none of these.
fn orphans<'a>(
    documents: &'a [Value],
    asked: &'a Manifest,
    view: &'a View<'_>,
    why: &'a str,
) -> impl Iterator<Item = String> + 'a {
    let namespace = view.namespace(&asked.namespace);
    let found = view.now.iter().filter(move |(key, object)| {
        is_marked(object, &asked.release, namespace)
            && is_own_object(key, object)
            && !documents.iter().any(|wanted| is_at(wanted, namespace, key, object))
    });
    found.map(move |(_, object)| {
        format!("{} carries the marks of {} and {why}", name_of(object), asked.release)
    })
}

/// The object carries the marks of the release.
pub(super) fn owned_by(asked: &Owned, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let Some((_, object)) = asked.object.find(namespace, view.now) else {
        return Answer { held: false, evidence: format!("{} does not exist", asked.object) };
    };
    let metadata = &object["metadata"];
    let owner = metadata["annotations"][RELEASE_NAME].as_str().unwrap_or("nobody");
    let evidence = match is_marked(object, &asked.release, namespace) {
        true => format!("{} carries the marks of {owner}", asked.object),
        false if owner == asked.release => format!("{} carries the marks of {owner} in part", asked.object),
        false => format!("{} carries the marks of {owner}, not of {}", asked.object, asked.release),
    };
    Answer { held: is_marked(object, &asked.release, namespace), evidence }
}

/// What is wrong with one object of the manifest.
fn wrong(wanted: &Value, record: &Record, namespace: &str, now: &Snapshot) -> Option<String> {
    let live = now.iter().find(|(key, object)| is_at(wanted, namespace, key, object));
    match live.filter(|(_, live)| !is_marked(live, &record.name, namespace)) {
        Some((_, live)) => Some(format!("{} does not carry the marks of {}", name_of(live), record.name)),
        None => unlike(wanted, namespace, now),
    }
}

/// What a server makes of a manifest before it stores it: the plain values of a Secret become base64; the status of
/// an applied object and the namespace of a cluster-scoped one are dropped.
fn to_stored_form(wanted: &mut Value) {
    use base64::Engine;
    let Some(fields) = wanted.as_object_mut() else { return };
    fields.remove("status");
    // The group was compared already, and a server stores another version of it than a manifest may name.
    fields.remove("apiVersion");
    if let Some(Value::Object(plain)) = fields.remove("stringData") {
        let encoded = plain.into_iter().map(|(key, value)| {
            let text = base64::engine::general_purpose::STANDARD.encode(value.as_str().unwrap_or_default());
            (key, Value::String(text))
        });
        let data = fields.entry("data").or_insert_with(|| Value::Object(Default::default()));
        if let Some(data) = data.as_object_mut() {
            data.extend(encoded);
        }
    }
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("namespace");
        metadata.remove("creationTimestamp");
    }
}

/// Whether a stored object is the one that a manifest names: kind, group, name and namespace.
pub(super) fn is_at(wanted: &Value, namespace: &str, key: &Key, object: &Object) -> bool {
    let group = |version: &Value| match version.as_str().unwrap_or_default().split_once('/') {
        Some((group, _)) => group.to_owned(),
        None => String::new(),
    };
    let meant = wanted["metadata"]["namespace"].as_str().unwrap_or(namespace);
    wanted["metadata"]["name"] == *key.name
        && wanted["kind"] == object["kind"]
        && group(&wanted["apiVersion"]) == *key.group
        && (key.namespace.is_empty() || *key.namespace == *meant)
}

/// Whether an object stands for itself: not made by a controller out of another one that carries the same marks, and
/// not one that its chart says to keep.
fn is_own_object(key: &Key, object: &Object) -> bool {
    object["metadata"]["ownerReferences"].as_array().is_none_or(Vec::is_empty)
        && object["metadata"]["annotations"]["helm.sh/resource-policy"] != "keep"
        && object["metadata"]["deletionTimestamp"].is_null()
        && !matches!(&*key.resource, "endpoints" | "endpointslices" | "events")
}

/// `configmap/web-extra`.
fn name_of(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap_or("object").to_lowercase();
    format!("{kind}/{}", object["metadata"]["name"].as_str().unwrap_or_default())
}
