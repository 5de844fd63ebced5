//! What makes a StatefulSet's pod itself: its name, its labels, its volume claims.

use super::{REVISION, told};
use crate::sim::controller::View;
use crate::sim::controller::call::{self, Work, resource};
use crate::sim::controller::object::{list, map, name, namespace, text};
use crate::sim::controller::pods::from_template;
use crate::snapshot::Object;
use serde_json::{Value, json};

/// The number at the end of the pod's name, where the rest is the set's name.
pub(super) fn ordinal(set: &Value, pod: &Value) -> Option<i64> {
    let digits = name(pod).strip_prefix(name(set))?.strip_prefix('-')?;
    let plain = digits == "0" || !digits.starts_with('0');
    digits.parse().ok().filter(|ordinal: &i64| plain && *ordinal >= 0)
}

/// Creates the claims that a pod needs and then the pod, from the template of a revision.
pub(super) fn create(view: &View<'_>, set: &Object, ordinal: i64, revision: (&str, &Value), work: &mut Work) {
    for claim in claims(set, ordinal) {
        if view.find(resource::CLAIMS, namespace(set), name(&claim)).is_none() {
            let what = format!("Claim {} Pod {}-{ordinal}", name(&claim), name(set));
            let call = call::create(resource::CLAIMS, &claim);
            work.steps.push(told(set, "Create", what, "success", call));
        }
    }
    let pod = pod(set, ordinal, revision);
    let call = call::create(resource::PODS, &pod);
    work.steps.push(told(set, "Create", format!("Pod {}", name(&pod)), "successful", call));
}

fn pod(set: &Value, ordinal: i64, (revision, template): (&str, &Value)) -> Value {
    let mut pod = from_template(set, template);
    let own = format!("{}-{ordinal}", name(set));
    pod["metadata"]["name"] = json!(own);
    let labels = &mut pod["metadata"]["labels"];
    labels[REVISION] = json!(revision);
    labels["statefulset.kubernetes.io/pod-name"] = json!(own);
    labels["apps.kubernetes.io/pod-index"] = json!(ordinal.to_string());
    pod["spec"]["hostname"] = json!(own);
    let service = text(set, "/spec/serviceName");
    if !service.is_empty() {
        pod["spec"]["subdomain"] = json!(service);
    }
    let templates = list(set, "/spec/volumeClaimTemplates");
    if !templates.is_empty() {
        let mut volumes = list(&pod, "/spec/volumes").to_vec();
        volumes
            .retain(|volume| templates.iter().all(|template| template["metadata"]["name"] != volume["name"]));
        volumes.extend(templates.iter().map(|template| {
            json!({"name": name(template), "persistentVolumeClaim": {"claimName": claim_name(set, template, ordinal)}})
        }));
        pod["spec"]["volumes"] = json!(volumes);
    }
    pod
}

fn claim_name(set: &Value, template: &Value, ordinal: i64) -> String {
    format!("{}-{}-{ordinal}", name(template), name(set))
}

/// The claims of one pod, labelled as the set selects.
fn claims(set: &Value, ordinal: i64) -> Vec<Value> {
    let claim = |template: &Value| {
        let mut labels = map(template, "/metadata/labels");
        labels.extend(map(set, "/spec/selector/matchLabels"));
        let mut metadata = json!({
            "name": claim_name(set, template, ordinal), "namespace": namespace(set), "labels": labels,
        });
        if template["metadata"]["annotations"].is_object() {
            metadata["annotations"] = template["metadata"]["annotations"].clone();
        }
        json!({
            "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": metadata, "spec": template["spec"],
        })
    };
    list(set, "/spec/volumeClaimTemplates").iter().map(claim).collect()
}
