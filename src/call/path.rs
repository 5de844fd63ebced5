//! The path and verb of a request, in the words of Kubernetes' authorization ("patch deployments/scale").
//! Follows kube-apiserver's request info rules: <https://kubernetes.io/docs/reference/access-authn-authz/authorization/>.

use super::Query;
use super::query;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Read one object, or a path that is no resource.
    Get,
    /// Read a collection.
    List,
    /// Follow a collection.
    Watch,
    /// POST an object.
    Create,
    /// PUT an object.
    Update,
    /// PATCH an object.
    Patch,
    /// DELETE one object.
    Delete,
    /// DELETE a collection.
    DeleteCollection,
}

impl Verb {
    /// The verb of an HTTP method on a target. Unknown methods count as `Get`, as they do for kube-apiserver's paths.
    pub fn of(method: &http::Method, target: &Target, query: &Query) -> Verb {
        let named = match target {
            Target::Resource(path) => path.name.is_some(),
            Target::Path(_) => true,
        };
        match method.as_str() {
            "POST" => Verb::Create,
            "PUT" => Verb::Update,
            "PATCH" => Verb::Patch,
            "DELETE" if named => Verb::Delete,
            "DELETE" => Verb::DeleteCollection,
            _ if matches!(target, Target::Path(_)) => Verb::Get,
            _ if named => Verb::Get,
            _ if query.is_true("watch") => Verb::Watch,
            _ => Verb::List,
        }
    }

    /// The HTTP method that carries this verb.
    pub fn http_method(self) -> &'static str {
        match self {
            Verb::Get | Verb::List | Verb::Watch => "GET",
            Verb::Create => "POST",
            Verb::Update => "PUT",
            Verb::Patch => "PATCH",
            Verb::Delete | Verb::DeleteCollection => "DELETE",
        }
    }

    /// Whether the verb may change what is stored.
    pub fn mutates(self) -> bool {
        match self {
            Verb::Get | Verb::List | Verb::Watch => false,
            Verb::Create | Verb::Update | Verb::Patch | Verb::Delete | Verb::DeleteCollection => true,
        }
    }
}

/// Whether a path is one of those that Kubernetes keeps from before `?watch=true`: what follows `watch` is watched, and
/// nothing else can be asked of it.
pub fn is_old_watch(path: &str) -> bool {
    let mut words = path.split('/').filter(|part| !part.is_empty());
    let behind = match words.next() {
        Some("api") => 1,
        Some("apis") => 2,
        Some(_) | None => return false,
    };
    words.nth(behind) == Some("watch") && words.next().is_some()
}

/// What a call addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A resource under `/api/v1` or `/apis/GROUP/VERSION`.
    Resource(ResourcePath),
    /// Any other path, such as `/version` or `/openapi/v3`.
    Path(String),
}

/// Group, version, resource, namespace, name and subresource of a request. The core group is `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourcePath {
    /// API group; empty for the core group.
    pub group: String,
    /// API version, such as `v1`.
    pub version: String,
    /// Plural resource name, such as `deployments`.
    pub resource: String,
    /// Namespace, where the path has one.
    pub namespace: Option<String>,
    /// Object name, where the path has one.
    pub name: Option<String>,
    /// Subresource and what follows it, such as `scale` or `log`.
    pub subresource: Option<String>,
}

impl Target {
    /// Reads a URL path.
    pub fn parse(path: &str) -> Target {
        // An escaped slash parts as any other does.
        let plain = unescape(path);
        let words: Vec<&str> = plain.trim_matches('/').split('/').collect();
        match words.as_slice() {
            ["api", _, "watch"] | ["apis", _, _, "watch"] => Target::Path(path.to_owned()),
            ["api", version, "watch", rest @ ..] => Target::Resource(resource("", version, rest)),
            ["apis", group, version, "watch", rest @ ..] => Target::Resource(resource(group, version, rest)),
            ["api", version, rest @ ..] if !rest.is_empty() => Target::Resource(resource("", version, rest)),
            ["apis", group, version, rest @ ..] if !rest.is_empty() => {
                Target::Resource(resource(group, version, rest))
            }
            _ => Target::Path(path.to_owned()),
        }
    }
}

impl ResourcePath {
    /// The URL path of this resource, collection or subresource.
    pub fn url(&self) -> String {
        let mut url = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if let Some(namespace) = &self.namespace {
            url += &format!("/namespaces/{namespace}");
        }
        url += &format!("/{}", self.resource);
        for part in [&self.name, &self.subresource].into_iter().flatten() {
            url += &format!("/{part}");
        }
        url
    }

