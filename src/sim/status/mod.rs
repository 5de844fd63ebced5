//! Refusals as kube-apiserver words them: the `Status` documents of every error that a call can be answered with.

mod object;
mod request;
mod version;

use super::resources::Resource;
use crate::call::Reply;
use serde_json::{Value, json};

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
