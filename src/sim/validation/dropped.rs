//! Fields that the API has and kube-apiserver 1.36 does not keep, since the features that they belong to are off.

use serde_json::Value;

/// Drops them from an object that is about to be stored.
pub(super) fn drop_disabled(group: &str, kind: &str, object: &mut Value) {
    let pods = match (group, kind) {
        ("", "Pod") => Some("/spec"),
        ("", "PodTemplate") => Some("/template/spec"),
        ("", "ReplicationController") | ("apps", _) | ("batch", "Job") => Some("/spec/template/spec"),
        ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template/spec"),
        _without_pods => None,
    };
    if let Some(spec) = pods.and_then(|pointer| object.pointer_mut(pointer)) {
        of_pod(spec);
    }
    match (group, kind) {
        ("apps", "StatefulSet") => {
            remove(object.pointer_mut("/spec/updateStrategy/rollingUpdate"), "maxUnavailable");
        }
        ("discovery.k8s.io", "EndpointSlice") => {
            each(object, "endpoints", |endpoint| remove(Some(endpoint), "deprecatedTopology"));
            empty(Some(object), "endpoints");
            empty(Some(object), "ports");
        }
        // A list that is empty is owned by who wrote it, and is none.
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => empty(Some(object), "rules"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => {
            if let Some(spec) = object.get_mut("spec") {
                each(spec, "rules", |rule| {
                    each(rule, "resourceRules", |resources| empty(Some(resources), "namespaces"));
                });
            }
        }
        ("", "LimitRange") => empty(object.get_mut("spec"), "limits"),
        ("storage.k8s.io", "CSINode") => {
            if let Some(spec) = object.get_mut("spec") {
                each(spec, "drivers", |driver| empty(Some(driver), "topologyKeys"));
                empty(Some(spec), "drivers");
            }
        }
        ("storage.k8s.io", "CSIDriver") => remove(object.get_mut("spec"), "preventPodSchedulingIfMissing"),
        ("coordination.k8s.io", "Lease") => {
            for field in ["strategy", "preferredHolder"] {
                remove(object.get_mut("spec"), field);
            }
        }
        // Of the secrets of an account only the names are kept.
        ("", "ServiceAccount") => each(object, "secrets", |secret| {
            if let Some(members) = secret.as_object_mut() {
                members.retain(|name, _| name == "name");
            }
        }),
        ("", "Node") => {
            remove(object.get_mut("spec"), "configSource");
            remove(object.get_mut("status"), "config");
        }
        _others_keep_all => {}
    }
}

fn of_pod(spec: &mut Value) {
    remove(Some(spec), "schedulingGroup");
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        each(spec, list, |container| {
            let Some(lifecycle) = container.get_mut("lifecycle").and_then(Value::as_object_mut) else {
                return;
            };
            // What says nothing else is not kept either.
            if lifecycle.remove("stopSignal").is_some() && lifecycle.is_empty() {
                remove(Some(container), "lifecycle");
            }
        });
    }
    each(spec, "volumes", |volume| {
        if let Some(projected) = volume.get_mut("projected") {
            each(projected, "sources", |source| {
                remove(Some(source), "clusterTrustBundle");
                remove(Some(source), "podCertificate");
            });
        }
    });
}

/// Makes a list that is empty one that is not there.
fn empty(holder: Option<&mut Value>, list: &str) {
    if let Some(list) = holder.and_then(|holder| holder.get_mut(list))
        && list.as_array().is_some_and(Vec::is_empty)
    {
        *list = Value::Null;
    }
}

fn each(holder: &mut Value, list: &str, change: impl FnMut(&mut Value)) {
    holder.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().for_each(change);
}

fn remove(holder: Option<&mut Value>, field: &str) {
    if let Some(holder) = holder.and_then(Value::as_object_mut) {
        holder.remove(field);
    }
}
