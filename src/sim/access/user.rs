//! A user as kube-apiserver knows one: a name, groups, and what else its authenticator said.

use super::{AUTHENTICATED, MASTERS};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Somebody who is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) groups: Vec<String>,
    pub(crate) extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// The administrator, whose token is in the kubeconfig.
    pub(crate) fn administrator() -> User {
        User {
            name: "admin".to_owned(),
            uid: "admin".to_owned(),
            groups: vec![MASTERS.to_owned(), AUTHENTICATED.to_owned()],
            extra: BTreeMap::new(),
        }
    }

    /// A service account.
    pub(crate) fn account(namespace: &str, name: &str, uid: &str) -> User {
        let mut groups = account_groups(namespace);
        groups.push(AUTHENTICATED.to_owned());
        User { name: account_name(namespace, name), uid: uid.to_owned(), groups, extra: BTreeMap::new() }
    }

    /// Whether it is a member of the group that nobody refuses anything.
    pub(super) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }

    /// Writes who asks into what is asked for: the spec of a CertificateSigningRequest.
    pub(crate) fn asks_in(&self, spec: &mut Value) {
        let Some(spec) = spec.as_object_mut() else { return };
        for field in ["username", "uid", "groups", "extra"] {
            spec.remove(field);
        }
        if let Value::Object(info) = self.info() {
            spec.extend(info);
        }
    }

    /// The `UserInfo` document.
    pub(crate) fn info(&self) -> Value {
        let mut info = json!({});
        for (field, text) in [("username", &self.name), ("uid", &self.uid)] {
            if !text.is_empty() {
                info[field] = json!(text);
            }
        }
        if !self.groups.is_empty() {
            info["groups"] = json!(self.groups);
        }
        if !self.extra.is_empty() {
            info["extra"] = json!(self.extra);
        }
        info
    }
}

/// `system:serviceaccount:NAMESPACE:NAME`.
pub(super) fn account_name(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// Namespace and name of the service account that a user is.
pub(super) fn account_of(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

/// The groups of every service account of a namespace.
pub(super) fn account_groups(namespace: &str) -> Vec<String> {
    vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]
}
