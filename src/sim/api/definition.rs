//! What kube-apiserver itself does to a CustomResourceDefinition after it is stored: it accepts the names and begins to
//! serve the resource.

use super::Asked;
use crate::sim::World;
use crate::sim::fields::{self, Manager};
use crate::sim::resources::Resource;
use crate::sim::schema;
use crate::snapshot::{Object, Snapshot};
use serde_json::{Value, json};
use std::sync::Arc;

/// Establishes the definition that was just stored, where it is one.
pub(super) fn establish(world: &mut World, asked: &Asked<'_>, stored: &Object) {
    let is_definition =
        asked.of.kind == "CustomResourceDefinition" && asked.of.group == "apiextensions.k8s.io";
    if !is_definition || stored["status"]["acceptedNames"] == stored["spec"]["names"] {
        return;
    }
    let mut object = (**stored).clone();
    let at = asked.now.rfc3339();
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let condition = |kind: &str, reason: &str, message: &str| {
        let present = conditions.iter().find(|c| c["type"] == kind && c["status"] == "True");
        present.cloned().unwrap_or_else(|| {
            json!({
                "type": kind, "status": "True", "lastTransitionTime": at, "reason": reason, "message": message,
            })
        })
    };
    object["status"]["conditions"] = json!([
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ]);
    object["status"]["acceptedNames"] = object["spec"]["names"].clone();
    if let Some(ty) = schema::of(&asked.of.group, &asked.of.version, &asked.of.kind) {
        let manager = Manager {
            name: "kube-apiserver".to_owned(),
            api_version: asked.of.api_version(),
            subresource: "status".to_owned(),
            at: asked.now,
        };
        fields::track(ty, Some(stored), &mut object, &manager);
    }
    let name = stored["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    asked.store(world, &name, object);
}

/// The printer columns that the definition of a custom resource names for its version.
pub(super) fn printer_columns(snapshot: &Snapshot, of: &Resource) -> Arc<[Value]> {
    let name = of.qualified();
    let crd = snapshot.find("apiextensions.k8s.io", "customresourcedefinitions", "", &name);
    let versions = crd.and_then(|crd| crd["spec"]["versions"].as_array()).into_iter().flatten();
    let mut mine = versions.filter(|version| version["name"] == of.version.as_str());
    let columns = mine.next().and_then(|version| version["additionalPrinterColumns"].as_array());
    columns.cloned().unwrap_or_default().into()
}
