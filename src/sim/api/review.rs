//! Reviews: questions about who may do what, which store nothing. Everybody is the administrator here.

use super::options::Options;
use super::{Asked, accept, decode};
use crate::call::Reply;
use crate::sim::World;
use crate::sim::fields::{self, Manager};
use crate::sim::resources::Resource;
use crate::sim::schema;
use crate::sim::status::Refusal;
use serde_json::{Value, json};
use std::sync::Arc;

/// A resource that answers and stores nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Review {
    /// May somebody do this? Yes.
    Access,
    /// What may I do? Everything.
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
            ("authorization.k8s.io", _) => Some(Review::Access),
            ("authentication.k8s.io", "SelfSubjectReview") => Some(Review::Myself),
            ("authentication.k8s.io", "TokenReview") => Some(Review::Token),
            _ => None,
        }
    }

    /// Answers the review that the call carries.
    pub(super) fn answer(self, world: &World, asked: &Asked<'_>) -> Result<Reply, Refusal> {
        let options = Options::read(asked, "CreateOptions")?;
        let (mut object, _) = decode::object(world, asked, &options)?;
        if let Some(ty) = schema::of(&asked.of.group, &asked.of.version, &asked.of.kind) {
            let manager = Manager {
                name: options.manager,
                api_version: asked.of.api_version(),
                subresource: String::new(),
                at: asked.now,
            };
            fields::track(ty, None, &mut object, &manager);
        }
        self.fill(&mut object, asked);
        accept::one(asked, 201, Arc::new(object))
    }

    fn fill(self, object: &mut Value, asked: &Asked<'_>) {
        let user = json!({
            "username": "admin", "uid": "admin", "groups": ["system:masters", "system:authenticated"],
        });
        object["status"] = match self {
            Review::Access => json!({"allowed": true}),
            Review::Rules => json!({
                "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
                "incomplete": false,
            }),
            Review::Myself => {
                object["metadata"] = json!({"creationTimestamp": asked.now.rfc3339()});
                json!({"userInfo": user})
            }
            Review::Token => json!({"authenticated": true, "user": user}),
        };
    }
}
