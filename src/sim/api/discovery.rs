//! Paths that are no resources: discovery plain and aggregated, OpenAPI, version and health.

use super::{accept, health};
use crate::call::{Call, Reply, Verb};
use crate::sim::resources::{self, Resource};
use crate::sim::status::Refusal;
use crate::sim::{World, documents, openapi};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use std::collections::BTreeSet;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// 404 of a path that nothing is behind.
pub(super) fn page_not_found() -> Reply {
    Reply::raw(404, "text/plain; charset=utf-8", "404 page not found\n")
}

/// Answers a path.
pub(super) fn answer(world: &World, call: &Call, path: &str) -> Result<Reply, Refusal> {
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    if health::ENDPOINTS.contains(&path.split('/').nth(1).unwrap_or_default()) {
        return Ok(health::answer(call, path).unwrap_or_else(page_not_found));
    }
    let custom: Vec<Resource> = resources::custom(world.store.snapshot()).collect();
    if !exists(path, &custom) {
        return if is_below_served(path, &custom) {
            Err(Refusal::no_such_resource())
        } else {
            Ok(page_not_found())
        };
    }
    if call.verb != Verb::Get && only_read(path) {
        return Err(Refusal::method());
    }
    if matches!(path, "/api" | "/apis")
        && let Some(yaml) = wanted_aggregated(&call.accept)?
    {
        return Ok(aggregated(path, &custom, yaml));
    }
    if path == "/" {
        return Ok(Reply::json(200, root(&custom)));
    }
    if path == "/openapi/v2" && openapi::MEDIA.iter().any(|media| call.accept.contains(media)) {
        return Ok(tagged(openapi::MEDIA[1], openapi::protobuf()));
    }
    if path == "/openapi/v2" && !accepts_json(&call.accept) {
        return Err(Refusal::not_acceptable("application/json"));
    }
    if path.starts_with("/openapi/") {
        let lasting = call.query.get("hash").is_some();
        let found = documents::document(path);
        return Ok(
            found.map_or_else(page_not_found, |bytes| Reply { lasting, ..tagged("application/json", bytes) })
        );
    }
    let form = match (path, path.matches('/').count()) {
        ("/version", _) if accepts_json(&call.accept) => accept::negotiate_document("")?,
        ("/version", _) => return Err(Refusal::not_acceptable("application/json")),
        ("/apis", _) | (_, 2) if path.starts_with("/apis") => accept::negotiate_group(&call.accept)?,
        _ => accept::negotiate_document(&call.accept)?,
    };
    if let Some(found) = own_groups(path, &custom) {
        return Ok(accept::encode(form, 200, found));
    }
    Ok(match documents::document(path) {
        Some(bytes) if form.yaml => {
            accept::encode(form, 200, serde_json::from_slice::<Value>(bytes).unwrap_or_default())
        }
        Some(bytes) => Reply::raw(200, "application/json", bytes),
        None => group(path).map_or_else(page_not_found, |group| accept::encode(form, 200, group)),
    })
}

/// Whether anything answers at this path.
fn exists(path: &str, custom: &[Resource]) -> bool {
    path == "/"
        || path.starts_with("/openapi/")
        || documents::document(path).is_some()
        || group(path).is_some()
        || own_groups(path, custom).is_some()
}

/// Whether the path lies below one that is served, in which case the answer is a `Status`.
fn is_below_served(path: &str, custom: &[Resource]) -> bool {
    let words: Vec<&str> = path.split('/').skip(1).collect();
    match words.as_slice() {
        ["api", _, ..] => true,
        ["apis", name, _, ..] => exists(&format!("/apis/{name}"), custom),
        _ => false,
    }
}

/// The paths behind which the router takes no other method than GET; the others do not look at it.
fn only_read(path: &str) -> bool {
    match path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
        ["api" | "version", ..] => true,
        ["apis", _, _] => true,
        _ => false,
    }
}

