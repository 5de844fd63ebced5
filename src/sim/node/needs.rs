//! What a pod needs from other objects before its containers can start: volumes of ConfigMaps and Secrets, claims,
//! environment variables. Says what is missing in the kubelet's words.

use crate::sim::controller::object::{list, text};
use crate::snapshot::Snapshot;
use serde_json::Value;

/// The first volume that cannot be mounted, as the event `FailedMount` says it.
pub(super) fn missing_volume(pod: &Value, snapshot: &Snapshot) -> Option<String> {
    list(pod, "/spec/volumes").iter().find_map(|volume| {
        let why = source(volume, pod, snapshot).or_else(|| {
            let parts = list(volume, "/projected/sources");
            parts.iter().find_map(|part| source(part, pod, snapshot))
        })?;
        Some(format!("MountVolume.SetUp failed for volume \"{}\" : {why}", text(volume, "/name")))
    })
}

/// What a volume source lacks.
fn source(of: &Value, pod: &Value, snapshot: &Snapshot) -> Option<String> {
    let namespace = text(pod, "/metadata/namespace");
    for (field, resource, word) in [("configMap", "configmaps", "configmap"), ("secret", "secrets", "secret")]
    {
        let Some(part) = of.get(field).filter(|part| part["optional"] != true) else { continue };
        let name = match text(part, "/name") {
            "" => text(part, "/secretName"),
            name => name,
        };
        if SYSTEM.contains(&name) {
            continue;
        }
        let Some(object) = snapshot.find("", resource, namespace, name) else {
            return Some(format!("{word} \"{name}\" not found"));
        };
        let absent = list(part, "/items").iter().map(|item| text(item, "/key")).find(|key| !has(object, key));
        if absent.is_some() {
            return Some(format!(
                "{word} \"{namespace}/{name}\" references non-existent config key: {}",
                absent?
            ));
        }
    }
    None
}

/// ConfigMaps that every namespace has on a cluster like the recorded one.
const SYSTEM: [&str; 2] = ["kube-root-ca.crt", "openshift-service-ca.crt"];

fn has(object: &Value, key: &str) -> bool {
    ["data", "binaryData"]
        .iter()
        .any(|field| object.pointer(&format!("/{field}")).is_some_and(|data| data.get(key).is_some()))
}

/// What an environment variable of a container lacks (`CreateContainerConfigError`).
pub(super) fn missing_variable(pod: &Value, container: &Value, snapshot: &Snapshot) -> Option<String> {
    let namespace = text(pod, "/metadata/namespace");
    let lookup = |resource: &str, name: &str| snapshot.find("", resource, namespace, name);
    let whole = list(container, "/envFrom").iter().find_map(|from| {
        [("configMapRef", "configmaps", "configmap"), ("secretRef", "secrets", "secret")].iter().find_map(
            |(field, resource, word)| {
                let part = from.get(field).filter(|part| part["optional"] != true)?;
                let name = text(part, "/name");
                lookup(resource, name).is_none().then(|| format!("{word} \"{name}\" not found"))
            },
        )
    });
    let single = || {
        list(container, "/env").iter().find_map(|variable| {
            let from = variable.get("valueFrom")?;
            [("configMapKeyRef", "configmaps", "configmap"), ("secretKeyRef", "secrets", "secret")]
                .iter()
                .find_map(|(field, resource, word)| {
                    let part = from.get(field).filter(|part| part["optional"] != true)?;
                    let (name, key) = (text(part, "/name"), text(part, "/key"));
                    let kind = if *word == "secret" { "Secret" } else { "ConfigMap" };
                    match lookup(resource, name) {
                        None => Some(format!("{word} \"{name}\" not found")),
                        Some(object) if !has(object, key) => {
                            Some(format!("couldn't find key {key} in {kind} {namespace}/{name}"))
                        }
                        Some(_) => None,
                    }
                })
        })
    };
    whole.or_else(single)
}
