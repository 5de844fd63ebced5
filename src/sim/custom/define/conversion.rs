//! How a definition says that its versions are converted into each other.

use crate::sim::look::{list, text};
use crate::sim::validation::{Findings, Path, old_label};
use serde_json::Value;

/// What is wrong with `spec.conversion`.
pub(super) fn check(spec: &Value, path: &Path, found: &mut Findings) {
    let Some(conversion) = spec.get("conversion").filter(|conversion| !conversion.is_null()) else { return };
    let strategy = text(conversion, "/strategy");
    found.one_of(&path.child("strategy"), strategy, &["None", "Webhook"]);
    let client = conversion.pointer("/webhook/clientConfig").filter(|client| !client.is_null());
    let versions = list(conversion, "/webhook/conversionReviewVersions");
    let (at_client, at_versions) =
        (path.child("webhookClientConfig"), path.child("conversionReviewVersions"));
    if strategy != "Webhook" {
        let detail = "should not be set when strategy is not set to Webhook";
        if client.is_some() {
            found.forbidden(&at_client, detail);
        }
        if !versions.is_empty() {
            found.forbidden(&at_versions, detail);
        }
        return;
    }
    match client {
        None => found.required(&at_client, "required when strategy is set to Webhook"),
        Some(client) => match (client.get("url").and_then(Value::as_str), client.get("service").is_some()) {
            (Some(_), true) | (None, false) => {
                found.required(&at_client, "exactly one of url or service is required");
            }
            (Some(url), false) => address(url, &at_client.child("url"), found),
            (None, true) => {}
        },
    }
    review_versions(versions, &at_versions, found);
}

/// The address of a webhook: https, a host, and nothing that could name a user or a place in a document.
fn address(url: &str, path: &Path, found: &mut Findings) {
    let form = "; desired format: https://host[/path]";
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    if scheme != "https" {
        found.invalid(path, scheme, &format!("'https' is the only allowed URL scheme{form}"));
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() {
        found.invalid(path, host, &format!("host must be specified{form}"));
    }
    if let Some((user, _)) = host.split_once('@') {
        found.invalid(path, user, "user information is not permitted in the URL");
    }
    if let Some((_, fragment)) = rest.split_once('#') {
        found.invalid(path, fragment, "fragments are not permitted in the URL");
    }
    if let Some((_, query)) = rest.split('#').next().unwrap_or_default().split_once('?') {
        found.invalid(path, query, "query parameters are not permitted in the URL");
    }
}

fn review_versions(versions: &[Value], path: &Path, found: &mut Findings) {
    if versions.is_empty() {
        return found.required(path, "");
    }
    for (index, version) in versions.iter().enumerate() {
        let name = version.as_str().unwrap_or_default();
        if versions[..index].contains(version) {
            found.invalid(&path.index(index), name, "duplicate version");
            continue;
        }
        for wrong in old_label(name) {
            found.invalid(&path.index(index), name, &wrong);
        }
    }
    if !versions.iter().any(|version| version == "v1" || version == "v1beta1") {
        found.invalid(path, versions.to_vec(), "must include at least one of v1, v1beta1");
    }
}
