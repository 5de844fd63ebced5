//! What the control plane and the node keep of themselves: where the API server is reached, the range of service
//! addresses, the node with its lease and its storage drivers. As a kube-apiserver and a kubelet 1.36.2 write them.

use super::node::NODE_ADDRESS;
use crate::clock::Moment;
use serde_json::{Value, json};

/// The port of the API server behind its Service.
const PORT: u16 = 6443;

/// The Service under which the API server is reached.
pub(super) fn service() -> Value {
    json!({
        "kind": "Service", "apiVersion": "v1",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "type": "ClusterIP", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": PORT}],
            "sessionAffinity": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
        },
        "status": {"loadBalancer": {}},
    })
}

/// The API server's own Endpoints.
pub(super) fn endpoints() -> Value {
    json!({
        "kind": "Endpoints", "apiVersion": "v1",
        "metadata": {
            "name": "kubernetes", "namespace": "default",
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
        },
        "subsets": [{
            "addresses": [{"ip": NODE_ADDRESS}],
            "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}],
        }],
    })
}

/// The same as a slice.
pub(super) fn slice() -> Value {
    json!({
        "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "name": "kubernetes", "namespace": "default", "generation": 1,
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [NODE_ADDRESS], "conditions": {"ready": true}}],
        "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}],
    })
}

/// The range of addresses that Services are given; a controller looks after it where there are controllers.
pub(super) fn range(controlled: bool, now: Moment) -> Value {
    let mut range = json!({
        "kind": "ServiceCIDR", "apiVersion": "networking.k8s.io/v1",
        "metadata": {"name": "kubernetes"},
        "spec": {"cidrs": ["10.96.0.0/16"]},
        "status": {"conditions": [{
            "type": "Ready", "status": "True", "reason": "", "lastTransitionTime": now.rfc3339(),
            "message": "Kubernetes default Service CIDR is ready",
        }]},
    });
    if controlled {
        range["metadata"]["finalizers"] = json!(["networking.k8s.io/service-cidr-finalizer"]);
        range["status"]["conditions"][0]["message"] = json!("Kubernetes Service CIDR is ready");
    }
    range
}

/// Who has applied the status of what the control plane keeps, beside the API server that wrote the rest.
pub(super) fn applied(group: &str, kind: &str, now: Moment) -> Option<Value> {
    let fields = ["lastTransitionTime", "message", "status", "type"];
    let range = (group, kind) == ("networking.k8s.io", "ServiceCIDR");
    range.then(|| applier("kubernetes-service-cidr-controller", group, "Ready", &fields, &now.rfc3339()))
}

/// A flow schema with what is said of its priority level, which is there.
pub(super) fn judged_flow(mut object: Value) -> Value {
    if object["kind"] != "FlowSchema" {
        object["status"] = json!({});
        return object;
    }
    let level = object["spec"]["priorityLevelConfiguration"]["name"].as_str().unwrap_or_default();
    let message = format!(
        "This FlowSchema references the PriorityLevelConfiguration object named {level:?} and it exists"
    );
    object["status"] = json!({"conditions": [
        {"type": "Dangling", "status": "False", "reason": "Found", "message": message},
    ]});
    let fields = ["lastTransitionTime", "message", "reason", "status", "type"];
    let consumer = "api-priority-and-fairness-config-consumer-v1";
    let applied = applier(consumer, "flowcontrol.apiserver.k8s.io", "Dangling", &fields, "");
    if let Some(managed) = object["metadata"]["managedFields"].as_array_mut() {
        managed.insert(0, applied);
    }
    object
}

/// The entry of one who has applied a condition.
fn applier(manager: &str, group: &str, condition: &str, fields: &[&str], time: &str) -> Value {
    let mut owned = json!({".": {}});
    for field in fields {
        owned[format!("f:{field}")] = json!({});
    }
    let key = format!("k:{{\"type\":{condition:?}}}");
    json!({
        "manager": manager, "operation": "Apply", "apiVersion": format!("{group}/v1"), "time": time,
        "fieldsType": "FieldsV1", "fieldsV1": {"f:status": {"f:conditions": {key: owned}}}, "subresource": "status",
    })
}

fn owner(node: &Value) -> Value {
    json!([{"apiVersion": "v1", "kind": "Node", "name": node["metadata"]["name"], "uid": node["metadata"]["uid"]}])
}

/// The lease that says that the kubelet is alive. It is taken once and not renewed: that would be a write every ten
/// seconds. Whether a kubelet has fallen silent is seen from the kubelet.
pub(super) fn lease(node: &Value, now: Moment) -> Value {
    json!({
        "kind": "Lease", "apiVersion": "coordination.k8s.io/v1",
        "metadata": {
            "name": node["metadata"]["name"], "namespace": "kube-node-lease", "ownerReferences": owner(node),
        },
        "spec": {"holderIdentity": node["metadata"]["name"], "leaseDurationSeconds": 40, "renewTime": now.rfc3339_micros()},
    })
}

/// The storage drivers of the node: none.
pub(super) fn drivers(node: &Value) -> Value {
    json!({
        "kind": "CSINode", "apiVersion": "storage.k8s.io/v1",
        "metadata": {"name": node["metadata"]["name"], "ownerReferences": owner(node)},
        "spec": {"drivers": null},
    })
}

/// The node as its kubelet registers it.
pub(super) fn node(name: &str, address: &str, now: Moment) -> Value {
    let at = now.rfc3339();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": at, "lastTransitionTime": at,
        })
    };
    let room = json!({
        "cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "50Gi", "hugepages-2Mi": "0",
    });
    json!({
        "kind": "Node", "apiVersion": "v1",
        "metadata": {
            "name": name,
            "annotations": {
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
            "labels": {
                "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
            },
        },
        "spec": {"podCIDR": "10.244.0.0/24", "podCIDRs": ["10.244.0.0/24"]},
        "status": {
            "capacity": room, "allocatable": room,
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "addresses": [
                {"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": "", "systemUUID": "", "bootID": "", "kernelVersion": "6.1.0",
                "osImage": "Linux", "containerRuntimeVersion": "containerd://2.2.0",
                "kubeletVersion": "v1.36.2", "kubeProxyVersion": "", "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    })
}
