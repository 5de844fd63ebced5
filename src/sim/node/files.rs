//! What a container finds when it starts: the files that its volumes put in place, and its environment.

use super::expand::expanded;
use crate::sim::amount::{Amount, amounts};
use crate::sim::controller::object::{list, map, text};
use crate::sim::look::text_or;
use crate::snapshot::{Object, Snapshot};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;

/// Names and what they hold: variables and their values, paths and their contents.
type Texts = BTreeMap<String, String>;

/// The variables whose values stand in the container itself.
pub(super) fn literals(container: &Value) -> Texts {
    let env = list(container, "/env").iter().filter(|entry| entry["value"].is_string());
    env.map(|entry| (text(entry, "/name").to_owned(), text(entry, "/value").to_owned())).collect()
}

/// The container's environment. A variable may name those before it as `$(NAME)`.
pub(super) fn variables(pod: &Value, container: &Value, snapshot: &Snapshot) -> Texts {
    let mut variables = super::links::variables(pod, snapshot);
    variables.extend([("HOSTNAME".to_owned(), hostname(pod)), ("PATH".to_owned(), "/bin".to_owned())]);
    for from in list(container, "/envFrom") {
        let prefix = text(from, "/prefix");
        for (field, resource) in [("configMapRef", "configmaps"), ("secretRef", "secrets")] {
            let Some(part) = from.get(field) else { continue };
            let held = find(pod, snapshot, resource, text(part, "/name")).map(|object| contents(object));
            let named = |(key, value)| (format!("{prefix}{key}"), value);
            variables.extend(held.into_iter().flatten().map(named));
        }
    }
    for entry in list(container, "/env") {
        let value = match entry.get("valueFrom") {
            Some(from) => from_elsewhere(pod, container, snapshot, from),
            None => Some(expanded(text(entry, "/value"), &variables)),
        };
        if let Some(value) = value {
            variables.insert(text(entry, "/name").to_owned(), value);
        }
    }
    variables
}

/// The host's name within the pod.
fn hostname(pod: &Value) -> String {
    let host = text_or(pod, "/spec/hostname", text(pod, "/metadata/name"));
    match text(pod, "/spec/subdomain") {
        domain if !domain.is_empty() && pod["spec"]["setHostnameAsFQDN"] == true => {
            format!("{host}.{domain}.{}.svc.cluster.local", text(pod, "/metadata/namespace"))
        }
        _ => host.to_owned(),
    }
}

fn from_elsewhere(pod: &Value, container: &Value, snapshot: &Snapshot, from: &Value) -> Option<String> {
    for (field, resource) in [("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")] {
        if let Some(part) = from.get(field) {
            let object = find(pod, snapshot, resource, text(part, "/name"))?;
            return contents(object).remove(text(part, "/key"));
        }
    }
    if let Some(field) = from.get("fieldRef") {
        return of_field(pod, text(field, "/fieldPath"), snapshot);
    }
    of_resource(pod, container, snapshot, from.get("resourceFieldRef")?)
}

/// What a container asks for or may have, in whole divisors, rounded up. Without a limit it may have what the node has.
fn of_resource(pod: &Value, container: &Value, snapshot: &Snapshot, asked: &Value) -> Option<String> {
    let (kind, name) = text(asked, "/resource").split_once('.')?;
    let named = match text(asked, "/containerName") {
        "" => container,
        of => ["/spec/containers", "/spec/initContainers"]
            .iter()
            .find_map(|field| list(pod, field).iter().find(|other| other["name"] == of))?,
    };
    let held = |of: &Value| amounts(of).get(name).copied().filter(|amount| !amount.is_zero());
    let of_node = || {
        let node =
            snapshot.find("", "nodes", "", text(pod, "/spec/nodeName")).filter(|_| kind == "limits")?;
        held(&node["status"]["allocatable"])
    };
    let amount = held(&named["resources"][kind]).or_else(of_node);
    let divisor = Amount::read(&asked["divisor"]).filter(|divisor| !divisor.is_zero());
    let divisor = divisor.unwrap_or(Amount::whole(1)).thousandths();
    let amount = amount.map_or(0, Amount::thousandths);
    Some((amount / divisor + i128::from(amount % divisor != 0)).to_string())
}

