//! The documents that a real kube-apiserver 1.36.2 served, as they are embedded: discovery and OpenAPI. Owns which file
//! answers which path, and knows nothing of what stands in them.

/// The document that was recorded at `path`, such as `/apis/apps/v1` or `/openapi/v3/api/v1`.
pub(crate) fn document(path: &str) -> Option<&'static [u8]> {
    DOCUMENTS.iter().find(|(at, _)| *at == path).map(|(_, bytes)| *bytes)
}

/// The paths of all documents.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    DOCUMENTS.iter().map(|(at, _)| *at)
}

/// The group versions that `/apis` served with their own document, such as `apps/v1`.
pub(crate) fn group_versions() -> impl Iterator<Item = &'static str> {
    DOCUMENTS.iter().filter_map(|(at, _)| at.strip_prefix("/apis/"))
}

const DOCUMENTS: &[(&str, &[u8])] = &[
    ("/api", include_bytes!("recorded/discovery/api.json")),
    ("/api/v1", include_bytes!("recorded/discovery/api_v1.json")),
    ("/apis", include_bytes!("recorded/discovery/apis.json")),
    (
        "/apis/admissionregistration.k8s.io/v1",
        include_bytes!("recorded/discovery/apis_admissionregistration.k8s.io_v1.json"),
    ),
    ("/apis/apiextensions.k8s.io/v1", include_bytes!("recorded/discovery/apis_apiextensions.k8s.io_v1.json")),
    (
        "/apis/apiregistration.k8s.io/v1",
        include_bytes!("recorded/discovery/apis_apiregistration.k8s.io_v1.json"),
    ),
    ("/apis/apps/v1", include_bytes!("recorded/discovery/apis_apps_v1.json")),
    (
        "/apis/authentication.k8s.io/v1",
        include_bytes!("recorded/discovery/apis_authentication.k8s.io_v1.json"),
    ),
    ("/apis/authorization.k8s.io/v1", include_bytes!("recorded/discovery/apis_authorization.k8s.io_v1.json")),
    ("/apis/autoscaling/v1", include_bytes!("recorded/discovery/apis_autoscaling_v1.json")),
    ("/apis/autoscaling/v2", include_bytes!("recorded/discovery/apis_autoscaling_v2.json")),
    ("/apis/batch/v1", include_bytes!("recorded/discovery/apis_batch_v1.json")),
    ("/apis/certificates.k8s.io/v1", include_bytes!("recorded/discovery/apis_certificates.k8s.io_v1.json")),
    ("/apis/coordination.k8s.io/v1", include_bytes!("recorded/discovery/apis_coordination.k8s.io_v1.json")),
    ("/apis/discovery.k8s.io/v1", include_bytes!("recorded/discovery/apis_discovery.k8s.io_v1.json")),
    ("/apis/events.k8s.io/v1", include_bytes!("recorded/discovery/apis_events.k8s.io_v1.json")),
    (
        "/apis/flowcontrol.apiserver.k8s.io/v1",
        include_bytes!("recorded/discovery/apis_flowcontrol.apiserver.k8s.io_v1.json"),
    ),
    ("/apis/networking.k8s.io/v1", include_bytes!("recorded/discovery/apis_networking.k8s.io_v1.json")),
    ("/apis/node.k8s.io/v1", include_bytes!("recorded/discovery/apis_node.k8s.io_v1.json")),
    ("/apis/policy/v1", include_bytes!("recorded/discovery/apis_policy_v1.json")),
    (
        "/apis/rbac.authorization.k8s.io/v1",
        include_bytes!("recorded/discovery/apis_rbac.authorization.k8s.io_v1.json"),
    ),
    ("/apis/resource.k8s.io/v1", include_bytes!("recorded/discovery/apis_resource.k8s.io_v1.json")),
    ("/apis/scheduling.k8s.io/v1", include_bytes!("recorded/discovery/apis_scheduling.k8s.io_v1.json")),
    ("/apis/storage.k8s.io/v1", include_bytes!("recorded/discovery/apis_storage.k8s.io_v1.json")),
    ("/version", include_bytes!("recorded/discovery/version.json")),
    ("aggregated /api", include_bytes!("recorded/discovery/aggregated-api.json")),
    ("aggregated /apis", include_bytes!("recorded/discovery/aggregated-apis.json")),
    ("/openapi/v2", include_bytes!("recorded/openapi-v2.json")),
    (
        "/openapi/v3/.well-known/openid-configuration",
        include_bytes!("recorded/openapi-v3/.well-known_openid-configuration.json"),
    ),
    ("/openapi/v3/api", include_bytes!("recorded/openapi-v3/api.json")),
    ("/openapi/v3/api/v1", include_bytes!("recorded/openapi-v3/api_v1.json")),
    ("/openapi/v3/apis", include_bytes!("recorded/openapi-v3/apis.json")),
    (
        "/openapi/v3/apis/admissionregistration.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_admissionregistration.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/admissionregistration.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_admissionregistration.k8s.io_v1.json"),
    ),
    (
        "/openapi/v3/apis/apiextensions.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_apiextensions.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/apiextensions.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_apiextensions.k8s.io_v1.json"),
    ),
    (
        "/openapi/v3/apis/apiregistration.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_apiregistration.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/apiregistration.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_apiregistration.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/apps", include_bytes!("recorded/openapi-v3/apis_apps.json")),
    ("/openapi/v3/apis/apps/v1", include_bytes!("recorded/openapi-v3/apis_apps_v1.json")),
    (
        "/openapi/v3/apis/authentication.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_authentication.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/authentication.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_authentication.k8s.io_v1.json"),
    ),
    (
        "/openapi/v3/apis/authorization.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_authorization.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/authorization.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_authorization.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/autoscaling", include_bytes!("recorded/openapi-v3/apis_autoscaling.json")),
    ("/openapi/v3/apis/autoscaling/v1", include_bytes!("recorded/openapi-v3/apis_autoscaling_v1.json")),
    ("/openapi/v3/apis/autoscaling/v2", include_bytes!("recorded/openapi-v3/apis_autoscaling_v2.json")),
    ("/openapi/v3/apis/batch", include_bytes!("recorded/openapi-v3/apis_batch.json")),
    ("/openapi/v3/apis/batch/v1", include_bytes!("recorded/openapi-v3/apis_batch_v1.json")),
    (
        "/openapi/v3/apis/certificates.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_certificates.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/certificates.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_certificates.k8s.io_v1.json"),
    ),
    (
        "/openapi/v3/apis/coordination.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_coordination.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/coordination.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_coordination.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/discovery.k8s.io", include_bytes!("recorded/openapi-v3/apis_discovery.k8s.io.json")),
    (
        "/openapi/v3/apis/discovery.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_discovery.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/events.k8s.io", include_bytes!("recorded/openapi-v3/apis_events.k8s.io.json")),
    ("/openapi/v3/apis/events.k8s.io/v1", include_bytes!("recorded/openapi-v3/apis_events.k8s.io_v1.json")),
    (
        "/openapi/v3/apis/flowcontrol.apiserver.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_flowcontrol.apiserver.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/flowcontrol.apiserver.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_flowcontrol.apiserver.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/networking.k8s.io", include_bytes!("recorded/openapi-v3/apis_networking.k8s.io.json")),
    (
        "/openapi/v3/apis/networking.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_networking.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/node.k8s.io", include_bytes!("recorded/openapi-v3/apis_node.k8s.io.json")),
    ("/openapi/v3/apis/node.k8s.io/v1", include_bytes!("recorded/openapi-v3/apis_node.k8s.io_v1.json")),
    ("/openapi/v3/apis/policy", include_bytes!("recorded/openapi-v3/apis_policy.json")),
    ("/openapi/v3/apis/policy/v1", include_bytes!("recorded/openapi-v3/apis_policy_v1.json")),
    (
        "/openapi/v3/apis/rbac.authorization.k8s.io",
        include_bytes!("recorded/openapi-v3/apis_rbac.authorization.k8s.io.json"),
    ),
    (
        "/openapi/v3/apis/rbac.authorization.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_rbac.authorization.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/resource.k8s.io", include_bytes!("recorded/openapi-v3/apis_resource.k8s.io.json")),
    (
        "/openapi/v3/apis/resource.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_resource.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/scheduling.k8s.io", include_bytes!("recorded/openapi-v3/apis_scheduling.k8s.io.json")),
    (
        "/openapi/v3/apis/scheduling.k8s.io/v1",
        include_bytes!("recorded/openapi-v3/apis_scheduling.k8s.io_v1.json"),
    ),
    ("/openapi/v3/apis/storage.k8s.io", include_bytes!("recorded/openapi-v3/apis_storage.k8s.io.json")),
    ("/openapi/v3/apis/storage.k8s.io/v1", include_bytes!("recorded/openapi-v3/apis_storage.k8s.io_v1.json")),
    ("/openapi/v3", include_bytes!("recorded/openapi-v3/index.json")),
    ("/openapi/v3/openid/v1/jwks", include_bytes!("recorded/openapi-v3/openid_v1_jwks.json")),
    ("/openapi/v3/version", include_bytes!("recorded/openapi-v3/version.json")),
];
