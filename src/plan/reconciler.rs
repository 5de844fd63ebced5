//! The reconciler of a plan, and the custom resource by which it is told what to do and can be stopped.

use super::{Outcome, Step};
use crate::check::ObjectRef;
use crate::scenario::{self, Scenario};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Where the two manifests lie in the working directory.
const DEFINITION: &str = "gitops/definition.yaml";
const APPLICATION: &str = "gitops/application.yaml";

/// What applies the state of Git again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reconciler {
    /// Name of its Application.
    pub application: String,
    /// The namespace of that, and of what it applies.
    pub namespace: String,
    /// The release that it applies.
    pub release: String,
    /// The chart as commands name it.
    pub chart: String,
    /// The file of values that stands for Git.
    pub values: String,
    /// Whether every sync is a revision of the release.
    pub records: bool,
    /// The workload without whose pods it does nothing.
    pub controller: Option<ObjectRef>,
    /// Where it is declared: `scenarios/x.yaml:12`.
    pub origin: String,
}

/// A workload that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the controller of the reconciler: {0}")]
pub struct ControllerError(#[from] crate::check::ObjectRefError);

/// The reconciler that a scenario declares.
pub(super) fn reconciler(scenario: &Scenario) -> Result<Option<Reconciler>, ControllerError> {
    let Some(declared) = &scenario.reconciler else { return Ok(None) };
    let first = scenario.environments.first().map(|name| name.text.clone()).unwrap_or_default();
    let controller = declared.controller.as_ref().map(|name| name.text.parse()).transpose()?;
    Ok(Some(Reconciler {
        application: declared.application.text.clone(),
        namespace: declared.environment.as_ref().map_or(first, |name| name.text.clone()),
        release: scenario.release.name.text.clone(),
        chart: format!("./charts/{}", scenario.release.chart.text),
        values: declared.values.text.clone(),
        records: declared.sync == scenario::Sync::Upgrade,
        controller,
        origin: format!("{}:{}", scenario.file, declared.application.place.line),
    }))
}

impl Reconciler {
    /// The manifests of its Application, as files of the working directory.
    pub(super) fn files(&self, declared: &scenario::Reconciler) -> BTreeMap<String, String> {
        let text = |object: serde_json::Value| format!("{object:#}\n");
        let files = [(DEFINITION, text(definition())), (APPLICATION, text(self.application(declared)))];
        files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect()
    }

    /// The first step of the drill: its Application is there before it has anything to apply.
    pub(super) fn begin(&self) -> Step {
        let line = format!(
            "kubectl apply -f {DEFINITION} && kubectl wait --for=condition=established crd/applications.argoproj.io && \
             kubectl apply -f {APPLICATION}"
        );
        Step {
            line,
            origin: self.origin.clone(),
            fault: None,
            namespace: None,
            outcome: Outcome::Succeeds,
            timeout: super::lower::TIMEOUT,
            session: false,
        }
    }

    /// The resource in the shape of Argo CD's.
    fn application(&self, declared: &scenario::Reconciler) -> serde_json::Value {
        let scenario::Retry { limit, seconds, factor, at_most } = declared.retry;
        let backoff = json!({"duration": format!("{seconds}s"), "factor": factor, "maxDuration": format!("{at_most}s")});
        json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": self.application, "namespace": self.namespace},
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": "https://git.example/deploy.git",
                    "path": self.chart,
                    "helm": {"releaseName": self.release, "valueFiles": [self.values]},
                },
                "destination": {"server": "https://kubernetes.default.svc", "namespace": self.namespace},
                "syncPolicy": {
                    "automated": {"selfHeal": declared.self_heal},
                    "retry": {"limit": limit, "backoff": backoff},
                },
            },
        })
    }
}

/// The kind of the resource: any spec, and a status that says whether the cluster is as Git says.
fn definition() -> serde_json::Value {
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let schema = json!({"type": "object", "properties": {"spec": open, "status": open}});
    let column = json!({"name": "Sync Status", "type": "string", "jsonPath": ".status.sync.status"});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "applications.argoproj.io"},
        "spec": {
            "group": "argoproj.io",
            "scope": "Namespaced",
            "names": {
                "kind": "Application",
                "listKind": "ApplicationList",
                "plural": "applications",
                "singular": "application",
                "shortNames": ["app", "apps"],
            },
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": schema},
                "additionalPrinterColumns": [column],
            }],
        },
    })
}
