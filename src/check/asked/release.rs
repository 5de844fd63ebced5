//! What can be asked of a release: its record, its history, its values, what is marked as its own.

use super::super::ObjectRef;
use crate::release::Driver;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the newest revision of a release must be: all that is stated must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReleaseIs {
    /// The release.
    pub name: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Where its records are kept, as `HELM_DRIVER` names it: `secret`, `configmap` or `sql`.
    #[serde(default, skip_serializing_if = "Driver::is_default")]
    pub driver: Driver,
    /// The number of its newest readable revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// The status inside the record, such as `deployed` or `pending-upgrade`; `absent` where there must be no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The version of the chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_version: Option<String>,
    /// The version of the application that the chart states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
}

/// What the history of a release must look like: all that is stated must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct History {
    /// The release.
    pub release: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Where its records are kept, as `HELM_DRIVER` names it: `secret`, `configmap` or `sql`.
    #[serde(default, skip_serializing_if = "Driver::is_default")]
    pub driver: Driver,
    /// How many revisions say `deployed` inside their record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<usize>,
    /// How many revisions newer than the newest deployed one are pending. An older one is the past and locks nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<usize>,
    /// How many Secrets of the release hold no readable record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecodable: Option<usize>,
    /// How many revisions say `superseded` inside their record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded: Option<usize>,
    /// How many revisions say `failed` inside their record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<usize>,
    /// How many Secrets of the release their labels hide from Helm: without `owner=helm` or the `name` of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<usize>,
    /// How many Secrets of the release there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revisions: Option<usize>,
    /// How many Secrets of the release there are at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revisions_at_most: Option<usize>,
    /// Whether the status label of every readable revision says what its record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels_agree: Option<bool>,
}

/// The release whose objects are compared with its manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// The release.
    pub release: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Where its records are kept, as `HELM_DRIVER` names it: `secret`, `configmap` or `sql`.
    #[serde(default, skip_serializing_if = "Driver::is_default")]
    pub driver: Driver,
}

/// What may change; everything else must be as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Untouched {
    /// The releases whose objects and records may change: `myapp`, or `staging/myapp` for one of another namespace.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub other_than: Names,
    /// The namespace of releases that are named without one; that of the drill where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The only namespace that is looked at; all of the drill where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// One name, or several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "OneOrMany", into = "Vec<String>")]
#[schemars(with = "OneOrMany")]
pub struct Names(pub Vec<String>);

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Names {
    fn from(read: OneOrMany) -> Names {
        match read {
            OneOrMany::One(name) => Names(vec![name]),
            OneOrMany::Many(names) => Names(names),
        }
    }
}

impl From<Names> for Vec<String> {
    fn from(names: Names) -> Vec<String> {
        names.0
    }
}

impl Names {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An object and the release whose marks it must carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Owned {
    /// `configmap/web`.
    pub object: ObjectRef,
    /// The release.
    pub release: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// The values that were given to a release: all that is stated must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Values {
    /// The release; its newest deployed revision is asked.
    pub release: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Where its records are kept, as `HELM_DRIVER` names it: `secret`, `configmap` or `sql`.
    #[serde(default, skip_serializing_if = "Driver::is_default")]
    pub driver: Driver,
    /// Paths such as `image.tag`, and what they must say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Value>,
    /// Paths that must not have been given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}
