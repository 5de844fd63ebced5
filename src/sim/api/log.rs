//! What a container has printed: the options that `pods/log` takes, which are judged before the pod is looked for; and
//! what is refused before any call is handed to the node of a pod. What was printed is the node's matter.

use super::Asked;
use super::options::{go_quoted, number};
use crate::call::{Query, Reply};
use crate::clock::Moment;
use crate::sim::object;
use crate::sim::resources;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use crate::sim::{World, node};
use serde_json::Value;

/// Answers `GET pods/NAME/log`.
pub(super) fn read(world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
    let query = &asked.call.query;
    let violations = violations(query)?;
    if !violations.is_empty() {
        let name = asked.at.name.as_deref().unwrap_or_default();
        return Err(Refusal::invalid("", "PodLogOptions", name, &violations));
    }
    let pod = asked.object(world)?;
    has_container(&pod, query)?;
    if node_name(&pod).is_empty() {
        // There is no node to ask.
        return Ok(Reply::raw(204, "text/plain", ""));
    }
    node_of(world, &pod)?;
    let told = node::logs(&pod, query, world.snapshot(), world.config(), asked.now);
    let text = told.map_err(|error| Refusal::bad_request(error.to_string()))?;
    Ok(Reply::raw(200, "text/plain", text))
}

/// Refuses what a real server refuses before it turns to the node of a pod, whose answer this cluster does not have:
/// `attach`, `exec` and `portforward`.
pub(super) fn is_reachable(world: &World, asked: &Asked<'_>, pod: &Value, what: &str) -> Result<(), Refusal> {
    if what != "portforward" {
        has_container(pod, &asked.call.query)?;
    }
    if node_name(pod).is_empty() {
        let name = object::name(pod);
        return Err(Refusal::bad_request(format!("pod {name} does not have a host assigned")));
    }
    node_of(world, pod)
}

/// Refuses a query that names no container of the pod where it must, or one that the pod does not have.
fn has_container(pod: &Value, query: &Query) -> Result<(), Refusal> {
    node::container(pod, query).map(drop).map_err(|error| Refusal::bad_request(error.to_string()))
}

fn node_name(pod: &Value) -> &str {
    pod["spec"]["nodeName"].as_str().unwrap_or_default()
}

/// Refuses to reach a pod on a node that there is not, in the words of a real one, which calls it a pod, and on one that
/// has not said where it is.
fn node_of(world: &World, pod: &Value) -> Result<(), Refusal> {
    let name = node_name(pod);
    let Some(pods) = resources::of_kind("", "v1", "Pod").filter(|_| !name.is_empty()) else { return Ok(()) };
    let Some(node) = world.snapshot().find("", "nodes", "", name) else {
        return Err(Refusal::not_found(&pods, name));
    };
    let addresses = node["status"]["addresses"].as_array();
    if addresses.is_none_or(Vec::is_empty) {
        return Err(Refusal::unexplained("no preferred addresses found; known addresses: []"));
    }
    Ok(())
}

/// What is wrong with the options; what cannot be read at all is a bad request.
fn violations(query: &Query) -> Result<Vec<Violation>, Refusal> {
    let seconds = number(query, "sinceSeconds")?;
    let time = query.get("sinceTime").filter(|text| !text.is_empty() && *text != "null");
    if let Some(text) = time.filter(|text| Moment::parse(text).is_none()) {
        let layout = "2006-01-02T15:04:05Z07:00";
        let text = go_quoted(text);
        return Err(Refusal::bad_request(format!(
            "parsing time {text} as \"{layout}\": cannot parse {text} as \"2006\""
        )));
    }
    let (tail, limit) = (number(query, "tailLines")?, number(query, "limitBytes")?);
    let mut found = Vec::new();
    let mut add = |reason, field: &str, message: String| {
        found.push(Violation { reason, field: field.to_owned(), message });
    };
    if let Some(tail) = tail.filter(|tail| *tail < 0) {
        add(
            "FieldValueInvalid",
            "tailLines",
            format!("Invalid value: {tail}: must be greater than or equal to 0"),
        );
    }
    if let Some(limit) = limit.filter(|limit| *limit < 1) {
        add("FieldValueInvalid", "limitBytes", format!("Invalid value: {limit}: must be greater than 0"));
    }
    match seconds {
        Some(_) if query.get("sinceTime").is_some() => {
            let detail = "at most one of `sinceTime` or `sinceSeconds` may be specified";
            add("FieldValueForbidden", "[]", format!("Forbidden: {detail}"));
        }
        Some(seconds) if seconds < 1 => {
            let detail = format!("Invalid value: {seconds}: must be greater than 0");
            add("FieldValueInvalid", "sinceSeconds", detail);
        }
        Some(_) | None => {}
    }
    if query.get("stream").is_some() {
        add("FieldValueForbidden", "stream", "Forbidden: may not be specified".to_owned());
    }
    Ok(found)
}