/// Whether the aggregated form is wanted, and in YAML: it is where the best clause that can be met asks for it. `None`
/// where the plain one is.
fn wanted_aggregated(accept: &str) -> Result<Option<bool>, Refusal> {
    let clauses = accept.split(',').map(str::trim).filter(|clause| !clause.is_empty());
    let mut asked = false;
    for clause in clauses {
        asked = true;
        let media = clause.split(';').next().unwrap_or_default().trim();
        let yaml = media == "application/yaml";
        if !yaml && !matches!(media, "application/json" | "*/*" | "application/*") {
            continue;
        }
        let given = |name: &str| {
            let mut parts = clause.split(';').skip(1).filter_map(|part| part.trim().split_once('='));
            parts.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        match (given("as"), given("g"), given("v")) {
            (None, _, _) => return Ok(None),
            (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")) => {
                return Ok(Some(yaml));
            }
            _ => {}
        }
    }
    if asked && accept.contains("as=") { Err(Refusal::only_media(accept::AVAILABLE)) } else { Ok(None) }
}

fn accepts_json(accept: &str) -> bool {
    accept.is_empty()
        || accept.split(',').map(str::trim).any(|c| c.starts_with("application/json") || c.starts_with("*/*"))
}

fn tagged(media: &str, bytes: &'static [u8]) -> Reply {
    Reply { etag: Some(etag(bytes)), ..Reply::raw(200, media, bytes) }
}

fn etag(bytes: &[u8]) -> String {
    let digest = Sha512::digest(bytes);
    let hex: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("\"{hex}\"")
}

/// The aggregated document, with the groups of custom resources behind the built-in ones.
fn aggregated(path: &str, custom: &[Resource], yaml: bool) -> Reply {
    let name = format!("aggregated {path}");
    let bytes = documents::document(&name).expect("both aggregated documents are recorded");
    if !yaml && (path == "/api" || custom.is_empty()) {
        return tagged(AGGREGATED, bytes);
    }
    let mut document: Value = serde_json::from_slice(bytes).expect("the recorded document is JSON");
    let of_custom = if path == "/api" { &[] } else { custom };
    let groups: BTreeSet<&str> = of_custom.iter().map(|r| r.group.as_str()).collect();
    for group in groups {
        let versions: BTreeSet<&str> =
            custom.iter().filter(|r| r.group == group).map(|r| r.version.as_str()).collect();
        let versions = versions.iter().map(|version| {
            let inside = custom.iter().filter(|r| r.group == group && r.version == *version);
            json!({"version": version, "freshness": "Current", "resources": inside.map(discovered).collect::<Vec<_>>()})
        });
        let item = json!({"metadata": {"name": group}, "versions": versions.collect::<Vec<_>>()});
        document["items"].as_array_mut().expect("it has items").push(item);
    }
    let (media, text) = match yaml {
        true => (AGGREGATED.replacen("json", "yaml", 1), super::yaml::print(&document)),
        false => (AGGREGATED.to_owned(), document.to_string()),
    };
    Reply { etag: Some(etag(text.as_bytes())), ..Reply::raw(200, &media, text) }
}

fn discovered(resource: &Resource) -> Value {
    let kind = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let subresources = resource
        .subresources
        .iter()
        .map(|(name, verbs)| json!({"subresource": name, "responseKind": kind, "verbs": verbs}));
    json!({
        "resource": resource.plural, "responseKind": kind,
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.kind.to_lowercase(), "verbs": resource.verbs,
        "subresources": subresources.collect::<Vec<_>>(),
    })
}

/// Plain discovery where custom resources have a part in it.
fn own_groups(path: &str, custom: &[Resource]) -> Option<Value> {
    if custom.is_empty() {
        return None;
    }
    if path == "/apis" {
        let mut document: Value = serde_json::from_slice(documents::document("/apis")?).ok()?;
        let groups: BTreeSet<&str> = custom.iter().map(|r| r.group.as_str()).collect();
        let items = document["groups"].as_array_mut()?;
        items.extend(groups.into_iter().filter_map(|group| custom_group(group, custom)));
        return Some(document);
    }
    let rest = path.strip_prefix("/apis/")?;
    if let Some((group, version)) = rest.split_once('/') {
        let inside: Vec<&Resource> =
            custom.iter().filter(|r| r.group == group && r.version == version).collect();
        return (!inside.is_empty()).then(|| resource_list(rest, &inside));
    }
    let mut group = custom_group(rest, custom)?;
    group["kind"] = json!("APIGroup");
    group["apiVersion"] = json!("v1");
    Some(group)
}

fn custom_group(group: &str, custom: &[Resource]) -> Option<Value> {
    let versions: BTreeSet<&str> =
        custom.iter().filter(|r| r.group == group).map(|r| r.version.as_str()).collect();
    let named: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
        .collect();
    let preferred = named.last()?.clone();
    Some(json!({"name": group, "versions": named, "preferredVersion": preferred}))
}

fn resource_list(group_version: &str, inside: &[&Resource]) -> Value {
    let resources = inside.iter().flat_map(|r| {
        let one = |name: String, verbs: &[String]| {
            json!({"name": name, "singularName": r.kind.to_lowercase(), "namespaced": r.namespaced,
                "kind": r.kind, "verbs": verbs})
        };
        let subs = r.subresources.iter().map(move |(sub, verbs)| one(format!("{}/{sub}", r.plural), verbs));
        std::iter::once(one(r.plural.clone(), &r.verbs)).chain(subs.collect::<Vec<_>>())
    });
    json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version,
        "resources": resources.collect::<Vec<_>>(),
    })
}

/// `/apis/GROUP`: the entry of one group.
fn group(path: &str) -> Option<Value> {
    let name = path.strip_prefix("/apis/")?;
    let groups: Value = serde_json::from_slice(documents::document("/apis")?).ok()?;
    let mut group = groups["groups"].as_array()?.iter().find(|group| group["name"] == name)?.clone();
    group["kind"] = json!("APIGroup");
    group["apiVersion"] = json!("v1");
    Some(group)
}

/// `/`: the paths that there are.
fn root(custom: &[Resource]) -> Value {
    let fixed = [
        "/.well-known/openid-configuration",
        "/api",
        "/api/v1",
        "/apis",
        "/apis/",
        "/flagz",
        "/metrics",
        "/metrics/slis",
        "/openapi/v2",
        "/openapi/v3",
        "/openapi/v3/",
        "/openid/v1/jwks",
        "/statusz",
        "/version",
    ];
    let groups = documents::group_versions().map(str::to_owned);
    let groups = groups.chain(custom.iter().map(|r| r.api_version()));
    let mut paths: BTreeSet<String> = fixed.into_iter().map(str::to_owned).collect();
    for group_version in groups {
        let name = group_version.split('/').next().unwrap_or_default();
        paths.insert(format!("/apis/{name}"));
        paths.insert(format!("/apis/{group_version}"));
    }
    for endpoint in health::ENDPOINTS {
        paths.insert(format!("/{endpoint}"));
        paths.extend(health::checks(endpoint).into_iter().map(|check| format!("/{endpoint}/{check}")));
    }
    json!({"paths": paths})
}
