//! Questions to the authorizer: `authorizer.group('apps').resource('deployments').check('create').allowed()`. What is
//! asked is put together here; who answers is the matter of whoever has the expression evaluated.

use super::{Answer, made};
use crate::sim::expression::value::Value;
use crate::sim::expression::{Authorizer, Failure};
use std::sync::Arc;

/// A question that lacks nothing but its verb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) struct Check {
    /// The service account, with its namespace, where it is not about the user of the request.
    pub(in crate::sim) account: Option<(String, String)>,
    /// The path, where it is about no resource.
    pub(in crate::sim) path: Option<String>,
    pub(in crate::sim) group: Option<String>,
    pub(in crate::sim) resource: Option<String>,
    pub(in crate::sim) subresource: String,
    pub(in crate::sim) namespace: String,
    pub(in crate::sim) name: String,
}

impl Check {
    pub(in crate::sim::expression) fn type_name(&self) -> &'static str {
        match (&self.path, &self.group, &self.resource) {
            (Some(_), _, _) => "kubernetes.authorization.PathCheck",
            (None, _, Some(_)) => "kubernetes.authorization.ResourceCheck",
            (None, Some(_), None) => "kubernetes.authorization.GroupCheck",
            (None, None, None) => "kubernetes.authorization.Authorizer",
        }
    }
}

/// What the authorizer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) struct Decision {
    pub(in crate::sim) allowed: bool,
    pub(in crate::sim) reason: String,
}

pub(super) fn call(name: &str, args: &[Value], asked: Option<Authorizer<'_>>) -> Answer {
    match args {
        [Value::Decision(decision)] => decided(name, decision),
        [Value::Check(check), rest @ ..] => {
            let texts: Option<Vec<&str>> = rest
                .iter()
                .map(|arg| match arg {
                    Value::String(text) => Some(&**text),
                    _ => None,
                })
                .collect();
            put(name, check, &texts?, asked)
        }
        _ => None,
    }
}

fn decided(name: &str, decision: &Decision) -> Answer {
    made(match name {
        "allowed" => Value::Bool(decision.allowed),
        "reason" => Value::text(&decision.reason),
        "errored" => Value::Bool(false),
        "error" => Value::text(""),
        _ => return None,
    })
}

fn put(name: &str, check: &Check, texts: &[&str], asked: Option<Authorizer<'_>>) -> Answer {
    let next = check.clone();
    let next = match (name, texts) {
        ("check", [verb]) => {
            return match asked {
                Some(asked) => made(Value::Decision(Arc::new(asked(check, verb)))),
                None => Some(Err(Failure::said("there is no authorizer to ask"))),
            };
        }
        ("path" | "resource", [""]) => {
            return Some(Err(Failure::said(format!("{name} must not be empty"))));
        }
        ("path", [path]) => Check { path: Some((*path).to_owned()), ..next },
        ("group", [group]) => Check { group: Some((*group).to_owned()), ..next },
        ("serviceAccount", [namespace, name]) => {
            Check { account: Some(((*namespace).to_owned(), (*name).to_owned())), ..next }
        }
        ("resource", [resource]) => Check { resource: Some((*resource).to_owned()), ..next },
        ("subresource", [subresource]) => Check { subresource: (*subresource).to_owned(), ..next },
        ("namespace", [namespace]) => Check { namespace: (*namespace).to_owned(), ..next },
        ("name", [name]) => Check { name: (*name).to_owned(), ..next },
        // Roles do not know selectors: who may do something to all may do it to some.
        ("fieldSelector" | "labelSelector", [_]) => next,
        _ => return None,
    };
    made(Value::Check(Arc::new(next)))
}
