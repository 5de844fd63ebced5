//! How roles and bindings print, and every kind that shows no more than when it was created.

use super::age::age;
use crate::clock::Moment;
use crate::sim::look::{list, name, text};
use serde_json::Value;

/// Name and time of creation.
pub(super) fn created_at(object: &Value, _now: Moment) -> Vec<Value> {
    vec![name(object), text(object, "/metadata/creationTimestamp").into()]
}

/// RoleBinding and ClusterRoleBinding: the role, and who is bound to it.
pub(super) fn binding(object: &Value, now: Moment) -> Vec<Value> {
    let subjects = |kind: &str| {
        let of_kind = list(object, "/subjects").iter().filter(|subject| text(subject, "/kind") == kind);
        let names = of_kind.map(|subject| match kind {
            "ServiceAccount" => format!("{}/{}", text(subject, "/namespace"), text(subject, "/name")),
            _user_or_group => text(subject, "/name").to_owned(),
        });
        Value::from(names.collect::<Vec<_>>().join(", "))
    };
    vec![
        name(object),
        format!("{}/{}", text(object, "/roleRef/kind"), text(object, "/roleRef/name")).into(),
        age(object, now),
        subjects("User"),
        subjects("Group"),
        subjects("ServiceAccount"),
    ]
}
