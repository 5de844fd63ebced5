//! Paths that are no resources: discovery plain and aggregated, OpenAPI, version and health. What custom resources add
//! to them is told by `extended`.

use super::{accept, extended};
use crate::call::{Call, Reply, Verb};
use crate::sim::status::Refusal;
use crate::sim::{World, documents, openapi};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// 404 of a path that nothing is behind.
pub(super) fn page_not_found() -> Reply {
    Reply::raw(404, "text/plain; charset=utf-8", "404 page not found\n")
}

/// Answers a path.
pub(super) fn answer(world: &World, call: &Call, path: &str) -> Result<Reply, Refusal> {
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    let health = matches!(path.split('/').nth(1), Some("healthz" | "readyz" | "livez"));
    if health {
        return Ok(Reply::raw(200, "text/plain; charset=utf-8", "ok"));
    }
    if call.verb != Verb::Get {
        return Ok(page_not_found());
    }
    let groups = extended::Groups::of(&world.definitions);
    if matches!(path, "/api" | "/apis") && wants_aggregated(&call.accept) {
        return Ok(match groups.aggregated(path) {
            Some(document) => tagged_anew(AGGREGATED, &document),
            None => {
                let name = format!("aggregated {path}");
                tagged(
                    AGGREGATED,
                    documents::document(&name).expect("both aggregated documents are recorded"),
                )
            }
        });
    }
    if path == "/" {
        return Ok(Reply::json(200, root(&groups)));
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
        let found = documents::document(path);
        return Ok(
            found.map_or_else(page_not_found, |bytes| Reply { lasting, ..tagged("application/json", bytes) })
        );
    }
    accept::negotiate(&call.accept)?;
    if let Some(found) = groups.plain(path) {
        return Ok(Reply::json(200, found));
    }
    Ok(match documents::document(path) {
        Some(bytes) => Reply::raw(200, "application/json", bytes),
        None => group(path).map_or_else(page_not_found, |group| Reply::json(200, group)),
    })
}

/// The aggregated form is wanted where it is the first JSON that is accepted.
fn wants_aggregated(accept: &str) -> bool {
    let mut clauses = accept.split(',').map(str::trim);
    let first = clauses.find(|clause| {
        let old = clause.contains("v=v2beta1");
        clause.starts_with("application/json") && !old || clause.starts_with("*/*")
    });
    first.is_some_and(|clause| clause.contains("as=APIGroupDiscoveryList"))
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
fn root(extended: &extended::Groups<'_>) -> Value {
    let fixed = [
        "/api",
        "/api/v1",
        "/apis",
        "/apis/",
        "/healthz",
        "/livez",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/version",
    ];
    let groups = documents::group_versions().map(|gv| format!("/apis/{gv}"));
    let mut paths: Vec<String> =
        fixed.into_iter().map(str::to_owned).chain(groups).chain(extended.paths()).collect();
    paths.sort();
    json!({"paths": paths})
}
