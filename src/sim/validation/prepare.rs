//! What is reset or derived before an object is stored: status, generation, selectors of Jobs, classes of pods.

use super::findings::same;
use super::{dropped, generation, pod_resources, prepare_service};
use crate::clock::Moment;
use crate::sim::defaults;
use crate::sim::look::{is_true, list, map, number, text};
use serde_json::{Value, json};

/// Puts a new object into the state in which it is stored: no status, generation 1, and what its kind asks for.
/// Defaults are filled in, admission has passed, and `metadata.uid` is set.
pub fn prepare_create(group: &str, kind: &str, object: &mut Value) {
    if has_status(group, kind) {
        object.as_object_mut().map(|map| map.remove("status"));
    }
    defaults::fill(group, kind, object);
    dropped::drop_disabled(group, kind, object);
    if generation::counts(group, kind) && !generation::begins_with_none(group, kind) {
        object["metadata"]["generation"] = json!(1);
    }
    match (group, kind) {
        ("apiregistration.k8s.io", "APIService") if object.pointer("/spec/service").is_none() => {
            let now = object["metadata"]["creationTimestamp"].clone();
            object["status"]["conditions"] = json!([{
                "type": "Available", "status": "True", "lastTransitionTime": now, "reason": "Local",
                "message": "Local APIServices are always available",
            }]);
        }
        ("", "Pod") => {
            if number(object, "/spec/terminationGracePeriodSeconds") < 0 {
                object["spec"]["terminationGracePeriodSeconds"] = json!(1);
            }
            object["status"] = json!({"phase": "Pending", "qosClass": pod_resources::quality(object)});
            if !list(object, "/spec/schedulingGates").is_empty() {
                let now = object["metadata"]["creationTimestamp"].clone();
                object["status"]["conditions"] = json!([{
                    "type": "PodScheduled", "status": "False", "lastProbeTime": null, "lastTransitionTime": now,
                    "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                }]);
            }
        }
        ("", "Service") => prepare_service::create(object),
        ("", "LimitRange") if text(object, "/metadata/name").is_empty() => {
            object["metadata"]["name"] = object["metadata"]["uid"].clone();
        }
        ("", "Namespace") => finalize(object),
        ("", "PersistentVolumeClaim") => sources(&Value::Null, object),
        ("", "PersistentVolume") => {
            let now = object["metadata"]["creationTimestamp"].clone();
            object["status"] = json!({"phase": "Pending", "lastPhaseTransitionTime": now});
        }
        ("apps", "DaemonSet") => count_templates(object, 1),
        ("apps", "StatefulSet") => drop_max_unavailable(&Value::Null, object),
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
        prepare_service::update(old, object);
    }
    if (group, kind) == ("", "PersistentVolumeClaim") {
        sources(old, object);
    }
    if (group, kind) == ("apps", "StatefulSet") {
        drop_max_unavailable(old, object);
    }
    if (group, kind) == ("apiextensions.k8s.io", "CustomResourceDefinition") {
        stored_versions(object);
    }
    if (group, kind) == ("apps", "DaemonSet") {
        let held = template_generation(old);
        let changed = !same(old.pointer("/spec/template"), object.pointer("/spec/template"));
        count_templates(object, held + i64::from(changed));
    }
    if kind != "EndpointSlice" {
        dropped::drop_disabled(group, kind, object);
    }
    let before = number(old, "/metadata/generation");
    let another = generation::counts(group, kind) && generation::changed(group, kind, old, object);
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        match before + i64::from(another) {
            0 => metadata.remove("generation"),
            kept => metadata.insert("generation".to_owned(), kept.into()),
        };
    }
    if kind == "EndpointSlice" {
        dropped::drop_disabled(group, kind, object);
    }
}

/// The feature `MaxUnavailableStatefulSet` is off in v1.36: its field is dropped unless it was stored before.
fn drop_max_unavailable(old: &Value, object: &mut Value) {
    let held = old.pointer("/spec/updateStrategy/rollingUpdate/maxUnavailable").is_some();
    let rolling = object.pointer_mut("/spec/updateStrategy/rollingUpdate").and_then(Value::as_object_mut);
    if let Some(rolling) = rolling.filter(|_| !held) {
        rolling.remove("maxUnavailable");
    }
}

/// Puts an object whose status was changed into the state in which it is stored.
pub fn prepare_status(group: &str, kind: &str, old: &Value, object: &mut Value, now: Moment) {
    // When a volume came to its phase is noted where whoever tells the phase does not tell that.
    if (group, kind) == ("", "PersistentVolume") {
        phase_since(old, object, now);
    }
    if (group, kind) == ("apps", "DaemonSet") {
        count_templates(object, template_generation(old));
    }
    if (group, kind) == ("", "Node") {
        dropped::drop_disabled(group, kind, object);
    }
    if matches!((group, kind), ("batch", "Job") | ("", "ReplicationController")) {
        // What is read from storage is filled in again.
        defaults::labels_from_template(object);
    }
    if (group, kind) == ("", "Pod")
        && let Some(status) = object.get_mut("status").and_then(Value::as_object_mut)
        && let Some(class) = old.pointer("/status/qosClass")
    {
        status.entry("qosClass").or_insert_with(|| class.clone());
    }
}

/// When a volume came to its phase.
fn phase_since(old: &Value, object: &mut Value, now: Moment) {
    let (phase, since) = ("/status/phase", "lastPhaseTransitionTime");
    let (before, told) = (old["status"].get(since), object["status"].get(since));
    match old.pointer(phase) == object.pointer(phase) {
        true if told.is_none() => {
            if let Some(before) = before.cloned() {
                object["status"][since] = before;
            }
        }
        true => {}
        false if told.is_none() || told == before => object["status"][since] = json!(now.rfc3339()),
        false => {}
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

/// What a claim is made of stands in an old field and in a new one, each filled in from the other. The old one only
/// knows snapshots and other claims, and neither knows other namespaces, unless the claim had one before.
fn sources(old: &Value, claim: &mut Value) {
    let had = |key: &str| old.pointer(&format!("/spec/{key}")).is_some_and(Value::is_object);
    let Some(spec) = claim.get_mut("spec").filter(|spec| spec.is_object()) else { return };
    let elsewhere = !text(spec, "/dataSourceRef/namespace").is_empty();
    if elsewhere && !had("dataSourceRef") {
        spec.as_object_mut().map(|spec| spec.remove("dataSourceRef"));
    }
    let has_reference = spec.get("dataSourceRef").is_some_and(Value::is_object);
    let kind = |source: &Value| (text(source, "/apiGroup").to_owned(), text(source, "/kind").to_owned());
    let known = |source: &Value| {
        let (group, kind) = kind(source);
        matches!(
            (&*group, &*kind),
            ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
        )
    };
    let unknown = spec.get("dataSource").is_some_and(|source| source.is_object() && !known(source));
    if unknown && !has_reference && !had("dataSource") {
        spec.as_object_mut().map(|spec| spec.remove("dataSource"));
    }
    let held = |key: &str| spec.get(key).filter(|source| source.is_object()).cloned();
    let (source, reference) = (held("dataSource"), held("dataSourceRef"));
    match (source, reference) {
        (Some(source), None) => spec["dataSourceRef"] = source,
        (None, Some(reference)) if text(&reference, "/namespace").is_empty() => {
            spec["dataSource"] = reference
        }
        (_, _) => {}
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
}

/// Fills in what a new object is given when it is read from storage, after all was judged.
pub fn fill_again(group: &str, kind: &str, object: &mut Value) {
    if (group, kind) == ("batch", "Job") {
        defaults::labels_from_template(object);
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
