//! Which kinds count the versions of what they ask for, and what counts as another version.

use super::findings::same;
use crate::sim::look;
use serde_json::{Map, Value};

/// Kinds that count the versions of their spec. Objects of custom definitions all do.
pub(super) fn counts(group: &str, kind: &str) -> bool {
    match (group, kind) {
        ("", core) => matches!(core, "Pod" | "PodTemplate" | "ReplicationController"),
        ("apps", kind) => kind != "ControllerRevision",
        ("networking.k8s.io", kind) => !matches!(kind, "IPAddress" | "ServiceCIDR"),
        ("batch" | "policy" | "discovery.k8s.io", _kind) => true,
        ("admissionregistration.k8s.io" | "apiextensions.k8s.io" | "flowcontrol.apiserver.k8s.io", _kind) => {
            true
        }
        ("scheduling.k8s.io", _priority_class) => true,
        ("storage.k8s.io", kind) => kind == "CSIDriver",
        ("resource.k8s.io", kind) => matches!(kind, "DeviceClass" | "ResourceSlice"),
        (group, _custom) => group.contains('.') && !group.ends_with(".k8s.io"),
    }
}

/// Kinds that begin to count with their first change.
pub(super) fn begins_with_none(group: &str, kind: &str) -> bool {
    (group, kind) == ("storage.k8s.io", "CSIDriver")
}

/// What the generation counts of a kind for which an empty list is another one than none, as no other kind's does.
pub(in crate::sim) fn tells_empty_from_absent(group: &str, kind: &str) -> Option<&'static str> {
    match (group, kind) {
        ("networking.k8s.io", "NetworkPolicy") => Some("/spec"),
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => Some("/webhooks"),
        _takes_them_for_the_same => None,
    }
}

/// Whether what a generation counts differs.
pub(super) fn changed(group: &str, kind: &str, old: &Value, new: &Value) -> bool {
    let differs = |pointer: &str| !same(look::at(old, pointer), look::at(new, pointer));
    match (group, kind) {
        ("apps", "Deployment") => differs("/spec") || differs("/metadata/annotations"),
        ("apps" | "batch" | "policy" | "apiextensions.k8s.io" | "flowcontrol.apiserver.k8s.io", _kind) => {
            differs("/spec")
        }
        ("", "PodTemplate") => differs("/template"),
        ("" | "networking.k8s.io" | "resource.k8s.io", _kind) => differs("/spec"),
        ("admissionregistration.k8s.io", _kind) => differs("/webhooks") || differs("/spec"),
        ("discovery.k8s.io", _slice) => {
            differs("/endpoints") || differs("/ports") || differs("/metadata/labels")
        }
        ("scheduling.k8s.io", _class) => false,
        ("storage.k8s.io", _driver) => differs("/spec"),
        (_custom, _kind) => {
            let rest = |object: &Value| {
                let fields = object.as_object().into_iter().flatten();
                let kept = fields
                    .filter(|(key, _)| !matches!(&***key, "metadata" | "status" | "apiVersion" | "kind"));
                kept.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<String, Value>>()
            };
            rest(old) != rest(new)
        }
    }
}