/// A field of the pod as the downward API gives it.
fn of_field(pod: &Value, path: &str, snapshot: &Snapshot) -> Option<String> {
    let pointer = |path: &str| format!("/{}", path.replace('.', "/"));
    if let Some((field, key)) = path.split_once("['") {
        let entries = map(pod, &pointer(field));
        return Some(entries.get(key.trim_end_matches("']"))?.as_str()?.to_owned());
    }
    match path {
        "metadata.labels" | "metadata.annotations" => {
            let mut entries = map(pod, &pointer(path));
            if path == "metadata.annotations" {
                // The kubelet's own, which are stored nowhere.
                let seen = text_or(pod, "/status/startTime", text(pod, "/metadata/creationTimestamp"));
                entries.insert("kubernetes.io/config.seen".to_owned(), seen.into());
                entries.insert("kubernetes.io/config.source".to_owned(), "api".into());
            }
            let lines: Vec<String> = entries.iter().map(|(key, value)| format!("{key}={value}")).collect();
            Some(lines.join("\n"))
        }
        "status.hostIP" | "status.hostIPs" => Some(super::address_of(pod, snapshot)),
        path => pod.pointer(&pointer(path))?.as_str().map(str::to_owned),
    }
}

fn find<'a>(pod: &Value, snapshot: &'a Snapshot, resource: &str, name: &str) -> Option<&'a Object> {
    snapshot.find("", resource, text(pod, "/metadata/namespace"), name)
}

/// What a ConfigMap or a Secret holds, as text.
fn contents(object: &Value) -> Texts {
    let is_secret = object["kind"] == "Secret";
    let plain = object.get("data").and_then(Value::as_object).into_iter().flatten();
    let plain = plain.filter_map(|(key, value)| {
        let value = value.as_str()?;
        Some((key.clone(), if is_secret { decoded(value) } else { value.to_owned() }))
    });
    let binary = object.get("binaryData").and_then(Value::as_object).into_iter().flatten();
    plain.chain(binary.filter_map(|(key, value)| Some((key.clone(), decoded(value.as_str()?))))).collect()
}

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&STANDARD.decode(text).unwrap_or_default()).into_owned()
}

/// The files that volumes put into the container, and the page that the node's busybox serves.
pub(super) fn mounted(pod: &Value, container: &Value, snapshot: &Snapshot) -> Texts {
    let mut files = Texts::from([("/www/index.html".to_owned(), "ok\n".to_owned())]);
    for mount in list(container, "/volumeMounts") {
        let volume = list(pod, "/spec/volumes").iter().find(|volume| volume["name"] == mount["name"]);
        let Some(volume) = volume else { continue };
        let folder = text(mount, "/mountPath").trim_end_matches('/');
        if volume.get("emptyDir").is_some() {
            // An empty folder is one, too, and hides what the image has there.
            let folder = format!("{folder}/");
            files.retain(|path, _| !path.starts_with(&folder));
            files.insert(folder, String::new());
        }
        let sub = text(mount, "/subPath").trim_matches('/');
        for (path, content) in projected(pod, container, snapshot, volume) {
            let at = match path.strip_prefix(sub) {
                Some("") => folder.to_owned(),
                Some(rest) if sub.is_empty() || rest.starts_with('/') => {
                    format!("{folder}/{}", rest.trim_start_matches('/'))
                }
                Some(_) | None => continue,
            };
            files.insert(at, content);
        }
    }
    files
}

/// The files of a volume, by path within it.
fn projected(pod: &Value, container: &Value, snapshot: &Snapshot, volume: &Value) -> Texts {
    let parts = list(volume, "/projected/sources").iter().chain(std::iter::once(volume));
    let mut files = Texts::new();
    for part in parts {
        for (field, resource) in [("configMap", "configmaps"), ("secret", "secrets")] {
            let Some(source) = part.get(field) else { continue };
            let name = match text(source, "/name") {
                "" => text(source, "/secretName"),
                name => name,
            };
            let held = find(pod, snapshot, resource, name).map(|object| contents(object)).unwrap_or_default();
            let items = list(source, "/items");
            let chosen = items.iter().filter_map(|item| {
                Some((text(item, "/path").to_owned(), held.get(text(item, "/key"))?.clone()))
            });
            files.extend(chosen);
            if items.is_empty() {
                files.extend(held);
            }
        }
        for item in list(part, "/downwardAPI/items") {
            let value = match item.get("fieldRef") {
                Some(field) => of_field(pod, text(field, "/fieldPath"), snapshot),
                None => from_elsewhere(pod, container, snapshot, item),
            };
            files.insert(text(item, "/path").to_owned(), value.unwrap_or_default());
        }
        if let Some(token) = part.get("serviceAccountToken") {
            files.insert(text(token, "/path").to_owned(), String::new());
        }
    }
    files
}
