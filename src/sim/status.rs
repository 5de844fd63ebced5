//! Refusals as kube-apiserver words them: the `Status` documents of every error that a call can be answered with.

use super::resources::Resource;
use super::validation::Violation;
use crate::call::Reply;
use serde_json::{Map, Value, json};

/// Why a call is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal(Box<Said>);

/// What is said; behind a pointer, since a refusal is the error of almost everything.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    code: u16,
    reason: &'static str,
    message: String,
    details: Option<Value>,
    /// The document of somebody else that is passed on.
    foreign: Option<Value>,
    /// Where an expired list may go on, inconsistently.
    go_on: Option<String>,
    warnings: Vec<String>,
}

impl Refusal {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Refusal {
        Refusal(Box::new(Said {
            code,
            reason,
            message: message.into(),
            details: None,
            foreign: None,
            go_on: None,
            warnings: Vec::new(),
        }))
    }

    fn with(mut self, details: Value) -> Refusal {
        self.0.details = Some(details);
        self
    }

    /// The same refusal with warnings that the request gave rise to before.
    pub(crate) fn warned(mut self, warnings: &[String]) -> Refusal {
        self.0.warnings.extend(warnings.iter().cloned());
        self
    }

    /// 400 with a text of its own.
    pub(crate) fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "BadRequest", message)
    }

    /// 500 without a reason, as errors that no rule turned into a Status come out.
    pub(crate) fn unexplained(message: impl Into<String>) -> Refusal {
        Refusal::new(500, "", message)
    }

    /// 500 `Internal error occurred: …`.
    pub(crate) fn internal(message: &str) -> Refusal {
        Refusal::new(500, "InternalError", format!("Internal error occurred: {message}"))
            .with(json!({"causes": [{"message": message}]}))
    }

    /// A `Status` that somebody else wrote.
    pub(crate) fn foreign(code: u16, status: Value) -> Refusal {
        let message = status["message"].as_str().unwrap_or_default().to_owned();
        let mut refusal = Refusal::new(code, "", message);
        refusal.0.foreign = Some(status);
        refusal
    }

    /// 405 of a custom resource.
    pub(crate) fn not_supported(resource: &Resource, verb: &str) -> Refusal {
        let message = format!("{verb} is not supported on resources of kind {:?}", resource.qualified());
        Refusal::new(405, "MethodNotAllowed", message).with(named(resource, ""))
    }

    /// 404 for a path that addresses no resource.
    pub(crate) fn no_such_resource() -> Refusal {
        Refusal::new(404, "NotFound", "the server could not find the requested resource").with(json!({}))
    }

    /// 405.
    pub(crate) fn method() -> Refusal {
        let message = "the server does not allow this method on the requested resource";
        Refusal::new(405, "MethodNotAllowed", message).with(json!({}))
    }

    /// 406 with the representations that there are.
    pub(crate) fn not_acceptable(available: &str) -> Refusal {
        let message = format!("406: Not Acceptable\n\nAvailable representations: {available}");
        Refusal::new(406, "NotAcceptable", message).with(json!({}))
    }

    /// 415 for a body in a media type that is not read here.
    pub(crate) fn media(accepted: &str) -> Refusal {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {accepted}"
        );
        Refusal::new(415, "UnsupportedMediaType", message)
    }

    /// 406 for a representation that is known and not to be had here.
    pub(crate) fn only_media(media: &str) -> Refusal {
        Refusal::new(406, "NotAcceptable", format!("only the following media types are accepted: {media}"))
    }

    /// 406 for metadata of a list asked of an object, or the other way about.
    pub(crate) fn not_of_that_shape(message: String) -> Refusal {
        Refusal::new(406, "NotAcceptable", message)
    }

    /// 415 of a patch that is of no known kind, as the router says it.
    pub(crate) fn patch_media() -> Refusal {
        Refusal::new(415, "UnsupportedMediaType", "415: Unsupported Media Type").with(json!({}))
    }

    /// 413 for a patch with too many operations.
    pub(crate) fn too_many(why: &str) -> Refusal {
        Refusal::new(413, "RequestEntityTooLarge", format!("Request entity too large: {why}"))
    }

    /// 413: bodies above 3 MiB are not read.
    pub(crate) fn too_large(limit: usize) -> Refusal {
        let message = format!("Request entity too large: limit is {limit}");
        Refusal::new(413, "RequestEntityTooLarge", message)
    }

    /// 422 of a JSON patch that does not fit, whose particulars the real server keeps to itself.
    pub(crate) fn unfit_patch() -> Refusal {
        let message = "the server rejected our request due to an error in our request";
        Refusal::new(422, "Invalid", message).with(json!({}))
    }

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

    /// 410 for a version whose changes are forgotten.
    pub(crate) fn too_old(asked: u64, oldest: u64) -> Refusal {
        Refusal::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// 410 for a list at an exact version that is forgotten.
    pub(crate) fn list_too_old() -> Refusal {
        Refusal::new(410, "Expired", "The resourceVersion for the provided list is too old.")
    }

    /// 410 for a continue token whose version is forgotten; `go_on` continues the list as it is now.
    pub(crate) fn continue_expired(go_on: String) -> Refusal {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a \
            new list without the continue parameter, or use the continue token in this response to retrieve the \
            remainder of the results. Continuing with the provided token results in an inconsistent list - objects \
            that were created, modified, or deleted between the time the first chunk was returned and now may show up \
            in the list.";
        let mut refusal = Refusal::new(410, "Expired", message);
        refusal.0.go_on = Some(go_on);
        refusal
    }

    /// 504 for a version that has not come yet.
    pub(crate) fn too_large_version(asked: u64, now: u64) -> Refusal {
        let message = format!("Timeout: Too large resource version: {asked}, current: {now}");
        let causes = json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]);
        Refusal::new(504, "Timeout", message).with(json!({"causes": causes, "retryAfterSeconds": 1}))
    }

    /// The `Status` document.
    pub(crate) fn document(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.0.message, "code": self.0.code,
        });
        if let Some(foreign) = &self.0.foreign {
            for (field, value) in foreign.as_object().into_iter().flatten() {
                status[field] = value.clone();
            }
        }
        if !self.0.reason.is_empty() {
            status["reason"] = json!(self.0.reason);
        }
        if let Some(details) = &self.0.details {
            status["details"] = details.clone();
        }
        if let Some(token) = &self.0.go_on {
            status["metadata"]["continue"] = json!(token);
        }
        status
    }

    /// The answer that carries it.
    pub(crate) fn reply(&self) -> Reply {
        Reply { warnings: self.0.warnings.clone(), ..Reply::json(self.0.code, self.document()) }
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

fn named(resource: &Resource, name: &str) -> Value {
    let mut details = json!({"kind": resource.plural});
    if !name.is_empty() {
        details["name"] = json!(name);
    }
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    details
}

/// The `Status` of a deletion that is done.
pub(crate) fn deleted(resource: &Resource, name: &str, uid: &Value) -> Value {
    let mut details = named(resource, name);
    details["uid"] = uid.clone();
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
