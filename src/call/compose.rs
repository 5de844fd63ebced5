//! Making calls inside the process, as a controller or a drill makes them: create, read, update, patch, delete.

use super::{Actor, Body, Call, Caller, Query, ResourcePath, Target, Verb};
use serde_json::Value;

impl ResourcePath {
    /// The path of a collection; `namespace` is empty for cluster-scoped resources and for all namespaces.
    pub fn collection(group: &str, version: &str, resource: &str, namespace: &str) -> ResourcePath {
        ResourcePath {
            group: group.to_owned(),
            version: version.to_owned(),
            resource: resource.to_owned(),
            namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
            name: None,
            subresource: None,
        }
    }

    /// The path of one object of this collection.
    pub fn item(mut self, name: &str) -> ResourcePath {
        self.name = Some(name.to_owned());
        self
    }

    /// The path of a subresource of this object, such as `status`.
    pub fn below(mut self, subresource: &str) -> ResourcePath {
        self.subresource = Some(subresource.to_owned());
        self
    }
}

impl Call {
    /// A call without a body. `agent` is the user agent, such as `kubelet/v1.36.2 (linux/amd64) kubernetes/unknown`;
    /// its first word up to `/` becomes the field manager.
    pub fn to(actor: Actor, agent: &str, verb: Verb, path: ResourcePath) -> Call {
        let target = Target::Resource(path);
        let accept = "application/json".to_owned();
        Call {
            actor,
            caller: Caller::default(),
            user_agent: agent.to_owned(),
            verb,
            target,
            query: Query::default(),
            accept,
            body: None,
        }
    }

    /// POST of an object into a collection.
    pub fn create(actor: Actor, agent: &str, collection: ResourcePath, object: &Value) -> Call {
        Call::to(actor, agent, Verb::Create, collection).with_json("application/json", object)
    }

    /// GET of one object.
    pub fn get(actor: Actor, agent: &str, item: ResourcePath) -> Call {
        Call::to(actor, agent, Verb::Get, item)
    }

    /// PUT of a whole object, or of its status where the path ends in `status`.
    pub fn update(actor: Actor, agent: &str, item: ResourcePath, object: &Value) -> Call {
        Call::to(actor, agent, Verb::Update, item).with_json("application/json", object)
    }

    /// PATCH with a merge patch (RFC 7386).
    pub fn merge_patch(actor: Actor, agent: &str, item: ResourcePath, patch: &Value) -> Call {
        Call::to(actor, agent, Verb::Patch, item).with_json("application/merge-patch+json", patch)
    }

    /// PATCH with a strategic merge patch.
    pub fn strategic_patch(actor: Actor, agent: &str, item: ResourcePath, patch: &Value) -> Call {
        Call::to(actor, agent, Verb::Patch, item).with_json("application/strategic-merge-patch+json", patch)
    }

    /// DELETE of one object with these `DeleteOptions`; `null` sends none.
    pub fn delete(actor: Actor, agent: &str, item: ResourcePath, options: &Value) -> Call {
        let call = Call::to(actor, agent, Verb::Delete, item);
        if options.is_null() { call } else { call.with_json("application/json", options) }
    }

    fn with_json(mut self, media: &str, document: &Value) -> Call {
        self.body = Some(Body { media: media.to_owned(), bytes: document.to_string().into() });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn composed_calls_read_as_the_same_calls_over_http() {
        let path = || ResourcePath::collection("apps", "v1", "deployments", "a").item("web").below("status");
        let actor = || Actor::Controller("deployment-controller".to_owned());
        let composed = Call::merge_patch(actor(), "x/1", path(), &json!({}));
        let mut sent = Call::from_http(&http::Method::PATCH, &path().url(), "", actor(), "x/1");
        sent.accept = "application/json".to_owned();
        sent.body = composed.body.clone();
        assert_eq!(composed, sent);
    }
}
