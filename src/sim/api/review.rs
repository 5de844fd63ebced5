//! Reviews: questions about who may do what and who is who, which store nothing. The answers are `access`'.

use super::options::Options;
use super::{Asked, accept, decode};
use crate::call::Reply;
use crate::sim::World;
use crate::sim::access::{Attributes, ISSUER, User, decide, rules_for, whose};
use crate::sim::fields::{self, Manager};
use crate::sim::look::{list, text};
use crate::sim::resources::Resource;
use crate::sim::schema;
use crate::sim::status::Refusal;
use crate::sim::validation::Violation;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A resource that answers and stores nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Review {
    /// May I do this?
    MyAccess,
    /// May somebody do this?
    Access,
    /// May somebody do this in the namespace of the path?
    LocalAccess,
    /// What may I do?
    Rules,
    /// Who am I?
    Myself,
    /// Whose token is this?
    Token,
}

impl Review {
    /// The review that a resource is, if it is one.
    pub(super) fn of(resource: &Resource) -> Option<Review> {
        match (resource.group.as_str(), resource.kind.as_str()) {
            ("authorization.k8s.io", "SelfSubjectRulesReview") => Some(Review::Rules),
            ("authorization.k8s.io", "SelfSubjectAccessReview") => Some(Review::MyAccess),
            ("authorization.k8s.io", "LocalSubjectAccessReview") => Some(Review::LocalAccess),
            ("authorization.k8s.io", "SubjectAccessReview") => Some(Review::Access),
            ("authentication.k8s.io", "SelfSubjectReview") => Some(Review::Myself),
            ("authentication.k8s.io", "TokenReview") => Some(Review::Token),
            _ => None,
        }
    }

    /// Answers the review that the call carries.
    pub(super) fn answer(self, world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
        let options = Options::read(asked, "CreateOptions")?;
        let (mut object, warnings) = decode::object(world, asked, &options)?;
        if let Some(ty) = schema::of(&asked.of.group, &asked.of.version, &asked.of.kind) {
            let manager = Manager {
                name: options.manager,
                api_version: asked.of.api_version(),
                subresource: String::new(),
                at: asked.now,
            };
            fields::track(ty, None, &mut object, &manager);
        }
        match self {
            Review::MyAccess | Review::Access | Review::LocalAccess => {
                self.access(world, asked, &mut object)?
            }
            Review::Rules => rules(world, asked, &mut object)?,
            Review::Myself => {
                object["metadata"] = json!({"creationTimestamp": asked.now.rfc3339()});
                object["status"] = json!({"userInfo": asked.user.info()});
            }
            Review::Token => token(world, asked, &mut object)?,
        }
        let mut reply = accept::one(asked, 201, Arc::new(object))?;
        reply.warnings = warnings;
        Ok(reply)
    }

