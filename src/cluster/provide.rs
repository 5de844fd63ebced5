//! Who provides clusters, one after another, for the drills of one run.

use crate::behaviour::{Behaviour, Pace};
use crate::call::Actor;
use crate::gate::Gate;
use crate::lease::Lease;
use crate::seed::Seed;
use crate::transcript::Recorder;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Cluster, ClusterError, EmbeddedSpec, KindTool, Place};

/// Which kind of cluster.
#[derive(Clone, Debug)]
pub enum Backend {
    /// The simulated Kubernetes of this process.
    Embedded {
        /// How fast its pods come and go.
        pace: Pace,
        /// Whether Roles and their bindings decide who may do what.
        rbac: bool,
    },
    /// A kind cluster for each drill.
    Kind(KindTool),
}

/// Provides the clusters of one run.
#[derive(Clone, Debug)]
pub struct Provider {
    backend: Backend,
    lease: Lease,
}

impl Provider {
    /// Provides clusters of one kind; what they leave on the machine belongs to `lease`.
    pub fn new(backend: Backend, lease: Lease) -> Provider {
        Provider { backend, lease }
    }

    /// A cluster with these namespaces, whose every call and change goes into `recorder`.
    ///
    /// # Errors
    /// Where it cannot be had; the message says what is missing.
    pub async fn provide(
        &self,
        seed: Seed,
        namespaces: &[String],
        behaviours: &[Behaviour],
        recorder: &Recorder,
    ) -> Result<Cluster, ClusterError> {
        let place = Place::Leased(self.lease.clone());
        match &self.backend {
            Backend::Embedded { pace, rbac } => {
                let spec = EmbeddedSpec {
                    seed,
                    pace: *pace,
                    behaviours: behaviours.into(),
                    controllers: true,
                    load_balancers: true,
                    rbac: *rbac,
                    namespaces: namespaces.to_vec(),
                    port: 0,
                };
                let cluster = Cluster::embedded(&spec, Some(recorder.clone()), place).await?;
                make_storage_class(&cluster.gate).await?;
                Ok(cluster)
            }
            Backend::Kind(tool) => Cluster::kind(tool, namespaces, recorder, &self.lease).await,
        }
    }
}

/// Makes a namespace, as helmdrill; that it is there already is fine.
pub(super) async fn make_namespace(gate: &Gate, name: &str) -> Result<(), ClusterError> {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    make(gate, "/api/v1/namespaces", &object).await
}

/// Makes the default storage class that a kind cluster comes with, so that claims of a drill find a volume on either.
async fn make_storage_class(gate: &Gate) -> Result<(), ClusterError> {
    let object = json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "rancher.io/local-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    });
    make(gate, "/apis/storage.k8s.io/v1/storageclasses", &object).await
}

/// Makes an object, as helmdrill; that it is there already is fine.
async fn make(gate: &Gate, path: &str, object: &Value) -> Result<(), ClusterError> {
    let what = || format!("make the {} {}", object["kind"], object["metadata"]["name"]).replace('"', "");
    let failed = |why: String| ClusterError::Call { what: what(), why };
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(CONTENT_TYPE, "application/json")
        .body(Full::from(object.to_string()))
        .map_err(|error| failed(error.to_string()))?;
    let answer = gate.own_calls(Actor::Drill).oneshot(request).await;
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    match answer.status() {
        StatusCode::CREATED | StatusCode::CONFLICT => Ok(()),
        status => {
            let said = answer.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            Err(failed(format!("{status}: {}", String::from_utf8_lossy(&said))))
        }
    }
}
