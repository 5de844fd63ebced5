//! Single objects: what they hold, whether they are there, whether they are still the same, and how far a Job is.

use super::answer::unless;
use super::workload::condition;
use super::{Answer, Data, JobState, Jobs, Object, View};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A ConfigMap or Secret holds these values.
pub(super) fn data(resource: &str, asked: &Data, view: &View<'_>) -> Answer {
    let kind = if resource == "secrets" { "secret" } else { "configmap" };
    let namespace = view.namespace(&asked.namespace);
    let Some(object) = view.now.find("", resource, namespace, &asked.name) else {
        return Answer { held: false, evidence: format!("{kind}/{} does not exist", asked.name) };
    };
    let mut wrongs = Vec::new();
    for (key, wanted) in &asked.data {
        let found = value(object, key, resource == "secrets");
        if found.as_deref() != Some(wanted) {
            let found = found.map_or("not there".to_owned(), |found| format!("{found:?}"));
            wrongs.push(format!("{key} of {kind}/{} is {found}, expected {wanted:?}", asked.name));
        }
    }
    unless(wrongs, || {
        let each: Vec<String> = asked.data.iter().map(|(key, value)| format!("{key}={value}")).collect();
        format!("{kind}/{} holds {}", asked.name, each.join(", "))
    })
}

fn value(object: &Value, key: &str, is_secret: bool) -> Option<String> {
    let text = object["data"][key].as_str()?;
    match is_secret {
        false => Some(text.to_owned()),
        true => String::from_utf8(STANDARD.decode(text).ok()?).ok(),
    }
}

/// The object exists.
pub(super) fn exists(asked: &Object, view: &View<'_>) -> Answer {
    let found = asked.object.find(view.namespace(&asked.namespace), view.now);
    let verb = if found.is_some() { "exists" } else { "does not exist" };
    Answer { held: found.is_some(), evidence: format!("{} {verb}", asked.object) }
}

/// The object has the uid that it had in the steady state.
pub(super) fn same_uid(asked: &Object, view: &View<'_>) -> Answer {
    let namespace = view.namespace(&asked.namespace);
    let before = asked.object.find(namespace, view.baseline).map(|(_, object)| &object["metadata"]["uid"]);
    let after = asked.object.find(namespace, view.now).map(|(_, object)| &object["metadata"]["uid"]);
    let object = &asked.object;
    match (before, after) {
        (Some(before), Some(after)) if before == after => {
            Answer { held: true, evidence: format!("{object} is the one of the steady state") }
        }
        (Some(_), Some(_)) => {
            Answer { held: false, evidence: format!("{object} was deleted and made again") }
        }
        (Some(_), None) => Answer { held: false, evidence: format!("{object} is gone") },
        (None, _) => Answer { held: false, evidence: format!("{object} was not there in the steady state") },
    }
}

/// The Job is in this state.
pub(super) fn job(asked: &Jobs, view: &View<'_>) -> Answer {
    let found = view.now.find("batch", "jobs", view.namespace(&asked.namespace), &asked.name);
    let (state, word) = match found {
        None => (JobState::Absent, "absent"),
        Some(job) if condition(job, "Complete") => (JobState::Complete, "complete"),
        Some(job) if condition(job, "Failed") => (JobState::Failed, "failed"),
        Some(_) => (JobState::Running, "running"),
    };
    Answer { held: state == asked.is, evidence: format!("job {} is {word}", asked.name) }
}
