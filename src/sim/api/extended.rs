//! What custom resources add to discovery and to the OpenAPI documents.

use super::discovery::digest;
use crate::call::write_object;
use crate::sim::custom::{self, Definition, Definitions, Version, newer_first};
use crate::sim::documents;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

type Served<'a> = (&'a Arc<Definition>, &'a Version);

/// The versions of a group by name, each with the resources that it serves.
type Versions<'a> = Vec<(&'a str, Vec<Served<'a>>)>;

/// The groups of custom resources that are served.
pub(super) struct Groups<'a> {
    /// Name of the group, and its versions with the newest first.
    all: Vec<(&'a str, Versions<'a>)>,
}

impl<'a> Groups<'a> {
    /// The groups that these definitions make.
    pub(super) fn of(definitions: &'a Definitions) -> Groups<'a> {
        let mut all: Vec<(&str, Versions<'a>)> = Vec::new();
        for definition in definitions.served() {
            for version in definition.versions.iter().filter(|version| version.served) {
                let group = match all.iter_mut().find(|(name, _)| *name == definition.group) {
                    Some((_, versions)) => versions,
                    None => {
                        all.push((&definition.group, Vec::new()));
                        &mut all.last_mut().expect("pushed just above").1
                    }
                };
                match group.iter_mut().find(|(name, _)| *name == version.name) {
                    Some((_, inside)) => inside.push((definition, version)),
                    None => group.push((&version.name, vec![(definition, version)])),
                }
            }
        }
        all.sort_by_key(|(name, _)| *name);
        all.iter_mut().for_each(|(_, versions)| versions.sort_by(|(a, _), (b, _)| newer_first(a, b)));
        Groups { all }
    }

    fn versions(&self) -> impl Iterator<Item = (&'a str, &'a str, &[Served<'a>])> {
        self.all.iter().flat_map(|(group, versions)| {
            versions.iter().map(move |(version, inside)| (*group, *version, inside.as_slice()))
        })
    }

    fn find(&self, group_version: &str) -> Option<&[Served<'a>]> {
        let (group, version) = group_version.split_once('/')?;
        self.versions().find(|(g, v, _)| *g == group && *v == version).map(|(_, _, inside)| inside)
    }

    /// The paths that `/` lists.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        let groups = self.all.iter().map(|(group, _)| format!("/apis/{group}"));
        let versions = self.versions().map(|(group, version, _)| format!("/apis/{group}/{version}"));
        groups.chain(versions)
    }

    /// The aggregated document of `/apis`, with these groups behind the built-in ones; `None` where it is as recorded.
    pub(super) fn aggregated(&self, path: &str) -> Option<Vec<u8>> {
        if path == "/api" || self.all.is_empty() {
            return None;
        }
        let recorded = documents::document("aggregated /apis")?;
        let mut document: Value = serde_json::from_slice(recorded).ok()?;
        let items = document["items"].as_array_mut()?;
        items.extend(self.all.iter().map(|(group, versions)| {
            let versions = versions.iter().map(|(version, inside)| {
                let resources: Vec<Value> = inside.iter().map(aggregated).collect();
                json!({"version": version, "freshness": "Current", "resources": resources})
            });
            json!({"metadata": {"name": group}, "versions": versions.collect::<Vec<_>>()})
        }));
        let mut out = Vec::new();
        write_object(&document, &mut out);
        out.push(b'\n');
        Some(out)
    }

    /// Plain discovery: `/apis`, a group, or a group version.
    pub(super) fn plain(&self, path: &str) -> Option<Value> {
        if self.all.is_empty() {
            return None;
        }
        if path == "/apis" {
            let mut document: Value = serde_json::from_slice(documents::document("/apis")?).ok()?;
            let groups = self.all.iter().filter_map(|(group, _)| self.group(group));
            document["groups"].as_array_mut()?.extend(groups);
            return Some(document);
        }
        let rest = path.strip_prefix("/apis/")?;
        if rest.contains('/') {
            return self.find(rest).map(|inside| resource_list(rest, inside));
        }
        let mut group = self.group(rest)?;
        group["kind"] = json!("APIGroup");
        group["apiVersion"] = json!("v1");
        Some(group)
    }

    fn group(&self, name: &str) -> Option<Value> {
        let (_, versions) = self.all.iter().find(|(group, _)| *group == name)?;
        let named: Vec<Value> = versions
            .iter()
            .map(|(version, _)| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
            .collect();
        let preferred = named.first()?.clone();
        Some(json!({"name": name, "versions": named, "preferredVersion": preferred}))
    }

    /// The OpenAPI document at a path, where custom resources have a part in it.
    pub(super) fn openapi(&self, path: &str) -> Option<Value> {
        if self.all.is_empty() {
            return None;
        }
        if path == "/openapi/v2" {
            return self.second();
        }
        if path == "/openapi/v3" {
            let mut document: Value = serde_json::from_slice(documents::document(path)?).ok()?;
            for (group, version, inside) in self.versions() {
                let text = custom::third(inside.iter().copied()).to_string();
                let hash = digest(text.as_bytes());
                let url = format!("/openapi/v3/apis/{group}/{version}?hash={hash}");
                document["paths"][format!("apis/{group}/{version}")] = json!({"serverRelativeURL": url});
            }
            return Some(document);
        }
        let inside = self.find(path.strip_prefix("/openapi/v3/apis/")?)?;
        Some(custom::third(inside.iter().copied()))
    }

    /// The document of OpenAPI 2 with the kinds of these groups; `None` where it is as recorded.
    pub(super) fn second(&self) -> Option<Value> {
        if self.all.is_empty() {
            return None;
        }
        let mut document: Value = serde_json::from_slice(documents::document("/openapi/v2")?).ok()?;
        let kinds = self.versions().flat_map(|(_, _, inside)| custom::second(inside.iter().copied()));
        document["definitions"].as_object_mut()?.extend(kinds);
        Some(document)
    }
}

/// The kind of a subresource, with its group and version.
fn kind_of(sub: &str, definition: &Definition, version: &Version) -> Value {
    match sub {
        "scale" => json!({"group": "autoscaling", "version": "v1", "kind": "Scale"}),
        _itself => json!({"group": definition.group, "version": version.name, "kind": definition.kind}),
    }
}

/// Status first, as kube-apiserver lists them.
const SUBRESOURCES: [&str; 2] = ["status", "scale"];

fn aggregated((definition, version): &Served<'_>) -> Value {
    let of = &version.resource;
    let mut entry = json!({
        "resource": of.plural, "responseKind": kind_of("", definition, version),
        "scope": if of.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": definition.singular, "verbs": of.verbs,
    });
    names(&mut entry, definition);
    let subs = SUBRESOURCES.iter().filter_map(|sub| Some((sub, of.subresources.get(*sub)?)));
    let subs: Vec<Value> = subs
        .map(|(sub, verbs)| {
            json!({"subresource": sub, "responseKind": kind_of(sub, definition, version), "verbs": verbs})
        })
        .collect();
    if !subs.is_empty() {
        entry["subresources"] = json!(subs);
    }
    entry
}

fn names(entry: &mut Value, definition: &Definition) {
    for (field, names) in [("shortNames", &definition.short_names), ("categories", &definition.categories)] {
        if !names.is_empty() {
            entry[field] = json!(names);
        }
    }
}

fn resource_list(group_version: &str, inside: &[Served<'_>]) -> Value {
    let mut resources = Vec::new();
    for (definition, version) in inside {
        let of = &version.resource;
        let mut entry = json!({
            "name": of.plural, "singularName": definition.singular, "namespaced": of.namespaced,
            "kind": of.kind, "verbs": of.verbs,
        });
        names(&mut entry, definition);
        if let Some(storage) = definition.storage() {
            let named = format!("{}/{}/{}", definition.group, storage.name, definition.kind);
            let hash = Sha256::digest(named.as_bytes());
            entry["storageVersionHash"] = json!(STANDARD.encode(&hash[..8]));
        }
        resources.push(entry);
        for sub in SUBRESOURCES {
            let Some(verbs) = of.subresources.get(sub) else { continue };
            let mut entry = json!({
                "name": format!("{}/{sub}", of.plural), "singularName": "", "namespaced": of.namespaced,
                "kind": of.kind, "verbs": verbs,
            });
            if sub == "scale" {
                for (field, value) in [("kind", "Scale"), ("group", "autoscaling"), ("version", "v1")] {
                    entry[field] = json!(value);
                }
            }
            resources.push(entry);
        }
    }
    json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources,
    })
}
