//! What is reset or derived before an object is stored: status, generation, selectors of Jobs, classes of pods.

use super::findings::same;
use crate::sim::defaults;
use crate::sim::look::{is_true, list, map, number, plain, text};
use serde_json::{Map, Value, json};

/// Puts a new object into the state in which it is stored: no status, generation 1, and what its kind asks for.
/// Defaults are filled in, admission has passed, and `metadata.uid` is set.
pub fn prepare_create(group: &str, kind: &str, object: &mut Value) {
    if has_status(group, kind) {
        object.as_object_mut().map(|map| map.remove("status"));
    }
    defaults::fill(group, kind, object);
    if counts_generations(group, kind) {
        object["metadata"]["generation"] = json!(1);
    }
    match (group, kind) {
        ("", "Pod") => {
            object["status"] = json!({"phase": "Pending", "qosClass": quality(object)});
        }
        ("", "Namespace") => finalize(object),
        ("apps", "DaemonSet") => count_templates(object, 1),
        ("batch", "Job") => own_selector(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => stored_versions(object),
        _others_are_ready => {}
    }
}

/// Puts a changed object into the state in which it is stored: status kept from `old`, generation counted up when
/// what it counts has changed, addresses of a Service kept where none are given.
pub fn prepare_update(group: &str, kind: &str, old: &Value, object: &mut Value) {
    if has_status(group, kind) || (group, kind) == ("", "Node") {
        match old.get("status") {
            Some(status) => object["status"] = status.clone(),
            None => {
                object.as_object_mut().map(|map| map.remove("status"));
            }
        }
    }
    if (group, kind) == ("", "Service") {
        keep_allocated(old, object);
    }
    if (group, kind) == ("apiextensions.k8s.io", "CustomResourceDefinition") {
        stored_versions(object);
    }
    if (group, kind) == ("apps", "DaemonSet") {
        let held = template_generation(old);
        let changed = !same(old.pointer("/spec/template"), object.pointer("/spec/template"));
        count_templates(object, held + i64::from(changed));
    }
    let before = number(old, "/metadata/generation");
    if counts_generations(group, kind) {
        let counted = before + i64::from(counted_changed(group, kind, old, object));
        object["metadata"]["generation"] = json!(counted);
    } else if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        match before {
            0 => metadata.remove("generation"),
            kept => metadata.insert("generation".to_owned(), kept.into()),
        };
    }
}

/// Kinds whose status only their `status` subresource writes.
fn has_status(group: &str, kind: &str) -> bool {
    match (group, kind) {
        ("", core) => matches!(
            core,
            "Pod"
                | "Service"
                | "Namespace"
                | "PersistentVolume"
                | "PersistentVolumeClaim"
                | "ReplicationController"
                | "ResourceQuota"
        ),
        ("apps", _workload) => kind != "ControllerRevision",
        ("batch" | "autoscaling" | "policy", _kind) => true,
        ("networking.k8s.io", kind) => matches!(kind, "Ingress" | "ServiceCIDR"),
        ("apiextensions.k8s.io" | "apiregistration.k8s.io", _kind) => true,
        ("certificates.k8s.io" | "flowcontrol.apiserver.k8s.io" | "storage.k8s.io", kind) => {
            matches!(
                kind,
                "CertificateSigningRequest"
                    | "FlowSchema"
                    | "PriorityLevelConfiguration"
                    | "VolumeAttachment"
            )
        }
        _without => false,
    }
}

/// Kinds that count the versions of their spec. Objects of custom definitions all do.
fn counts_generations(group: &str, kind: &str) -> bool {
    match (group, kind) {
        ("", core) => matches!(core, "Pod" | "PodTemplate" | "ReplicationController"),
        ("apps", kind) => kind != "ControllerRevision",
        ("batch" | "networking.k8s.io" | "policy" | "discovery.k8s.io", _kind) => true,
        ("admissionregistration.k8s.io" | "apiextensions.k8s.io" | "flowcontrol.apiserver.k8s.io", _kind) => {
            true
        }
        ("scheduling.k8s.io", _priority_class) => true,
        (group, _custom) => group.contains('.') && !group.ends_with(".k8s.io"),
    }
}

/// Whether what a generation counts differs.
fn counted_changed(group: &str, kind: &str, old: &Value, new: &Value) -> bool {
    let differs = |pointer: &str| !same(old.pointer(pointer), new.pointer(pointer));
    match (group, kind) {
        ("apps", "Deployment") => differs("/spec") || differs("/metadata/annotations"),
        ("apps" | "batch" | "policy" | "apiextensions.k8s.io" | "flowcontrol.apiserver.k8s.io", _kind) => {
            differs("/spec")
        }
        ("", "PodTemplate") => differs("/template"),
        ("" | "networking.k8s.io", _kind) => differs("/spec"),
        ("admissionregistration.k8s.io", _kind) => differs("/webhooks") || differs("/spec"),
        ("discovery.k8s.io", _slice) => {
            differs("/endpoints") || differs("/ports") || differs("/metadata/labels")
        }
        ("scheduling.k8s.io", _class) => false,
        (_custom, _kind) => {
            let rest = |object: &Value| {
                let fields = object.as_object().into_iter().flatten();
                let kept = fields
                    .filter(|(key, _)| !matches!(&***key, "metadata" | "status" | "apiVersion" | "kind"));
                kept.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<String, Value>>()
            };
            rest(old) != rest(new)
        }
    }
}

