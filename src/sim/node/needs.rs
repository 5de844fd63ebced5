//! What a pod needs from other objects before its containers can start: volumes of ConfigMaps and Secrets, claims,
//! environment variables. Says what is missing in the kubelet's words.

use super::image::Image;
use crate::sim::controller::object::{list, text};
use crate::snapshot::Snapshot;
use serde_json::Value;

/// The volumes that cannot be mounted, and why, as the event `FailedMount` says it.
pub(super) fn missing_volumes<'a>(pod: &'a Value, snapshot: &Snapshot) -> Vec<(&'a str, String)> {
    let missing = |volume: &'a Value| {
        let parts = list(volume, "/projected/sources").iter().chain(std::iter::once(volume));
        let whys: Vec<String> = parts.filter_map(|part| source(part, pod, snapshot)).collect();
        let why = match whys.as_slice() {
            [] => return None,
            [why] => why.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let name = text(volume, "/name");
        Some((name, format!("MountVolume.SetUp failed for volume \"{name}\" : {why}")))
    };
    list(pod, "/spec/volumes").iter().filter_map(missing).collect()
}

/// Folders that a node has.
const FOLDERS: [&str; 24] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/var",
    "/var/lib",
    "/var/lib/kubelet",
    "/var/log",
    "/var/log/pods",
    "/var/run",
];

/// What the type of a `hostPath` finds amiss.
fn host_path(of: &Value) -> Option<String> {
    let path = text(of, "/hostPath/path");
    let is_folder = FOLDERS.contains(&path.trim_end_matches('/')) || path == "/";
    let what = match text(of, "/hostPath/type") {
        "Directory" if !is_folder => "a directory",
        "File" if is_folder || !path.starts_with("/etc/") => "a file",
        "Socket" => "a socket file",
        "CharDevice" if !path.starts_with("/dev/") => "a character device",
        "BlockDevice" if !path.starts_with("/dev/") => "a block device",
        _ => return None,
    };
    Some(format!("hostPath type check failed: {path} is not {what}"))
}

/// What a volume source lacks.
fn source(of: &Value, pod: &Value, snapshot: &Snapshot) -> Option<String> {
    if of.get("hostPath").is_some() {
        return host_path(of);
    }
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
        if let Some(key) = absent {
            return Some(match word {
                "secret" => format!("references non-existent secret key: {key}"),
                _ => format!("configmap references non-existent config key: {key}"),
            });
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

/// What forbids a container to run as the user that it would run as (`CreateContainerConfigError`). `named` is the
/// pod as the kubelet names it. Images other than busybox are taken to have a user of their own.
pub(super) fn wrong_user(pod: &Value, container: &Value, named: &str) -> Option<String> {
    let own = |field: &str| {
        let value = container.pointer(&format!("/securityContext/{field}"));
        value
            .or_else(|| pod.pointer(&format!("/spec/securityContext/{field}")))
            .filter(|value| !value.is_null())
    };
    if own("runAsNonRoot").is_none_or(|wanted| *wanted != true) {
        return None;
    }
    let name = text(container, "/name");
    match own("runAsUser").map(|user| user == 0) {
        Some(true) => Some(format!(
            "container's runAsUser breaks non-root policy (pod: \"{named}\", container: {name})"
        )),
        Some(false) => None,
        None => Image::parse(text(container, "/image")).filter(Image::is_busybox).map(|_| {
            format!(
                "container has runAsNonRoot and image will run as root (pod: \"{named}\", container: {name})"
            )
        }),
    }
}

/// The image pull secrets that are not there.
pub(super) fn missing_pull_secrets<'a>(pod: &'a Value, snapshot: &Snapshot) -> Vec<&'a str> {
    let named = list(pod, "/spec/imagePullSecrets").iter().map(|secret| text(secret, "/name"));
    let there = |name: &str| snapshot.find("", "secrets", text(pod, "/metadata/namespace"), name).is_some();
    named.filter(|name| !there(name)).collect()
}
