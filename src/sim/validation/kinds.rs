//! Which file looks at the content of which kind, and at what of it may not change.

use super::{
    Findings, Path, access, admission_policy, aggregated, autoscaler, batch, bounds, certificate, claim,
    cluster, config, device, endpoints, event, flow, flow_level, ingress, job_update, network, node,
    persistent, pod, pod_update, policy, service, service_address, storage, webhooks, workload,
};
use crate::sim::custom;
use serde_json::Value;

pub(super) fn content(group: &str, kind: &str, object: &Value, old: Option<&Value>, found: &mut Findings) {
    match (group, kind) {
        ("", core) => core_content(core, object, old, found),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet") => {
            workload::workload(kind, object, old, found);
        }
        ("batch", "Job") => batch::job(object, old, found),
        ("batch", "CronJob") => batch::cron_job(object, old, found),
        ("networking.k8s.io", "Ingress") => ingress::ingress(object, old, found),
        ("networking.k8s.io", "IngressClass") => ingress::class(object, found),
        ("networking.k8s.io", "NetworkPolicy") => network::policy(object, old, found),
        ("networking.k8s.io", "IPAddress") => network::address(object, found),
        ("networking.k8s.io", "ServiceCIDR") if old.is_none() => network::service_blocks(object, found),
        ("discovery.k8s.io", "EndpointSlice") => endpoints::slice(object, old, found),
        ("apps", "ControllerRevision") => cluster::revision(object, old.is_none(), found),
        ("storage.k8s.io", kind) => storage::content(kind, object, old.is_some(), found),
        ("coordination.k8s.io", "Lease") => cluster::lease(object, found),
        ("node.k8s.io", "RuntimeClass") => cluster::runtime_class(object, found),
        ("resource.k8s.io", kind) => device::content(kind, object, old, found),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler::autoscaler(object, old, found),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(object, found),
        ("scheduling.k8s.io", "PriorityClass") if old.is_none() => policy::priority_class(object, found),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => access::role(kind, object, found),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            access::binding(kind, object, found);
        }
        (
            "admissionregistration.k8s.io",
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration",
        ) => {
            webhooks::configuration(object, found);
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            admission_policy::validating(object, found);
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            admission_policy::binding(object, found);
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => custom::define::content(object, found),
        ("apiregistration.k8s.io", "APIService") => aggregated::service(object, found),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => flow::schema(object, found),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => flow_level::level(object, found),
        ("certificates.k8s.io", "CertificateSigningRequest") => certificate::request(object, None, found),
        ("events.k8s.io", "Event") => event::created(group, object, found),
        _others_say_what_they_like => {}
    }
}

fn core_content(kind: &str, object: &Value, old: Option<&Value>, found: &mut Findings) {
    match kind {
        "Pod" => pod::pod(object, found),
        "Event" => event::created("", object, found),
        "PodTemplate" => pod::template(&Path::new("template"), object.get("template"), found),
        "ReplicationController" => workload::workload(kind, object, old, found),
        "Service" => service::service(object, old, found),
        "Endpoints" => endpoints::endpoints(object, old, found),
        "ConfigMap" => config::config_map(object, found),
        "Secret" => config::secret(object, found),
        "Node" => node::node(object, found),
        "Namespace" if old.is_none() => cluster::namespace(object, found),
        "ResourceQuota" => bounds::quota(object, found),
        "LimitRange" => bounds::limits(object, found),
        "PersistentVolumeClaim" => claim::claim(object, old, found),
        "PersistentVolume" => persistent::volume(object, found),
        _others_say_what_they_like => {}
    }
}

pub(super) fn immutable(group: &str, kind: &str, old: &Value, object: &Value, found: &mut Findings) {
    match (group, kind) {
        ("", "Pod") => pod_update::update(old, object, found),
        ("", "Service") => service_address::update(old, object, found),
        ("", "ConfigMap" | "Secret") => config::update(kind, old, object, found),
        ("", "PersistentVolumeClaim") => claim::update(old, object, found),
        ("apps", "DaemonSet") => workload::daemon_set_update(old, object, found),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet") => {
            workload::update(kind, old, object, found);
        }
        ("networking.k8s.io", "IngressClass") => ingress::class_update(old, object, found),
        ("networking.k8s.io", "IPAddress") => network::address_update(old, object, found),
        ("networking.k8s.io", "ServiceCIDR") => network::service_blocks_update(old, object, found),
        ("discovery.k8s.io", "EndpointSlice") => endpoints::slice_update(old, object, found),
        ("batch", "Job") => job_update::update(old, object, found),
        ("", "ResourceQuota") => bounds::quota_update(old, object, found),
        ("apps", "ControllerRevision") => cluster::revision_update(old, object, found),
        ("node.k8s.io", "RuntimeClass") => cluster::runtime_class_update(old, object, found),
        ("storage.k8s.io", kind) => storage::update(kind, old, object, found),
        ("resource.k8s.io", kind) => device::update(kind, old, object, found),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class_update(old, object, found),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            custom::define::immutable(old, object, found);
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            access::binding_update(old, object, found);
        }
        _nothing_is_fixed => {}
    }
}
