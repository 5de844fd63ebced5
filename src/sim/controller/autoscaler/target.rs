//! What an autoscaler scales: the path of its target's `scale`, and which other autoscalers select the same pods.

use crate::call::ResourcePath;
use crate::sim::controller::call::resource;
use crate::sim::controller::object::{list, map, name, namespace, text};
use crate::sim::controller::{View, selector};
use serde_json::{Value, json};

/// Kind, group, version and plural of what is served with a `scale`, and of workloads that are served without.
const KINDS: &[(&str, &str, &str, &str)] = &[
    ("Deployment", "apps", "v1", "deployments"),
    ("ReplicaSet", "apps", "v1", "replicasets"),
    ("StatefulSet", "apps", "v1", "statefulsets"),
    ("DaemonSet", "apps", "v1", "daemonsets"),
    ("ReplicationController", "", "v1", "replicationcontrollers"),
    ("Pod", "", "v1", "pods"),
    ("Job", "batch", "v1", "jobs"),
    ("CronJob", "batch", "v1", "cronjobs"),
];

fn group_of(scaler: &Value) -> &str {
    text(scaler, "/spec/scaleTargetRef/apiVersion").split_once('/').map_or("", |(group, _)| group)
}

/// Group, version and plural of the target's kind, built in or defined.
fn mapping(view: &View<'_>, scaler: &Value) -> Option<(String, String, String)> {
    let (group, kind) = (group_of(scaler), text(scaler, "/spec/scaleTargetRef/kind"));
    if let Some((_, group, version, plural)) = KINDS.iter().find(|known| known.0 == kind && known.1 == group)
    {
        return Some(((*group).to_owned(), (*version).to_owned(), (*plural).to_owned()));
    }
    let definitions = view.snapshot.list("apiextensions.k8s.io", "customresourcedefinitions", Some(""));
    let mut definitions = definitions.map(|(_, definition)| definition);
    let definition = definitions
        .find(|defined| text(defined, "/spec/group") == group && text(defined, "/spec/names/kind") == kind)?;
    let version = list(definition, "/spec/versions").iter().find(|version| version["served"] == true)?;
    let plural = text(definition, "/spec/names/plural");
    Some((group.to_owned(), text(version, "/name").to_owned(), plural.to_owned()))
}

/// The path of the target's `scale`; `None` where its kind is not served.
pub(super) fn path(view: &View<'_>, scaler: &Value) -> Option<ResourcePath> {
    let (group, version, resource) = mapping(view, scaler)?;
    Some(ResourcePath {
        group,
        version,
        resource,
        namespace: Some(namespace(scaler).to_owned()),
        name: Some(text(scaler, "/spec/scaleTargetRef/name").to_owned()),
        subresource: Some("scale".to_owned()),
    })
}

/// What is said of a kind that is not served.
pub(super) fn unmatched(scaler: &Value) -> String {
    let kind = text(scaler, "/spec/scaleTargetRef/kind");
    format!("no matches for kind \"{kind}\" in group \"{}\"", group_of(scaler))
}

/// The selector of the target, where it is a workload that is there.
fn selector_of<'a>(view: &View<'a>, scaler: &Value) -> Option<&'a Value> {
    let (group, _, plural) = mapping(view, scaler)?;
    let of = text(scaler, "/spec/scaleTargetRef/name");
    Some(&view.snapshot.find(&group, &plural, namespace(scaler), of)?["spec"]["selector"])
}

fn selects(selector: &Value, pod: &Value) -> bool {
    let plain = selector.get("matchLabels").is_none() && selector.get("matchExpressions").is_none();
    if plain {
        !map(selector, "").is_empty() && selector::contains(selector, pod)
    } else {
        selector::matches(selector, pod)
    }
}

/// `NAMESPACE/NAME` of the autoscalers, this one included, that select pods of its target.
pub(super) fn rivals(view: &View<'_>, scaler: &Value) -> Vec<String> {
    let nothing = json!({});
    let own = selector_of(view, scaler).unwrap_or(&nothing);
    let pods: Vec<_> =
        view.within(resource::PODS, namespace(scaler)).filter(|pod| selects(own, pod)).collect();
    let scalers = view.within(resource::AUTOSCALERS, namespace(scaler));
    let rivals = scalers.filter(|other| {
        selector_of(view, other).is_some_and(|selector| pods.iter().any(|pod| selects(selector, pod)))
    });
    rivals.map(|other| format!("{}/{}", namespace(other), name(other))).collect()
}
