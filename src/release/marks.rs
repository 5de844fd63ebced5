//! The marks that Helm puts on what it makes, by which it knows it again (`pkg/action/validate.go`).

use serde_json::Value;

/// The annotation that names the release.
pub const RELEASE_NAME: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Whether an object carries Helm's three marks of ownership for a release.
pub fn is_marked(object: &Value, release: &str, namespace: &str) -> bool {
    object["metadata"]["annotations"][RELEASE_NAME] == release
        && namespace_of(object) == Some(namespace)
        && object["metadata"]["labels"][MANAGED_BY] == "Helm"
}

/// The namespace of the release that an object says it is of, wherever the object lies.
pub fn namespace_of(object: &Value) -> Option<&str> {
    object["metadata"]["annotations"][RELEASE_NAMESPACE].as_str()
}
