//! Paths that are no resources: discovery plain and aggregated, OpenAPI, version and health. What custom resources add
//! to them is told by `extended`.

use super::extended::Groups;
use super::{accept, figures, health};
use crate::call::{Call, Reply, Target, Verb, is_old_watch};
use crate::clock::Moment;
use crate::sim::status::Refusal;
use crate::sim::{World, documents, openapi, prose};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};
use std::collections::BTreeSet;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// 404 of a path that nothing is behind.
pub(super) fn page_not_found() -> Reply {
    Reply::raw(404, "text/plain; charset=utf-8", "404 page not found\n")
}

/// 500 of a path that says what is to be watched by its second half, and has none: kube-apiserver asks what a call is
/// about before it asks who makes it.
pub(super) fn undetermined(call: &Call) -> Option<Reply> {
    let Target::Path(path) = &call.target else { return None };
    let words: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let cut_short = matches!(*words, ["api", _, "watch"] | ["apis", _, _, "watch"]);
    let text = format!(
        "Internal Server Error: {path:?}: failed to create RequestInfo: unable to determine kind and namespace from \
         url, {path}\n"
    );
    cut_short.then(|| Reply::raw(500, "text/plain; charset=utf-8", text))
}

/// Answers a path.
pub(super) fn answer(world: &World, call: &Call, path: &str, now: Moment) -> Result<Reply, Refusal> {
    if let Some(page) = figures::answer(world, call, path, now) {
        return page;
    }
    let first = path.split('/').nth(1).unwrap_or_default();
    if path.ends_with('/') && (health::ENDPOINTS.contains(&first) || first == "openapi") {
        // Their paths end without a slash, unlike those of groups.
        return Ok(no_document(path));
    }
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    if health::ENDPOINTS.contains(&path.split('/').nth(1).unwrap_or_default()) {
        return Ok(health::answer(call, path).unwrap_or_else(page_not_found));
    }
    let groups = Groups::of(&world.definitions);
    if is_old_watch(path) {
        return Err(Refusal::method());
    }
    if !exists(path, &groups) {
        return if is_below_served(path) { Err(Refusal::no_such_resource()) } else { Ok(page_not_found()) };
    }
    if call.verb != Verb::Get && only_read(path) {
        return Err(Refusal::method());
    }
    if matches!(path, "/api" | "/apis")
        && let Some(yaml) = wanted_aggregated(&call.accept)?
    {
        return Ok(aggregated(path, &groups, yaml));
    }
    if matches!(path, "/" | "/index.html") {
        return Ok(Reply::raw(200, "application/json", root(&groups)));
    }
    if path == "/openapi/v2" && openapi::MEDIA.iter().any(|media| call.accept.contains(media)) {
        return Ok(match groups.second() {
            Some(document) => tagged_anew(openapi::MEDIA[1], &openapi::encoded(&document)),
            None => tagged(openapi::MEDIA[1], openapi::protobuf()),
        });
    }
    if path == "/openapi/v2" && !accepts_json(&call.accept) {
        return Err(Refusal::not_acceptable("application/json"));
    }
    if path.starts_with("/openapi/") {
        let lasting = call.query.get("hash").is_some();
        if let Some(document) = groups.openapi(path) {
            return Ok(Reply { lasting, ..tagged_anew("application/json", document.to_string().as_bytes()) });
        }
        let found = prose::document(path);
        return Ok(found.map_or_else(
            || no_document(path),
            |bytes| Reply { lasting, ..tagged("application/json", bytes) },
        ));
    }
    let form = match (path, path.matches('/').count()) {
        ("/version", _) if accepts_json(&call.accept) => accept::negotiate_document("")?,
        ("/version", _) => return Err(Refusal::not_acceptable("application/json")),
        ("/apis", _) | (_, 2) if path.starts_with("/apis") => accept::negotiate_group(&call.accept)?,
        _ => accept::negotiate_document(&call.accept)?,
    };
    if let Some(found) = groups.plain(path) {
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

/// What there is of an OpenAPI document that there is not: below version 3 not even a text.
fn no_document(path: &str) -> Reply {
    match path.starts_with("/openapi/v3/") {
        true => Reply::raw(404, "", ""),
        false => page_not_found(),
    }
}

/// Whether anything answers at this path.
fn exists(path: &str, custom: &Groups<'_>) -> bool {
    matches!(path, "/" | "/index.html")
        || path.starts_with("/openapi/")
        || documents::document(path).is_some()
        || group(path).is_some()
        || custom.plain(path).is_some()
}

/// Whether the path lies below one that is served, in which case the answer is a `Status`.
fn is_below_served(path: &str) -> bool {
    let words: Vec<&str> = path.split('/').skip(1).collect();
    match words.as_slice() {
        ["api", _, ..] => true,
        ["apis", name, _, ..] => group(&format!("/apis/{name}")).is_some(),
        _ => false,
    }
}

/// The paths behind which the router takes no other method than GET; the others do not look at it.
fn only_read(path: &str) -> bool {
    matches!(path.split('/').skip(1).collect::<Vec<_>>().as_slice(), ["api" | "version", ..] | ["apis", _, _])
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

/// A document that was made for this answer.
fn tagged_anew(media: &str, bytes: &[u8]) -> Reply {
    Reply { etag: Some(etag(bytes)), ..Reply::raw(200, media, bytes.to_vec()) }
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", digest(bytes))
}

/// The digest by which clients keep documents.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha512::digest(bytes).iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The aggregated document, with the groups of custom resources behind the built-in ones.
fn aggregated(path: &str, groups: &Groups<'_>, yaml: bool) -> Reply {
    let name = format!("aggregated {path}");
    let recorded = documents::document(&name).expect("both aggregated documents are recorded");
    let extended = groups.aggregated(path);
    match (yaml, extended) {
        (false, None) => tagged(AGGREGATED, recorded),
        (false, Some(document)) => tagged_anew(AGGREGATED, &document),
        (true, extended) => {
            let bytes = extended.as_deref().unwrap_or(recorded);
            let document: Value = serde_json::from_slice(bytes).expect("an aggregated document is JSON");
            tagged_anew(&AGGREGATED.replacen("json", "yaml", 1), super::yaml::print(&document).as_bytes())
        }
    }
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

/// `/`: the paths that there are, a line each, as kube-apiserver writes them.
fn root(custom: &Groups<'_>) -> String {
    let fixed = [
        "/.well-known/openid-configuration",
        "/api",
        "/api/v1",
        "/apis",
        "/apis/",
        "/openapi/v2",
        "/openapi/v3",
        "/openapi/v3/",
        "/openid/v1/jwks",
        "/version",
    ];
    let fixed = fixed.into_iter().chain(figures::PATHS);
    let mut paths: BTreeSet<String> = fixed.map(str::to_owned).collect();
    paths.extend(custom.paths());
    for group_version in documents::group_versions() {
        let name = group_version.split('/').next().unwrap_or_default();
        paths.insert(format!("/apis/{name}"));
        paths.insert(format!("/apis/{group_version}"));
    }
    for endpoint in health::ENDPOINTS {
        paths.insert(format!("/{endpoint}"));
        paths.extend(health::checks(endpoint).into_iter().map(|check| format!("/{endpoint}/{check}")));
    }
    serde_json::to_string_pretty(&json!({"paths": paths})).expect("texts are JSON")
}
