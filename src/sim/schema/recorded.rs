//! The recorded OpenAPI documents, one per group version, each compiled when one of its kinds is first asked for.

use super::document::{self, Kinds};
use super::graph::Type;
use std::sync::OnceLock;

struct GroupVersion {
    group: &'static str,
    version: &'static str,
    text: &'static str,
    kinds: OnceLock<Kinds>,
}

macro_rules! recorded {
    ($($group:literal $version:literal $file:literal,)*) => {
        static RECORDED: [GroupVersion; 22] = [$(GroupVersion {
            group: $group,
            version: $version,
            text: include_str!(concat!("../recorded/openapi-v3/", $file, ".json")),
            kinds: OnceLock::new(),
        },)*];
    };
}

recorded! {
    "" "v1" "api_v1",
    "admissionregistration.k8s.io" "v1" "apis_admissionregistration.k8s.io_v1",
    "apiextensions.k8s.io" "v1" "apis_apiextensions.k8s.io_v1",
    "apiregistration.k8s.io" "v1" "apis_apiregistration.k8s.io_v1",
    "apps" "v1" "apis_apps_v1",
    "authentication.k8s.io" "v1" "apis_authentication.k8s.io_v1",
    "authorization.k8s.io" "v1" "apis_authorization.k8s.io_v1",
    "autoscaling" "v1" "apis_autoscaling_v1",
    "autoscaling" "v2" "apis_autoscaling_v2",
    "batch" "v1" "apis_batch_v1",
    "certificates.k8s.io" "v1" "apis_certificates.k8s.io_v1",
    "coordination.k8s.io" "v1" "apis_coordination.k8s.io_v1",
    "discovery.k8s.io" "v1" "apis_discovery.k8s.io_v1",
    "events.k8s.io" "v1" "apis_events.k8s.io_v1",
    "flowcontrol.apiserver.k8s.io" "v1" "apis_flowcontrol.apiserver.k8s.io_v1",
    "networking.k8s.io" "v1" "apis_networking.k8s.io_v1",
    "node.k8s.io" "v1" "apis_node.k8s.io_v1",
    "policy" "v1" "apis_policy_v1",
    "rbac.authorization.k8s.io" "v1" "apis_rbac.authorization.k8s.io_v1",
    "resource.k8s.io" "v1" "apis_resource.k8s.io_v1",
    "scheduling.k8s.io" "v1" "apis_scheduling.k8s.io_v1",
    "storage.k8s.io" "v1" "apis_storage.k8s.io_v1",
}

/// The document in which the core group's subresources bring kinds of other groups with them.
const CORE: &str = include_str!("../recorded/openapi-v3/api_v1.json");

/// The type of a built-in kind. `Eviction`, `TokenRequest` and the like are told by the core group's document,
/// since they are written to subresources of pods and service accounts.
pub(super) fn of(group: &str, version: &str, kind: &str) -> Option<&'static Type> {
    let own = RECORDED.iter().find(|doc| doc.group == group && doc.version == version)?;
    let told = |doc: &'static GroupVersion| {
        // Of one that is told twice, the last counts.
        let same = doc.kinds().get(kind)?.iter().rev();
        let mut same = same.filter(|(of, at, _)| (of.as_str(), at.as_str()) == (group, version));
        same.next().map(|(_, _, ty)| ty)
    };
    told(own).or_else(|| told(&RECORDED[0]))
}

/// The document that describes every object's metadata.
pub(super) fn core() -> &'static str {
    CORE
}

impl GroupVersion {
    fn kinds(&self) -> &Kinds {
        self.kinds.get_or_init(|| document::kinds(self.text).expect("a recorded document is OpenAPI v3"))
    }
}
