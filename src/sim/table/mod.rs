//! Server-side printing: the Table that `kubectl get` asks for, column by column as kube-apiserver prints it. The
//! columns are data (`columns.json`, as recorded); the cells are functions, one file per group of kinds. List
//! metadata and `rows[].object` are added by whoever answers the request.

mod access;
mod age;
mod cluster;
mod custom;
mod drivers;
mod events;
mod gates;
mod network;
mod path;
mod pods;
mod policies;
mod storage;
mod workloads;

pub use custom::render_custom;

use crate::clock::Moment;
use crate::snapshot::Object;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Column definitions by `group/resource` (`resource` alone in the core group), with the two that most share.
static COLUMNS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let text = include_str!("columns.json");
    let data: Value = serde_json::from_str(text).expect("columns.json is part of the program and valid");
    let share = |column: &Value| match column.as_str() {
        Some(name) => data[name].clone(),
        None => column.clone(),
    };
    let tables = data["columns"].as_object().expect("columns.json maps resources to columns");
    let expand = |columns: &Value| columns.as_array().into_iter().flatten().map(share).collect::<Value>();
    tables.iter().map(|(resource, columns)| (resource.clone(), expand(columns))).collect()
});

/// The `meta.k8s.io/v1` Table of these objects, without its list metadata and without `rows[].object`.
///
/// Resources that have columns of their own print them. Other resources of Kubernetes itself print their name and
/// the time of their creation, resources of custom definitions their name and age (see [`render_custom`]).
pub fn render(group: &str, resource: &str, objects: &[Object], now: Moment) -> Value {
    let key = match group {
        "" | "events.k8s.io" => resource.to_owned(),
        group => format!("{group}/{resource}"),
    };
    let mut table = match (COLUMNS.get(&key), cells_of(group, resource)) {
        (Some(columns), Some(cells)) => {
            table(columns.clone(), objects.iter().map(|object| row(&key, object, cells(object, now))))
        }
        (Some(_) | None, Some(_) | None) if is_built_in(group) => {
            let cells = |object: &Object| json!({"cells": access::created_at(object, now)});
            table(COLUMNS["default"].clone(), objects.iter().map(cells))
        }
        (Some(_) | None, Some(_) | None) => render_custom(&[], objects, now),
    };
    // Where nothing but the time of creation is printed, Go answers with a list that was never begun.
    if objects.is_empty() && is_built_in(group) && table["columnDefinitions"][1]["name"] == "Created At" {
        table["rows"] = Value::Null;
    }
    table
}

/// The objects in the order in which a Table has them: that of the list, but for flow schemas, of which those that are
/// asked first stand first.
pub fn ordered<'a>(group: &str, resource: &str, objects: &'a [Object]) -> Cow<'a, [Object]> {
    if (group, resource) != ("flowcontrol.apiserver.k8s.io", "flowschemas") {
        return Cow::Borrowed(objects);
    }
    let mut sorted = objects.to_vec();
    sorted.sort_by_key(|object| object["spec"]["matchingPrecedence"].as_i64());
    Cow::Owned(sorted)
}

/// How a resource prints one object.
type Cells = fn(&Value, Moment) -> Vec<Value>;

fn cells_of(group: &str, resource: &str) -> Option<Cells> {
    Some(match (group, resource) {
        ("", core) => return core_cells(core),
        ("events.k8s.io", "events") => events::event,
        ("apps", "deployments") => workloads::deployment,
        ("apps", "replicasets") => workloads::replica_set,
        ("apps", "statefulsets") => workloads::stateful_set,
        ("apps", "daemonsets") => workloads::daemon_set,
        ("apps", "controllerrevisions") => workloads::controller_revision,
        ("batch", "jobs") => workloads::job,
        ("batch", "cronjobs") => workloads::cron_job,
        ("autoscaling", "horizontalpodautoscalers") => policies::autoscaler,
        ("autoscaling", "scale") => policies::scale,
        ("policy", "poddisruptionbudgets") => policies::disruption_budget,
        ("scheduling.k8s.io", "priorityclasses") => policies::priority_class,
        ("coordination.k8s.io", "leases") => policies::lease,
        ("node.k8s.io", "runtimeclasses") => policies::runtime_class,
        ("admissionregistration.k8s.io", kind) => return admission_cells(kind),
        ("apiregistration.k8s.io", "apiservices") => policies::api_service,
        ("networking.k8s.io", "ingresses") => network::ingress,
        ("networking.k8s.io", "ingressclasses") => network::ingress_class,
        ("networking.k8s.io", "networkpolicies") => network::network_policy,
        ("discovery.k8s.io", "endpointslices") => network::endpoint_slice,
        ("networking.k8s.io", "servicecidrs") => network::service_cidr,
        ("networking.k8s.io", "ipaddresses") => network::ip_address,
        ("storage.k8s.io", "storageclasses") => storage::class,
        ("storage.k8s.io", "csidrivers") => drivers::csi_driver,
        ("storage.k8s.io", "csinodes") => drivers::csi_node,
        ("storage.k8s.io", "volumeattachments") => drivers::attachment,
        ("storage.k8s.io", "volumeattributesclasses") => drivers::attributes_class,
        ("resource.k8s.io", "resourceclaims") => drivers::resource_claim,
        ("resource.k8s.io", "resourceslices") => drivers::resource_slice,
        ("resource.k8s.io", "deviceclasses" | "resourceclaimtemplates") => drivers::named,
        ("certificates.k8s.io", "certificatesigningrequests") => gates::signing_request,
        ("flowcontrol.apiserver.k8s.io", "flowschemas") => gates::flow_schema,
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations") => gates::priority_level,
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => access::binding,
        ("apiextensions.k8s.io", "customresourcedefinitions") => access::created_at,
        _without_columns => return None,
    })
}

fn admission_cells(resource: &str) -> Option<Cells> {
    Some(match resource {
        "validatingwebhookconfigurations" | "mutatingwebhookconfigurations" => policies::webhooks,
        "validatingadmissionpolicies" => gates::validating_policy,
        "mutatingadmissionpolicies" => gates::mutating_policy,
        "validatingadmissionpolicybindings" | "mutatingadmissionpolicybindings" => gates::policy_binding,
        _without_columns => return None,
    })
}

fn core_cells(resource: &str) -> Option<Cells> {
    Some(match resource {
        "pods" => pods::pod,
        "podtemplates" => workloads::pod_template,
        "replicationcontrollers" => workloads::replication_controller,
        "services" => network::service,
        "endpoints" => network::endpoints,
        "componentstatuses" => cluster::component_status,
        "configmaps" => cluster::config_map,
        "secrets" => cluster::secret,
        "serviceaccounts" => cluster::service_account,
        "namespaces" => cluster::namespace,
        "nodes" => cluster::node,
        "resourcequotas" => cluster::resource_quota,
        "events" => events::event,
        "persistentvolumes" => storage::volume,
        "persistentvolumeclaims" => storage::claim,
        _without_columns => return None,
    })
}

/// Groups that Kubernetes itself serves: the core group, the old short ones and those under `k8s.io`.
fn is_built_in(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

fn row(key: &str, object: &Value, cells: Vec<Value>) -> Value {
    let mut row = json!({"cells": cells});
    if key == "pods"
        && let Some(condition) = pods::completed(object)
    {
        row["conditions"] = json!([condition]);
    }
    row
}

fn table(columns: Value, rows: impl Iterator<Item = Value>) -> Value {
    let rows: Vec<Value> = rows.collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": columns, "rows": rows})
}
