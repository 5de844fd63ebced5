//! What makes a StatefulSet's pod itself: its name, its labels, its volumes.

use super::{REVISION, claims, told};
use crate::sim::controller::View;
use crate::sim::controller::call::{self, Step, Work, resource};
use crate::sim::controller::object::{list, map, name, text};
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
    work.steps.extend(claims::create(view, set, ordinal));
    let pod = pod(set, ordinal, revision);
    let call = call::create(resource::PODS, &pod);
    work.steps.push(told(set, "Create", format!("Pod {}", name(&pod)), "successful", call));
}

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// Corrects the labels of a pod that was adopted, after the `steps` that correct who owns its claims.
pub(super) fn correct(set: &Object, ordinal: i64, pod: &Object, mut steps: Vec<Step>) -> Vec<Step> {
    let labels = map(pod, "/metadata/labels");
    let (own, index) = (name(pod), ordinal.to_string());
    let identified = labels.get(POD_NAME).is_some_and(|label| label == own)
        && labels.get(POD_INDEX).is_some_and(|label| *label == index);
    if !identified || !steps.is_empty() {
        let mut corrected = Value::clone(pod);
        corrected["metadata"]["labels"][POD_NAME] = json!(own);
        corrected["metadata"]["labels"][POD_INDEX] = json!(index);
        let call = call::update(resource::PODS, &corrected);
        steps.push(told(set, "Update", format!("Pod {own}"), "successful", call));
    }
    steps
}

fn pod(set: &Value, ordinal: i64, (revision, template): (&str, &Value)) -> Value {
    let mut pod = from_template(set, template);
    let own = format!("{}-{ordinal}", name(set));
    pod["metadata"]["name"] = json!(own);
    let labels = &mut pod["metadata"]["labels"];
    labels[REVISION] = json!(revision);
    labels[POD_NAME] = json!(own);
    labels[POD_INDEX] = json!(ordinal.to_string());
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
            json!({"name": name(template), "persistentVolumeClaim": {"claimName": claims::claim_name(set, template, ordinal)}})
        }));
        pod["spec"]["volumes"] = json!(volumes);
    }
    pod
}
