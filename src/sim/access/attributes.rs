//! What is asked, in the words of authorization: a verb and a resource, or a verb and a path.

use super::User;
use crate::call::{Call, ResourcePath, Target, Verb};
use crate::sim::selector::Selector;
use crate::sim::status::Refusal;

/// One question to the authorizer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The path of the URL, where that is no resource.
    pub(crate) path: Option<String>,
}

impl Attributes {
    /// What a call asks for.
    pub(crate) fn of(call: &Call) -> Attributes {
        match &call.target {
            Target::Path(path) => Attributes {
                verb: call.verb.http_method().to_ascii_lowercase(),
                path: Some(path.clone()),
                ..Attributes::default()
            },
            Target::Resource(at) => Attributes::resource(call, at),
        }
    }

    fn resource(call: &Call, at: &ResourcePath) -> Attributes {
        let verb = match call.verb {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
        };
        let selected = || {
            let selector = Selector::fields(call.query.get("fieldSelector")?).ok()?;
            selector.exact("metadata.name").map(str::to_owned)
        };
        let name = at.name.clone().or_else(selected).unwrap_or_default();
        // The path of a namespace is within that namespace.
        let own = at.group.is_empty() && at.resource == "namespaces" && at.name.is_some();
        let namespace = if own { name.clone() } else { at.namespace.clone().unwrap_or_default() };
        let subresource = at.subresource.as_deref().unwrap_or_default();
        Attributes {
            verb: verb.to_owned(),
            group: at.group.clone(),
            resource: at.resource.clone(),
            subresource: subresource.split('/').next().unwrap_or_default().to_owned(),
            namespace,
            name,
            path: None,
        }
    }

    /// The same of one's own resource: what is asked of another verb.
    pub(crate) fn with_verb(&self, verb: &str) -> Attributes {
        Attributes { verb: verb.to_owned(), ..self.clone() }
    }

    /// The 403 of one who may not.
    pub(crate) fn refusal(&self, user: &User, reason: &str) -> Refusal {
        let mut why = self.told(user).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        if !reason.is_empty() {
            why = format!("{why}: {reason}");
        }
        Refusal::denied(&self.group, &self.resource, &self.name, &why)
    }

    fn told(&self, user: &User) -> String {
        let (user, verb) = (&user.name, &self.verb);
        if let Some(path) = &self.path {
            return format!("User {user:?} cannot {verb} path {path:?}");
        }
        let resource = match self.subresource.as_str() {
            "" => self.resource.clone(),
            sub => format!("{}/{sub}", self.resource),
        };
        let place = match self.namespace.as_str() {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {namespace:?}"),
        };
        format!("User {user:?} cannot {verb} resource {resource:?} in API group {:?} {place}", self.group)
    }
}
