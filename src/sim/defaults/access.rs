//! Defaults of RBAC objects.

use super::gaps::{fill_null, fill_zero, items, object, text};
use serde_json::Value;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Role and ClusterRole: a role without rules prints them as null.
pub(super) fn role(role: &mut Value) {
    fill_null(role, "rules");
    for rule in items(role, "rules") {
        fill_null(rule, "verbs");
    }
}

/// RoleBinding and ClusterRoleBinding.
pub(super) fn binding(binding: &mut Value) {
    if let Some(role) = object(binding, "roleRef") {
        fill_zero(role, "apiGroup", GROUP);
    }
    for subject in items(binding, "subjects") {
        if matches!(text(subject, "kind"), "User" | "Group") {
            fill_zero(subject, "apiGroup", GROUP);
        }
    }
}
