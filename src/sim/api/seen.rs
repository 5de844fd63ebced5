//! What the expressions of webhooks and admission policies see of a call, and whether conditions hold of it.

use super::Asked;
use crate::sim::World;
use crate::sim::access::{self, Attributes, User};
use crate::sim::expression::{Bindings, Check, Decision, Expression, LIMIT_OF_ONE, Sight, Type, Value};
use crate::sim::look::text;
use serde_json::Value as Json;
use std::sync::Arc;

/// What all conditions of one webhook or policy together may cost.
const LIMIT_OF_CONDITIONS: u64 = 2_500_000;

/// What is said where expressions together cost more than they may.
pub(super) const RAN_OUT: &str =
    "validation failed due to running out of cost budget, no further validation rules will be run";

/// A call as expressions see it.
pub(super) struct Seen<'a> {
    world: &'a World,
    user: &'a User,
    request: &'a Json,
    params: Option<Value>,
    namespace: Value,
}

impl<'a> Seen<'a> {
    /// The call whose `request` of an AdmissionReview this is.
    pub(super) fn new(world: &'a World, asked: &'a Asked<'_>, request: &'a Json) -> Seen<'a> {
        Seen { world, user: asked.user, request, params: None, namespace: Value::Null }
    }

    /// The same with `params`.
    #[must_use]
    pub(super) fn with_params(self, params: Option<&Json>) -> Seen<'a> {
        Seen { params: Some(params.map_or(Value::Null, Value::from_json)), ..self }
    }

    /// The same with the namespace that the call is about.
    #[must_use]
    pub(super) fn in_namespace(self, namespace: Option<&Json>) -> Seen<'a> {
        Seen { namespace: namespace.map_or(Value::Null, namespace_object), ..self }
    }

    /// Whether there may be `params`.
    pub(super) fn has_params(&self) -> bool {
        self.params.is_some()
    }

    /// Has something evaluated with all variables that a call gives.
    pub(super) fn look<T>(&self, with: impl FnOnce(Bindings<'_>) -> T) -> T {
        let mut request = self.request.clone();
        if let Some(members) = request.as_object_mut() {
            members.retain(|field, _| !matches!(field.as_str(), "uid" | "object" | "oldObject"));
        }
        let authorize = |check: &Check, verb: &str| self.decide(check, verb);
        let bindings = Bindings::default()
            .with("object", Value::from_json(&self.request["object"]))
            .with("oldObject", Value::from_json(&self.request["oldObject"]))
            .with("request", Value::from_json(&request))
            .with("namespaceObject", self.namespace.clone())
            .with("params", self.params.clone().unwrap_or(Value::Null))
            .with("authorizer", Value::Check(Arc::default()))
            .with("authorizer.requestResource", Value::Check(Arc::new(self.resource())))
            .authorized_by(&authorize);
        with(bindings)
    }

    /// The question to the authorizer that is about the resource of the call.
    fn resource(&self) -> Check {
        let text = |pointer: &str| text(self.request, pointer).to_owned();
        Check {
            group: Some(text("/requestResource/group")),
            resource: Some(text("/requestResource/resource")),
            subresource: text("/requestSubResource"),
            namespace: text("/namespace"),
            name: text("/name"),
            ..Check::default()
        }
    }

    fn decide(&self, check: &Check, verb: &str) -> Decision {
        let account = check.account.as_ref().map(|(namespace, name)| User::account(namespace, name, ""));
        let about = Attributes {
            verb: verb.to_owned(),
            group: check.group.clone().unwrap_or_default(),
            resource: check.resource.clone().unwrap_or_default(),
            subresource: check.subresource.clone(),
            namespace: check.namespace.clone(),
            name: check.name.clone(),
            path: check.path.clone(),
        };
        let said = access::decide(self.world, account.as_ref().unwrap_or(self.user), &about);
        Decision { allowed: said.allowed, reason: said.reason }
    }
}

/// What expressions see of a namespace.
fn namespace_object(namespace: &Json) -> Value {
    let mut seen = namespace.clone();
    for field in ["managedFields", "ownerReferences"] {
        if let Some(metadata) = seen["metadata"].as_object_mut() {
            metadata.remove(field);
        }
    }
    Value::from_json(&seen)
}

/// The conditions of a webhook or a policy.
pub(super) struct Conditions<'a>(&'a [Json]);

impl<'a> Conditions<'a> {
    /// Those that a document lists as `matchConditions`.
    pub(super) fn of(document: &'a Json) -> Conditions<'a> {
        Conditions(document["matchConditions"].as_array().map(Vec::as_slice).unwrap_or_default())
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all hold of a call; `Err` with what went wrong where none of them says no.
    pub(super) fn hold(&self, seen: &Seen<'_>) -> Result<bool, String> {
        let sight = Sight { params: seen.has_params(), authorizer: true, variables: None };
        let mut failed = Vec::new();
        let mut left = LIMIT_OF_CONDITIONS;
        for condition in self.0 {
            let text = text(condition, "/expression");
            match seen.look(|bindings| evaluated(text, &sight, &[Type::Bool], &bindings, &mut left)) {
                Ok(Value::Bool(false)) => return Ok(false),
                Ok(_) => {}
                Err(Stop::Failed(why)) => failed.push(why),
                Err(Stop::RanOut) => return Err(RAN_OUT.to_owned()),
            }
        }
        match failed.as_slice() {
            [] => Ok(true),
            [one] => Err(one.clone()),
            several => Err(format!("[{}]", several.join(", "))),
        }
    }
}

/// Why an expression made nothing.
pub(super) enum Stop {
    /// It went wrong, in the words of kube-apiserver.
    Failed(String),
    /// All expressions together cost more than they may.
    RanOut,
}

/// What an expression makes of a call, and what that leaves of what all together may cost.
pub(super) fn evaluated(
    text: &str,
    sight: &Sight,
    wanted: &[Type],
    bindings: &Bindings<'_>,
    left: &mut u64,
) -> Result<Value, Stop> {
    let compiled: Expression =
        sight.compile(text, wanted).map_err(|why| Stop::Failed(format!("compilation error: {why}")))?;
    let (made, cost) = compiled.evaluate(bindings, LIMIT_OF_ONE);
    *left = left.checked_sub(cost).ok_or(Stop::RanOut)?;
    made.map_err(|failure| Stop::Failed(format!("expression '{text}' resulted in error: {failure}")))
}
