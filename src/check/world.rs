//! The world that the tests of checks look at, made by hand.

use crate::release::{Hook, Record, secret};
use crate::snapshot::{Key, Snapshot};
use serde_json::{Value, json};
use std::sync::Arc;

/// Where it lies.
pub(super) const NS: &str = "p";

/// A world with a release `web` of one Deployment, its ReplicaSets, two pods, a Service and a ConfigMap.
pub(super) struct World(pub(super) Snapshot);

impl World {
    pub(super) fn healthy() -> World {
        World(Snapshot::default())
            .put("", "secrets", record(1, "superseded", "1.0"))
            .put("", "secrets", record(2, "deployed", "1.1"))
            .put("", "configmaps", owned("ConfigMap", "page", json!({"data": {"version": "1.1\n"}})))
            .put("apps", "deployments", deployment("2"))
            .put("apps", "replicasets", replica_set("old", "1"))
            .put("apps", "replicasets", replica_set("new", "2"))
            .put("", "pods", pod("a", "new", "1.1", true))
            .put("", "pods", pod("b", "new", "1.1", true))
            .put("", "persistentvolumeclaims", claim("c"))
            .put("", "secrets", json!({"metadata": {"name": "login"}, "data": {"password": "aHVudGVyMg=="}}))
            .put("", "services", json!({"kind": "Service", "metadata": {"name": "web", "namespace": NS}}))
            .put("discovery.k8s.io", "endpointslices", slice(&[("a", true), ("b", true)]))
            .put(
                "",
                "configmaps",
                json!({"kind": "ConfigMap", "metadata": {"name": "other", "uid": "o"}, "data": {"a": "1"}}),
            )
    }

    pub(super) fn put(self, group: &str, resource: &str, object: Value) -> World {
        let name = object["metadata"]["name"].as_str().expect("a name").to_owned();
        World(self.0.with(1, Key::new(group, resource, NS, &name), Some(Arc::new(object))))
    }

    pub(super) fn without(self, group: &str, resource: &str, name: &str) -> World {
        World(self.0.with(1, Key::new(group, resource, NS, name), None))
    }
}

pub(super) fn record(revision: u32, status: &str, version: &str) -> Value {
    let manifest = format!(
        "kind: ConfigMap\napiVersion: v1\nmetadata: {{name: page}}\ndata: {{version: \"{version}\\n\"}}\n"
    );
    secret(&Record {
        name: "web".into(),
        namespace: NS.into(),
        revision,
        status: status.into(),
        chart: "web".into(),
        chart_version: "1.0.0".into(),
        app_version: version.into(),
        manifest,
        hooks: vec![Hook {
            name: "migrate".into(),
            kind: "Job".into(),
            events: vec!["pre-rollback".into()],
            manifest: "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\n".into(),
        }],
        config: json!({"image": {"tag": version}, "replicas": 2}).as_object().expect("fields").clone(),
        ..Record::default()
    })
}

/// An object with Helm's marks.
pub(super) fn owned(kind: &str, name: &str, rest: Value) -> Value {
    let mut object = json!({
        "kind": kind,
        "metadata": {
            "name": name,
            "uid": name,
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": NS},
        },
    });
    for (key, value) in rest.as_object().expect("fields") {
        object[key] = value.clone();
    }
    object
}

pub(super) fn deployment(revision: &str) -> Value {
    json!({
        "kind": "Deployment",
        "metadata": {
            "name": "web", "uid": "d", "generation": 2,
            "annotations": {"deployment.kubernetes.io/revision": revision},
            "managedFields": [
                {"manager": "helm", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
            ],
        },
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 2, "readyReplicas": 2},
    })
}

pub(super) fn claim(uid: &str) -> Value {
    json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "uid": uid}})
}

pub(super) fn replica_set(hash: &str, revision: &str) -> Value {
    json!({
        "kind": "ReplicaSet",
        "metadata": {
            "name": format!("web-{hash}"), "uid": hash, "labels": {"pod-template-hash": hash},
            "annotations": {"deployment.kubernetes.io/revision": revision},
            "ownerReferences": [{"uid": "d"}],
        },
    })
}

pub(super) fn pod(name: &str, hash: &str, version: &str, ready: bool) -> Value {
    json!({
        "kind": "Pod",
        "metadata": {
            "name": name, "uid": name, "labels": {"pod-template-hash": hash, "version": version},
            "ownerReferences": [{"uid": hash}],
        },
        "spec": {
            "containers": [{"image": "busybox:1.36", "env": [{"name": "VERSION", "value": version}]}],
            "volumes": [{"configMap": {"name": "page"}}],
        },
        "status": {"conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]},
    })
}

pub(super) fn slice(endpoints: &[(&str, bool)]) -> Value {
    let each: Vec<Value> = endpoints
        .iter()
        .map(|(name, ready)| json!({"conditions": {"ready": ready}, "targetRef": {"name": name}}))
        .collect();
    json!({
        "kind": "EndpointSlice",
        "metadata": {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": each,
    })
}
