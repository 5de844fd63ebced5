//! The defaults that kube-apiserver fills in, one file per group of kinds. They come before ownership of fields is
//! recorded, so they are owned by whoever wrote the object. What storage adds later is in `validation`.

mod access;
mod batch;
mod container;
mod extension;
mod flow;
mod gaps;
mod network;
mod pod;
mod policy;
mod secret;
mod storage;
mod volume;
mod workload;

pub(in crate::sim) use batch::labels_from_template;
pub(in crate::sim) use workload::TEMPLATE_GENERATION;

use gaps::{fill as fill_gap, items};
use serde_json::{Map, Value};

/// Fills in every default of a kind (`("apps", "Deployment")`). Idempotent. Unknown kinds are left as they are.
///
/// Fields that Kubernetes' types print even when they are empty (`resources` of a container, `status` of most
/// kinds) are filled in too.
pub fn fill(group: &str, kind: &str, object: &mut Value) {
    match (group, kind) {
        ("", core) => fill_core(core, object),
        ("apps", "Deployment") => workload::deployment(object),
        ("apps", "ReplicaSet") => workload::replica_set(object),
        ("apps", "StatefulSet") => workload::stateful_set(object),
        ("apps", "DaemonSet") => workload::daemon_set(object),
        ("apps", "ControllerRevision") => policy::controller_revision(object),
        ("batch", "Job") => batch::job(object),
        ("batch", "CronJob") => batch::cron_job(object),
        ("storage.k8s.io", "StorageClass") => storage::class(object),
        ("networking.k8s.io", "Ingress") => network::ingress(object),
        ("networking.k8s.io", "IngressClass") => network::ingress_class(object),
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy(object),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(object),
        ("autoscaling", "HorizontalPodAutoscaler") => policy::autoscaler(object),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(object),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(object),
        ("coordination.k8s.io", "Lease") => policy::lease(object),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => access::role(object),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => access::binding(object),
        ("admissionregistration.k8s.io", kind) if kind.contains("Policy") => extension::policy(kind, object),
        ("admissionregistration.k8s.io", hooks) => extension::webhooks(hooks, object),
        ("storage.k8s.io", "CSIDriver") => storage::driver(object),
        ("storage.k8s.io", "VolumeAttachment") => storage::attachment(object),
        ("resource.k8s.io", "ResourceClaim") => {
            policy::device_requests(object.pointer_mut("/spec/devices"));
            fill_gap(object, "status", Map::new());
            if let Some(devices) = object.pointer_mut("/status/allocation/devices") {
                items(devices, "results").for_each(policy::device_tolerations);
            }
        }
        ("resource.k8s.io", "ResourceClaimTemplate") => {
            policy::device_requests(object.pointer_mut("/spec/spec/devices"));
        }
        ("flowcontrol.apiserver.k8s.io", kind) => flow::level_or_schema(kind, object),
        ("networking.k8s.io", "ServiceCIDR") | ("certificates.k8s.io", _) => {
            fill_gap(object, "status", Map::new());
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => extension::definition(object),
        ("apiregistration.k8s.io", "APIService") => extension::api_service(object),
        _others_have_none => {}
    }
}

fn fill_core(kind: &str, object: &mut Value) {
    match kind {
        "Pod" => pod::pod(object),
        "PodTemplate" => pod::template(object),
        "ReplicationController" => workload::replication_controller(object),
        "Service" => network::service(object),
        "Endpoints" => network::endpoints(object),
        "Secret" => secret::secret(object),
        "Namespace" => extension::namespace(object),
        "PersistentVolumeClaim" => storage::claim(object),
        "PersistentVolume" => storage::volume(object),
        "LimitRange" => policy::limit_range(object),
        "Event" => policy::event(object),
        "Node" => {
            policy::node(object);
            fill_gap(object, "spec", Map::new());
            fill_gap(object, "status", Map::new());
        }
        "ResourceQuota" => {
            fill_gap(object, "spec", Map::new());
            fill_gap(object, "status", Map::new());
        }
        _others_have_none => {}
    }
}
