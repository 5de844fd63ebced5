//! One revision as Helm writes it into its record: the fields that a drill reads, the others kept as they are.

use serde_json::{Map, Value, json};

/// One revision of a release. Made of the JSON of Helm's `release.Release`, versions 3 and 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Name of the release.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The number of the revision, from 1.
    pub revision: u32,
    /// `deployed`, `superseded`, `failed`, `uninstalled`, `uninstalling`, `unknown` or one of the `pending-…`.
    pub status: String,
    /// What Helm says of it: `Upgrade complete`, `Rollback to 2`.
    pub description: String,
    /// Name of the chart.
    pub chart: String,
    /// Version of the chart.
    pub chart_version: String,
    /// Version of the application, as the chart states it.
    pub app_version: String,
    /// The rendered objects without the hooks: YAML, several documents.
    pub manifest: String,
    /// The hooks.
    pub hooks: Vec<Hook>,
    /// The values that were given to this revision, not those of the chart.
    pub config: Map<String, Value>,
    /// Helm 4: `ssa` or `csa`; empty where Helm 3 wrote the record, which means client side.
    pub apply_method: String,
}

/// One hook of a revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hook {
    /// Name of the object.
    pub name: String,
    /// Kind of the object.
    pub kind: String,
    /// When it runs: `pre-upgrade`, `pre-rollback`.
    pub events: Vec<String>,
    /// The object as YAML.
    pub manifest: String,
}

impl Record {
    /// Whether Helm refuses an upgrade because of this status when it is the newest revision.
    pub fn is_pending(&self) -> bool {
        is_pending(&self.status)
    }

    /// The record as JSON, with what Helm itself needs to read it back.
    pub(super) fn to_json(&self) -> Value {
        let hooks: Vec<Value> = self.hooks.iter().map(Hook::to_json).collect();
        let mut whole = json!({
            "name": self.name,
            "namespace": self.namespace,
            "version": self.revision,
            "info": {"status": self.status, "description": self.description},
            "chart": {"metadata": {
                "apiVersion": "v2",
                "name": self.chart,
                "version": self.chart_version,
                "appVersion": self.app_version,
            }},
            "config": self.config,
            "manifest": self.manifest,
            "hooks": hooks,
        });
        if !self.apply_method.is_empty() {
            whole["apply_method"] = json!(self.apply_method);
        }
        whole
    }

    /// Reads what is there: a field that is missing or of another type counts as empty, as Go's JSON reads `{}`.
    pub(super) fn from_json(whole: &Value) -> Record {
        let metadata = &whole["chart"]["metadata"];
        let hooks = whole["hooks"].as_array().into_iter().flatten().map(Hook::from_json).collect();
        Record {
            name: text(&whole["name"]),
            namespace: text(&whole["namespace"]),
            revision: whole["version"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
            status: text(&whole["info"]["status"]),
            description: text(&whole["info"]["description"]),
            chart: text(&metadata["name"]),
            chart_version: text(&metadata["version"]),
            app_version: text(&metadata["appVersion"]),
            manifest: text(&whole["manifest"]),
            hooks,
            config: whole["config"].as_object().cloned().unwrap_or_default(),
            apply_method: text(&whole["apply_method"]),
        }
    }
}

/// Whether a status is one of Helm's three pending ones. `uninstalling` is not.
pub(super) fn is_pending(status: &str) -> bool {
    matches!(status, "pending-install" | "pending-upgrade" | "pending-rollback")
}

impl Hook {
    fn to_json(&self) -> Value {
        json!({"name": self.name, "kind": self.kind, "events": self.events, "manifest": self.manifest})
    }

    fn from_json(hook: &Value) -> Hook {
        let events = hook["events"].as_array().into_iter().flatten().map(text).collect();
        Hook {
            name: text(&hook["name"]),
            kind: text(&hook["kind"]),
            events,
            manifest: text(&hook["manifest"]),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
