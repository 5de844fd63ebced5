//! What RBAC objects and custom resource definitions may say.

use super::findings::{Findings, Path, same};
use super::{internal, names, selectors};
use crate::sim::look::{list, text};
use serde_json::Value;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Role or ClusterRole.
pub(super) fn role(kind: &str, object: &Value, found: &mut Findings) {
    rules(kind, object, found);
    let Some(rule) = object.get("aggregationRule").filter(|rule| rule.is_object()) else { return };
    let (path, all) =
        (Path::new("aggregationRule.clusterRoleSelectors"), list(rule, "/clusterRoleSelectors"));
    if all.is_empty() {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        found.required(&path, detail);
    }
    for (index, selector) in all.iter().enumerate() {
        let (at, before) = (path.index(index), found.len());
        selectors::selector(&at, Some(selector), found);
        if found.len() > before {
            found.invalid_printed(&at, "null", "invalid label selector.");
        }
    }
}

fn rules(kind: &str, object: &Value, found: &mut Findings) {
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
        let wide = kind == "ClusterRoleBinding";
        self::subject(&Path::new("subjects").index(index), subject, wide, found);
    }
}

fn subject(path: &Path, subject: &Value, is_cluster_wide: bool, found: &mut Findings) {
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
            if is_cluster_wide && text(subject, "/namespace").is_empty() {
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

/// CustomResourceDefinition.
pub(super) fn definition(object: &Value, found: &mut Findings) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::new("spec");
    let (plural, group) = (text(spec, "/names/plural"), text(spec, "/group"));
    let name = text(object, "/metadata/name");
    if name != format!("{plural}.{group}") {
        found.invalid(&Path::new("metadata.name"), name, "must be spec.names.plural+\".\"+spec.group");
    }
    if group.is_empty() {
        found.required(&path.child("group"), "");
    } else if group.split('.').count() < 2 {
        found.invalid(&path.child("group"), group, "should be a domain with at least one dot");
    }
    found.one_of(&path.child("scope"), text(spec, "/scope"), &["Cluster", "Namespaced"]);
    let stored = list(spec, "/versions").iter().filter(|v| v["storage"].as_bool() == Some(true)).count();
    if stored != 1 {
        let versions = spec.get("versions").cloned().unwrap_or(Value::Null);
        let detail = "must have exactly one version marked as storage version";
        found.invalid(&path.child("versions"), versions, detail);
    }
    for key in ["plural", "singular", "kind", "listKind"] {
        let at = path.child("names").child(key);
        match text(spec, &format!("/names/{key}")) {
            "" => found.required(&at, ""),
            name => found.invalid_each(&at, name, names::label(&name.to_lowercase())),
        }
    }
    for (index, version) in list(spec, "/versions").iter().enumerate() {
        if version.pointer("/schema/openAPIV3Schema").is_none_or(Value::is_null) {
            let at = path.child("versions").index(index).child("schema.openAPIV3Schema");
            found.required(&at, "schemas are required");
        }
    }
}
