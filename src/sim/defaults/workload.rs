//! Defaults of what keeps pods running: Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController.

use super::gaps::{at, fill, fill_zero, is_bare, items, object, text};
use super::{pod, storage};
use serde_json::{Map, Value, json};

/// `apps/v1` Deployment.
pub(super) fn deployment(deployment: &mut Value) {
    if let Some(spec) = object(deployment, "spec") {
        pod::template(spec);
        fill(spec, "replicas", 1);
        fill_null_selector(spec);
        if let Some(strategy) = object(spec, "strategy") {
            fill_zero(strategy, "type", "RollingUpdate");
            rolling(strategy, &[("maxUnavailable", json!("25%")), ("maxSurge", json!("25%"))]);
        }
        fill(spec, "revisionHistoryLimit", 10);
        fill(spec, "progressDeadlineSeconds", 600);
    }
    fill(deployment, "status", Map::new());
}

/// `apps/v1` ReplicaSet.
pub(super) fn replica_set(set: &mut Value) {
    if let Some(spec) = object(set, "spec") {
        pod::template(spec);
        fill(spec, "replicas", 1);
        fill_null_selector(spec);
    }
    if let Some(status) = object(set, "status") {
        fill(status, "replicas", 0);
    }
}

/// `apps/v1` StatefulSet.
pub(super) fn stateful_set(set: &mut Value) {
    if let Some(spec) = object(set, "spec") {
        pod::template(spec);
        fill(spec, "replicas", 1);
        fill_null_selector(spec);
        fill_zero(spec, "podManagementPolicy", "OrderedReady");
        if let Some(strategy) = object(spec, "updateStrategy") {
            fill_zero(strategy, "type", "RollingUpdate");
            rolling(strategy, &[("partition", json!(0))]);
        }
        if let Some(policy) = object(spec, "persistentVolumeClaimRetentionPolicy") {
            fill_zero(policy, "whenDeleted", "Retain");
            fill_zero(policy, "whenScaled", "Retain");
        }
        fill(spec, "revisionHistoryLimit", 10);
        for claim in items(spec, "volumeClaimTemplates") {
            // Whatever was sent.
            claim["apiVersion"] = "v1".into();
            claim["kind"] = "PersistentVolumeClaim".into();
            fill(claim, "metadata", Map::new());
            storage::claim(claim);
        }
    }
    if let Some(status) = object(set, "status") {
        fill(status, "replicas", 0);
        fill(status, "availableReplicas", 0);
    }
}

/// Where `apps/v1` keeps the count of template changes that an older version had in its spec.
pub(in crate::sim) const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// `apps/v1` DaemonSet.
pub(super) fn daemon_set(set: &mut Value) {
    if let Some(annotations) = object(set, "metadata").and_then(|metadata| object(metadata, "annotations")) {
        fill_zero(annotations, TEMPLATE_GENERATION, "0");
    }
    if let Some(spec) = object(set, "spec") {
        pod::template(spec);
        fill_null_selector(spec);
        if let Some(strategy) = object(spec, "updateStrategy") {
            fill_zero(strategy, "type", "RollingUpdate");
            rolling(strategy, &[("maxUnavailable", json!(1)), ("maxSurge", json!(0))]);
            // Both print wherever either may.
            if let Some(unused) = at(strategy, "rollingUpdate") {
                fill(unused, "maxUnavailable", 0);
                fill(unused, "maxSurge", 0);
            }
        }
        fill(spec, "revisionHistoryLimit", 10);
    }
    if let Some(status) = object(set, "status") {
        let counts =
            ["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"];
        counts.into_iter().for_each(|count| fill(status, count, 0));
    }
}

/// Core ReplicationController: selector and labels come from the template.
pub(super) fn replication_controller(controller: &mut Value) {
    let labels = controller.pointer("/spec/template/metadata/labels").cloned();
    if let Some(labels) = labels.filter(|labels| labels.as_object().is_some_and(|map| !map.is_empty())) {
        if let Some(spec) = object(controller, "spec")
            && is_bare(spec, "selector")
        {
            spec["selector"] = labels.clone();
        }
        if let Some(metadata) = object(controller, "metadata")
            && is_bare(metadata, "labels")
        {
            metadata["labels"] = labels;
        }
    }
    if let Some(spec) = object(controller, "spec") {
        fill(spec, "replicas", 1);
        if spec.get("template").is_some_and(Value::is_object) {
            pod::template(spec);
        }
    }
    if let Some(status) = object(controller, "status") {
        fill(status, "replicas", 0);
    }
}

fn rolling(strategy: &mut Value, defaults: &[(&str, Value)]) {
    if text(strategy, "type") != "RollingUpdate" {
        return;
    }
    if let Some(rolling) = object(strategy, "rollingUpdate") {
        for (key, default) in defaults {
            fill(rolling, key, default.clone());
        }
    }
}

/// A selector has no `omitempty`: an absent one prints as null, which validation then refuses.
fn fill_null_selector(spec: &mut Value) {
    super::gaps::fill_null(spec, "selector");
}
