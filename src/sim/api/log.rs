//! What a container has printed: the options that `pods/log` takes, which are judged before the pod is looked for.
//! What was printed is the node's matter.

use super::Asked;
use super::options::{go_quoted, number};
use crate::call::{Query, Reply};
use crate::clock::Moment;
use crate::sim::node::LogError;
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
    if pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty() {
        // There is no node to ask.
        return Ok(Reply::raw(204, "text/plain", ""));
    }
    let told = node::logs(&pod, query, world.snapshot(), world.config(), asked.now);
    let text = match told {
        Err(error @ (LogError::Unnamed { .. } | LogError::Unknown { .. })) => {
            return Err(Refusal::bad_request(error.to_string()));
        }
        // What else there is to say, the node says.
        Ok(_) | Err(LogError::Waiting { .. } | LogError::NoPrevious { .. }) => {
            node_of(world, &pod)?;
            told.map_err(|error| Refusal::bad_request(error.to_string()))?
        }
    };
    Ok(Reply::raw(200, "text/plain", text))
}

/// Refuses to reach a pod on a node that there is not, in the words of a real one, which calls it a pod.
pub(super) fn node_of(world: &World, pod: &Value) -> Result<(), Refusal> {
    let name = pod["spec"]["nodeName"].as_str().unwrap_or_default();
    let pods = resources::of_kind("", "v1", "Pod").filter(|_| !name.is_empty());
    match pods.filter(|_| world.snapshot().find("", "nodes", "", name).is_none()) {
        Some(pods) => Err(Refusal::not_found(&pods, name)),
        None => Ok(()),
    }
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
