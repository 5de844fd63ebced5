//! What can be asked of a single object.

use super::super::ObjectRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

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

/// One field of an object: all that is stated must hold; where nothing is, it must be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Field {
    /// `deployment/web`.
    pub object: ObjectRef,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `spec.replicas`, `metadata.annotations[example.com/note]`, `spec.template.spec.containers[web].image`.
    pub path: String,
    /// What it must say; of a mapping, the fields that are stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
    /// Whether it must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there: Option<bool>,
    /// Whether it must say what it said in the steady state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same: Option<bool>,
}

/// A field manager and what it must own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Managed {
    /// `deployment/web`.
    pub object: ObjectRef,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The field manager, such as `helm` or `kubectl-edit`.
    pub manager: String,
    /// The field, as in `field`; anything of the object where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `Apply` or `Update`; either where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

/// A claim whose data must be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Claim {
    /// Name of the PersistentVolumeClaim.
    pub claim: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}
