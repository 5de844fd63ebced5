//! How a check names an object: `deployment/web`, by kind, plural or the short name that kubectl knows, and where
//! such an object is found in a snapshot.

use crate::snapshot::{Key, Object, Snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A kind and a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ObjectRef {
    /// The kind as written: `deployment`, `deployments`, `deploy` or, where two groups share a kind, `deployment.apps`.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// A text that names no object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected KIND/NAME, such as deployment/web, not {0:?}")]
pub struct ObjectRefError(String);

/// Short names of kubectl for what Helm charts mostly hold.
const SHORT: [(&str, &str); 11] = [
    ("cj", "cronjobs"),
    ("cm", "configmaps"),
    ("deploy", "deployments"),
    ("ds", "daemonsets"),
    ("ing", "ingresses"),
    ("ns", "namespaces"),
    ("po", "pods"),
    ("pvc", "persistentvolumeclaims"),
    ("rs", "replicasets"),
    ("sts", "statefulsets"),
    ("svc", "services"),
];

impl ObjectRef {
    /// The object in a snapshot, in this namespace or, for a kind without namespaces, anywhere.
    pub(super) fn find<'a>(&self, namespace: &str, in_view: &'a Snapshot) -> Option<(&'a Key, &'a Object)> {
        in_view.iter().find(|(key, object)| {
            *key.name == self.name
                && (*key.namespace == *namespace || key.namespace.is_empty())
                && self.is_kind(key, object)
        })
    }

    fn is_kind(&self, key: &Key, object: &Object) -> bool {
        let lower = self.kind.to_lowercase();
        let (word, group) = match lower.split_once('.') {
            Some((word, group)) => (word, Some(group)),
            None => (lower.as_str(), None),
        };
        let word = SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, plural)| plural);
        let kind = object["kind"].as_str().unwrap_or_default();
        (*key.resource == *word || kind.eq_ignore_ascii_case(word)) && group.is_none_or(|g| *key.group == *g)
    }
}

impl FromStr for ObjectRef {
    type Err = ObjectRefError;

    fn from_str(text: &str) -> Result<ObjectRef, ObjectRefError> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(ObjectRef { kind: kind.to_owned(), name: name.to_owned() })
            }
            _ => Err(ObjectRefError(text.to_owned())),
        }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl TryFrom<String> for ObjectRef {
    type Error = ObjectRefError;

    fn try_from(text: String) -> Result<ObjectRef, ObjectRefError> {
        text.parse()
    }
}

impl From<ObjectRef> for String {
    fn from(object: ObjectRef) -> String {
        object.to_string()
    }
}
