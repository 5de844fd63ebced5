//! What each check is asked about: the words that a scenario gives it. Answers nothing.

use super::ObjectRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the newest revision of a release must be: all that is stated must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReleaseIs {
    /// The release.
    pub name: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct History {
    /// The release.
    pub release: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How many revisions say `deployed` inside their record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<usize>,
    /// How many revisions newer than the newest deployed one are pending. An older one is the past and locks nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<usize>,
    /// How many Secrets of the release hold no readable record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecodable: Option<usize>,
    /// How many Secrets of the release there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revisions: Option<usize>,
    /// Whether the status label of every readable revision says what its record says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels_agree: Option<bool>,
}

/// A workload and how many of its pods must be ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Workload {
    /// `deployment/web`, `statefulset/db`, `daemonset/agent`, `replicaset/x` or `pod/x`.
    pub workload: ObjectRef,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How many pods must be ready and not on their way out.
    #[serde(default = "one")]
    pub at_least: usize,
}

/// A service and how many ready endpoints it must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reachable {
    /// Name of the Service.
    pub service: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How many endpoints must be ready.
    #[serde(default = "one")]
    pub at_least: usize,
}

/// A workload whose ready pods must all come from its current template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Template {
    /// `deployment/web`, `statefulset/db` or `daemonset/agent`.
    pub workload: ObjectRef,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// What those who answer must carry: all that is stated must hold for each of them, and there must be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Serves {
    /// Name of the Service whose ready endpoints are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The workload whose ready pods are asked, where no service is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<ObjectRef>,
    /// Namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Labels that every pod carries.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Environment variables that one of the pod's containers sets to these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The image of one of the pod's containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Keys that one of the ConfigMaps mounted into the pod holds with these values, blanks at the ends aside.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, String>,
}

/// Values that a ConfigMap or Secret must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Data {
    /// Name of the object.
    pub name: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Keys and their values; other keys may be there.
    pub data: BTreeMap<String, String>,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Object {
    /// `configmap/web`, `deployment/web`, `persistentvolumeclaim/data`.
    pub object: ObjectRef,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
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
}

/// What may change; everything else must be as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Untouched {
    /// The release whose objects and records may change.
    pub other_than: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// A Job and the state that it must be in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Jobs {
    /// Name of the Job.
    pub name: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The state.
    pub is: JobState,
}

/// How far a Job has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// It carries the condition Complete.
    Complete,
    /// It carries the condition Failed.
    Failed,
    /// It is there and carries neither.
    Running,
    /// It is not there.
    Absent,
}

fn one() -> usize {
    1
}
