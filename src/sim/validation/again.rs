//! Which kinds look at their metadata again when they are changed, and when: kube-apiserver tells what is wrong there as
//! often as it looks.

/// Kinds that look at their whole content before what of their metadata changed.
pub(super) fn updates_metadata_at_last(group: &str, kind: &str) -> bool {
    match (group, kind) {
        ("rbac.authorization.k8s.io" | "node.k8s.io", _kind) => true,
        ("networking.k8s.io", kind) => kind == "IPAddress",
        ("resource.k8s.io", kind) => matches!(kind, "ResourceClaim" | "ResourceClaimTemplate"),
        ("storage.k8s.io", kind) => matches!(kind, "StorageClass" | "CSIStorageCapacity"),
        _before_their_content => false,
    }
}

/// Kinds that check what of their metadata changed beside what is checked of every kind.
pub(super) fn updates_metadata(group: &str, kind: &str) -> bool {
    !matches!(
        (group, kind),
        ("", "PersistentVolume" | "LimitRange")
            | ("storage.k8s.io", "CSINode" | "VolumeAttachment")
            | (
                "admissionregistration.k8s.io"
                    | "discovery.k8s.io"
                    | "policy"
                    | "flowcontrol.apiserver.k8s.io",
                _
            )
    )
}

/// Kinds whose update is checked as a whole new object would be, names and finalizers included.
pub(super) fn checks_all_metadata_again(group: &str, kind: &str) -> bool {
    match (group, kind) {
        ("", kind) => !matches!(
            kind,
            "ReplicationController" | "PodTemplate" | "Service" | "Node" | "Namespace" | "ResourceQuota"
        ),
        ("networking.k8s.io", kind) => matches!(kind, "Ingress" | "IngressClass" | "IPAddress"),
        ("apps", "ControllerRevision") => true,
        ("admissionregistration.k8s.io" | "apiregistration.k8s.io", _kind) => true,
        ("resource.k8s.io", kind) => {
            matches!(kind, "DeviceClass" | "ResourceClaim" | "ResourceClaimTemplate")
        }
        ("flowcontrol.apiserver.k8s.io", _kind) => true,
        ("storage.k8s.io", kind) => kind != "CSIDriver",
        ("rbac.authorization.k8s.io" | "discovery.k8s.io" | "node.k8s.io", _kind) => true,
        _others_check_what_changes => false,
    }
}
