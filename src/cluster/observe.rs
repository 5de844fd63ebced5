//! Looks at a cluster outside this process: lists what it holds, and follows its changes into the transcript with
//! watches of our own. They pass the gate as every call does.

use crate::call::Actor;
use crate::gate::Gate;
use crate::snapshot::{Key, Object, Snapshot};
use crate::transcript::{Event, Recorder};
use bytes::{Buf, BytesMut};
use http::Request;
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use std::sync::Arc;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::ClusterError;
use super::clock::DrillClock;
use super::scope::Scope;

/// The kinds that matter to a release: group, version, resource.
const KINDS: [(&str, &str, &str); 32] = [
    ("", "v1", "namespaces"),
    ("", "v1", "pods"),
    ("", "v1", "services"),
    ("", "v1", "configmaps"),
    ("", "v1", "secrets"),
    ("", "v1", "serviceaccounts"),
    ("", "v1", "persistentvolumeclaims"),
    ("", "v1", "persistentvolumes"),
    ("", "v1", "resourcequotas"),
    ("", "v1", "limitranges"),
    ("", "v1", "nodes"),
    ("apps", "v1", "deployments"),
    ("apps", "v1", "replicasets"),
    ("apps", "v1", "statefulsets"),
    ("apps", "v1", "daemonsets"),
    ("apps", "v1", "controllerrevisions"),
    ("batch", "v1", "jobs"),
    ("batch", "v1", "cronjobs"),
    ("discovery.k8s.io", "v1", "endpointslices"),
    ("networking.k8s.io", "v1", "ingresses"),
    ("networking.k8s.io", "v1", "networkpolicies"),
    ("policy", "v1", "poddisruptionbudgets"),
    ("autoscaling", "v2", "horizontalpodautoscalers"),
    ("rbac.authorization.k8s.io", "v1", "roles"),
    ("rbac.authorization.k8s.io", "v1", "rolebindings"),
    ("rbac.authorization.k8s.io", "v1", "clusterroles"),
    ("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
    ("storage.k8s.io", "v1", "storageclasses"),
    ("scheduling.k8s.io", "v1", "priorityclasses"),
    ("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"),
    ("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
];

/// Looks at one cluster.
#[derive(Clone, Debug)]
pub(super) struct Observer {
    pub(super) gate: Gate,
    pub(super) clock: DrillClock,
    pub(super) scope: Scope,
}

impl Observer {
    /// Every object of the kinds that matter, the drill's or not.
    pub(super) async fn all(&self) -> Result<Snapshot, ClusterError> {
        let mut all = Snapshot::default();
        for kind in KINDS {
            let listed = self.list(kind).await?;
            for (key, object) in listed.iter() {
                all = all.with(all.version.max(listed.version), key.clone(), Some(object.clone()));
            }
        }
        Ok(all)
    }

    /// What belongs to the drill.
    pub(super) async fn snapshot(&self) -> Result<Snapshot, ClusterError> {
        Ok(self.scope.of(&self.all().await?))
    }

    /// Follows every kind until the set is dropped. What is there now is known and not written down.
    pub(super) async fn follow(&self, recorder: &Recorder) -> Result<JoinSet<()>, ClusterError> {
        let mut following = JoinSet::new();
        for kind in KINDS {
            let known = self.list(kind).await?;
            let (observer, recorder) = (self.clone(), recorder.clone());
            following.spawn(async move { observer.keep_following(kind, known, recorder).await });
        }
        Ok(following)
    }

    /// Watches one kind; when a watch ends, looks what was missed and watches on.
    async fn keep_following(&self, kind: (&str, &str, &str), mut known: Snapshot, recorder: Recorder) {
        loop {
            // A cluster that does not answer is asked again with the next watch; the drill's own calls report it.
            self.watch(kind, &mut known, &recorder).await.ok();
            match self.list(kind).await {
                Ok(now) => {
                    for change in known.diff(&now) {
                        use crate::snapshot::Change;
                        let (key, object) = match change {
                            Change::Added(key, object) | Change::Changed(key, _, object) => {
                                (key, Some(object))
                            }
                            Change::Removed(key, _) => (key, None),
                        };
                        self.tell(&recorder, key.clone(), object.cloned());
                    }
                    known = now;
                }
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
            }
        }
    }

    async fn watch(
        &self,
        kind: (&str, &str, &str),
        known: &mut Snapshot,
        recorder: &Recorder,
    ) -> Result<(), ClusterError> {
        let query = format!("?watch=true&allowWatchBookmarks=true&resourceVersion={}", known.version);
        let mut body = self.get(&(url(kind) + &query)).await?.into_body();
        let mut read = BytesMut::new();
        while let Some(Ok(frame)) = body.frame().await {
            read.extend_from_slice(frame.data_ref().map(AsRef::as_ref).unwrap_or_default());
            while let Some(end) = read.iter().position(|byte| *byte == b'\n') {
                let line = read.split_to(end);
                read.advance(1);
                let event: Value = serde_json::from_slice(&line).unwrap_or_default();
                let object = &event["object"];
                let (version, key) = (version(object), key(kind, object));
                match event["type"].as_str() {
                    Some("ADDED" | "MODIFIED") => {
                        let object = Arc::new(object.clone());
                        *known = known.with(version, key.clone(), Some(object.clone()));
                        self.tell(recorder, key, Some(object));
                    }
                    Some("DELETED") => {
                        *known = known.with(version, key.clone(), None);
                        self.tell(recorder, key, None);
                    }
                    Some("BOOKMARK") => known.version = version,
                    _ => return Ok(()),
                }
            }
        }
        Ok(())
    }

    fn tell(&self, recorder: &Recorder, key: Key, object: Option<Object>) {
        if self.scope.records(&key, object.as_ref()) {
            recorder.record(self.clock.now(), Event::Object { key, object });
        }
    }

    /// One kind in all namespaces; nothing where the cluster does not serve it.
    async fn list(&self, kind: (&str, &str, &str)) -> Result<Snapshot, ClusterError> {
        let failed = |why: String| ClusterError::Call { what: format!("list {}", kind.2), why };
        let answer = self.get(&url(kind)).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| failed(error.to_string()))?.to_bytes();
        if status == http::StatusCode::NOT_FOUND {
            return Ok(Snapshot::default());
        }
        if !status.is_success() {
            return Err(failed(format!("{status}: {}", String::from_utf8_lossy(&body))));
        }
        let list: Value = serde_json::from_slice(&body).map_err(|error| failed(error.to_string()))?;
        let single = list["kind"].as_str().unwrap_or_default().trim_end_matches("List").to_owned();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let objects = items.into_iter().map(|mut item| {
            // The items of a list do not repeat what they are.
            item["kind"] = Value::String(single.clone());
            item["apiVersion"] = list["apiVersion"].clone();
            (key(kind, &item), Arc::new(item))
        });
        Ok(Snapshot::new(version(&list), objects.collect()))
    }

    async fn get(&self, path: &str) -> Result<http::Response<crate::gate::Body>, ClusterError> {
        let failed = |why: String| ClusterError::Call { what: format!("GET {path}"), why };
        let request = Request::get(path).body(Full::<bytes::Bytes>::default());
        let request = request.map_err(|error| failed(error.to_string()))?;
        let answer = self.gate.own_calls(Actor::Drill).oneshot(request).await;
        answer.map_err(|error| failed(error.to_string()))
    }
}

fn url((group, version, resource): (&str, &str, &str)) -> String {
    match group {
        "" => format!("/api/{version}/{resource}"),
        group => format!("/apis/{group}/{version}/{resource}"),
    }
}

fn key((group, _, resource): (&str, &str, &str), object: &Value) -> Key {
    let meta = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    Key::new(group, resource, meta("namespace"), meta("name"))
}

fn version(object: &Value) -> u64 {
    let text = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
    text.parse().unwrap_or_default()
}