    /// `deployments/web`, `deployments/web/scale` or `secrets`: how people name it.
    pub fn label(&self) -> String {
        let parts = [Some(&self.resource), self.name.as_ref(), self.subresource.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
    }
}

/// `namespaces/x` itself is a cluster-scoped object; `namespaces/x/pods` is a namespaced collection.
fn resource(group: &str, version: &str, rest: &[&str]) -> ResourcePath {
    let at = |words: &[&str], i: usize| words.get(i).map(|word| (*word).to_owned());
    // Nothing is called by a name of no letters.
    let rest = if rest.contains(&"") { &[""] } else { rest };
    let (namespace, words) = match rest {
        ["namespaces", name, "status" | "finalize"] => (Some((*name).to_owned()), rest),
        ["namespaces", name, inner @ ..] if !inner.is_empty() => (Some((*name).to_owned()), inner),
        ["namespaces", name] => (Some((*name).to_owned()), rest),
        _ => (None, rest),
    };
    let subresource = (words.len() > 2).then(|| words[2..].join("/"));
    let namespace = if words[0] == "namespaces" && group.is_empty() { None } else { namespace };
    ResourcePath {
        group: group.to_owned(),
        version: version.to_owned(),
        resource: words[0].to_owned(),
        namespace,
        name: at(words, 1),
        subresource,
    }
}

fn unescape(part: &str) -> String {
    let decoded = part.contains('%').then(|| query::decode(&part.replace('+', "%2B"))).flatten();
    decoded.unwrap_or_else(|| part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_kube_apiserver_reads_them() {
        let read = |path: &str| match Target::parse(path) {
            Target::Resource(at) => {
                format!("{:?} {:?} {} {}", at.group, at.namespace, at.label(), at.url() == path)
            }
            Target::Path(path) => format!("path {path}"),
        };
        assert_eq!(read("/api/v1/namespaces/a/secrets/s"), r#""" Some("a") secrets/s true"#);
        assert_eq!(
            read("/apis/apps/v1/namespaces/a/deployments/d/scale"),
            r#""apps" Some("a") deployments/d/scale true"#
        );
        assert_eq!(read("/api/v1/namespaces/a"), r#""" None namespaces/a true"#);
        assert_eq!(read("/api/v1/namespaces/a/finalize"), r#""" None namespaces/a/finalize true"#);
        assert_eq!(read("/api/v1/pods"), r#""" None pods true"#);
        assert_eq!(read("/apis/apps/v1"), "path /apis/apps/v1");
        assert_eq!(read("/version"), "path /version");
        assert_eq!(
            read("/apis/apps/v1/watch/namespaces/a/deployments/d"),
            r#""apps" Some("a") deployments/d false"#
        );
        assert_eq!(read("/api/v1/watch/pods"), r#""" None pods false"#);
        assert_eq!(read("/api/v1/watch"), "path /api/v1/watch");
    }

    #[test]
    fn the_old_paths_of_watches_are_watched_and_nothing_else() {
        let asked = |method: &str, path: &str| {
            let actor = super::super::Actor::Drill;
            let call = super::super::Call::from_http(&method.parse().expect("a method"), path, "", actor, "");
            (call.verb, call.resource().is_some())
        };
        assert_eq!(asked("GET", "/api/v1/watch/namespaces/a/pods/p"), (Verb::Watch, true));
        assert_eq!(asked("GET", "/apis/apps/v1/watch/deployments"), (Verb::Watch, true));
        assert_eq!(asked("DELETE", "/api/v1/watch/namespaces/a/pods/p"), (Verb::Delete, false));
        assert_eq!(asked("GET", "/api/v1/namespaces/watch"), (Verb::Get, true));
    }

    #[test]
    fn the_verb_follows_method_name_and_watch() {
        let verb = |method: &str, path: &str, query: &str| {
            let target = Target::parse(path);
            Verb::of(&method.parse().expect("a method"), &target, &Query::parse(query))
        };
        assert_eq!(verb("GET", "/api/v1/pods", ""), Verb::List);
        assert_eq!(verb("GET", "/api/v1/pods", "watch=true"), Verb::Watch);
        assert_eq!(verb("GET", "/api/v1/nodes/n", ""), Verb::Get);
        assert_eq!(verb("GET", "/api/v1/nodes/n", "watch=true"), Verb::Get);
        assert_eq!(verb("DELETE", "/api/v1/namespaces/a/pods", ""), Verb::DeleteCollection);
        assert_eq!(verb("GET", "/version", ""), Verb::Get);
    }
}
