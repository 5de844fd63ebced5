//! What RBAC objects and webhook configurations may say.

use super::findings::{Findings, Path, same};
use super::{internal, names};
use crate::sim::look::{list, text};
use serde_json::Value;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Role or ClusterRole.
pub(super) fn role(kind: &str, object: &Value, found: &mut Findings) {
    for (index, rule) in list(object, "/rules").iter().enumerate() {
        let at = Path::new("rules").index(index);
        let is_bare = |key: &str| list(rule, &format!("/{key}")).is_empty();
        if is_bare("verbs") {
            found.required(&at.child("verbs"), "verbs must contain at least one value");
        }
        if !is_bare("nonResourceURLs") {
            let urls = at.child("nonResourceURLs");
            if kind == "Role" {
                let given = rule["nonResourceURLs"].clone();
                found.invalid(&urls, given, "namespaced rules cannot apply to non-resource URLs");
            }
            if !is_bare("apiGroups") || !is_bare("resources") || !is_bare("resourceNames") {
                let given = rule["nonResourceURLs"].clone();
                let detail = "rules cannot apply to both regular resources and non-resource URLs";
                found.invalid(&urls, given, detail);
            }
            continue;
        }
        if is_bare("apiGroups") {
            found.required(&at.child("apiGroups"), "resource rules must supply at least one api group");
        }
        if is_bare("resources") {
            found.required(&at.child("resources"), "resource rules must supply at least one resource");
        }
    }
}

/// RoleBinding or ClusterRoleBinding.
pub(super) fn binding(kind: &str, object: &Value, found: &mut Findings) {
    let path = Path::new("roleRef");
    let role = object.get("roleRef").unwrap_or(&Value::Null);
    let kinds: &[&str] = if kind == "RoleBinding" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if text(role, "/apiGroup") != GROUP {
        found.unsupported(&path.child("apiGroup"), text(role, "/apiGroup"), &[GROUP]);
    }
    if !kinds.contains(&text(role, "/kind")) {
        found.unsupported(&path.child("kind"), text(role, "/kind"), kinds);
    }
    match text(role, "/name") {
        "" => found.required(&path.child("name"), ""),
        name => found.invalid_each(&path.child("name"), name, names::path_segment(name)),
    }
    for (index, subject) in list(object, "/subjects").iter().enumerate() {
        self::subject(&Path::new("subjects").index(index), subject, found);
    }
}

fn subject(path: &Path, subject: &Value, found: &mut Findings) {
    let (name, group) = (text(subject, "/name"), text(subject, "/apiGroup"));
    if name.is_empty() {
        found.required(&path.child("name"), "");
    }
    match text(subject, "/kind") {
        "ServiceAccount" => {
            if !name.is_empty() {
                found.invalid_each(&path.child("name"), name, names::subdomain(name));
            }
            if !group.is_empty() {
                found.unsupported(&path.child("apiGroup"), group, &[""]);
            }
            if text(subject, "/namespace").is_empty() {
                found.required(&path.child("namespace"), "");
            }
        }
        "User" | "Group" => {
            if group != GROUP {
                found.unsupported(&path.child("apiGroup"), group, &[GROUP]);
            }
        }
        other => found.unsupported(&path.child("kind"), other, &["ServiceAccount", "User", "Group"]),
    }
}

/// The role of a binding never changes.
pub(super) fn binding_update(old: &Value, new: &Value, found: &mut Findings) {
    if !same(old.get("roleRef"), new.get("roleRef")) {
        let printed = internal::print("RoleRef", new.get("roleRef").unwrap_or(&Value::Null));
        found.invalid_printed(&Path::new("roleRef"), &printed, "cannot change roleRef");
    }
}

/// MutatingWebhookConfiguration or ValidatingWebhookConfiguration.
pub(super) fn webhooks(object: &Value, found: &mut Findings) {
    let mut taken: Vec<&str> = Vec::new();
    for (index, webhook) in list(object, "/webhooks").iter().enumerate() {
        let at = Path::new("webhooks").index(index);
        if list(webhook, "/admissionReviewVersions").is_empty() {
            let versions = at.child("admissionReviewVersions");
            found.required(&versions, "must specify one of v1, v1beta1");
        }
        let name = text(webhook, "/name");
        fully_qualified(&at.child("name"), name, found);
        if taken.contains(&name) {
            found.duplicate(&at.child("name"), name);
        }
        taken.push(name);
        match text(webhook, "/sideEffects") {
            "" => found.required(&at.child("sideEffects"), "must specify one of None, NoneOnDryRun"),
            "None" | "NoneOnDryRun" => {}
            other => found.unsupported(&at.child("sideEffects"), other, &["None", "NoneOnDryRun"]),
        }
        for (key, supported) in
            [("failurePolicy", ["Fail", "Ignore"]), ("matchPolicy", ["Equivalent", "Exact"])]
        {
            let given = text(webhook, &format!("/{key}"));
            if !given.is_empty() && !supported.contains(&given) {
                found.unsupported(&at.child(key), given, &supported);
            }
        }
        let seconds = webhook.get("timeoutSeconds").and_then(Value::as_i64);
        if let Some(seconds) = seconds.filter(|seconds| !(1..=30).contains(seconds)) {
            let detail = "the timeout value must be between 1 and 30 seconds";
            found.invalid(&at.child("timeoutSeconds"), seconds, detail);
        }
        let client = webhook.get("clientConfig").unwrap_or(&Value::Null);
        if text(client, "/url").is_empty() == client.get("service").is_none_or(Value::is_null) {
            found.required(&at.child("clientConfig"), "exactly one of url or service is required");
        }
    }
}

fn fully_qualified(path: &Path, name: &str, found: &mut Findings) {
    if name.is_empty() {
        return found.required(path, "");
    }
    found.invalid_each(path, name, names::subdomain(name));
    if name.split('.').count() < 3 {
        found.invalid(path, name, "should be a domain with at least three segments separated by dots");
    }
}
