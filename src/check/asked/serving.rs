//! What can be asked of those who serve: workloads, services and their pods.

use super::super::ObjectRef;
use crate::release::Driver;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// A release whose workloads are asked about: the Deployments, StatefulSets, DaemonSets and Jobs of its manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Workloads {
    /// Its name.
    pub release: String,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Where its records are kept, as `HELM_DRIVER` names it: `secret`, `configmap` or `sql`.
    #[serde(default, skip_serializing_if = "Driver::is_default")]
    pub driver: Driver,
    /// So many ready pods of each are enough, or all that it wants where those are fewer; without it all must be ready, of
    /// the current template, and Jobs complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
}

/// A workload and its number of pods: all that is stated must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Replicas {
    /// `deployment/web`, `statefulset/db` or `replicaset/x`.
    pub workload: ObjectRef,
    /// Its namespace; that of the drill where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How many pods its specification wants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u64>,
    /// How many of its pods are ready, as its status says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<u64>,
}

fn one() -> usize {
    1
}