fn template_generation(set: &Value) -> i64 {
    let annotations = map(set, "/metadata/annotations");
    let held = annotations.and_then(|all| all.get(defaults::TEMPLATE_GENERATION)).and_then(Value::as_str);
    held.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// How often the template of a DaemonSet has changed, counted in an annotation.
fn count_templates(set: &mut Value, count: i64) {
    set["metadata"]["annotations"][defaults::TEMPLATE_GENERATION] = count.to_string().into();
}

/// Selector and labels by which a Job finds its pods, made of its uid.
fn own_selector(job: &mut Value) {
    if is_true(job, "/spec/manualSelector") {
        return defaults::labels_from_template(job);
    }
    let (uid, name) = (text(job, "/metadata/uid").to_owned(), text(job, "/metadata/name").to_owned());
    let shared = map(job, "/metadata/labels").is_some()
        && map(job, "/metadata/labels") == map(job, "/spec/template/metadata/labels");
    let labels = [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ];
    let template = &mut job["spec"]["template"]["metadata"];
    if !template["labels"].is_object() {
        template["labels"] = json!({});
    }
    for (key, value) in labels {
        if template["labels"].get(key).is_none() {
            template["labels"][key] = json!(value);
        }
    }
    job["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"] = json!(uid);
    if shared {
        job["metadata"]["labels"] = job["spec"]["template"]["metadata"]["labels"].clone();
    }
    defaults::labels_from_template(job);
}

/// The class of service of a pod by its requests and limits of CPU and memory.
fn quality(pod: &Value) -> &'static str {
    let (mut any, mut guaranteed) = (false, true);
    for container in ["/spec/containers", "/spec/initContainers"].iter().flat_map(|p| list(pod, p)) {
        for resource in ["cpu", "memory"] {
            let held = |kind: &str| {
                let amount = container.pointer(&format!("/resources/{kind}/{resource}")).map(plain)?;
                super::quantity::nanos(&amount).filter(|amount| *amount > 0)
            };
            let (request, limit) = (held("requests"), held("limits"));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// A namespace is only gone when Kubernetes has emptied it.
fn finalize(namespace: &mut Value) {
    let spec = &mut namespace["spec"];
    let held = list(spec, "/finalizers").iter().any(|held| held.as_str() == Some("kubernetes"));
    if !held {
        match spec.get_mut("finalizers").and_then(Value::as_array_mut) {
            Some(finalizers) => finalizers.push("kubernetes".into()),
            None => spec["finalizers"] = json!(["kubernetes"]),
        }
    }
}

/// Adds the storage version of a definition to those in which objects may be stored.
pub(in crate::sim) fn stored_versions(definition: &mut Value) {
    let stored = list(definition, "/spec/versions").iter().find(|version| is_true(version, "/storage"));
    let Some(name) = stored.map(|version| version["name"].clone()) else { return };
    let mut names = list(definition, "/status/storedVersions").to_vec();
    if !names.contains(&name) {
        names.push(name);
    }
    definition["status"]["storedVersions"] = names.into();
}

/// A Service that is replaced without its addresses and node ports keeps them.
fn keep_allocated(old: &Value, new: &mut Value) {
    let has_address = |kind: &str| matches!(kind, "ClusterIP" | "NodePort" | "LoadBalancer");
    let has_node_ports = |kind: &str| matches!(kind, "NodePort" | "LoadBalancer");
    let (was, is) = (text(old, "/spec/type").to_owned(), text(new, "/spec/type").to_owned());
    let bare = text(new, "/spec/clusterIP").is_empty() && list(new, "/spec/clusterIPs").is_empty();
    if has_address(&was) && has_address(&is) && bare {
        for key in ["clusterIP", "clusterIPs"] {
            if let Some(value) = old.pointer(&format!("/spec/{key}")) {
                new["spec"][key] = value.clone();
            }
        }
    }
    if !has_node_ports(&was) || !has_node_ports(&is) {
        return;
    }
    let taken: Vec<i64> = list(new, "/spec/ports").iter().map(|port| number(port, "/nodePort")).collect();
    let ports = new.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten().filter(|port| number(port, "/nodePort") == 0) {
        let same_port = |held: &&Value| held["port"] == port["port"] && held["protocol"] == port["protocol"];
        let held =
            list(old, "/spec/ports").iter().find(same_port).map_or(0, |held| number(held, "/nodePort"));
        if held != 0 && !taken.contains(&held) {
            port["nodePort"] = held.into();
        }
    }
}
