//! ValidatingAdmissionPolicies: which are asked about a call, and what becomes of the call by what they say. What one
//! policy says is `decide`'s matter, and with which parameters it is asked `params`'.

mod decide;
mod params;

use super::seen::Seen;
use super::webhook::{self, Operation, matched};
use super::{Asked, admission};
use crate::sim::World;
use crate::sim::look::{list, text};
use crate::sim::object;
use crate::sim::status::Refusal;
use crate::snapshot::Object;
use decide::Denial;
use serde_json::{Value, json};

/// A call, and the objects before and after it.
#[derive(Clone, Copy)]
struct Request<'a, 'b> {
    world: &'a World,
    asked: &'a Asked<'b>,
    operation: Operation,
    objects: (Option<&'a Value>, Option<&'a Value>),
}

/// Asks the policies about the end result of a call.
pub(super) fn validate(
    world: &World,
    asked: &Asked<'_>,
    operation: Operation,
    old: Option<&Value>,
    object: Option<&Value>,
) -> Result<(), Refusal> {
    if asked.of.group == webhook::GROUP {
        return Ok(());
    }
    let request = Request { world, asked, operation, objects: (old, object) };
    let snapshot = world.store.snapshot();
    let mut policies = snapshot.list(webhook::GROUP, "validatingadmissionpolicies", None).peekable();
    if policies.peek().is_none() {
        return Ok(());
    }
    let bindings = snapshot.list(webhook::GROUP, "validatingadmissionpolicybindings", None);
    let bindings: Vec<&Object> = bindings.map(|(_, found)| found).collect();
    let mut denied: Option<(String, Denial)> = None;
    for (_, policy) in policies {
        let name = object::name(policy);
        let bound = bindings.iter().filter(|binding| text(binding, "/spec/policyName") == name);
        for (by, denial) in request.ask(policy, bound.copied()) {
            denied.get_or_insert((format!("ValidatingAdmissionPolicy '{name}'{by} denied request"), denial));
        }
    }
    match denied {
        None => Ok(()),
        Some((by, denial)) => Err(request.refusal(&format!("{by}: {}", denial.message), denial.reason)),
    }
}

impl Request<'_, '_> {
    /// What one policy has against the call, with the binding by which it was asked. What it only warns of goes with the
    /// answer.
    fn ask<'c>(self, policy: &Value, bindings: impl Iterator<Item = &'c Object>) -> Vec<(String, Denial)> {
        let mut denied = Vec::new();
        let constraints = &policy["spec"]["matchConstraints"];
        let Request { world, asked, operation, objects } = self;
        let Some(of) = matched(world, asked, operation, objects, constraints, "resourceRules") else {
            return denied;
        };
        let fails_open = policy["spec"]["failurePolicy"] == "Ignore";
        let request = webhook::request(world, asked, operation, objects, &of);
        for binding in bindings {
            let resources = &binding["spec"]["matchResources"];
            let bound = !resources.is_object()
                || matched(world, asked, operation, objects, resources, "resourceRules").is_some();
            if !bound {
                continue;
            }
            let name = object::name(binding);
            let by = format!(" with binding '{name}'");
            let params = match params::collect(world, &policy["spec"], &binding["spec"], asked.namespace()) {
                Ok(params) => params,
                Err(why) if !fails_open => {
                    denied.push((by, Denial::invalid(format!("failed to configure binding: {why}"))));
                    continue;
                }
                Err(_) => continue,
            };
            for param in params {
                let seen = Seen::new(world, asked, &request).in_namespace(self.namespace());
                let seen = if policy["spec"]["paramKind"].is_object() {
                    seen.with_params(param.as_deref())
                } else {
                    seen
                };
                let said = decide::decide(&policy["spec"], &seen);
                denied.extend(said.failed.into_iter().map(|denial| (by.clone(), denial)));
                for denial in said.denials {
                    self.act(policy, binding, denial, &by, &mut denied);
                }
            }
        }
        denied
    }

    /// Does with a denial what its binding says.
    fn act(
        self,
        policy: &Value,
        binding: &Value,
        denial: Denial,
        by: &str,
        denied: &mut Vec<(String, Denial)>,
    ) {
        let actions = list(binding, "/spec/validationActions");
        if actions.iter().any(|action| action == "Warn") {
            let (policy, binding) = (object::name(policy), object::name(binding));
            self.asked.warn(format!(
                "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{binding}': {}",
                denial.message
            ));
        }
        // What is audited is written nowhere that a client could see.
        if actions.iter().any(|action| action == "Deny") {
            denied.push((by.to_owned(), denial));
        }
    }

    /// The namespace that the call is about; a namespace itself is in none.
    fn namespace(&self) -> Option<&Value> {
        let of = &self.asked.of;
        if of.group.is_empty() && of.kind == "Namespace" {
            return None;
        }
        let found = self.world.store.snapshot().find("", "namespaces", "", self.asked.namespace());
        found.map(|namespace| &**namespace)
    }

    fn refusal(self, why: &str, reason: &'static str) -> Refusal {
        let (old, new) = self.objects;
        let called = match new.or(old) {
            Some(object) => admission::called(object),
            None => self.asked.name().to_owned(),
        };
        let mut status = Refusal::forbidden(&self.asked.of, &called, why).document().clone();
        let code = match reason {
            "Forbidden" => 403,
            "RequestEntityTooLarge" => 413,
            _ => 422,
        };
        status["reason"] = json!(reason);
        status["code"] = json!(code);
        status["details"]["causes"] = json!([{ "message": why }]);
        Refusal::foreign(code, status)
    }
}
