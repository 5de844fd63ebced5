//! The resources that the API server serves: which there are, what they are called and what can be done with them.
//! Read from the recorded aggregated discovery document; what CustomResourceDefinitions add is `custom`'s to say.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

const CORE: &str = include_str!("recorded/discovery/aggregated-api.json");
const GROUPS: &str = include_str!("recorded/discovery/aggregated-apis.json");

/// One resource of one group version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// API group; empty for the core group.
    pub(crate) group: String,
    /// API version.
    pub(crate) version: String,
    /// `deployments`.
    pub(crate) plural: String,
    /// `Deployment`.
    pub(crate) kind: String,
    /// Whether its objects live in namespaces.
    pub(crate) namespaced: bool,
    /// `create`, `get`, …: what can be done with it.
    pub(crate) verbs: Vec<String>,
    /// Its subresources with their verbs.
    pub(crate) subresources: BTreeMap<String, Vec<String>>,
    /// Whether a CustomResourceDefinition made it.
    pub(crate) custom: bool,
}

impl Resource {
    /// `apps/v1`, or `v1` for the core group.
    pub(crate) fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// `deployments.apps`, or `configmaps`: how messages name it.
    pub(crate) fn qualified(&self) -> String {
        match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// The key of an object in etcd below `/registry`, as messages show it.
    pub(crate) fn registry_key(&self, namespace: &str, name: &str) -> String {
        let prefix = match (self.group.as_str(), self.plural.as_str()) {
            ("", "endpoints") => "services/endpoints",
            ("", "nodes") => "minions",
            ("", "replicationcontrollers") => "controllers",
            ("", "services") => "services/specs",
            ("networking.k8s.io", "ingresses") => "ingress",
            ("apiextensions.k8s.io" | "apiregistration.k8s.io", plural) => {
                return format!("/{}/{plural}/{name}", self.group);
            }
            (group, plural) if self.custom && self.namespaced => {
                return format!("/{group}/{plural}/{namespace}/{name}");
            }
            (group, plural) if self.custom => return format!("/{group}/{plural}/{name}"),
            (_, plural) => plural,
        };
        if self.namespaced { format!("/{prefix}/{namespace}/{name}") } else { format!("/{prefix}/{name}") }
    }

    /// What it is told apart by.
    fn place(&self) -> (&str, &str, &str) {
        (&self.group, &self.version, &self.plural)
    }

    /// The group under which objects are stored: both event groups share one storage, as they do in Kubernetes.
    pub(crate) fn storage_group(&self) -> &str {
        if self.group == "events.k8s.io" { "" } else { &self.group }
    }
}

/// The built-in resource of that name.
pub(crate) fn find(group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
    let place = |of: &Arc<Resource>| of.place().cmp(&(group, version, plural));
    built_in().binary_search_by(place).ok().map(|at| built_in()[at].clone())
}

/// The built-in kind of that group version, whatever its resource is called.
pub(crate) fn of_kind(group: &str, version: &str, kind: &str) -> Option<Arc<Resource>> {
    built_in().iter().find(|r| r.group == group && r.version == version && r.kind == kind).cloned()
}

/// Whether any built-in resource is served under that group version.
pub(crate) fn serves(group: &str, version: &str) -> bool {
    built_in().iter().any(|r| r.group == group && r.version == version)
}

/// Whether any built-in resource of that group is served, in whatever version.
pub(crate) fn serves_group(group: &str) -> bool {
    built_in().iter().any(|r| r.group == group)
}

/// All built-in resources in the order of group, version and plural.
fn built_in() -> &'static [Arc<Resource>] {
    static REGISTRY: OnceLock<Vec<Arc<Resource>>> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let mut all: Vec<Arc<Resource>> = [CORE, GROUPS].into_iter().flat_map(read).collect();
        all.sort_by(|a, b| a.place().cmp(&b.place()));
        all
    })
}

fn read(document: &str) -> Vec<Arc<Resource>> {
    let document: Value = serde_json::from_str(document).expect("the recorded discovery document is JSON");
    let mut found = Vec::new();
    for group in document["items"].as_array().into_iter().flatten() {
        let name = group["metadata"]["name"].as_str().unwrap_or_default();
        for version in group["versions"].as_array().into_iter().flatten() {
            let resources = version["resources"].as_array().into_iter().flatten();
            found.extend(resources.map(|r| one(name, version["version"].as_str().unwrap_or_default(), r)));
        }
    }
    found
}

fn one(group: &str, version: &str, recorded: &Value) -> Arc<Resource> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let words = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    let subresources = recorded["subresources"].as_array().into_iter().flatten();
    Arc::new(Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: text(&recorded["resource"]),
        kind: text(&recorded["responseKind"]["kind"]),
        namespaced: recorded["scope"] == "Namespaced",
        verbs: words(&recorded["verbs"]),
        subresources: subresources.map(|s| (text(&s["subresource"]), words(&s["verbs"]))).collect(),
        custom: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_resources_are_known_with_their_scope_and_verbs() {
        let deployments = find("apps", "v1", "deployments").expect("deployments are built in");
        assert_eq!((deployments.kind.as_str(), deployments.namespaced), ("Deployment", true));
        assert_eq!(deployments.subresources.keys().collect::<Vec<_>>(), ["scale", "status"]);
        let reviews = find("authorization.k8s.io", "v1", "selfsubjectaccessreviews").expect("there");
        assert_eq!(reviews.verbs, ["create"]);
        assert!(find("", "v1", "gadgets").is_none());
        assert!(!serves("example.com", "v1"));
    }
}
