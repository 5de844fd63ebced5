//! What is wrong with the object that a request is about: it is not there, or there already, or invalid, or nobody of
//! that name may do this to it.

use super::{Refusal, named};
use crate::sim::resources::Resource;
use crate::sim::validation::Violation;
use serde_json::{Map, Value, json};

impl Refusal {
    /// 404 for an object.
    pub(crate) fn not_found(resource: &Resource, name: &str) -> Refusal {
        let message = format!("{} {name:?} not found", resource.qualified());
        Refusal::new(404, "NotFound", message).with(named(resource, name))
    }

    /// 404 for a namespace in which something was to be created.
    pub(crate) fn no_namespace(name: &str) -> Refusal {
        let message = format!("namespaces {name:?} not found");
        Refusal::new(404, "NotFound", message).with(json!({"name": name, "kind": "namespaces"}))
    }

    /// 409 for a name that is taken.
    pub(crate) fn exists(resource: &Resource, name: &str) -> Refusal {
        let message = format!("{} {name:?} already exists", resource.qualified());
        Refusal::new(409, "AlreadyExists", message).with(named(resource, name))
    }

    /// 409 for a name that is taken by what is on its way out.
    pub(crate) fn exists_still(resource: &Resource, name: &str) -> Refusal {
        let message = format!("object is being deleted: {} {name:?} already exists", resource.qualified());
        Refusal::new(409, "AlreadyExists", message).with(named(resource, name))
    }

    /// 409 `Operation cannot be fulfilled on …`.
    pub(crate) fn conflict(resource: &Resource, name: &str, why: &str) -> Refusal {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.qualified());
        Refusal::new(409, "Conflict", message).with(named(resource, name))
    }

    /// 409 for a resourceVersion that is not the present one.
    pub(crate) fn modified(resource: &Resource, name: &str) -> Refusal {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Refusal::conflict(resource, name, why)
    }

    /// 401.
    pub(crate) fn unauthorized() -> Refusal {
        Refusal::new(401, "Unauthorized", "Unauthorized")
    }

    /// 403 of one who may not: `pods "x" is forbidden: …`, or `forbidden: …` for a path.
    pub(crate) fn denied(group: &str, resource: &str, name: &str, why: &str) -> Refusal {
        let qualified = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
        let message = match (resource, name) {
            ("", _) => format!("forbidden: {why}"),
            (_, "") => format!("{qualified} is forbidden: {why}"),
            (_, name) => format!("{qualified} {name:?} is forbidden: {why}"),
        };
        let mut details = Map::new();
        for (key, value) in [("name", name), ("group", group), ("kind", resource)] {
            if !value.is_empty() {
                details.insert(key.to_owned(), json!(value));
            }
        }
        Refusal::new(403, "Forbidden", message).with(Value::Object(details))
    }

    /// 409 about something that is no resource of a path.
    pub(crate) fn clash(group: &str, kind: &str, name: &str, why: &str) -> Refusal {
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let message = format!("Operation cannot be fulfilled on {qualified} {name:?}: {why}");
        let mut details = json!({"name": name, "kind": kind});
        if !group.is_empty() {
            details["group"] = json!(group);
        }
        Refusal::new(409, "Conflict", message).with(details)
    }

    /// 403 `… is forbidden: …`.
    pub(crate) fn forbidden(resource: &Resource, name: &str, why: &str) -> Refusal {
        let message = format!("{} {name:?} is forbidden: {why}", resource.qualified());
        Refusal::new(403, "Forbidden", message).with(named(resource, name))
    }

    /// 403 for creating something in a namespace that is being deleted.
    pub(crate) fn terminating(resource: &Resource, name: &str, namespace: &str) -> Refusal {
        let why =
            format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut refusal = Refusal::forbidden(resource, name, &why);
        let cause = json!({
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        });
        refusal.0.details.get_or_insert_default()["causes"] = json!([cause]);
        refusal
    }

    /// 429: too early to try again; `after` is in seconds, where it is known.
    pub(crate) fn disruption(message: &str, cause: &str, after: Option<u32>) -> Refusal {
        let mut details = json!({"causes": [{"reason": "DisruptionBudget", "message": cause}]});
        if let Some(seconds) = after {
            details["retryAfterSeconds"] = json!(seconds);
        }
        Refusal::new(429, "TooManyRequests", message).with(details)
    }

    /// 422 with one cause per violation; `group` and `kind` name what is invalid.
    pub(crate) fn invalid(group: &str, kind: &str, name: &str, violations: &[Violation]) -> Refusal {
        let subject = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let mut told: Vec<String> = Vec::new();
        for line in violations.iter().map(self::told) {
            if !told.contains(&line) {
                told.push(line);
            }
        }
        let list = match told.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let mut details = Map::new();
        for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
            if !value.is_empty() {
                details.insert(key.to_owned(), json!(value));
            }
        }
        let causes = violations.iter().map(cause).collect::<Vec<_>>();
        details.insert("causes".to_owned(), json!(causes));
        Refusal::new(422, "Invalid", format!("{subject} {name:?} is invalid: {list}"))
            .with(Value::Object(details))
    }

    /// 409 of an apply that would take fields from others: one cause per field.
    pub(crate) fn apply_conflict(message: String, causes: Vec<Value>) -> Refusal {
        Refusal::new(409, "Conflict", message).with(json!({"causes": causes}))
    }
}

/// `spec.replicas: Invalid value: …`, without the field where the whole object is meant.
fn told(violation: &Violation) -> String {
    match violation.field.as_str() {
        "" => violation.message.clone(),
        field => format!("{field}: {}", violation.message),
    }
}

fn cause(violation: &Violation) -> Value {
    json!({"reason": violation.reason, "message": violation.message, "field": violation.field})
}
