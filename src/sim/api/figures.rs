//! What an API server tells of itself to those who watch over it: `/metrics`, `/metrics/slis`, `/statusz`, `/flagz`. The
//! figures are those that this server has: how many objects there are, and which checks pass. Of a real one's there are
//! a thousand more.

use super::{accept, health};
use crate::call::{Call, Reply};
use crate::clock::Moment;
use crate::sim::World;
use crate::sim::status::Refusal;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The paths that are answered here.
pub(super) const PATHS: [&str; 4] = ["/flagz", "/metrics", "/metrics/slis", "/statusz"];

const FIGURES: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const TEXT: &str = "text/plain; charset=utf-8";
const WARNING: &str = "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility \
    guarantees and is for debugging purposes only.";

/// Answers one of the paths; `None` where it is another one.
pub(super) fn answer(world: &World, call: &Call, path: &str, now: Moment) -> Option<Result<Reply, Refusal>> {
    let text = match path {
        "/metrics" => return Some(Ok(Reply::raw(200, FIGURES, objects(world)))),
        "/metrics/slis" => return Some(Ok(Reply::raw(200, FIGURES, checks()))),
        "/statusz" => status(world, now),
        "/flagz" => format!("\napiserver flagz\n{WARNING}\nauthorization-mode: [{}]\n", mode(world)),
        _ => return None,
    };
    // These pages are texts, unless a document of a version of its own is asked for, which is not there.
    Some(match accept::accepts(&call.accept, &["text/plain", "text/*", "*/*"]) {
        true => Ok(Reply::raw(200, TEXT, text)),
        false => Err(Refusal::only_media("application/json, application/yaml, text/plain")),
    })
}

fn mode(world: &World) -> &'static str {
    if world.config().rbac { "RBAC" } else { "AlwaysAllow" }
}

fn objects(world: &World) -> String {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (key, _) in world.snapshot().iter() {
        *counts.entry((key.group.to_string(), key.resource.to_string())).or_default() += 1;
    }
    let name = "apiserver_resource_objects";
    let mut text = format!("# HELP {name} [ALPHA] Number of stored objects by kind.\n# TYPE {name} gauge\n");
    for ((group, resource), count) in counts {
        let _ = writeln!(text, "{name}{{group={group:?},resource={resource:?}}} {count}");
    }
    text
}

/// Every check passes: nothing in this server can be unwell.
fn checks() -> String {
    let name = "kubernetes_healthcheck";
    let mut rows: Vec<(String, &str)> = Vec::new();
    for endpoint in ["healthz", "readyz"] {
        rows.extend(health::checks(endpoint).into_iter().map(|check| (check, endpoint)));
    }
    rows.sort();
    let mut text =
        format!("# HELP {name} [STABLE] This metric records the result of a single healthcheck.\n");
    let _ = writeln!(text, "# TYPE {name} gauge");
    for (check, endpoint) in rows {
        let _ = writeln!(text, "{name}{{name={check:?},type={endpoint:?}}} 1");
    }
    text
}

/// Since when the server is up is what its first namespace tells.
fn status(world: &World, now: Moment) -> String {
    let namespace = world.snapshot().find("", "namespaces", "", "kube-system");
    let started = namespace.and_then(|object| object["metadata"]["creationTimestamp"].as_str());
    let since = started.and_then(Moment::parse).unwrap_or(now);
    let seconds = now.as_micros().saturating_sub(since.as_micros()).max(0) / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(
        "\napiserver statusz\n{WARNING}\n\nStarted: {}\nUp: {hours} hr {minutes:02} min {seconds:02} sec\n\
         Binary version: 1.36.2\nEmulation version: 1.36\n\
         Paths: /flagz /healthz /livez /metrics /readyz /statusz /version\n",
        since.rfc3339()
    )
}