    fn access(self, world: &World, asked: &Asked<'_>, object: &mut Value) -> Result<(), Refusal> {
        let spec = &object["spec"];
        let mut wrong = Vec::new();
        let (resource, path) = (spec.get("resourceAttributes"), spec.get("nonResourceAttributes"));
        match (resource, path) {
            (Some(_), Some(path)) => {
                let told = shown(path);
                let why = format!(
                    "Invalid value: {told}: cannot be specified in combination with resourceAttributes"
                );
                wrong.push(violation("spec.nonResourceAttributes", why));
            }
            (None, None) => {
                let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
                wrong.push(violation("spec.resourceAttributes", format!("Invalid value: null: {why}")));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        if self != Review::MyAccess && text(spec, "/user").is_empty() && list(spec, "/groups").is_empty() {
            let why = "Invalid value: \"\": at least one of user or group must be specified".to_owned();
            wrong.push(violation("spec.user", why));
        }
        if !wrong.is_empty() {
            return Err(Refusal::invalid("authorization.k8s.io", "", "", &wrong));
        }
        if self == Review::LocalAccess {
            local(asked, spec)?;
            object["metadata"]["namespace"] = json!(asked.namespace());
        }
        let spec = &object["spec"];
        let user = match self {
            Review::MyAccess => asked.user.clone(),
            Review::Access | Review::LocalAccess | Review::Rules | Review::Myself | Review::Token => {
                described(spec)
            }
        };
        let decision = decide(world, &user, &attributes(spec));
        object["status"] = json!({ "allowed": decision.allowed });
        if !decision.reason.is_empty() {
            object["status"]["reason"] = json!(decision.reason);
        }
        Ok(())
    }
}

/// A local review is about the namespace of its path.
fn local(asked: &Asked<'_>, spec: &Value) -> Result<(), Refusal> {
    let namespace = text(spec, "/resourceAttributes/namespace");
    let wrong = if let Some(path) = spec.get("nonResourceAttributes") {
        let why = format!("Invalid value: {}: disallowed on this kind of request", shown(path));
        violation("spec.nonResourceAttributes", why)
    } else if namespace != asked.namespace() {
        let why = format!("Invalid value: {namespace:?}: must match metadata.namespace");
        violation("spec.resourceAttributes.namespace", why)
    } else {
        return Ok(());
    };
    Err(Refusal::invalid("authorization.k8s.io", "", "", &[wrong]))
}

/// A path that is asked about, as Go encodes the structure.
fn shown(path: &Value) -> Value {
    json!({"Path": text(path, "/path"), "Verb": text(path, "/verb")})
}

fn violation(field: &str, message: String) -> Violation {
    Violation { reason: "FieldValueInvalid", field: field.to_owned(), message }
}

/// The user that a review describes.
fn described(spec: &Value) -> User {
    let words = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let extra = spec["extra"].as_object().into_iter().flatten();
    let extra: BTreeMap<String, Vec<String>> =
        extra.map(|(key, values)| (key.to_ascii_lowercase(), words(values))).collect();
    User {
        name: text(spec, "/user").to_owned(),
        uid: text(spec, "/uid").to_owned(),
        groups: words(&spec["groups"]),
        extra,
    }
}

/// What a review asks about.
fn attributes(spec: &Value) -> Attributes {
    let of = |at: &str| text(spec, at).to_owned();
    if let Some(path) = spec.get("nonResourceAttributes") {
        let path = Some(text(path, "/path").to_owned());
        return Attributes { verb: of("/nonResourceAttributes/verb"), path, ..Attributes::default() };
    }
    Attributes {
        verb: of("/resourceAttributes/verb"),
        group: of("/resourceAttributes/group"),
        resource: of("/resourceAttributes/resource"),
        subresource: of("/resourceAttributes/subresource"),
        namespace: of("/resourceAttributes/namespace"),
        name: of("/resourceAttributes/name"),
        path: None,
    }
}

/// Lists what the caller may do in a namespace.
fn rules(world: &World, asked: &Asked<'_>, object: &mut Value) -> Result<(), Refusal> {
    let namespace = text(object, "/spec/namespace").to_owned();
    if namespace.is_empty() {
        return Err(Refusal::bad_request("no namespace on request"));
    }
    let (rules, unresolved) = rules_for(world, asked.user, &namespace);
    let reviewed: Vec<_> = rules.iter().map(|rule| rule.reviewed()).collect();
    let resources: Vec<&Value> = reviewed.iter().filter_map(|(of, _)| of.as_ref()).collect();
    let paths: Vec<&Value> = reviewed.iter().filter_map(|(_, of)| of.as_ref()).collect();
    let mut status = json!({
        "resourceRules": resources, "nonResourceRules": paths, "incomplete": unresolved.is_some(),
    });
    if let Some(errors) = unresolved {
        status["evaluationError"] = json!(errors);
    }
    *object = json!({
        "kind": object["kind"], "apiVersion": object["apiVersion"], "metadata": {}, "spec": {}, "status": status,
    });
    Ok(())
}

/// Says whose token it is.
fn token(world: &World, asked: &Asked<'_>, object: &mut Value) -> Result<(), Refusal> {
    let shown = text(object, "/spec/token");
    if shown.is_empty() {
        return Err(Refusal::bad_request("token is required for TokenReview in authentication"));
    }
    let given: Vec<&str> = list(object, "/spec/audiences").iter().filter_map(Value::as_str).collect();
    let audiences = if given.is_empty() { vec![ISSUER] } else { given };
    object["status"] = match whose(world, shown, &audiences, asked.now) {
        Ok(user) => json!({"authenticated": true, "user": user.info(), "audiences": audiences}),
        Err(why) => json!({"user": {}, "error": why}),
    };
    Ok(())
}
